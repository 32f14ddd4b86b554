/**
 * What the shop keeps and carries. The backend is the source of truth: only its handlers ask for the writers.
 */
import { mailbox, queue, table, topic } from 'groundplan'
import { Notice, Order, OrderEvent, Product, ProductUpdate } from './model.ts'

export const products = table('products', { item: Product, key: ['productId'], version: 'revision' })

export const orders = table('orders', {
  item: Order,
  key: ['orderId'],
  indexes: { customer: ['customerId', 'placedAt'], state: ['state', 'placedAt'] },
})

export const inbox = table('inbox', { item: Notice, key: ['day', 'noticeId'] })

export const orderEvents = topic('order-events', {
  event: OrderEvent,
  orderBy: event => (event.type === 'placed' ? event.order.orderId : event.orderId),
})

export const productUpdates = queue('product-updates', {
  message: ProductUpdate,
  orderBy: update => update.productId,
})

export const operationsMail = mailbox('operations', {
  from: 'Storefront <shop@example.org>',
  to: 'operations@example.org',
})
