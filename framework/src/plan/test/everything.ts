/** For tests: a plan with every word in it, each once or twice. */
import { z } from 'zod'
import { alarm, deadLetters, errorShare, items, lag } from '../alarm.ts'
import { apiKeys } from '../api-keys.ts'
import { anyone, authorizer, internal } from '../authorizer.ts'
import { bucket } from '../bucket.ts'
import { connection } from '../connection.ts'
import { consumer } from '../consumer.ts'
import { database } from '../database.ts'
import { endpoint, nothing } from '../endpoint.ts'
import { gateway } from '../gateway.ts'
import { mailbox } from '../mailbox.ts'
import { plan } from '../plan.ts'
import { queue } from '../queue.ts'
import { reaction } from '../reaction.ts'
import { retention } from '../retention.ts'
import { schedule } from '../schedule.ts'
import { secret, setting } from '../secret.ts'
import { service } from '../service.ts'
import { site } from '../site.ts'
import { subscriber } from '../subscriber.ts'
import { table } from '../table.ts'
import { topic } from '../topic.ts'
import { view } from '../view.ts'

const Order = z.object({ orderId: z.string(), customerId: z.string(), at: z.iso.datetime(), revision: z.int() })
const Session = z.object({ token: z.string(), customerId: z.string(), until: z.iso.datetime() })
const open = { caller: anyone, returns: nothing, handle: () => {} }

const orders = table('orders', {
  item: Order,
  key: ['orderId'],
  indexes: { customer: ['customerId', 'at'] },
  version: 'revision',
})
const sessions = table('sessions', { item: Session, key: ['token'], expires: 'until' })
const ledger = database('ledger', {
  rows: { entries: z.object({ entry: z.string() }) },
  migrations: [{ name: '001', up: 'create table entries (entry text)' }],
})
const jobs = queue('jobs', { message: Order })
const updates = queue('updates', { message: Order, orderBy: order => order.orderId })
const events = topic('events', { event: Order })
const ordered = topic('ordered', { event: Order, orderBy: order => order.orderId })
const files = bucket('files', { expireAfter: '90 days' })
const archive = bucket('archive', { coldAfter: '30 days' })
const mail = mailbox('people', { from: 'a@example.org', to: 'b@example.org' })
const carrier = connection('carrier', {
  url: setting('carrier-url', z.url()),
  credential: { from: secret('carrier-token'), header: 'Authorization' },
})

const customer = authorizer('customer', {
  caller: z.object({ customerId: z.string() }),
  uses: { sessions: sessions.reader },
  authorize: async () => undefined,
})
const partners = apiKeys('partner', { scopes: ['read'] })

const mine = view('mine', {
  from: orders,
  item: Order,
  key: ['customerId', 'orderId'],
  project: order => order,
})

const tooMany = alarm('too-many', { when: items(orders).above(1_000), for: '5 minutes', tell: mail })
const stuck = alarm('stuck', { when: deadLetters(jobs).above(0) })

const backend = service('backend', {
  place: endpoint('POST /orders', {
    ...open,
    summary: 'Place an order',
    caller: customer,
    uses: { orders: orders.writer, events: events.publisher, ordered: ordered.publisher },
  }),
  status: endpoint('GET /status', { ...open, summary: 'How it goes', caller: internal }),
  pack: consumer(jobs, { uses: { files: files.writer, ledger: ledger.writer }, handle: () => {} }),
  update: consumer(updates, { uses: { orders: orders.writer }, handle: () => {} }),
  tell: subscriber(events, { uses: { mail: mail.sender }, handle: () => {} }),
  note: subscriber(ordered, { handle: () => {} }),
  follow: subscriber(orders.changes, { uses: { jobs: jobs.sender }, handle: () => {} }),
  followMine: subscriber(mine.changes, { uses: { carrier: carrier.client }, handle: () => {} }),
  uploaded: subscriber(files.created, { uses: { updates: updates.sender }, handle: () => {} }),
  mine,
  unstick: reaction(stuck, { uses: { jobs: jobs.sender }, handle: () => {} }),
  cleanUp: retention(orders, { by: 'at', after: '365 days', archive, when: { every: '1 day' }, also: tooMany }),
})

const web = service('web', {
  show: endpoint('GET /orders', {
    ...open,
    summary: 'My orders',
    caller: partners.with('read'),
    uses: { backend: backend.client, mine: mine.reader },
  }),
  again: endpoint('GET /again', {
    ...open,
    summary: 'Once more',
    caller: partners.with('read'),
    uses: { backend: backend.client },
  }),
  look: schedule({ cron: '0 3 * * *', zone: 'UTC' }, { uses: { backend: backend.client }, handle: () => {} }),
})

export const everything = plan('everything', {
  title: 'All words',
  gateways: { api: gateway(web, { title: 'The door' }), back: gateway(backend) },
  sites: [site('shop', { path: '/shop' })],
  alarms: [
    alarm('behind', { when: lag(mine).above('10 seconds'), tell: mail }),
    alarm('failing', { when: errorShare(web).above(0.1), tell: mail }),
  ],
})
