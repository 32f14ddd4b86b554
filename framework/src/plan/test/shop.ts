/** For type tests: how they say what a type is, and the table they speak of. */
import { z } from 'zod'
import { anyone } from '../authorizer.ts'
import { nothing } from '../endpoint.ts'
import { table } from '../table.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles when the value has exactly this type: `is<string>()(value)`. */
export declare function is<Expected>(): <Actual>(
  value: Actual,
  ...same: Same<Actual, Expected> extends true ? [] : ['is not of the type expected']
) => void

export const Order = z.object({
  orderId: z.string(),
  customer: z.string(),
  state: z.enum(['placed', 'paid', 'gone']),
  total: z.int(),
  note: z.string().optional(),
  tags: z.array(z.string()).default([]),
  placedAt: z.iso.datetime(),
  revision: z.int(),
})
export type Order = z.output<typeof Order>

export const orders = table('orders', {
  item: Order,
  key: ['orderId'],
  indexes: { customer: ['customer', 'placedAt'], state: ['state'], total: ['customer', 'total'], note: ['note'] },
  version: 'revision',
  expires: 'placedAt',
})
export const visits = table('visits', {
  item: z.object({ page: z.string(), at: z.int(), count: z.int() }),
  key: ['page', 'at'],
})
export const placed = { orderId: 'a', customer: 'b', state: 'placed', total: 1, placedAt: '' } as const
export const open = { summary: '', caller: anyone, returns: nothing } as const
