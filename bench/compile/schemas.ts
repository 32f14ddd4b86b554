/**
 * What is measured: an order of five fields with three items in it, once of plain types with bounds, once with formats.
 */
import { z } from 'zod'

export interface Case {
  readonly name: string
  readonly schema: z.ZodType
  readonly text: string
}

const plain = plainOrder()

/** A schema of its own each time it is asked. */
export function plainOrder() {
  return z.object({
    customer: z.string().min(1).max(64),
    express: z.boolean(),
    currency: z.enum(['EUR', 'USD', 'CHF']),
    note: z.string().max(500).optional(),
    items: z
      .array(
        z.object({
          sku: z.string().min(1).max(32),
          quantity: z.int().min(1).max(100),
          price: z.number().min(0),
        }),
      )
      .min(1)
      .max(50),
  })
}

const withFormats = plain.extend({
  customer: z.uuid(),
  currency: z.email(),
  note: z.iso.datetime().optional(),
})

const items = [
  { sku: 'camera-1', quantity: 2, price: 129.5 },
  { sku: 'lens-9', quantity: 1, price: 880 },
  { sku: 'bag-4', quantity: 1, price: 49.95 },
]

export const cases: readonly Case[] = [
  {
    name: 'an order of plain types',
    schema: plain,
    text: JSON.stringify({ customer: 'c-10023', express: true, currency: 'EUR', note: 'Leave it at the door', items }),
  },
  {
    name: 'an order with formats',
    schema: withFormats,
    text: JSON.stringify({
      customer: '6f2f7a2c-6c3b-4c4e-9a55-2d0f0e1b7a11',
      express: true,
      currency: 'jo@example.org',
      note: '2026-11-21T09:00:00Z',
      items,
    }),
  },
]
