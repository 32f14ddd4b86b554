/**
 * Reading orders. A customer sees its own and learns nothing of others.
 */
import { endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { customer, operator } from '../callers.ts'
import { Order } from '../model.ts'
import { orders } from '../resources.ts'

const Paging = z.object({ after: z.string().optional(), limit: z.coerce.number().int().min(1).max(100).default(20) })
export const OrdersPage = z.object({ items: z.array(Order), after: z.string().optional() })
export const StateAndPaging = Paging.extend({ state: Order.shape.state.default('placed') })
export { Paging }

export const myOrders = endpoint('GET /my/orders', {
  summary: 'My orders, the newest first',
  caller: customer,
  query: Paging,
  returns: OrdersPage,
  uses: { orders: orders.reader },
  handle: ({ query, caller }, { orders }) =>
    orders.by.customer({ customerId: caller.account }, { ...query, reverse: true }),
})

export const myOrder = endpoint('GET /my/orders/:orderId', {
  summary: 'One of my orders',
  caller: customer,
  returns: Order,
  fails: { 'not-found': 404 },
  uses: { orders: orders.reader },
  async handle({ params, caller }, { orders }) {
    const order = await orders.get(params)
    return order?.customerId === caller.account ? order : problem('not-found', 'You have no such order')
  },
})

export const ordersInState = endpoint('GET /orders', {
  summary: 'Orders in a state, the oldest first',
  caller: operator,
  query: StateAndPaging,
  returns: OrdersPage,
  uses: { orders: orders.reader },
  handle: ({ query: { state, ...page } }, { orders }) => orders.by.state({ state }, page),
})
