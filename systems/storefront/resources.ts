/**
 * What the shop keeps and carries. The backend is the source of truth: only its handlers ask for the writers.
 *
 * Beside what is, the logs keep what happened, for ever: no retention is declared for them, and nothing patches or
 * removes what stands in them.
 */
import { bucket, mailbox, queue, table, topic } from 'groundplan'
import { z } from 'zod'
import { Notice } from './model/notices.ts'
import { Order, OrderEvent } from './model/orders.ts'
import { Movement, Product, ProductEvent, ProductUpdate, UpdateMessage } from './model/products.ts'
import { KeptFact, Tally } from './model/sales.ts'

export const products = table('products', {
  item: Product,
  key: ['productId'],
  indexes: { shelf: ['shelf', 'name'], category: ['category', 'name'] },
  version: 'revision',
})

export const orders = table('orders', {
  item: Order,
  key: ['orderId'],
  indexes: { customer: ['customerId', 'placedAt'], state: ['state', 'placedAt'] },
  version: 'revision',
})

export const orderLog = table('order-log', { item: OrderEvent, key: ['orderId', 'seq'] })
export const productLog = table('product-log', { item: ProductEvent, key: ['productId', 'edition'] })
export const stockLog = table('stock-log', { item: Movement, key: ['productId', 'movementId'] })

/** What operations asked to change, pending or applied. */
export const updates = table('updates', {
  item: ProductUpdate,
  key: ['updateId'],
  indexes: { state: ['state', 'at'], product: ['productId', 'at'] },
})

export const inbox = table('inbox', { item: Notice, key: ['day', 'noticeId'] })

export const sales = table('sales', { item: KeptFact, key: ['day', 'of'] })
export const tallies = table('tallies', { item: Tally, key: ['state'] })

/** The events that are in the figures already: an event that comes twice counts once. */
export const counted = table('counted', {
  item: z.object({ orderId: z.string(), seq: z.int(), expiresAt: z.iso.datetime() }),
  key: ['orderId', 'seq'],
  expires: 'expiresAt',
})

export const orderEvents = topic('order-events', { event: OrderEvent, orderBy: event => event.orderId })

export const productUpdates = queue('product-updates', {
  message: UpdateMessage,
  orderBy: update => update.productId,
})

/** Pictures of products. Their names never get another picture, so browsers may keep them. */
export const pictures = bucket('pictures')

/** Sales facts as Parquet, a file a day, for whoever analyses them. */
export const warehouse = bucket('warehouse')

/** Confirmations, invitations and warnings, to the people themselves. */
export const accountsMail = mailbox('accounts', { from: 'Storefront <accounts@example.org>' })

export const operationsMail = mailbox('operations', {
  from: 'Storefront <shop@example.org>',
  to: 'operations@example.org',
})
