import { expect, test } from 'vitest'
import { z } from 'zod'
import { alarm, items } from '../alarm.ts'
import { apiKeys } from '../api-keys.ts'
import { type Authorizer, anyone, authorizer } from '../authorizer.ts'
import { check } from '../check.ts'
import { endpoint, nothing } from '../endpoint.ts'
import { gateway } from '../gateway.ts'
import type { Uses } from '../grant.ts'
import { mailbox } from '../mailbox.ts'
import { plan } from '../plan.ts'
import { schedule } from '../schedule.ts'
import { secret, setting } from '../secret.ts'
import { service } from '../service.ts'
import { site } from '../site.ts'
import { table } from '../table.ts'
import { marksIn } from '../test/marks.ts'
import { view } from '../view.ts'

const { at, lines } = marksIn(import.meta.url)
const Item = z.object({ id: z.string(), n: z.string() })

/** A plan with one service that uses these. */
function using(uses: Uses) {
  const run = schedule({ every: '1 hour' }, { uses, handle: () => {} })
  return plan('shop', { services: [service('work', { run })] })
}

test('a name is lower-case words joined by hyphens, and the mistake names a better one', () => {
  // at: orders
  const orders = table('Order_Items', { item: Item, key: ['id'] })
  // at: digits
  const digits = secret('2nd')
  expect(lines(check(using({ orders: orders.reader, digits: digits.reader })))).toEqual([
    `${at('orders')}  The table name "Order_Items" is not lower-case words joined by hyphens — call it "order-items"`,
    `${at('digits')}  The secret name "2nd" is not lower-case words joined by hyphens — begin with a letter from a to z`,
  ])
})

test('every kind of thing is checked: plan, gateway, service, alarm, site', () => {
  const show = endpoint('GET /', { summary: 'It', caller: anyone, returns: nothing, handle: () => {} })
  // at: service
  const web = service('webService', { show })
  const table1 = table('things', { item: Item, key: ['id'] })
  const run = schedule({ every: '1 hour' }, { uses: { things: table1.reader }, handle: () => {} })
  // at: mailbox
  const mail = mailbox('Mail', { from: 'a@example.org', to: 'b@example.org' })
  // at: plan
  const wrong = plan('Shop', {
    // at: gateway
    gateways: { publicApi: gateway(web) },
    services: [service('work', { run })],
    // at: site
    sites: [site('Site', { path: '/shop' })],
    // at: alarm
    alarms: [alarm('tooLarge', { when: items(table1).above(5), tell: mail })],
  })
  const why = 'is not lower-case words joined by hyphens'
  expect(lines(check(wrong))).toEqual([
    `${at('service')}  The service name "webService" ${why} — call it "web-service"`,
    `${at('mailbox')}  The mailbox name "Mail" ${why} — call it "mail"`,
    `${at('plan')}  The plan name "Shop" ${why} — call it "shop"`,
    `${at('gateway')}  The gateway name "publicApi" ${why} — call it "public-api"`,
    `${at('site')}  The site name "Site" ${why} — call it "site"`,
    `${at('alarm')}  The alarm name "tooLarge" ${why} — call it "too-large"`,
  ])
})

test('a name is at most 48 characters long, and is not the framework’s own', () => {
  const long = 'x'.repeat(49)
  // at: long
  const box = table(long, { item: Item, key: ['id'] })
  // at: reserved
  const own = table('groundplan-once', { item: Item, key: ['id'] })
  expect(lines(check(using({ box: box.reader, own: own.reader })))).toEqual([
    `${at('long')}  The table name "${long}" has 49 characters, the limit is 48 — shorten it`,
    `${at('reserved')}  The table name "groundplan-once" is the framework's own — begin it with another word`,
  ])
})

test('handlers and indexes are named like variables', () => {
  const run = schedule({ every: '1 hour' }, { handle: () => {} })
  // at: table
  const things = table('things', { item: Item, key: ['id'], indexes: { 'by-n': ['n'] } })
  const read = schedule({ every: '1 hour' }, { uses: { things: things.reader }, handle: () => {} })
  // at: record
  const work = service('work', { 'clean-up': run, read })
  expect(lines(check(plan('shop', { services: [work] })))).toEqual([
    `${at('table')}  The index name "by-n" is not written like a variable — call it "byN"`,
    `${at('record')}  The handler name "clean-up" is not written like a variable — call it "cleanUp"`,
  ])
})

