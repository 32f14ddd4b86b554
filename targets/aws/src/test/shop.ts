/** A small plan with a bit of everything, and its settings: for tests. */
import {
  alarm,
  anyone,
  apiKeys,
  atomically,
  backlog,
  bucket,
  consumer,
  deadLetters,
  endpoint,
  gateway,
  mailbox,
  plan,
  queue,
  schedule,
  secret,
  service,
  site,
  subscriber,
  table,
  topic,
  view,
} from 'groundplan'
import { z } from 'zod'
import type { AwsSettings } from '../settings.ts'

const Product = z.object({ productId: z.string(), name: z.string(), category: z.string() })
export const products = table('products', {
  item: Product,
  key: ['productId'],
  indexes: { category: ['category', 'name'] },
})
export const orders = table('orders', { item: z.object({ orderId: z.string() }), key: ['orderId'] })
export const jobs = queue('jobs', { message: z.object({ id: z.string() }), attempts: 3 })
const placed = topic('placed', { event: z.object({ orderId: z.string() }) })
const pictures = bucket('pictures', { expireAfter: '90 days' })
const mail = mailbox('operations', { from: 'Shop <shop@example.org>', to: 'operations@example.org' })
const token = secret('token')
const keys = apiKeys('shop', { scopes: ['customer'] })

export const listed = view('listed', {
  from: products,
  item: Product,
  key: ['category', 'productId'],
  project: each => each,
})

const order = endpoint('POST /orders', {
  summary: 'Place an order',
  caller: keys.with('customer'),
  body: z.object({ productId: z.string() }),
  returns: z.object({ orderId: z.string() }),
  once: 'Idempotency-Key',
  uses: { products: products.reader, orders: orders.writer, placed: placed.publisher },
  handle: (call, { orders, placed }) => {
    const orderId = call.newId()
    const done = { order: orders.put({ orderId }), event: placed.publish({ orderId }) }
    return atomically(done).answer({ orderId }, {})
  },
})

const work = consumer(jobs, {
  uses: { pictures: pictures.writer, token: token.reader },
  async handle({ message }, { pictures, token }) {
    await pictures.put(message.id, (await token.get()).reveal())
  },
})

const tell = subscriber(placed, {
  uses: { mail: mail.sender },
  handle: (_call, { mail }) => mail.send({ subject: '', text: '' }),
})

const nightly = schedule(
  { cron: '0 3 * * 1-5', zone: 'Europe/Berlin' },
  { uses: { jobs: jobs.sender }, handle: () => {} },
)

export const backend = service('backend', { order, work, tell, nightly, listed })

const browse = endpoint('GET /products/:category', {
  summary: 'Products of a category',
  caller: anyone,
  returns: z.object({ items: z.array(Product) }),
  uses: { listed: listed.reader, backend: backend.client },
  handle: async ({ params }, { listed }) => ({ items: (await listed.query(params)).items }),
})

/** @param more handlers of the front besides */
export function shop(more: Parameters<typeof service>[1] = {}) {
  const front = service('front', { browse, ...more })
  return plan('shop', {
    gateways: { api: gateway(front, { throttle: { rate: 50, burst: 100 }, maxBody: '1 MB' }) },
    services: [backend],
    sites: [site('pages', { path: '/shop' })],
    alarms: [
      alarm('stuck', { when: deadLetters(jobs).above(0), tell: mail }),
      alarm('busy', { when: backlog(jobs).above(100), tell: mail }),
    ],
  })
}

/** A plan of one service, with a door and pages. */
export function stall() {
  const own = service('stall', { browse: { ...browse, uses: { listed: listed.reader } }, listed })
  return plan('stall', { gateways: { api: gateway(own) }, sites: [site('pages', { path: '/stall' })] })
}

export const settings: AwsSettings = {
  region: 'eu-central-1',
  domain: 'example.org',
  operations: 'operations@example.org',
  costOwner: 'shop',
}
