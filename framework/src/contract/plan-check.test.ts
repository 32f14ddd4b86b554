import { expect, test } from 'vitest'
import { z } from 'zod'
import { alarm, backlog } from '../plan/alarm.ts'
import { anyone, authorizer } from '../plan/authorizer.ts'
import { bucket } from '../plan/bucket.ts'
import { notesOn } from '../plan/check.ts'
import { consumer } from '../plan/consumer.ts'
import { database } from '../plan/database.ts'
import { endpoint, nothing } from '../plan/endpoint.ts'
import library from '../plan/examples.test-d.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { queue } from '../plan/queue.ts'
import { reaction } from '../plan/reaction.ts'
import { retention } from '../plan/retention.ts'
import { type Rhythm, schedule } from '../plan/schedule.ts'
import { type Handlers, service } from '../plan/service.ts'
import { site } from '../plan/site.ts'
import { subscriber } from '../plan/subscriber.ts'
import { table } from '../plan/table.ts'
import { everything } from '../plan/test/everything.ts'
import { marksIn } from '../plan/test/marks.ts'
import { topic } from '../plan/topic.ts'
import type { Capabilities } from './capabilities.ts'
import { checkLimits, checkOn, mistakesIn, refuseMistakes } from './plan-check.ts'
import { type Fault, isFault } from './problems.ts'

const { at, lines } = marksIn(import.meta.url)
const Job = z.object({ id: z.string() })
const dated = table('dated', { item: z.object({ id: z.string(), at: z.string() }), key: ['id'] })
const files = bucket('files')
const open = { summary: 'It', caller: anyone, returns: nothing, handle: () => {} }
const of = (handlers: Handlers) => plan('shop', { services: [service('work', handlers)] })

// ---------- limits

test('an endpoint answers within 29 seconds and takes at most 6 MB', () => {
  // at: slow
  const slow = endpoint('POST /slow', { ...open, timeout: '30 seconds' })
  // at: never
  const never = endpoint('POST /never', { ...open, timeout: '0 seconds' })
  // at: large
  const large = endpoint('POST /large', { ...open, maxBody: '7 MB' })
  expect(lines(checkLimits(of({ slow, never, large, fine: endpoint('GET /', open) })))).toEqual([
    `${at('slow')}  The endpoint "slow" of the service "work" has a time-out of 30 seconds — choose more than 0 and at most 29 seconds`,
    `${at('never')}  The endpoint "never" of the service "work" has a time-out of 0 ms — choose more than 0 and at most 29 seconds`,
    `${at('large')}  The endpoint "large" of the service "work" accepts a body of 7168 KB — choose more than 0 and at most 6144 KB`,
  ])
})

test('the pace of an endpoint is 1 to 1,000 calls a second', () => {
  // at: none
  const none = endpoint('POST /none', { ...open, pace: 0 })
  // at: parts
  const parts = endpoint('POST /parts', { ...open, pace: 0.5 })
  const fine = endpoint('POST /fine', { ...open, pace: 1_000 })
  expect(lines(checkLimits(of({ none, parts, fine })))).toEqual([
    `${at('none')}  The endpoint "none" of the service "work" has a pace of 0 — choose a whole number from 1 to 1000`,
    `${at('parts')}  The endpoint "parts" of the service "work" has a pace of 0.5 — choose a whole number from 1 to 1000`,
  ])
})

test('a gateway lets at most 6 MB through', () => {
  const web = service('web', { show: endpoint('GET /', open) })
  // at: gateway
  const api = gateway(web, { maxBody: '10 MB' })
  expect(lines(checkLimits(plan('shop', { gateways: { api } })))).toEqual([
    `${at('gateway')}  The gateway "api" lets bodies through of 10240 KB — choose more than 0 and at most 6144 KB`,
  ])
})

