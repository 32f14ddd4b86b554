/**
 * Orders: their states and transitions as data, their events, and the one function that says what an event makes of an
 * order. Writing and rebuilding both go through it, so they cannot differ.
 *
 *   placed ──pay──▶ paid ──fulfil──▶ fulfilled
 *     ├──reject──▶ rejected  └─refund─┐     └─refund─┐
 *     └──cancel──▶ cancelled          ▼              ▼
 *                                 refunded       refunded
 */
import { z } from 'zod'
import { ProductId } from './ids.ts'
import { Money } from './money.ts'

export const orderStates = ['placed', 'paid', 'rejected', 'fulfilled', 'cancelled', 'refunded'] as const
export const OrderState = z.enum(orderStates)
export type OrderState = z.output<typeof OrderState>

/**
 * What may be done to an order, from which state, and what becomes of its stock: `stays` taken, goes `back`, or, where the
 * goods had left the house, goes back `if-returned`.
 */
export const transitions = [
  { from: 'placed', action: 'pay', to: 'paid', stock: 'stays' },
  { from: 'placed', action: 'reject', to: 'rejected', stock: 'back' },
  { from: 'placed', action: 'cancel', to: 'cancelled', stock: 'back' },
  { from: 'paid', action: 'fulfil', to: 'fulfilled', stock: 'stays' },
  { from: 'paid', action: 'refund', to: 'refunded', stock: 'back' },
  { from: 'fulfilled', action: 'refund', to: 'refunded', stock: 'if-returned' },
] as const satisfies readonly { from: OrderState; action: string; to: OrderState; stock: string }[]

export type Transition = (typeof transitions)[number]

const Reason = z.string().min(1).max(500)

/** What operations ask for. */
export const OrderAction = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('pay'),
    paid: Money.describe('what arrived: it must be the total of the order'),
    reference: z.string().min(1).max(200).describe('of the payment, as the bank shows it'),
  }),
  z.object({ action: z.literal('reject'), reason: Reason }),
  z.object({ action: z.literal('cancel'), reason: Reason }),
  z.object({ action: z.literal('fulfil'), tracking: z.string().min(1).max(200).optional() }),
  z.object({
    action: z.literal('refund'),
    reason: Reason,
    returned: z.boolean().default(false).describe('whether the goods came back and can be sold again'),
  }),
])
export type OrderAction = z.output<typeof OrderAction>

/** One product of an order, with its name and price as they were. */
export const OrderLine = z.object({
  productId: ProductId,
  productName: z.string(),
  quantity: z.int().min(1).max(100),
  price: Money,
  total: Money,
})
export type OrderLine = z.output<typeof OrderLine>

export const Order = z
  .object({
    orderId: z.string(),
    customerId: z.string(),
    customerName: z.string(),
    lines: z.array(OrderLine).min(1),
    total: Money,
    state: OrderState,
    placedAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
    /** Of the payment. */
    reference: z.string().optional(),
    tracking: z.string().optional(),
    /** Why it was rejected, cancelled or refunded. */
    reason: z.string().optional(),
    /** How many events made it what it is. */
    revision: z.int(),
  })
  .meta({ id: 'Order' })
export type Order = z.output<typeof Order>

const mostLines = 20

export const NewOrder = z.object({
  lines: z
    .array(z.object({ productId: ProductId, quantity: z.int().min(1).max(100) }))
    .min(1)
    .max(mostLines)
    .describe('each product once'),
  name: z.string().trim().min(1).max(200).optional().describe('of the customer, for operations to read'),
})
export type NewOrder = z.output<typeof NewOrder>

const common = {
  orderId: z.string(),
  /** Counted from 1 in each order. */
  seq: z.int().min(1),
  at: z.iso.datetime(),
  /** Who did it. */
  by: z.string(),
}

const Placed = Order.pick({ customerId: true, customerName: true, lines: true, total: true })

/** What happened to an order. Kept for ever. */
export const OrderEvent = z
  .discriminatedUnion('type', [
    z.object({ ...common, type: z.literal('placed'), ...Placed.shape }),
    z.object({ ...common, type: z.literal('paid'), reference: z.string() }),
    z.object({ ...common, type: z.literal('rejected'), reason: z.string() }),
    z.object({ ...common, type: z.literal('cancelled'), reason: z.string() }),
    z.object({ ...common, type: z.literal('fulfilled'), tracking: z.string().optional() }),
    z.object({ ...common, type: z.literal('refunded'), reason: z.string(), returned: z.boolean() }),
  ])
  .meta({ id: 'OrderEvent' })
export type OrderEvent = z.output<typeof OrderEvent>

/** The order as an event leaves it. */
export function orderAfter(order: Order | undefined, event: OrderEvent): Order {
  const { orderId, seq, at, by: _by, type, ...told } = event
  if (type === 'placed') {
    const { customerId, customerName, lines, total } = event
    return { orderId, customerId, customerName, lines, total, state: type, placedAt: at, changedAt: at, revision: seq }
  }
  if (!order) throw new Error(`the events of ${orderId} begin with "${type}"`)
  const { returned: _returned, ...kept } = { returned: false, ...told }
  return { ...order, ...kept, state: type, changedAt: at, revision: seq }
}

/** The order that these events, in their order, make. */
export function rebuiltOrder(events: readonly OrderEvent[]): Order | undefined {
  return events.reduce<Order | undefined>(orderAfter, undefined)
}

/** The event that an action is, without what every event has. */
type Told<E> = E extends OrderEvent ? Omit<E, keyof typeof common> : never

export function toldBy(action: OrderAction): Told<OrderEvent> {
  switch (action.action) {
    case 'pay':
      return { type: 'paid', reference: action.reference }
    case 'reject':
      return { type: 'rejected', reason: action.reason }
    case 'cancel':
      return { type: 'cancelled', reason: action.reason }
    case 'fulfil':
      return { type: 'fulfilled', ...(action.tracking === undefined ? {} : { tracking: action.tracking }) }
    case 'refund':
      return { type: 'refunded', reason: action.reason, returned: action.returned }
  }
}

export function transitionOf(state: OrderState, action: OrderAction['action']): Transition | undefined {
  return transitions.find(each => each.from === state && each.action === action)
}

/** Whether what was taken from the stock goes back with this action. */
export function givesBack({ stock }: Transition, action: OrderAction): boolean {
  return stock === 'back' || (stock === 'if-returned' && action.action === 'refund' && action.returned)
}
