import { expect, test } from 'vitest'
import { z } from 'zod'
import { alarm, items } from './alarm.ts'
import { anyone, authorizer } from './authorizer.ts'
import { bucket } from './bucket.ts'
import { check, checkAll } from './check.ts'
import { connection } from './connection.ts'
import { consumer } from './consumer.ts'
import { endpoint, nothing } from './endpoint.ts'
import { gateway } from './gateway.ts'
import { graphOf } from './graph.ts'
import { mailbox } from './mailbox.ts'
import { plan } from './plan.ts'
import { queue } from './queue.ts'
import { schedule } from './schedule.ts'
import { service } from './service.ts'
import { site } from './site.ts'
import { subscriber } from './subscriber.ts'
import { table } from './table.ts'
import { marksIn } from './test/marks.ts'
import { topic } from './topic.ts'
import { view } from './view.ts'

const { at, lines } = marksIn(import.meta.url)
const Thing = z.object({ id: z.string(), at: z.iso.datetime() })
type Item = z.output<typeof Thing>
const open = { summary: 'It', caller: anyone, returns: nothing, handle: () => {} }

test('a plan with nothing in it is a mistake', () => {
  // at: nothing
  const empty = plan('empty', {})
  expect(lines(check(empty))).toEqual([
    `${at('nothing')}  The plan "empty" has nothing in it — give it a gateway, a service or a site`,
  ])
})

/** A plan with 30 mistakes, of 27 kinds. */
function planOfMistakes() {
  const things = table('Things', { item: Thing, key: ['id', 'id'], indexes: { 'by-at': ['at'] } })
  const expiring = table('expiring', { item: Thing, key: ['at'], expires: 'at', indexes: { again: ['at'] } })
  const twin = table('expiring', { item: Thing, key: ['id'] })
  const unkept = view('unkept', {
    from: things,
    item: Thing,
    key: ['id'],
    project: (item: Item) => item,
  })
  const half = bucket('half', { expireAfter: '0.5 days' })
  const jobs = queue('jobs', { message: Thing })
  const unread = queue('unread', { message: Thing })
  const long = queue('q'.repeat(60), { message: Thing })
  const api = connection('api', { url: 'example.org' })
  const people = mailbox('people', { from: 'nobody' })
  const customer = authorizer('customer', { caller: Thing, authorize: async () => undefined })
  const backend = service('backend', { mine: endpoint('GET /mine', { ...open, caller: customer }) })
  const idle = service('idle', { tick: schedule({ every: '1 hour' }, { handle: () => {} }) })
  const uses = { things: things.reader, expiring: expiring.reader, twin: twin.reader, unkept: unkept.reader }
  const web = service('web', {
    one: endpoint('GET /a/:x', { ...open, uses }),
    two: endpoint('GET /a/:y', { ...open, uses: { half: half.reader, unread: unread.sender, long: long.sender } }),
    three: endpoint('GET /b/', { ...open, body: Thing }),
    four: endpoint('GET /c', { ...open, once: 'Key', fails: { Gone: 200 } }),
    five: endpoint('POST /d', { ...open, uses: { api: api.client, people: people.sender, backend: backend.client } }),
    six: endpoint('POST /e', {
      ...open,
      returns: { 404: Thing },
      uses: { idle: idle.client },
      handle: () => ({ id: '', at: '' }),
    }),
    'seven-a': endpoint('POST /f', open),
    eight: consumer(jobs, { timeout: '1 hour', handle: () => {} }),
    nine: consumer(jobs, { handle: () => {} }),
    ten: consumer(long, { handle: () => {} }),
  })
  return plan('mistakes', {
    gateways: {
      web: gateway(web, { throttle: { rate: -1, burst: 1 }, cors: { origins: ['*'] } }),
      none: gateway(idle),
    },
    services: [service('nothing', {})],
    sites: [site('a', { path: '/a' }), site('b', { path: '/a' })],
    alarms: [alarm('quiet', { when: items(expiring).above(1) })],
  })
}