test('leases, attempts and back-off of a queue have bounds', () => {
  // at: long
  const long = queue('long', { message: Job, lease: '13 hours', attempts: 0 })
  // at: back
  const back = queue('back', { message: Job, attempts: 1_001, backoff: { first: '1 minute', most: '1 second' } })
  // at: late
  const late = queue('late', {
    message: Job,
    lease: '12 hours',
    attempts: 1.5,
    backoff: { first: '1 second', most: '1 day' },
  })
  const consumers = [long, back, late].map((each, n) => [`c${n}`, consumer(each, { handle: () => {} })] as const)
  expect(lines(checkLimits(of(Object.fromEntries(consumers))))).toEqual([
    `${at('long')}  The queue "long" has attempts: 0 — choose a whole number from 1 to 1000`,
    `${at('long')}  The queue "long" has a lease of 13 hours — choose more than 0 and at most 12 hours`,
    `${at('back')}  The queue "back" has attempts: 1001 — choose a whole number from 1 to 1000`,
    `${at('back')}  The queue "back" has a back-off that begins with 1 minutes and stays below 1 seconds — make \`first\` the shorter one`,
    `${at('late')}  The queue "late" has attempts: 1.5 — choose a whole number from 1 to 1000`,
    `${at('late')}  The queue "late" has a back-off of up to 24 hours — choose at most 12 hours`,
  ])
})

test('batches, concurrency and attempts of handlers have bounds', () => {
  const jobs = queue('jobs', { message: Job })
  const events = topic('events', { event: Job })
  // at: batch
  const batch = consumer(jobs, { batch: 11, concurrency: 0, handle: () => {} })
  // at: listen
  const listen = subscriber(events, { attempts: 2_000, concurrency: 1_001, handle: () => {} })
  expect(lines(checkLimits(of({ batch, listen })))).toEqual([
    `${at('batch')}  The consumer "batch" of the service "work" has a batch of 11 — choose a whole number from 1 to 10`,
    `${at('batch')}  The consumer "batch" of the service "work" has a concurrency of 0 — choose a whole number from 1 to 1000`,
    `${at('listen')}  The subscriber "listen" of the service "work" has attempts: 2000 — choose a whole number from 1 to 1000`,
    `${at('listen')}  The subscriber "listen" of the service "work" has a concurrency of 1001 — choose a whole number from 1 to 1000`,
  ])
})

test('a batch on an ordered queue is no mistake: it holds one message of each key', () => {
  const jobs = queue('jobs', { message: Job, orderBy: job => job.id })
  expect(checkLimits(of({ work: consumer(jobs, { batch: 10, handle: () => {} }) }))).toEqual([])
})

test('schedules and reactions run for at most 15 minutes, consumers as long as their lease', () => {
  const jobs = queue('jobs', { message: Job, lease: '10 hours' })
  // at: nightly
  const nightly = schedule({ every: '1 day' }, { timeout: '1 day' as '1 minute', handle: () => {} })
  // at: react
  const react = reaction(alarm('full', { when: backlog(jobs).above(5) }), { timeout: '16 minutes', handle: () => {} })
  // at: at once
  const atOnce = consumer(jobs, { timeout: '0 seconds', handle: () => {} })
  expect(lines(checkLimits(of({ nightly, react, atOnce })))).toEqual([
    `${at('nightly')}  The schedule "nightly" of the service "work" has a time-out of 24 hours — choose more than 0 and at most 15 minutes`,
    `${at('react')}  The reaction "react" of the service "work" has a time-out of 16 minutes — choose more than 0 and at most 15 minutes`,
    `${at('at once')}  The consumer "atOnce" of the service "work" has a time-out of 0 ms — choose more than 0 and at most 12 hours`,
  ])
  expect(checkLimits(of({ long: consumer(jobs, { handle: () => {} }) }))).toEqual([])
})

test('the framework’s own problem codes are not an endpoint’s', () => {
  // at: fails
  const show = endpoint('GET /', { ...open, fails: { conflict: 409, 'not-found': 404, constructor: 404 } })
  expect(lines(checkLimits(of({ show })))).toEqual([
    `${at('fails')}  The endpoint "show" of the service "work" names "conflict" in \`fails\`, a problem of the framework — choose a code that says what went wrong here`,
  ])
})

const rhythm = "write for example `{ every: '1 minute' }` or `{ cron: '0 3 * * *', zone: 'UTC' }`"

