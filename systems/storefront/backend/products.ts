/**
 * Products: operations' updates come through a queue; the catalogue that customers see is a view.
 */
import { consumer, endpoint, problem, view } from 'groundplan'
import { z } from 'zod'
import { operator } from '../callers.ts'
import { CatalogueEntry, Product } from '../model.ts'
import { products, productUpdates } from '../resources.ts'

export const catalogue = view('catalogue', {
  from: products,
  item: CatalogueEntry,
  key: ['category', 'productId'],
  indexes: { name: ['category', 'name'] },
  project: ({ retired, stock, ...product }) => (retired ? undefined : { ...product, available: stock > 0 }),
})

export const applyUpdate = consumer(productUpdates, {
  uses: { products: products.writer },
  async handle({ message: { productId, ...changes } }, { products }) {
    const known = await products.get({ productId })
    if (known) await products.patch({ productId }, changes)
    else await products.insert(Product.parse({ productId, ...changes }))
  },
})

export const stockUp = endpoint('POST /products/:productId/stock', {
  summary: 'Units arrived',
  caller: operator,
  body: z.object({ units: z.int().min(1).max(1_000_000) }),
  returns: Product,
  once: 'Idempotency-Key',
  uses: { products: products.writer },
  fails: { 'unknown-product': 404 },
  handle: ({ params, body }, { products }) =>
    products.add(params, { stock: body.units }, { when: params }).or(problem('unknown-product')),
})
