/**
 * What a plan's types promise: what is inferred, and what does not compile; tables and views have a file of their own.
 * Checked by the compiler, never run. Each `@ts-expect-error` says what is refused; one that is not refused any more
 * fails the check.
 */
import { z } from 'zod'
import { alarm, errorShare, lag } from './alarm.ts'
import { apiKeys } from './api-keys.ts'
import { authorizer, internal } from './authorizer.ts'
import { bucket, type ObjectCreated, type StoredObject } from './bucket.ts'
import { connection } from './connection.ts'
import { consumer, type Delivery } from './consumer.ts'
import { database } from './database.ts'
import { answer, endpoint, type File, file, nothing, stream } from './endpoint.ts'
import { gateway } from './gateway.ts'
import { mailbox } from './mailbox.ts'
import { atomically } from './operation.ts'
import { plan } from './plan.ts'
import { type Problem, problem } from './problem.ts'
import { queue } from './queue.ts'
import { retention } from './retention.ts'
import { schedule } from './schedule.ts'
import { type Secret, secret, setting } from './secret.ts'
import { seed } from './seed.ts'
import { service } from './service.ts'
import { subscriber } from './subscriber.ts'
import { answered, bigOnes, watching } from './table.test-d.ts'
import type { Change } from './table.ts'
import { is, Order, open, orders, placed } from './test/shop.ts'
import { topic } from './topic.ts'
import { view } from './view.ts'

// ---------- endpoints

export const parameters = endpoint('GET /shops/:shop/orders/:order', {
  ...open,
  handle({ params }) {
    is<{ readonly shop: string; readonly order: string }>()(params)
  },
})
export const parsed = endpoint('POST /shops/:shop', {
  ...open,
  params: z.object({ shop: z.coerce.number() }),
  query: z.object({ limit: z.coerce.number().default(10) }),
  body: Order.pick({ customer: true, tags: true }),
  headers: z.object({ 'x-trace': z.string().optional() }),
  handle({ params, query, body, headers, caller, at, signal }) {
    is<{ shop: number }>()(params)
    is<{ limit: number }>()(query)
    is<{ customer: string; tags: string[] }>()(body)
    is<{ 'x-trace'?: string | undefined }>()(headers)
    is<undefined>()(caller)
    is<Date>()(at)
    is<AbortSignal>()(signal)
  },
})
endpoint('GET /a', {
  ...open,
  handle({ params, body, query }) {
    is<undefined>()(query)
    // @ts-expect-error the route has no parameter
    params.id
    // @ts-expect-error the endpoint asks for no body
    body.name
  },
})
endpoint('GET /a/:id', {
  ...open,
  // @ts-expect-error `params` lacks the name in the route
  params: z.object({ x: z.string() }),
  handle: () => {},
})
// @ts-expect-error there is no such method
endpoint('FETCH /a', { ...open, handle: () => {} })
// @ts-expect-error a path begins with a slash
endpoint('GET a', { ...open, handle: () => {} })
// @ts-expect-error an endpoint says who may call it
endpoint('GET /a', { summary: '', returns: nothing, handle: () => {} })
endpoint('GET /a', {
  ...open,
  fails: { gone: 410 },
  returns: Order,
  // @ts-expect-error a problem is one that `fails` names
  async handle() {
    return problem('lost')
  },
})
endpoint('GET /a', {
  ...open,
  returns: Order,
  // @ts-expect-error an answer fits the schema
  async handle() {
    return { orderId: 'a' }
  },
})
endpoint('GET /a', {
  ...open,
  // @ts-expect-error `nothing` is no value
  handle: () => 5,
})
// @ts-expect-error a time-out is at most seconds long
endpoint('GET /a', { ...open, timeout: '1 minute', handle: () => {} })
// @ts-expect-error a size has a unit
endpoint('GET /a', { ...open, maxBody: '5000', handle: () => {} })

export const statuses = endpoint('POST /statuses', {
  ...open,
  returns: { 200: Order, 202: z.object({ job: z.string() }) },
  async handle() {
    if (placed.total > 5) return answer(202, { job: 'a' }, { location: '/jobs/a' })
    if (placed.total > 4) return answer(200, { ...placed, revision: 1 })
    return { job: 'a' }
  },
})
endpoint('POST /a', {
  ...open,
  returns: { 202: z.object({ job: z.string() }) },
  // @ts-expect-error the status is one of those named
  handle: () => answer(201, { job: 'a' }),
})
endpoint('POST /a', {
  ...open,
  returns: { 201: Order, 202: z.object({ job: z.string() }) },
  // @ts-expect-error each status has its own value
  handle: () => answer(201, { job: 'a' }),
})
export const picture = endpoint('GET /picture', {
  ...open,
  returns: file('image/png', 'image/svg+xml'),
  handle: _call => ({ type: 'image/png', content: new Uint8Array(), name: 'a.png' }),
})
endpoint('GET /a', {
  ...open,
  returns: file('image/png'),
  // @ts-expect-error the media type is one of those named
  handle: () => ({ type: 'text/csv', content: '' }),
})
endpoint('GET /a', {
  ...open,
  returns: stream(Order),
  // @ts-expect-error each event fits the schema
  async *handle() {
    yield { orderId: 'a' }
  },
})
endpoint('GET /a', {
  ...open,
  returns: stream(Order),
  // @ts-expect-error a stream is no single value
  handle: () => ({ ...placed, revision: 1 }),
})

