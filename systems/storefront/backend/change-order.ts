/**
 * Changing orders: one step of the state machine, with what it does to the stock, in one commit.
 */
import { atomically, type Clients, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { customer, idOf, operator } from '../callers.ts'
import { isSame } from '../model/money.ts'
import {
  givesBack,
  Order,
  OrderAction,
  type OrderEvent,
  orderAfter,
  type Transition,
  toldBy,
  transitionOf,
} from '../model/orders.ts'
import { orderEvents, orderLog, orders, products, stockLog } from '../resources.ts'
import { numbered } from './operations.ts'
import { OrderParams } from './orders.ts'

/** What a step can fail with, here and at the gateways. */
export const stepFails = {
  'not-found': 404,
  'wrong-state': 409,
  'changed-meanwhile': 409,
  'wrong-amount': 422,
} as const

const stepUses = {
  orders: orders.writer,
  log: orderLog.writer,
  products: products.writer,
  stock: stockLog.writer,
  events: orderEvents.publisher,
}

/** What a step needs of the call it is taken in. */
interface Stepping {
  readonly at: Date
  readonly by: string
  newId(): string
}

export const changeOrder = endpoint('POST /orders/:orderId/actions', {
  summary: 'Pay, reject, cancel, fulfil or refund an order',
  caller: operator,
  params: OrderParams,
  body: OrderAction,
  returns: Order,
  fails: stepFails,
  once: 'Idempotency-Key',
  uses: stepUses,
  async handle({ params, body, caller, at, newId }, clients) {
    const order = await clients.orders.get(params)
    if (!order) return problem('not-found', 'There is no such order')
    return step(order, body, { at, newId, by: idOf(caller) }, clients)
  },
})

export const CancelReason = z.object({ reason: z.string().min(1).max(500).default('Changed their mind') })

export const cancelMine = endpoint('POST /my/orders/:orderId/cancel', {
  summary: 'Cancel one of my orders that is not paid for',
  caller: customer,
  params: OrderParams,
  body: CancelReason,
  returns: Order,
  fails: stepFails,
  once: 'Idempotency-Key',
  uses: stepUses,
  async handle({ params, body: { reason }, caller, at, newId }, clients) {
    const order = await clients.orders.get(params)
    if (order?.customerId !== idOf(caller)) return problem('not-found', 'You have no such order')
    return step(order, { action: 'cancel', reason }, { at, newId, by: idOf(caller) }, clients)
  },
})

/** The order, its log, its event and, where the step gives it back, the stock: all or nothing. */
function step(
  order: Order,
  action: OrderAction,
  { at, by, newId }: Stepping,
  { orders, log, products, stock, events }: Clients<typeof stepUses>,
) {
  const transition = allowed(order, action)
  if ('code' in transition) return transition
  const { orderId, revision } = order
  const common = { orderId, seq: revision + 1, at: at.toISOString(), by }
  const event: OrderEvent = { ...common, ...toldBy(action) }
  const after = orderAfter(order, event)
  const back = givesBack(transition, action) ? order.lines : []
  const { state, changedAt, reference, tracking, reason } = after
  const meanwhile = problem('changed-meanwhile', 'Somebody else changed this order: look at it again')
  return atomically({
    ...numbered('order', [
      orders.patch({ orderId }, { state, changedAt, reference, tracking, reason }, { when: { revision } }),
    ]),
    ...numbered('log', [log.insert(event)]),
    ...numbered(
      'give',
      back.map(({ productId, quantity }) => products.add({ productId }, { stock: quantity })),
    ),
    ...numbered(
      'move',
      back.map(({ productId, quantity: units }) =>
        stock.insert({ orderId, at: common.at, by, productId, movementId: newId(), units, reason: 'given-back' }),
      ),
    ),
    ...numbered('event', [events.publish(event)]),
  }).answer(after, numbered('order', [meanwhile]))
}

function allowed(order: Order, action: OrderAction) {
  const transition: Transition | undefined = transitionOf(order.state, action.action)
  if (!transition) return problem('wrong-state', `The order is ${order.state}: it cannot be ${doneBy[action.action]}`)
  if (action.action === 'pay' && !isSame(action.paid, order.total)) {
    return problem('wrong-amount', `The order comes to ${order.total.amount} minor units of ${order.total.currency}`)
  }
  return transition
}

const doneBy = {
  pay: 'paid for',
  reject: 'rejected',
  cancel: 'cancelled',
  fulfil: 'fulfilled',
  refund: 'refunded',
} as const satisfies Record<OrderAction['action'], string>
