/**
 * What happens to orders, day by day: the feed of the board.
 */
import { z } from 'zod'
import { Day } from './ids.ts'
import { Money } from './money.ts'
import { type OrderEvent, OrderState } from './orders.ts'

/** A step of an order; the type of the event is the state it led to. */
export const Activity = z
  .object({
    orderId: z.string(),
    seq: z.int(),
    state: OrderState,
    at: z.iso.datetime(),
    by: z.string(),
    /** Of a new order. */
    customerName: z.string().optional(),
    total: Money.optional(),
  })
  .meta({ id: 'Activity' })
export type Activity = z.output<typeof Activity>

export const KeptActivity = Activity.extend({ day: Day, place: z.string() })

export function activityOf(event: OrderEvent): z.output<typeof KeptActivity> {
  const { orderId, seq, type: state, at, by } = event
  const place = `${at} ${orderId} ${String(seq).padStart(3, '0')}`
  const activity = { day: at.slice(0, 10), place, orderId, seq, state, at, by }
  return event.type === 'placed' ? { ...activity, customerName: event.customerName, total: event.total } : activity
}
