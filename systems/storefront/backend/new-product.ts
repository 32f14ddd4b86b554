/**
 * A product with its first units, as the sample data put them there: with their events, like any other.
 */
import { atomically, type Clients } from 'groundplan'
import { type ProductChanges, productAfter } from '../model/products.ts'
import { productLog, products, stockLog } from '../resources.ts'

export const newProductUses = { products: products.writer, log: productLog.writer, stock: stockLog.writer }

interface First {
  readonly stock: number
  readonly by: string
  readonly at: string
  readonly movementId: string
}

/** Does nothing where the product is there already; says whether it was new. */
export async function newProduct(
  productId: string,
  changes: ProductChanges,
  { stock: units, by, at, movementId }: First,
  { products, log, stock }: Clients<typeof newProductUses>,
): Promise<boolean> {
  const event = { productId, edition: 1, type: 'created' as const, changes, by, at }
  const { revision: _counted, ...product } = productAfter(undefined, event)
  const { ok } = await atomically({
    product: products.insert({ ...product, stock: units }),
    log: log.insert(event),
    move: stock.insert({ productId, movementId, units, reason: 'arrived', by, at }),
  })
  return ok
}