test.each<[Rhythm, string]>([
  [{ cron: '61 * * * *', zone: 'UTC' }, '"61 * * * *" is not a cron expression: Invalid value for minute: 61'],
  [{ cron: '0 0 30 2 *', zone: 'UTC' }, '"0 0 30 2 *" is never due'],
  [
    { cron: '0 0 3 * * *', zone: 'UTC' },
    '"0 0 3 * * *" is not a cron expression: it has five fields: minute, hour, day of month, month, day of week',
  ],
  [
    { cron: '0 3 * * *', zone: 'Mars/Olympus' },
    '"Mars/Olympus" is not a time zone: name one of the IANA database, such as "Europe/Berlin"',
  ],
  [{ every: '0 seconds' }, 'the distance between two ticks is at least a second, in whole milliseconds'],
])('a schedule and a retention need a rhythm, which %o is not', (when, why) => {
  // at: schedule
  const run = schedule(when, { handle: () => {} })
  // at: retention
  const clean = retention(dated, { by: 'at', after: '1 day', archive: files, when })
  expect(lines(checkLimits(of({ run, clean })))).toEqual([
    `${at('schedule')}  The schedule "run" of the service "work" has no rhythm: ${why} — ${rhythm}`,
    `${at('retention')}  The retention "clean" of the service "work" has no rhythm: ${why} — ${rhythm}`,
  ])
})

// ---------- engines

const able: Capabilities = {
  engine: 'able',
  clock: 'ours',
  survives: 'power loss',
  indexLagMs: 0,
  liveChanges: true,
  databases: true,
  buckets: true,
  uploads: 'bounded',
}
const unable: Capabilities = { ...able, engine: 'plainstore', liveChanges: false, databases: false, buckets: false }

const sessions = table('sessions', { item: Job, key: ['id'] })
const ledger = database('ledger', { rows: { jobs: Job }, migrations: [] })
// at: watching authorizer
const customer = authorizer('customer', {
  caller: Job,
  uses: { sessions: sessions.watcher },
  authorize: async () => undefined,
})
// at: live
const live = endpoint('GET /live', { ...open, uses: { sessions: sessions.watcher } })
// at: book
const book = endpoint('POST /book', { ...open, uses: { ledger: ledger.writer } })
// at: store
const store = endpoint('POST /files', {
  ...open,
  caller: customer,
  uses: { files: files.writer, read: sessions.reader },
})
// at: stored
const stored = subscriber(files.created, { handle: () => {} })
const demanding = plan('shop', { gateways: { api: gateway(service('web', { live, book, store, stored })) } })

test('what an engine does not offer is refused with the handler, the resource and the way out', () => {
  const watching = 'use the `reader` and let clients ask again, or place it on an engine that tells'
  const buckets = 'place the bucket on an engine that has them'
  const [first, ...others] = lines(checkOn(demanding, unable))
  expect(first).toMatch(new RegExp(`^${at('watching authorizer')}  The authorizer "customer" asks for the watcher of`))
  expect(others).toEqual([
    `${at('live')}  The endpoint "live" of the service "web" asks for the watcher of the table "sessions", and plainstore does not tell of changes at once — ${watching}`,
    `${at('book')}  The endpoint "book" of the service "web" asks for the writer of the database "ledger", and plainstore has no databases — place the database on PostgreSQL, or use tables`,
    `${at('store')}  The endpoint "store" of the service "web" asks for the writer of the bucket "files", and plainstore has no buckets — ${buckets}`,
    `${at('stored')}  The subscriber "stored" of the service "web" hears of new objects in the bucket "files", and plainstore has no buckets — ${buckets}`,
  ])
})

test('an engine that offers it all refuses nothing', () => {
  expect(checkOn(demanding, able)).toEqual([])
  expect(checkOn(everything, able)).toEqual([])
})

