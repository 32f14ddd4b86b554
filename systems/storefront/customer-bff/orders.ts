/**
 * A customer's orders, through the backend.
 */
import { endpoint, stream } from 'groundplan'
import { CancelReason, stepFails } from '../backend/change-order.ts'
import { OrderHistory, OrderParams, OrdersPage } from '../backend/orders.ts'
import { orderFails } from '../backend/place-order.ts'
import { backend } from '../backend/service.ts'
import { customer } from '../callers.ts'
import { Paging } from '../model/ids.ts'
import { NewOrder, Order, OrderEvent } from '../model/orders.ts'
import { passedOn } from '../pass-on.ts'

const uses = { backend: backend.client }

export const order = endpoint('POST /orders', {
  summary: 'Place an order',
  caller: customer,
  body: NewOrder,
  returns: { 201: Order },
  fails: orderFails,
  once: 'Idempotency-Key',
  uses,
  handle: async ({ body }, { backend }) => passedOn(await backend.placeOrder({ body })),
})

export const myOrders = endpoint('GET /orders', {
  summary: 'My orders, the newest first',
  caller: customer,
  query: Paging,
  returns: OrdersPage,
  uses,
  handle: async ({ query }, { backend }) => passedOn(await backend.myOrders({ query })),
})

export const myOrder = endpoint('GET /orders/:orderId', {
  summary: 'One of my orders',
  caller: customer,
  params: OrderParams,
  returns: Order,
  fails: { 'not-found': 404 },
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.myOrder({ params })),
})

export const myOrderHistory = endpoint('GET /orders/:orderId/history', {
  summary: 'What happened to one of my orders',
  caller: customer,
  params: OrderParams,
  returns: OrderHistory,
  fails: { 'not-found': 404 },
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.myOrderHistory({ params })),
})

export const live = endpoint('GET /orders/:orderId/live', {
  summary: 'Each step of one of my orders from now on',
  description: 'Read the order once the stream is open: what came before is not told again.',
  caller: customer,
  params: OrderParams,
  returns: stream(OrderEvent),
  fails: { 'not-found': 404 },
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.myLiveOrder({ params })),
})

export const cancel = endpoint('POST /orders/:orderId/cancel', {
  summary: 'Cancel one of my orders that is not paid for',
  caller: customer,
  params: OrderParams,
  body: CancelReason,
  returns: Order,
  fails: stepFails,
  once: 'Idempotency-Key',
  uses,
  handle: async ({ params, body }, { backend }) => passedOn(await backend.cancelMine({ params, body })),
})