test('two resources of one kind with one name are a mistake, a table and a view too', () => {
  // at: first
  const first = table('things', { item: Item, key: ['id'] })
  // at: second
  const second = table('things', { item: Item, key: ['id'] })
  // at: view
  const third = view('things', { from: first, item: Item, key: ['id'], project: (item: z.output<typeof Item>) => item })
  const run = schedule({ every: '1 hour' }, { uses: { a: first.reader, b: second.reader }, handle: () => {} })
  expect(lines(check(plan('shop', { services: [service('work', { run, third })] })))).toEqual([
    `${at('first')}  Two tables and a view are named "things" (also ${at('second')}, ${at('view')}) — give each a name of its own: it is their lasting name on every target`,
  ])
})

test('a secret and a setting share the vault', () => {
  // at: secret
  const token = secret('token')
  // at: setting
  const other = setting('token', z.string())
  expect(lines(check(using({ token: token.reader, other: other.reader })))).toEqual([
    `${at('secret')}  A secret and a setting are named "token" (also ${at('setting')}) — give each a name of its own: it is their lasting name on every target`,
  ])
})

test('one name for two services is a mistake, for a table and a queue it is none', () => {
  const one = schedule({ every: '1 hour' }, { handle: () => {} })
  const two = schedule({ every: '1 hour' }, { handle: () => {} })
  // at: one
  const first = service('work', { one })
  // at: two
  const second = service('work', { two })
  expect(lines(check(plan('work', { services: [first, second] })))).toEqual([
    `${at('one')}  Two services are named "work" (also ${at('two')}) — give each a name of its own: it is their lasting name on every target`,
  ])
})

test('names that differ in hyphens or upper case alone collide where a target allows neither', () => {
  // at: a-1
  const first = table('a-1', { item: Item, key: ['id'] })
  // at: a1
  const second = table('a1', { item: Item, key: ['id'] })
  const cleanUp = schedule({ every: '1 hour' }, { uses: { a: first.reader, b: second.reader }, handle: () => {} })
  const cleanup = schedule({ every: '2 hours' }, { handle: () => {} })
  // at: work
  const work = service('work', { cleanUp, cleanup })
  const why = 'are the same where a target allows no hyphens or upper case — make them differ in a letter'
  expect(lines(check(plan('shop', { services: [work] })))).toEqual([
    `${at('a-1')}  The table names "a-1" and "a1" ${why.replace(' —', ` (also ${at('a1')}) —`)}`,
    `${at('work')}  The handler names "cleanUp" and "cleanup" ${why}`,
  ])
})

test('authorizers of API keys are one for each set of scopes, others of one name are a mistake', () => {
  const keys = apiKeys('partner', { scopes: ['a:read', 'a:write'] })
  const caller = z.object({ user: z.string() })
  // at: user
  const one = authorizer('user', { caller, authorize: async () => undefined })
  // at: other user
  const two = authorizer('user', { caller: z.object({}), authorize: async () => undefined })
  const get = (path: `/${string}`, who: Authorizer<unknown>) =>
    endpoint(`GET ${path}`, { summary: path, caller: who, returns: nothing, handle: () => {} })
  const web = service('web', {
    a: get('/a', keys.with('a:read')),
    b: get('/b', keys.with('a:read')),
    c: get('/c', keys.with('a:read', 'a:write')),
    d: get('/d', one),
    e: get('/e', two),
  })
  expect(lines(check(plan('shop', { gateways: { api: gateway(web) } })))).toEqual([
    `${at('user')}  Two authorizers are named "user" (also ${at('other user')}) — give each a name of its own: it is their lasting name on every target`,
  ])
})

test('a mistake in API keys is shown where they were declared, not inside the framework', () => {
  // at: keys
  const keys = apiKeys('Partner', { scopes: ['all'] })
  const show = endpoint('GET /', { summary: 'It', caller: keys.with('all'), returns: nothing, handle: () => {} })
  const found = check(plan('shop', { gateways: { api: gateway(service('web', { show })) } }))
  expect(lines(found)).toContain(
    `${at('keys')}  The table name "Partner-keys" is not lower-case words joined by hyphens — call it "partner-keys"`,
  )
  expect(new Set(found.map(({ places }) => places[0]?.line)).size).toBe(1)
})