test('credentials to upload, and what they are held to, are refused on engines that lack them', () => {
  const films = bucket('films', { uploads: { maxSize: '2 GB', types: ['video/mp4'] } })
  // at: bounded
  const bounded = endpoint('POST /films', { ...open, uses: { films: films.uploader } })
  // at: free
  const free = endpoint('POST /files', { ...open, uses: { files: files.uploader, films: films.writer } })
  const asking = plan('shop', { gateways: { api: gateway(service('web', { bounded, free })) } })
  const asks = (name: string) => `${at(name)}  The endpoint "${name}" of the service "web" asks for the uploader of`
  const links = 'give out links to upload (`uploadLink` of the `writer`), or place the bucket on an engine that does'
  const look = 'leave out `uploads` and look at what was `created`'
  const { uploads: _, ...without } = able
  expect(lines(checkOn(asking, able))).toEqual([])
  expect(lines(checkOn(asking, { ...able, uploads: 'unbounded' }))).toEqual([
    `${asks('bounded')} the bucket "films", and able holds uploads to neither size nor type — ${look}, or place the bucket on an engine that holds uploads to them`,
  ])
  expect(lines(checkOn(asking, without))).toEqual([
    `${asks('bounded')} the bucket "films", and able gives no credentials to upload — ${links}`,
    `${asks('free')} the bucket "files", and able gives no credentials to upload — ${links}`,
  ])
})

test('what uploads are held to can be kept', () => {
  // at: huge
  const huge = bucket('huge', { uploads: { maxSize: '6000 GB' } })
  // at: untyped
  const untyped = bucket('untyped', { uploads: { types: [] } })
  // at: mistyped
  const mistyped = bucket('mistyped', { uploads: { types: ['video/mp4', 'mp4'] } })
  const fine = bucket('fine', { uploads: { maxSize: '5 GB', types: ['image/svg+xml'] } })
  const uses = { a: huge.uploader, b: untyped.uploader, c: mistyped.uploader, d: fine.uploader }
  const types = "write media types, such as 'video/mp4', or leave out `types`"
  expect(lines(checkLimits(of({ take: endpoint('POST /take', { ...open, uses }) })))).toEqual([
    `${at('huge')}  The bucket "huge" takes uploads of 6291456000 KB — choose more than 0 and at most 5368709120 KB`,
    `${at('untyped')}  The bucket "untyped" takes uploads of no type — ${types}`,
    `${at('mistyped')}  The bucket "mistyped" takes uploads of the type "mp4" — ${types}`,
  ])
})

// ---------- all together

test('mistakes of the plan, between plans, of limits and of engines come in one list', () => {
  // at: other
  const other = plan('shop', { sites: [site('Shop', { path: '/shop' })] })
  const slow = plan('slow', {
    services: [service('work', { slow: endpoint('GET /', { ...open, timeout: '1000 seconds' }) })],
  })
  const codes = (capabilities?: Capabilities) =>
    mistakesIn([demanding, other, slow], capabilities).map(({ code }) => code)
  expect(codes().sort()).toEqual(['name-invalid', 'out-of-range', 'plan-twice'])
  expect(codes(unable).sort()).toEqual([
    'name-invalid',
    'out-of-range',
    'plan-twice',
    ...Array.from({ length: 5 }, () => 'unsupported'),
  ])
})

test('the example of the documentation has no mistakes and nothing to be noted', () => {
  expect(lines(mistakesIn([library], able))).toEqual([])
  expect(lines(notesOn(library))).toEqual([])
})

test('plans with mistakes are refused with all of them, plans without pass', () => {
  // at: refused
  const refused = plan('Refused', {})
  const found = thrownBy(() => refuseMistakes([refused], able, import.meta.dirname))
  expect(found.code).toBe('plan-invalid')
  expect(found.detail).toBe(
    [
      '2 mistakes',
      `  ${at('refused')}  The plan "Refused" has nothing in it — give it a gateway, a service or a site`,
      `  ${at('refused')}  The plan name "Refused" is not lower-case words joined by hyphens — call it "refused"`,
    ].join('\n'),
  )
  expect(found.more.mistakes).toEqual(mistakesIn([refused], able))
  expect(() => refuseMistakes([everything], able)).not.toThrow()
})

function thrownBy(run: () => void): Fault {
  try {
    run()
  } catch (error) {
    if (isFault(error)) return error
    throw error
  }
  return expect.unreachable()
}
