/**
 * A shop to draw: two gateways, a service behind two others, what keeps and carries, alarms. Its handlers never run.
 */
import { z } from 'zod'
import { alarm, deadLetters, errorShare } from '../../../plan/alarm.ts'
import { anyone } from '../../../plan/authorizer.ts'
import { consumer } from '../../../plan/consumer.ts'
import { endpoint, nothing } from '../../../plan/endpoint.ts'
import { gateway } from '../../../plan/gateway.ts'
import { mailbox } from '../../../plan/mailbox.ts'
import { plan } from '../../../plan/plan.ts'
import { queue } from '../../../plan/queue.ts'
import { service } from '../../../plan/service.ts'
import { site } from '../../../plan/site.ts'
import { subscriber } from '../../../plan/subscriber.ts'
import { table } from '../../../plan/table.ts'
import { topic } from '../../../plan/topic.ts'

const handle = (): never => {
  throw new Error('is only drawn')
}
const Order = z.object({ orderId: z.string() })
const call = { summary: 'Is drawn', caller: anyone, returns: nothing, handle }

const orders = table('orders', { item: Order, key: ['orderId'] })
const products = table('products', { item: z.object({ productId: z.string() }), key: ['productId'] })
const orderEvents = topic('order-events', { event: Order })
const updates = queue('product-updates', { message: Order })
const mail = mailbox('operations', { from: 'shop@example.org', to: 'operations@example.org' })

const backend = service('backend', {
  placeOrder: endpoint('POST /orders', { ...call, uses: { orders: orders.writer, events: orderEvents.publisher } }),
  showOrder: endpoint('GET /orders/:orderId', { ...call, uses: { orders: orders.reader } }),
  tellOperations: subscriber(orderEvents, { uses: { mail: mail.sender }, handle }),
  applyUpdate: consumer(updates, { uses: { products: products.writer }, handle }),
})
const customer = service('customer', {
  browse: endpoint('GET /products', { ...call, uses: { products: products.reader } }),
  order: endpoint('POST /orders', { ...call, uses: { backend: backend.client } }),
})
const ops = service('ops', {
  board: endpoint('GET /orders/:orderId', { ...call, uses: { backend: backend.client } }),
  update: endpoint('PUT /products', { ...call, uses: { updates: updates.sender } }),
})

export const shop = plan('shop', {
  gateways: { customer: gateway(customer), ops: gateway(ops) },
  sites: [site('portal', { path: '/shop' })],
  alarms: [
    alarm('updates-stuck', { when: deadLetters(updates).above(0), tell: mail }),
    alarm('failing', { when: errorShare(backend).above(0.05) }),
  ],
})
