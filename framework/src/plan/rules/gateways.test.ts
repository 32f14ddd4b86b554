import { expect, test } from 'vitest'
import { anyone } from '../authorizer.ts'
import { check } from '../check.ts'
import { endpoint, nothing } from '../endpoint.ts'
import { gateway } from '../gateway.ts'
import { plan } from '../plan.ts'
import { schedule } from '../schedule.ts'
import { service } from '../service.ts'
import { site } from '../site.ts'
import { marksIn } from '../test/marks.ts'

const { at, lines } = marksIn(import.meta.url)
const open = { summary: 'It', caller: anyone, returns: nothing, handle: () => {} }

test('two endpoints of a gateway’s service on one address are a mistake, whatever their parameters are called', () => {
  // at: one
  const one = endpoint('GET /orders/:orderId', open)
  // at: other
  const other = endpoint('GET /orders/:id', open)
  const fine = endpoint('GET /orders/mine', open)
  const post = endpoint('POST /orders/:orderId', open)
  const web = service('web', { one, other, fine, post })
  expect(lines(check(plan('shop', { gateways: { api: gateway(web), second: gateway(web) } })))).toEqual([
    `${at('one')}  The endpoints "one" (GET /orders/:orderId) and "other" (GET /orders/:id) of the service "web" answer to one address (also ${at('other')}) — change a path: the names of parameters do not tell routes apart`,
  ])
})

test('services that only others call may share addresses', () => {
  const back = service('back', { a: endpoint('GET /', open), b: endpoint('GET /', open) })
  const show = endpoint('GET /', { ...open, uses: { back: back.client } })
  expect(lines(check(plan('shop', { gateways: { api: gateway(service('web', { show })) } })))).toEqual([])
})

test('a gateway needs an endpoint or a mount', () => {
  const run = schedule({ every: '1 hour' }, { handle: () => {} })
  const wrong = plan('shop', {
    gateways: {
      // at: empty
      empty: gateway(service('work', { run })),
      // at: mounted
      mounted: gateway(service('more', { again: schedule({ every: '1 day' }, { handle: () => {} }) }), {
        mounts: { '/legacy': () => new Response('old') },
      }),
    },
  })
  expect(lines(check(wrong))).toEqual([
    `${at('empty')}  The gateway "empty" has no endpoints: its service "work" has none — give the service an endpoint; one without is listed in \`services\``,
  ])
})

test('mounts, throttles and origins must make sense', () => {
  const web = service('web', { show: endpoint('GET /', open) })
  const wrong = plan('shop', {
    gateways: {
      // at: mount
      mount: gateway(web, { mounts: { '/old/': () => new Response('old') } }),
      // at: throttle
      throttle: gateway(web, { throttle: { rate: 0, burst: 2.5 } }),
      // at: origin
      origin: gateway(web, { cors: { origins: ['https://shop.example.org', 'https://shop.example.org/', '*'] } }),
    },
  })
  const origins = 'name scheme, host and port alone, such as https://shop.example.org'
  expect(lines(check(wrong))).toEqual([
    `${at('mount')}  The gateway "mount" has the mount "/old/": it ends with a slash — write it like /legacy`,
    `${at('throttle')}  The gateway "throttle" has a throttle with the rate 0 and the burst 2.5 — give it a rate above 0, and a whole number from 1 on as burst`,
    `${at('origin')}  The gateway "origin" names the origin "https://shop.example.org/" in \`cors\` — ${origins}`,
    `${at('origin')}  The gateway "origin" names the origin "*" in \`cors\` — ${origins}`,
  ])
})

test('a larger body than the gateway lets through is a mistake, the usual size is none', () => {
  // at: import
  const load = endpoint('POST /import', { ...open, maxBody: '3 MB' })
  const usual = endpoint('POST /usual', open)
  const api = { api: gateway(service('web', { load, usual }), { maxBody: '256 KB' }) }
  const [found] = check(plan('shop', { gateways: api }))
  expect(found && lines([found])).toEqual([
    expect.stringMatching(
      `^${at('import')}  The endpoint "load" of the service "web" accepts a body of 3145728 bytes, and the gateway "api" lets 262144 through \\(also gateways\\.test\\.ts:\\d+\\) — raise`,
    ),
  ])
})

test('sites have paths of their own', () => {
  const wrong = plan('shop', {
    sites: [
      // at: portal
      site('portal', { path: '/shop' }),
      // at: old
      site('old', { path: '/shop' }),
      // at: slash
      site('slash', { path: '/ops/' }),
    ],
  })
  expect(lines(check(wrong))).toEqual([
    `${at('portal')}  The sites "portal" and "old" begin at one path, "/shop" (also ${at('old')}) — give each a path of its own`,
    `${at('slash')}  The site "slash" has the path "/ops/": it ends with a slash — write it like /shop`,
  ])
})
