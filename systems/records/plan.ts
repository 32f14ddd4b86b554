/**
 * records: an app with logins and a lot of data that gets old: the main app and a cleanup job. The plan stands; the
 * handlers' bodies come with the system, its sign-in with the accounts block.
 */
import {
  alarm,
  apiKeys,
  bucket,
  endpoint,
  errorShare,
  gateway,
  items,
  mailbox,
  plan,
  retention,
  service,
  site,
  table,
} from 'groundplan'
import { z } from 'zod'

const Entry = z.object({
  userId: z.string(),
  writtenAt: z.iso.datetime(),
  title: z.string().max(200),
  text: z.string().max(50_000),
})

const entries = table('entries', { item: Entry, key: ['userId', 'writtenAt'] })
const archive = bucket('archive', { coldAfter: '30 days' })
const operations = mailbox('operations', { from: 'records@example.org', to: 'operations@example.org' })

const users = apiKeys('records', { scopes: ['write', 'read'] })

// ---------- the main app ----------

const write = endpoint('POST /entries', {
  summary: 'Write an entry',
  caller: users.with('write'),
  body: Entry.pick({ title: true, text: true }),
  returns: { 201: Entry },
  once: 'Idempotency-Key',
  uses: { entries: entries.writer },
  handle: ({ body, caller, at }, { entries }) =>
    entries.put({ ...body, userId: caller.account, writtenAt: at.toISOString() }),
})
const list = endpoint('GET /entries', {
  summary: 'My entries by time, the newest first',
  caller: users.with('read'),
  query: z.object({ from: z.iso.datetime().optional(), to: z.iso.datetime().optional(), after: z.string().optional() }),
  returns: z.object({ items: z.array(Entry), after: z.string().optional() }),
  uses: { entries: entries.reader },
  handle: ({ query, caller }, { entries }) => entries.query({ userId: caller.account }, { ...query, reverse: true }),
})
const restore = endpoint('POST /archive/:day', {
  summary: 'Ask for the archived entries of a day',
  caller: users.with('read'),
  params: z.object({ day: z.iso.date() }),
  returns: { 202: z.object({ state: z.enum(['restoring', 'ready']) }) },
  fails: { 'not-found': 404 },
  uses: { archive: archive.writer },
  handle: comesWithTheSystem,
})
const app = service('app', { write, list, restore })

// ---------- the cleanup job: on a schedule, and when the table gets too large ----------

const tooLarge = alarm('too-large', { when: items(entries).above(10_000_000), tell: operations })
const oldEntries = retention(entries, {
  by: 'writtenAt',
  after: '365 days',
  archive,
  when: { cron: '0 3 * * *', zone: 'UTC' },
  also: tooLarge,
})
const cleanup = service('cleanup', { oldEntries })

export default plan('records', {
  gateways: { api: gateway(app, { throttle: { rate: 100, burst: 200 } }) },
  services: [cleanup],
  sites: [site('app', { path: '/records' })],
  alarms: [alarm('app-failing', { when: errorShare(app).above(0.05), for: '5 minutes', tell: operations })],
})

function comesWithTheSystem(): never {
  throw new Error('records is planned; this handler is not written yet')
}
