/**
 * The board: orders, their steps, and what happens to them live.
 */
import { endpoint, stream } from 'groundplan'
import { z } from 'zod'
import { stepFails } from '../backend/change-order.ts'
import { BoardQuery, OrderParams, OrdersPage } from '../backend/orders.ts'
import { backend } from '../backend/service.ts'
import { operator } from '../callers.ts'
import { Activity } from '../model/activity.ts'
import { pageOf } from '../model/ids.ts'
import { Order, OrderAction, OrderEvent } from '../model/orders.ts'
import { passedOn } from '../pass-on.ts'

const uses = { backend: backend.client }

export const board = endpoint('GET /orders', {
  summary: 'Orders in a state, the oldest first; or of a customer, the newest first',
  caller: operator,
  query: BoardQuery,
  returns: OrdersPage,
  uses,
  handle: async ({ query }, { backend }) => passedOn(await backend.ordersInState({ query })),
})

export const oneOrder = endpoint('GET /orders/:orderId', {
  summary: 'One order and what happened to it',
  caller: operator,
  params: OrderParams,
  returns: z.object({ order: Order, events: z.array(OrderEvent) }),
  fails: { 'not-found': 404 },
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.oneOrder({ params })),
})

export const change = endpoint('POST /orders/:orderId/actions', {
  summary: 'Pay, reject, cancel, fulfil or refund an order',
  caller: operator,
  params: OrderParams,
  body: OrderAction,
  returns: Order,
  fails: stepFails,
  once: 'Idempotency-Key',
  uses,
  handle: async ({ params, body }, { backend }) => passedOn(await backend.changeOrder({ params, body })),
})

/** What can be done to many at once: nothing that differs from order to order. */
const BulkAction = z.object({
  orderIds: z.array(z.string().min(1).max(200)).min(1).max(50),
  action: z.discriminatedUnion('action', [
    z.object({ action: z.literal('reject'), reason: z.string().min(1).max(500) }),
    z.object({ action: z.literal('cancel'), reason: z.string().min(1).max(500) }),
    z.object({ action: z.literal('fulfil') }),
    z.object({ action: z.literal('refund'), reason: z.string().min(1).max(500), returned: z.boolean().default(false) }),
  ]),
})

const BulkResult = z.object({
  results: z.array(
    z.object({
      orderId: z.string(),
      order: Order.optional().describe('as it is now, where it was done'),
      problem: z.object({ code: z.string(), detail: z.string().optional() }).optional(),
    }),
  ),
})

export const changeMany = endpoint('POST /orders/actions', {
  summary: 'The same step for up to fifty orders, each by itself',
  caller: operator,
  body: BulkAction,
  returns: BulkResult,
  once: 'Idempotency-Key',
  uses,
  async handle({ body: { orderIds, action } }, { backend }) {
    const results: z.input<typeof BulkResult>['results'] = []
    // One after the other, so that each keeps its key when the request is retried.
    for (const orderId of new Set(orderIds)) {
      const reply = await backend.changeOrder({ params: { orderId }, body: action })
      if (reply.ok) results.push({ orderId, order: reply.value })
      else results.push({ orderId, problem: { code: reply.problem.code, detail: reply.problem.detail } })
    }
    return { results }
  },
})

export const live = endpoint('GET /live', {
  summary: 'Each step of an order from now on',
  description: 'Read the board once the stream is open: what came before is not told again.',
  caller: operator,
  returns: stream(Activity),
  uses,
  handle: async (_call, { backend }) => (await backend.liveOrders()).value,
})

export const recent = endpoint('GET /activity', {
  summary: 'The last steps of orders, of today and yesterday, the newest first',
  caller: operator,
  returns: pageOf(Activity),
  uses,
  handle: async (_call, { backend }) => (await backend.recentActivity()).value,
})
