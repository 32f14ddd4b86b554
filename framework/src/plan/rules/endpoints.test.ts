import { expect, test } from 'vitest'
import { z } from 'zod'
import { anyone } from '../authorizer.ts'
import { check } from '../check.ts'
import { type AnyEndpoint, endpoint, file, nothing, type Route, stream } from '../endpoint.ts'
import { gateway } from '../gateway.ts'
import { plan } from '../plan.ts'
import { service } from '../service.ts'
import { marksIn } from '../test/marks.ts'

const { at, lines } = marksIn(import.meta.url)
const open = { summary: 'It', caller: anyone, returns: nothing, handle: () => {} }
const Thing = z.object({ id: z.string() })

/** The mistakes of an endpoint called `show` in a service called `web`. */
function mistakesOf(show: AnyEndpoint): readonly string[] {
  return lines(check(plan('shop', { gateways: { api: gateway(service('web', { show })) } })))
}

test.each<[string, Route, string, string]>([
  ['an empty segment', 'GET /a//b', 'it has an empty segment', 'write it like `GET /orders/:orderId`'],
  ['a slash at the end', 'GET /a/', 'it ends with a slash', 'write it like `GET /orders/:orderId`'],
  ['a parameter without a name', 'GET /a/:', '":" is no segment', 'write it like `GET /orders/:orderId`'],
  ['a parameter that is no name', 'GET /a/:my-id', '":my-id" is no segment', 'write it like `GET /orders/:orderId`'],
  ['a star', 'GET /files/*', '"*" is no segment', 'write it like `GET /orders/:orderId`'],
  ['a query', 'GET /a?b=1', '"a?b=1" is no segment', 'write it like `GET /orders/:orderId`'],
  ['a name twice', 'GET /:id/of/:id', 'it has ":id" twice', 'give each parameter its own name'],
])('a route with %s is a mistake', (_what, route, why, wayOut) => {
  // at: route
  const show = endpoint(route, open)
  expect(mistakesOf(show)).toEqual([
    `${at('route')}  The endpoint "show" of the service "web" has the route "${route}": ${why} — ${wayOut}`,
  ])
})

test.each<Route>(['GET /', 'GET /a/:b/c-d/:e_f', 'PATCH /v1.2/~x', 'DELETE /a/:b'])('the route %s is fine', route => {
  expect(mistakesOf(endpoint(route, open))).toEqual([])
})

test('a method or path that the types would have refused is refused here, too', () => {
  // at: method
  const show = endpoint('FETCH /a' as 'GET /a', open)
  // at: path
  const path = endpoint('GET a' as 'GET /a', open)
  expect(mistakesOf(show)).toEqual([
    `${at('method')}  The endpoint "show" of the service "web" has the method "FETCH" — use one of GET, POST, PUT, PATCH, DELETE`,
  ])
  expect(mistakesOf(path)).toEqual([
    `${at('path')}  The endpoint "show" of the service "web" has the route "GET a": it does not begin with a slash — write it like \`GET /orders/:orderId\``,
  ])
})

test('`params` names what the route names', () => {
  const params: z.ZodType<Record<'id', string>> = z.object({ key: z.string(), more: z.string().optional() }) as never
  // at: params
  const show = endpoint('GET /things/:id', { ...open, params })
  const subject = `${at('params')}  The endpoint "show" of the service "web"`
  const wayOut = 'name the same parameters in the route and in `params`'
  expect(mistakesOf(show)).toEqual([
    `${subject} has "id" in its route and not in \`params\` — ${wayOut}`,
    `${subject} asks in \`params\` for "key", not in its route — ${wayOut}`,
  ])
})

test('a GET or DELETE asks for no body', () => {
  // at: get
  const get = endpoint('GET /', { ...open, body: Thing })
  // at: delete
  const remove = endpoint('DELETE /', { ...open, body: Thing })
  const wayOut = 'ask for it in `query`, or make the route a POST'
  const why = 'which many clients and proxies drop'
  expect(mistakesOf(get)).toEqual([
    `${at('get')}  The endpoint "show" of the service "web" asks for a body in a GET, ${why} — ${wayOut}`,
  ])
  expect(mistakesOf(remove)).toEqual([
    `${at('delete')}  The endpoint "show" of the service "web" asks for a body in a DELETE, ${why} — ${wayOut}`,
  ])
})

test('`once` stands on what changes something and gives an answer to keep, under a real header', () => {
  // at: once
  const show = endpoint('GET /', {
    ...open,
    once: 'Idempotency Key',
    returns: stream(Thing),
    async *handle() {
      yield { id: 'a' }
    },
  })
  const subject = `${at('once')}  The endpoint "show" of the service "web"`
  expect(mistakesOf(show)).toEqual([
    `${subject} has \`once: 'Idempotency Key'\`, which is no header — write 'Idempotency-Key'`,
    `${subject} has \`once\` on a GET, which changes nothing — leave \`once\` out`,
    `${subject} has \`once\` and answers with a stream, which cannot be kept — answer with a value, and give the stream from another endpoint`,
  ])
  // at: once file
  const picture = endpoint('POST /', {
    ...open,
    once: 'Idempotency-Key',
    returns: file('image/png'),
    handle: _call => ({ type: 'image/png', content: '' }),
  })
  expect(mistakesOf(picture)).toEqual([
    `${at('once file')}  The endpoint "show" of the service "web" has \`once\` and answers with a file, which cannot be kept — answer with a value, and give the file from another endpoint`,
  ])
})

test('problems in `fails` have a lower-case code and an error status', () => {
  // at: fails
  const show = endpoint('GET /', { ...open, fails: { 'not-found': 404, SoldOut: 409, gone: 200, late: 504.5 } })
  const subject = `${at('fails')}  The endpoint "show" of the service "web"`
  expect(mistakesOf(show)).toEqual([
    `${subject} has the problem code "SoldOut" in \`fails\` — write it in lower-case words joined by hyphens`,
    `${subject} answers the problem "gone" with the status 200 — give a problem a status from 400 to 599`,
    `${subject} answers the problem "late" with the status 504.5 — give a problem a status from 400 to 599`,
  ])
})

test('good answers have good statuses, files have media types', () => {
  // at: statuses
  const statuses = endpoint('POST /', {
    ...open,
    returns: { 201: Thing, 204: Thing, 404: Thing },
    handle: () => ({ id: 'a' }),
  })
  // at: none
  const none = endpoint('POST /', { ...open, returns: {}, handle: () => undefined as never })
  // at: files
  const files = endpoint('GET /', {
    ...open,
    returns: file('text/csv; charset=utf-8', 'png'),
    handle: () => ({ type: 'png' as const, content: '' }),
  })
  const subject = 'The endpoint "show" of the service "web"'
  expect(mistakesOf(statuses)).toEqual([
    `${at('statuses')}  ${subject} returns a value with 204, which has no content — write \`returns: nothing\``,
    `${at('statuses')}  ${subject} returns a value with the status 404 — name statuses from 200 to 299; what goes wrong is a problem in \`fails\``,
  ])
  expect(mistakesOf(none)).toEqual([
    `${at('none')}  ${subject} returns \`{}\`, which is no answer — name a schema, or \`nothing\``,
  ])
  expect(mistakesOf(files)).toEqual([
    `${at('files')}  ${subject} returns files of the type "png" — write it like image/png`,
  ])
})