test('all mistakes are reported in one go, each with its place', () => {
  const mistakes = check(planOfMistakes())
  expect(mistakes.map(({ code }) => code).sort()).toEqual([
    'address-invalid',
    'alarm-idle',
    'attribute-of-key',
    'attribute-repeated',
    'body-not-allowed',
    'caller-never-accepted',
    'client-without-endpoints',
    'connection-invalid',
    'fails-invalid',
    'fails-invalid',
    'gateway-without-endpoints',
    'index-useless',
    'lifecycle-invalid',
    'name-invalid',
    'name-invalid',
    'name-invalid',
    'name-taken',
    'name-too-long',
    'once-not-allowed',
    'origin-invalid',
    'queue-consumed-twice',
    'queue-not-consumed',
    'returns-invalid',
    'route-invalid',
    'route-taken',
    'service-empty',
    'site-path-taken',
    'throttle-invalid',
    'timeout-above-lease',
    'view-not-kept',
  ])
  const places = mistakes.map(({ places: [first] }) => first)
  expect(places.every(place => place?.file.endsWith('/check.test.ts'))).toBe(true)
  expect(places).toEqual([...places].sort((left, right) => (left?.line ?? 0) - (right?.line ?? 0)))
})

test('plans that one process serves share no name, no resource, no service and no path', () => {
  // at: shared
  const shared = table('shared', { item: Thing, key: ['id'] })
  const read = schedule({ every: '1 hour' }, { uses: { shared: shared.reader }, handle: () => {} })
  const write = schedule({ every: '1 hour' }, { uses: { shared: shared.writer }, handle: () => {} })
  // at: service
  const both = service('both', { run: schedule({ every: '1 hour' }, { handle: () => {} }) })
  // at: first site
  const here = site('here', { path: '/app' })
  // at: second site
  const there = site('there', { path: '/app' })
  // at: first
  const first = plan('first', { services: [service('a', { read }), both], sites: [here] })
  // at: second
  const second = plan('second', { services: [service('b', { write }), both], sites: [there] })
  const apart = 'declare one for each plan; plans meet through their gateways'
  expect(lines(check(first))).toEqual([])
  expect(lines(check(second))).toEqual([])
  expect(lines(checkAll([first, second]))).toEqual([
    `${at('shared')}  The table "shared" belongs to the plans "first" and "second" (also ${at('first')}, ${at('second')}) — ${apart}`,
    `${at('service')}  The service "both" belongs to the plans "first" and "second" (also ${at('first')}, ${at('second')}) — ${apart}`,
    `${at('first site')}  The sites "here" and "there" begin at one path, "/app" (also ${at('second site')}) — give each a path of its own`,
  ])
})

test('two plans have two names', () => {
  // at: one plan
  const one = plan('same', { sites: [site('a', { path: '/a' })] })
  // at: other plan
  const other = plan('same', { sites: [site('b', { path: '/b' })] })
  expect(lines(checkAll([one, other]))).toEqual([
    `${at('one plan')}  2 plans are named "same" (also ${at('other plan')}) — give each a name of its own`,
  ])
})

test('checkAll finds what check finds in each plan', () => {
  const broken = planOfMistakes()
  const fine = plan('fine', { sites: [site('fine', { path: '/fine' })] })
  expect(checkAll([fine, broken])).toEqual(check(broken))
})

/** Services that one service calls, each with a table, a queue, a topic and a view; `read` hears of each look at a handler. */
function largePlan(size: number, read: () => void) {
  const seen = <H extends object>(handler: H): H =>
    new Proxy(handler, {
      get(target, name, receiver) {
        read()
        return Reflect.get(target, name, receiver)
      },
    })
  const services = Array.from({ length: size }, (_, n) => {
    const things = table(`things-${n}x`, { item: Thing, key: ['id'], indexes: { at: ['at'] } })
    const jobs = queue(`jobs-${n}x`, { message: Thing })
    const events = topic(`events-${n}x`, { event: Thing })
    return service(`service-${n}x`, {
      show: seen(endpoint('GET /things/:id', { ...open, uses: { things: things.reader, jobs: jobs.sender } })),
      work: seen(consumer(jobs, { uses: { things: things.writer, events: events.publisher }, handle: () => {} })),
      listen: seen(subscriber(events, { uses: { things: things.writer }, handle: () => {} })),
      list: seen(view(`list-${n}x`, { from: things, item: Thing, key: ['id'], project: (item: Item) => item })),
    })
  })
  const calls = services.map(
    ({ client }, n) => [`call${n}x`, endpoint(`GET /${n}`, { ...open, uses: { client } })] as const,
  )
  return plan('large', { gateways: { api: gateway(service('first', Object.fromEntries(calls))) } })
}

test('graph and check look at each handler equally often, however large the plan', () => {
  const looks = (size: number): number => {
    let count = 0
    const large = largePlan(size, () => count++)
    expect(check(large)).toEqual([])
    expect(graphOf(large).services).toHaveLength(size + 1)
    return count
  }
  const small = looks(20)
  expect(small).toBeGreaterThan(0)
  expect(looks(400)).toBe(small * 20)
})