// ---------- literals stay what they are, wherever a plan's function returns them

const Step = z.object({
  kind: z.enum(['up', 'down']),
  by: z.literal(5),
  tags: z.array(z.enum(['a', 'b'])),
  text: z.string(),
})
export const literals = endpoint('GET /literals', {
  ...open,
  returns: Step,
  fails: { gone: 410 },
  async handle({ at }) {
    if (at.getTime() > 5) return problem('gone')
    return { kind: 'up', by: 5, tags: ['a', 'b'], text: 'x' }
  },
})
export const literalAnswer = endpoint('GET /literals', {
  ...open,
  returns: { 200: Step, 202: z.object({ job: z.enum(['queued', 'done']), steps: z.array(z.string()) }) },
  handle: _call => answer(202, { job: 'queued', steps: ['a'] }),
})
export const literalEvents = endpoint('GET /literals', {
  ...open,
  returns: stream(Step),
  async *handle(_call) {
    yield { kind: 'up', by: 5, tags: ['a'], text: 'x' }
  },
})
export const literalView = view('literals', {
  from: orders,
  item: z.object({ customer: z.string(), kind: z.enum(['large', 'small']) }),
  key: ['customer'],
  project: ({ customer, total }) => (total > 5 ? { customer, kind: 'large' } : [{ customer, kind: 'small' }]),
})
export const literalUpgrade = queue('literals', {
  message: [
    z.object({ id: z.string() }),
    old => ({ ...old, kind: 'up' }),
    z.object({ id: z.string(), kind: Step.shape.kind }),
  ],
})
export const literalCaller = authorizer('literal', {
  caller: z.object({ role: z.enum(['admin', 'guest']) }),
  authorize: async request => (request.header('x') === 'a' ? { role: 'admin' } : undefined),
})

// ---------- callers

const Customer = z.object({ customer: z.string(), since: z.coerce.date() })
const customer = authorizer('customer', {
  caller: Customer,
  uses: { orders: orders.reader },
  authorize: async (request, { orders }) => {
    is<string | undefined>()(request.header('authorization'))
    const order = await orders.get({ orderId: request.cookie('order') ?? '' })
    return order ? { customer: order.customer, since: '2026-01-01' } : problem('not-allowed', 'unknown')
  },
})
authorizer('x', {
  caller: Customer,
  // @ts-expect-error an authorizer gives a caller of its schema
  authorize: async () => ({ name: 'a' }),
})
authorizer('x', {
  caller: Customer,
  // @ts-expect-error an authorizer refuses with the framework's own codes
  authorize: async () => problem('go-away'),
})
export const known = endpoint('GET /me', {
  ...open,
  caller: customer,
  handle: ({ caller }) => is<{ customer: string; since: Date }>()(caller),
})
export const fromInside = endpoint('GET /inside', {
  ...open,
  caller: internal,
  handle: ({ caller }) => is<{ readonly service: string }>()(caller),
})
const partners = apiKeys('partner', { scopes: ['read', 'write'], rates: { free: { perSecond: 5 } } })
export const withKey = endpoint('GET /partner', {
  ...open,
  caller: partners.with('read', 'write'),
  uses: { keys: partners.keys.writer },
  async handle({ caller, at }, { keys }) {
    is<readonly ('read' | 'write')[]>()(caller.scopes)
    await partners.issue(keys, { account: caller.account, name: 'a', scopes: ['read'] }, at)
    // @ts-expect-error a key has declared scopes
    await partners.issue(keys, { account: 'a', name: 'a', scopes: ['admin'] }, at)
  },
})
// @ts-expect-error there is no such scope
partners.with('admin')

// ---------- queues and topics

const Job = z.object({ id: z.string(), priority: z.int().default(5) })
type Job = z.output<typeof Job>
const jobs = queue('jobs', { message: Job, orderBy: job => `${job.id}/${job.priority}` })
const events = topic('events', { event: z.union([Job, Order]) })

