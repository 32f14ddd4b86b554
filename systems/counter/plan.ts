/**
 * counter: a shop sells cameras from a stock of 1000; everybody sees how many are left.
 */
import { anyone, endpoint, gateway, plan, problem, service, site, stream, subscriber, table } from 'groundplan'
import { z } from 'zod'

const camera = { product: 'camera' }

export const Counter = z.object({ product: z.string(), left: z.int().min(0).default(1000) })
export const Sale = z.object({ product: z.string(), saleId: z.string(), soldAt: z.iso.datetime() })

export const stock = table('stock', { item: Counter, key: ['product'] })
export const sales = table('sales', { item: Sale, key: ['product', 'saleId'] })

export const sell = endpoint('POST /decrement', {
  summary: 'A camera was sold',
  caller: anyone,
  returns: Counter,
  fails: { 'sold-out': 409 },
  once: 'Idempotency-Key',
  uses: { stock: stock.writer },
  handle: (_call, { stock }) =>
    stock.add(camera, { left: -1 }, { floor: 0 }).or(problem('sold-out', 'The last camera is gone')),
})

export const show = endpoint('GET /counter', {
  summary: 'How many are left',
  caller: anyone,
  returns: Counter,
  uses: { stock: stock.reader },
  handle: async (_call, { stock }) => (await stock.get(camera)) ?? Counter.parse(camera),
})

export const reset = endpoint('PUT /reset', {
  summary: 'Back to 1000',
  caller: anyone,
  returns: Counter,
  uses: { stock: stock.writer },
  handle: (_call, { stock }) => stock.put(camera),
})

export const live = endpoint('GET /live', {
  summary: 'How many are left, now and after each sale',
  caller: anyone,
  returns: stream(Counter),
  uses: { stock: stock.watcher },
  async *handle(_call, { stock }) {
    for await (const counter of stock.watch(camera)) yield counter ?? camera
  },
})

export const noteSale = subscriber(stock.changes, {
  uses: { sales: sales.writer },
  async handle({ event: { before, after }, newId, sentAt }, { sales }) {
    if (!after || after.left >= (before ?? Counter.parse(camera)).left) return
    await sales.put({ product: after.product, saleId: newId(), soldAt: sentAt.toISOString() })
  },
})

export const lastSales = endpoint('GET /sales', {
  summary: 'The last ten sales',
  caller: anyone,
  returns: z.object({ sales: z.array(Sale) }),
  uses: { sales: sales.reader },
  handle: async (_call, { sales }) => ({
    sales: (await sales.query(camera, { limit: 10, reverse: true })).items,
  }),
})

export const server = service('server', { sell, show, reset, live, noteSale, lastSales })

export default plan('counter', {
  gateways: { api: gateway(server, { throttle: { rate: 200, burst: 400 } }) },
  sites: [site('client', { path: '/counter' })],
})
