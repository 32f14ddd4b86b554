/** What all servers of this benchmark do: an order of five fields with three items, and a hello. */
import { z } from 'zod'

const Item = z.object({ sku: z.string().min(1).max(20), quantity: z.int().min(1).max(100), price: z.number().min(0) })

export const NewOrder = z.object({
  customer: z.string().min(1).max(100),
  email: z.string().min(3).max(200),
  express: z.boolean(),
  note: z.string().max(500),
  items: z.array(Item).min(1).max(50),
})

export const Order = NewOrder.extend({ id: z.string(), total: z.number(), state: z.literal('placed') })
export const Hello = z.object({ hello: z.string() })

export type NewOrder = z.output<typeof NewOrder>
export type Order = z.output<typeof Order>

/** The work of the handler, the same for all. */
export function placed(id: string, order: NewOrder): Order {
  let total = 0
  for (const item of order.items) total += item.quantity * item.price
  const { customer, email, express, note, items } = order
  return { id, customer, email, express, note, items, total, state: 'placed' }
}

export function hello(): z.output<typeof Hello> {
  return { hello: 'world' }
}

/** A schema for Ajv and fast-json-stringify; unknown fields are refused on the way in. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'output' })
  return rest
}

/** Tells the benchmark where to ask. */
export function ready(port: number): void {
  process.stdout.write(`port ${port}\n`)
}