queue('x', {
  message: Job,
  // @ts-expect-error the key of an order is a text of the message
  orderBy: job => job.priority,
})
// @ts-expect-error a lease is at most hours long
queue('x', { message: Job, lease: '1 day' })

export const sending = schedule(
  { every: '5 minutes' },
  {
    uses: { jobs: jobs.sender, events: events.publisher },
    async handle({ tick }, { jobs, events }) {
      is<Date>()(tick)
      await jobs.send({ id: 'a' }, { delay: '5 minutes', id: 'a' })
      await atomically({ job: jobs.send({ id: 'a' }), event: events.publish({ id: 'a' }) })
      // @ts-expect-error a message fits its schema
      await jobs.send({ name: 'a' })
      // @ts-expect-error an event fits its schema
      await events.publish({ name: 'a' })
      // @ts-expect-error there is no such unit
      await jobs.send({ id: 'a' }, { delay: '15 parsecs' })
      // @ts-expect-error a delay is at most minutes long
      await jobs.send({ id: 'a' }, { delay: '1 hour' })
    },
  },
)
// @ts-expect-error a cron expression has a time zone
schedule({ cron: '0 3 * * *' }, { handle: () => {} })

export const oneByOne = consumer(jobs, {
  handle({ message, attempt, sentAt }) {
    is<Job>()(message)
    is<number>()(attempt)
    is<Date>()(sentAt)
  },
})
export const inBatches = consumer(jobs, {
  batch: 10,
  async handle({ deliveries }) {
    is<readonly Delivery<Job>[]>()(deliveries)
    return { failed: deliveries.filter(({ message }) => message.priority > 5) }
  },
})
consumer(jobs, {
  batch: 10,
  // @ts-expect-error what failed is told by its delivery
  async handle({ deliveries }) {
    return { failed: deliveries.map(({ id }) => id) }
  },
})
consumer(jobs, {
  handle: call => {
    // @ts-expect-error one by one there are no deliveries
    call.deliveries
  },
})
// @ts-expect-error a topic is subscribed to
consumer(events, { handle: () => {} })
// @ts-expect-error a queue is consumed
subscriber(jobs, { handle: () => {} })

export const hearing = subscriber(events, { handle: ({ event }) => is<Job | Order>()(event) })
export const following = subscriber(orders.changes, { handle: ({ event }) => is<Change<Order>>()(event) })
const videos = bucket('videos', { expireAfter: '90 days' })
export const arriving = subscriber(videos.created, { handle: ({ event }) => is<ObjectCreated>()(event) })

// ---------- buckets, secrets, settings, databases

// @ts-expect-error a lifecycle goes by days
bucket('x', { expireAfter: '5 hours' })

export const storing = endpoint('POST /store', {
  ...open,
  uses: { read: videos.reader, write: videos.writer, upload: videos.uploader },
  async handle(_call, { read, write, upload }) {
    is<StoredObject | undefined>()(await read.get('a'))
    await write.put('a', 'text', { ifAbsent: true })
    const { accessKeyId } = await upload.credentials('videos/a', { for: '30 minutes' })
    is<string>()(accessKeyId)
    // @ts-expect-error credentials live for hours at most
    await upload.credentials('videos/a', { for: '1 day' })
    // @ts-expect-error a reader does not put
    read.put
    // @ts-expect-error an uploader does not read
    upload.get
    // @ts-expect-error an uploader does not list
    upload.list
    // @ts-expect-error a link lives for hours at most
    await read.link('a', { for: '1 day' })
  },
})

const token = secret('token')
const tokens = secret('tokens', { per: 'tenant' })
const size = setting('size', z.coerce.number().default(20))
export const reaching = endpoint('GET /reach', {
  ...open,
  uses: { token: token.reader, tokens: tokens.reader, keeper: tokens.keeper, size: size.reader },
  async handle(_call, { token, tokens, keeper, size }) {
    is<Secret>()(await token.get())
    is<Secret | undefined>()(await tokens.get('tenant'))
    await keeper.set('tenant', 'value')
    is<number>()(await size.get())
    // @ts-expect-error one secret has no tenant
    await token.get('tenant')
    // @ts-expect-error secrets of tenants are asked for by tenant
    await tokens.get()
    // @ts-expect-error a reader keeps nothing
    tokens.set
  },
})
// @ts-expect-error one secret has no keeper
token.keeper

