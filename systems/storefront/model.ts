/**
 * The things of the shop: money is in minor units with its currency, times are ISO strings.
 */
import { z } from 'zod'

export const Money = z.object({ amount: z.int().min(0), currency: z.string().length(3) })

export const Product = z.object({
  productId: z.string(),
  name: z.string().min(1).max(200),
  category: z.string().min(1).max(60),
  price: Money,
  stock: z.int().min(0).default(0),
  retired: z.boolean().default(false),
  revision: z.int().default(0),
})

export const ProductUpdate = Product.omit({ revision: true, stock: true }).partial().required({ productId: true })

export const CatalogueEntry = Product.pick({ productId: true, name: true, category: true, price: true }).extend({
  available: z.boolean(),
})

export const Order = z.object({
  orderId: z.string(),
  customerId: z.string(),
  productId: z.string(),
  productName: z.string(),
  quantity: z.int().min(1).max(100),
  total: Money,
  state: z.enum(['placed', 'paid', 'rejected', 'fulfilled', 'cancelled', 'refunded']),
  placedAt: z.iso.datetime(),
})

export const NewOrder = Order.pick({ productId: true, quantity: true })

export const OrderEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('placed'), order: Order }),
  z.object({ type: z.literal('cancelled'), orderId: z.string(), reason: z.string() }),
])

export const Notice = z.object({
  day: z.iso.date(),
  noticeId: z.string(),
  orderId: z.string(),
  text: z.string(),
  at: z.iso.datetime(),
})

export type Product = z.output<typeof Product>
export type Order = z.output<typeof Order>
export type CatalogueEntry = z.output<typeof CatalogueEntry>
