/**
 * The backend for the customer portal: the catalogue from its view, orders through the backend.
 */
import { anyone, endpoint, problem, service } from 'groundplan'
import { z } from 'zod'
import { OrdersPage, Paging } from '../backend/orders.ts'
import { catalogue } from '../backend/products.ts'
import { backend } from '../backend/service.ts'
import { customer } from '../callers.ts'
import { CatalogueEntry, NewOrder, Order } from '../model.ts'

const browse = endpoint('GET /catalogue/:category', {
  summary: 'The products of a category, by name',
  caller: anyone,
  query: Paging,
  returns: z.object({ items: z.array(CatalogueEntry), after: z.string().optional() }),
  uses: { catalogue: catalogue.reader },
  handle: ({ params, query }, { catalogue }) => catalogue.by.name(params, query),
})

const product = endpoint('GET /catalogue/:category/:productId', {
  summary: 'One product',
  caller: anyone,
  returns: CatalogueEntry,
  fails: { 'not-found': 404 },
  uses: { catalogue: catalogue.reader },
  handle: async ({ params }, { catalogue }) =>
    (await catalogue.get(params)) ?? problem('not-found', 'The shop has no such product'),
})

const order = endpoint('POST /orders', {
  summary: 'Place an order',
  caller: customer,
  body: NewOrder,
  returns: { 201: Order },
  fails: { 'sold-out': 409, 'unknown-product': 422 },
  once: 'Idempotency-Key',
  uses: { backend: backend.client },
  async handle({ body }, { backend }) {
    const reply = await backend.placeOrder({ body })
    return reply.ok ? reply.value : reply.problem
  },
})

const myOrders = endpoint('GET /orders', {
  summary: 'My orders, the newest first',
  caller: customer,
  query: Paging,
  returns: OrdersPage,
  uses: { backend: backend.client },
  handle: async ({ query }, { backend }) => (await backend.myOrders({ query })).value,
})

const myOrder = endpoint('GET /orders/:orderId', {
  summary: 'One of my orders',
  caller: customer,
  returns: Order,
  fails: { 'not-found': 404 },
  uses: { backend: backend.client },
  async handle({ params }, { backend }) {
    const reply = await backend.myOrder({ params })
    return reply.ok ? reply.value : reply.problem
  },
})

export const customerBff = service('customer-bff', { browse, product, order, myOrders, myOrder })