const ledger = database('ledger', {
  rows: {
    accounts: z.object({ id: z.string(), balance: z.int().default(0) }),
    entries: z.object({ account: z.string() }),
  },
  migrations: [],
})
export const booking = endpoint('POST /book', {
  ...open,
  uses: {
    reader: ledger.reader,
    ledger: ledger.writer,
    jobs: jobs.sender,
    events: events.publisher,
    orders: orders.writer,
  },
  async handle(_call, { reader, ledger, jobs, events, orders }) {
    is<{ id: string; balance: number }[]>()(await reader.sql.selectFrom('accounts').selectAll().execute())
    const id = await ledger.transaction(async tx => {
      await tx.insertInto('accounts').values({ id: 'a' }).execute()
      await tx.send(jobs.send({ id: 'a' }))
      await tx.publish(events.publish({ id: 'a' }))
      return tx.selectFrom('accounts').select('id').executeTakeFirstOrThrow()
    })
    is<{ id: string }>()(id)
    // @ts-expect-error there is no such relation
    reader.sql.selectFrom('account')
    // @ts-expect-error there is no such column
    reader.sql.selectFrom('accounts').select('name')
    // @ts-expect-error a column has a type
    ledger.sql.updateTable('accounts').set({ balance: 'a' })
    // @ts-expect-error a reader has no transaction
    reader.transaction
    // @ts-expect-error tables and SQL are not one commit: a write is no message
    await ledger.transaction(tx => tx.send(orders.put(placed)))
  },
})

const api = connection('api', { url: setting('api-url', z.url()), rate: { requests: 5, per: '1 second' } })
export const asking = endpoint('GET /ask', {
  ...open,
  uses: { api: api.client },
  async handle(_call, { api }) {
    const reply = await api.get('/things', { returns: z.object({ things: z.array(z.string()) }) })
    if (reply.ok) is<{ things: string[] }>()(reply.value)
    else is<boolean>()(reply.problem.code === 'breaker-open')
    // @ts-expect-error nothing is there before it is known to be good
    reply.value
    // @ts-expect-error there is no such failure
    if (!reply.ok) reply.problem.code === 'sold-out'
  },
})

// ---------- services

const backend = service('backend', { answered, statuses, parsed, known, picture, watching, oneByOne, bigOnes })
export const calling = endpoint('GET /calling', {
  ...open,
  uses: { backend: backend.client },
  async handle(_call, { backend }) {
    const reply = await backend.answered({ once: 'key' })
    if (reply.ok) is<Order>()(reply.value)
    else is<Problem<'taken' | 'gone'>>()(reply.problem)
    is<Order | { job: string }>()((await backend.statuses()).value)
    is<File<'image/png' | 'image/svg+xml'>>()((await backend.picture()).value)
    is<AsyncIterable<Order>>()((await backend.watching()).value)
    is<undefined>()((await backend.known()).value)
    await backend.parsed({ params: { shop: '5' }, body: { customer: 'a' } })
    // @ts-expect-error an endpoint that can fail is asked whether it did
    reply.value
    // @ts-expect-error what the endpoint asks for is given
    await backend.parsed()
    // @ts-expect-error a body fits its schema
    await backend.parsed({ params: { shop: '5' }, body: { customer: 1 } })
    // @ts-expect-error an endpoint without a body is given none
    await backend.known({ body: {} })
    // @ts-expect-error consumers are not called
    backend.oneByOne
    // @ts-expect-error views are not called
    backend.bigOnes
  },
})

// ---------- plan

const web = service('web', { calling })
export const whole = plan('whole', {
  gateways: { api: gateway(web, { mounts: { '/old': () => new Response('old') } }), back: gateway(backend) },
  alarms: [
    alarm('slow', { when: lag(bigOnes).above('10 seconds'), tell: mailbox('people', { from: 'a@example.org' }) }),
    alarm('failing', { when: errorShare(web).above(0.1) }),
  ],
})
is<typeof web>()(whole.gateways.api.service)
// @ts-expect-error there is no such gateway
whole.gateways.web
// @ts-expect-error a lag is a time
lag(bigOnes).above(5)
// @ts-expect-error a share is a number
errorShare(web).above('5 minutes')
// @ts-expect-error only a view lags
lag(orders)
// @ts-expect-error a gateway is a service's
gateway(oneByOne)
// @ts-expect-error a service has handlers
service('x', { orders })

export const cleaning = retention(orders, {
  by: 'placedAt',
  after: '365 days',
  archive: videos,
  when: { every: '1 day' },
})
// @ts-expect-error age counts from a time
retention(orders, { by: 'total', after: '365 days', archive: videos, when: { every: '1 day' } })
// @ts-expect-error a view is not cleaned
retention(bigOnes, { by: 'customer', after: '365 days', archive: videos, when: { every: '1 day' } })

export default seed({
  uses: { orders: orders.writer },
  async handle({ newId }, { orders }) {
    await orders.put({ ...placed, orderId: newId() })
    return ['http://localhost']
  },
})
