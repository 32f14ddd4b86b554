/**
 * Reading orders and what happened to them. A customer sees its own and learns nothing of others.
 */
import { endpoint, problem, stream } from 'groundplan'
import { z } from 'zod'
import { customer, idOf, operator } from '../callers.ts'
import { Paging, pageOf } from '../model/ids.ts'
import { Order, OrderEvent, OrderState } from '../model/orders.ts'
import { orderLog, orders } from '../resources.ts'
import { added } from './merged.ts'

export const OrdersPage = pageOf(Order)
export const OrderHistory = z.object({ events: z.array(OrderEvent) })
const OrderParams = z.object({ orderId: z.string().min(1).max(200) })

export { OrderParams }

const Moment = z.iso.datetime().optional()
/** Which orders the board shows. */
export const BoardQuery = Paging.extend({
  state: OrderState.default('placed'),
  customer: z.string().min(1).max(200).optional().describe('the orders of this customer, the newest first'),
  from: Moment.describe('placed at this time or later'),
  to: Moment.describe('placed at this time or before'),
})

export const myOrders = endpoint('GET /my/orders', {
  summary: 'My orders, the newest first',
  caller: customer,
  query: Paging,
  returns: OrdersPage,
  uses: { orders: orders.reader },
  handle: ({ query, caller }, { orders }) =>
    orders.by.customer({ customerId: idOf(caller) }, { ...query, reverse: true }),
})

export const myOrder = endpoint('GET /my/orders/:orderId', {
  summary: 'One of my orders',
  caller: customer,
  params: OrderParams,
  returns: Order,
  fails: { 'not-found': 404 },
  uses: { orders: orders.reader },
  async handle({ params, caller }, { orders }) {
    const order = await orders.get(params)
    return order?.customerId === idOf(caller) ? order : problem('not-found', 'You have no such order')
  },
})

export const myOrderHistory = endpoint('GET /my/orders/:orderId/history', {
  summary: 'What happened to one of my orders',
  caller: customer,
  params: OrderParams,
  returns: OrderHistory,
  fails: { 'not-found': 404 },
  uses: { orders: orders.reader, log: orderLog.reader },
  async handle({ params, caller }, { orders, log }) {
    const order = await orders.get(params)
    if (order?.customerId !== idOf(caller)) return problem('not-found', 'You have no such order')
    return { events: (await log.query(params)).items }
  },
})

export const myLiveOrder = endpoint('GET /my/orders/:orderId/live', {
  summary: 'Each step of one of my orders from now on',
  description: 'Read the order once the stream is open: what came before is not told again.',
  caller: customer,
  params: OrderParams,
  returns: stream(OrderEvent),
  fails: { 'not-found': 404 },
  uses: { orders: orders.reader, log: orderLog.watcher },
  async handle({ params, caller }, { orders, log }) {
    const order = await orders.get(params)
    if (order?.customerId !== idOf(caller)) return problem('not-found', 'You have no such order')
    return added(log.changes(params))
  },
})

export const ordersInState = endpoint('GET /orders', {
  summary: 'Orders in a state, the oldest first; or of a customer',
  caller: operator,
  query: BoardQuery,
  returns: OrdersPage,
  uses: { orders: orders.reader },
  handle: ({ query: { state, customer: customerId, ...range } }, { orders }) =>
    customerId === undefined
      ? orders.by.state({ state }, range)
      : orders.by.customer({ customerId }, { ...range, reverse: true }),
})

export const oneOrder = endpoint('GET /orders/:orderId', {
  summary: 'One order and what happened to it',
  caller: operator,
  params: OrderParams,
  returns: z.object({ order: Order, events: z.array(OrderEvent) }),
  fails: { 'not-found': 404 },
  uses: { orders: orders.reader, log: orderLog.reader },
  async handle({ params }, { orders, log }) {
    const order = await orders.get(params)
    return order ? { order, events: (await log.query(params)).items } : problem('not-found', 'There is no such order')
  },
})
