import { expect, test } from 'vitest'
import { z } from 'zod'
import { anyone, authorizer, internal } from '../authorizer.ts'
import { check, notesOn } from '../check.ts'
import { consumer } from '../consumer.ts'
import { endpoint, nothing } from '../endpoint.ts'
import { gateway } from '../gateway.ts'
import type { Grant, Uses } from '../grant.ts'
import { plan } from '../plan.ts'
import { queue } from '../queue.ts'
import { schedule } from '../schedule.ts'
import { type AnyService, service } from '../service.ts'
import { table } from '../table.ts'
import { marksIn } from '../test/marks.ts'
import { view } from '../view.ts'

const { at, lines } = marksIn(import.meta.url)
const open = { summary: 'It', caller: anyone, returns: nothing, handle: () => {} }
const hourly = { every: '1 hour' } as const
const Item = z.object({ id: z.string() })

const customer = authorizer('customer', {
  caller: z.object({ customer: z.string() }),
  authorize: async () => undefined,
})
const operator = authorizer('operator', {
  caller: z.object({ operator: z.string() }),
  authorize: async () => undefined,
})

test('a service without handlers is a mistake', () => {
  // at: empty
  const empty = service('empty', {})
  expect(lines(check(plan('shop', { services: [empty] })))).toEqual([
    `${at('empty')}  The service "empty" has no handlers — give it handlers, or remove it`,
  ])
})

test('a handler has one name in one service', () => {
  // at: run
  const run = schedule(hourly, { handle: () => {} })
  // at: one
  const one = service('one', { run, again: run })
  // at: two
  const two = service('two', { run })
  expect(lines(check(plan('shop', { services: [one, two] })))).toEqual([
    `${at('run')}  One schedule is listed as "one/run" and "one/again" and "two/run" (also ${at('one')}, ${at('two')}) — list it once: a handler has one lasting name, in one service`,
  ])
})

test('a view is kept by one service', () => {
  const things = table('things', { item: Item, key: ['id'] })
  // at: view
  const list = view('list', { from: things, item: Item, key: ['id'], project: (item: { id: string }) => item })
  // at: first keeper
  const one = service('one', { list })
  // at: second keeper
  const two = service('two', { list })
  expect(lines(check(plan('shop', { services: [one, two] })))).toEqual([
    `${at('view')}  One view is listed as "one/list" and "two/list" (also ${at('first keeper')}, ${at('second keeper')}) — list it once: a handler has one lasting name, in one service`,
  ])
})

test('a circle of services is named in full, from each way back', () => {
  // A circle can be written only by asking for a client later than declared.
  const known = new Map<string, AnyService & { readonly client: Grant<unknown> }>()
  const later = (name: string): Uses => ({
    get client() {
      return known.get(name)?.client ?? expect.unreachable()
    },
    get stock() {
      return known.get('stock')?.client ?? expect.unreachable()
    },
  })
  // at: calls billing
  const place = endpoint('POST /orders', { ...open, uses: later('billing') })
  // at: calls stock
  const bill = endpoint('POST /bills', { ...open, uses: later('stock') })
  // at: calls orders
  const move = endpoint('POST /moves', { ...open, uses: later('orders') })
  const orders = service('orders', { place })
  for (const each of [orders, service('billing', { bill }), service('stock', { move })]) known.set(each.name, each)
  const wayOut = 'make the way back a message: a queue or a topic'
  expect(lines(check(plan('shop', { gateways: { api: gateway(orders) } })))).toEqual([
    `${at('calls billing')}  Services call each other in a circle: orders → billing → stock → orders (also ${at('calls stock')}, ${at('calls orders')}) — ${wayOut}`,
    `${at('calls orders')}  Services call each other in a circle: stock → stock — ${wayOut}`,
  ])
})

test('two ways to one service are no circle', () => {
  const show = endpoint('GET /things', open)
  const last = service('last', { show })
  const left = service('left', { a: endpoint('GET /a', { ...open, uses: { last: last.client } }) })
  const right = service('right', { b: endpoint('GET /b', { ...open, uses: { last: last.client } }) })
  const first = endpoint('GET /', { ...open, uses: { left: left.client, right: right.client } })
  expect(lines(check(plan('shop', { gateways: { api: gateway(service('first', { first })) } })))).toEqual([])
})

test('the client of a service without endpoints leads nowhere', () => {
  // at: worker
  const worker = service('worker', { run: schedule(hourly, { handle: () => {} }) })
  // at: caller
  const show = endpoint('GET /', { ...open, uses: { worker: worker.client } })
  expect(lines(check(plan('shop', { gateways: { api: gateway(service('web', { show })) } })))).toEqual([
    `${at('caller')}  The endpoint "show" of the service "web" uses the client of "worker", which has no endpoints (also ${at('worker')}) — give "worker" an endpoint, or send it a message`,
  ])
})

test('a caller that no endpoint of the other service accepts is a mistake', () => {
  // at: backend
  const backend = service('backend', {
    mine: endpoint('GET /mine', { ...open, caller: customer }),
    ours: endpoint('GET /ours', { ...open, caller: customer }),
  })
  // at: wrong caller
  const wrong = endpoint('GET /wrong', { ...open, caller: operator, uses: { backend: backend.client } })
  // at: no caller
  const nobody = schedule(hourly, { uses: { backend: backend.client }, handle: () => {} })
  const right = endpoint('GET /right', { ...open, caller: customer, uses: { backend: backend.client } })
  const web = service('web', { wrong, right, nobody })
  const wayOut = 'ask for the same authorizer, or give the service an endpoint whose caller is `internal`'
  expect(lines(check(plan('shop', { gateways: { api: gateway(web) } })))).toEqual([
    `${at('wrong caller')}  The endpoint "wrong" of the service "web" brings the caller "operator", and no endpoint of "backend" accepts it: they ask for "customer" (also ${at('backend')}) — ${wayOut}`,
    `${at('no caller')}  The schedule "nobody" of the service "web" brings its own service as caller, and no endpoint of "backend" accepts it: they ask for "customer" (also ${at('backend')}) — ${wayOut}`,
  ])
})

test.each([
  ['anyone', anyone],
  ['internal', internal],
])('one endpoint that accepts it is enough: %s', (_name, caller) => {
  const backend = service('backend', {
    mine: endpoint('GET /mine', { ...open, caller: customer }),
    free: endpoint('GET /free', { ...open, caller }),
  })
  const jobs = queue('jobs', { message: Item })
  const work = consumer(jobs, { uses: { backend: backend.client, jobs: jobs.sender }, handle: () => {} })
  expect(lines(check(plan('shop', { services: [service('work', { work })] })))).toEqual([])
})

test('an endpoint that nobody can call is noted', () => {
  // at: hidden
  const hidden = endpoint('GET /hidden', open)
  // at: for services
  const forServices = endpoint('GET /internal', { ...open, caller: internal })
  const shown = endpoint('GET /shown', open)
  const noted = plan('shop', {
    gateways: { api: gateway(service('web', { shown, forServices })) },
    services: [service('back', { hidden })],
  })
  expect(lines(check(noted))).toEqual([])
  expect(lines(notesOn(noted))).toEqual([
    `${at('hidden')}  Nobody can call the endpoint "hidden" of the service "back": no gateway leads to it, and nobody has the client of "back" — give the service a gateway`,
    `${at('for services')}  Nobody can call the endpoint "forServices" of the service "web": it accepts other services only, and none has the client of "web" — use the client in another service, or choose another authorizer`,
  ])
})
