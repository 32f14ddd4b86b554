/**
 * Products: what operations say of them, and how many are in stock. Both have events of their own: what a product is
 * changes in order, one edition after the other; its stock is a sum, whatever order the movements come in.
 */
import { z } from 'zod'
import { Category, PictureName, ProductId } from './ids.ts'
import { Money } from './money.ts'

/** What operations say of a product. */
const Description = z.object({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).default(''),
  category: Category,
  price: Money,
  /** In the bucket of pictures. */
  picture: PictureName.optional(),
  retired: z.boolean().default(false),
})

export const Product = Description.extend({
  productId: ProductId,
  stock: z.int().min(0).default(0),
  /** How many events made it what it is, stock aside. */
  edition: z.int().default(0),
  createdAt: z.iso.datetime().optional(),
  /** All products share it: the order of all by name. */
  shelf: z.literal('all').default('all'),
  revision: z.int().default(0),
})
export type Product = z.output<typeof Product>

/** What may be said of a product; what is left away stays as it is. */
export const ProductChanges = z
  .object({
    name: z.string().trim().min(1).max(200).optional(),
    description: z.string().max(2_000).optional(),
    category: Category.optional(),
    price: Money.optional(),
    picture: PictureName.optional(),
    retired: z.boolean().optional(),
  })
  .meta({ id: 'ProductChanges' })
export type ProductChanges = z.output<typeof ProductChanges>

/** A product as operations see it. */
export const ShownProduct = Product.omit({ shelf: true, revision: true }).meta({ id: 'Product' })

export const updateStates = ['pending', 'applied'] as const

/** What operations asked for, and whether it is in. Kept for ever. */
export const ProductUpdate = z
  .object({
    updateId: z.string(),
    productId: ProductId,
    changes: ProductChanges,
    state: z.enum(updateStates),
    by: z.string(),
    at: z.iso.datetime(),
    appliedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'ProductUpdate' })
export type ProductUpdate = z.output<typeof ProductUpdate>

export const UpdateMessage = ProductUpdate.pick({ updateId: true, productId: true, changes: true, by: true, at: true })

/** What happened to what a product is. Kept for ever. */
export const ProductEvent = z
  .object({
    productId: ProductId,
    /** Counted from 1 in each product. */
    edition: z.int().min(1),
    type: z.enum(['created', 'changed', 'retired', 'restored']),
    changes: ProductChanges,
    updateId: z.string().optional(),
    by: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'ProductEvent' })
export type ProductEvent = z.output<typeof ProductEvent>

/** Units came or went. Kept for ever. */
export const Movement = z
  .object({
    productId: ProductId,
    movementId: z.string(),
    /** Below zero: they went. */
    units: z.int(),
    reason: z.enum(['arrived', 'corrected', 'ordered', 'given-back']),
    orderId: z.string().optional(),
    by: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Movement' })
export type Movement = z.output<typeof Movement>

/** The product as an event leaves it; its stock is another matter. */
export function productAfter(product: Product | undefined, event: ProductEvent): Product {
  const { productId, edition, changes, at } = event
  const before = product ?? { productId, createdAt: at }
  return Product.parse({ ...before, ...defined(changes), edition })
}

/** What is there, without what was left away. */
function defined(changes: ProductChanges): ProductChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

export function kindOf(before: Product | undefined, { retired }: ProductChanges): ProductEvent['type'] {
  if (!before) return 'created'
  if (retired === undefined || retired === before.retired) return 'changed'
  return retired ? 'retired' : 'restored'
}

/** The product that these events, in their order, and these movements, in any, make. */
export function rebuiltProduct(events: readonly ProductEvent[], movements: readonly Movement[]): Product | undefined {
  const product = events.reduce<Product | undefined>(productAfter, undefined)
  return product && { ...product, stock: movements.reduce((left, { units }) => left + units, 0) }
}

/** What a new product lacks to be one. */
export function lacking(changes: ProductChanges): readonly string[] {
  return (['name', 'category', 'price'] as const).filter(each => changes[each] === undefined)
}
