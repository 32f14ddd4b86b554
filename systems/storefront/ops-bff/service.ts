/**
 * The backend for the operations portal.
 */
import { atomically, endpoint, service } from 'groundplan'
import { z } from 'zod'
import { OrdersPage, StateAndPaging } from '../backend/orders.ts'
import { backend } from '../backend/service.ts'
import { operator } from '../callers.ts'
import { Notice, Product, ProductUpdate } from '../model.ts'
import { productUpdates } from '../resources.ts'

const board = endpoint('GET /orders', {
  summary: 'Orders in a state, the oldest first',
  caller: operator,
  query: StateAndPaging,
  returns: OrdersPage,
  uses: { backend: backend.client },
  handle: async ({ query }, { backend }) => (await backend.ordersInState({ query })).value,
})

const inbox = endpoint('GET /inbox/:day', {
  summary: 'The notices of a day',
  caller: operator,
  params: z.object({ day: z.iso.date() }),
  returns: z.object({ notices: z.array(Notice) }),
  uses: { backend: backend.client },
  handle: async ({ params }, { backend }) => (await backend.readInbox({ params })).value,
})

const updateProduct = endpoint('PUT /products/:productId', {
  summary: 'Create, change or retire a product; it is in the catalogue soon after',
  caller: operator,
  body: ProductUpdate.omit({ productId: true }),
  returns: { 202: ProductUpdate },
  once: 'Idempotency-Key',
  uses: { updates: productUpdates.sender },
  handle: ({ params, body }, { updates }) => {
    const update = { ...params, ...body }
    return atomically({ update: updates.send(update) }).answer(update, {})
  },
})

const stockUp = endpoint('POST /products/:productId/stock', {
  summary: 'Units arrived',
  caller: operator,
  body: z.object({ units: z.int().min(1).max(1_000_000) }),
  returns: Product,
  fails: { 'unknown-product': 404 },
  once: 'Idempotency-Key',
  uses: { backend: backend.client },
  async handle({ params, body }, { backend }) {
    const reply = await backend.stockUp({ params, body })
    return reply.ok ? reply.value : reply.problem
  },
})

export const opsBff = service('ops-bff', { board, inbox, updateProduct, stockUp })
