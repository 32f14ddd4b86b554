/**
 * Reading products, as operations see them: with their stock, and the retired ones too.
 */
import { endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { operator } from '../callers.ts'
import { Category, Paging, ProductId, pageOf } from '../model/ids.ts'
import { Movement, ProductEvent, ShownProduct } from '../model/products.ts'
import { productLog, products, stockLog } from '../resources.ts'

export const ProductParams = z.object({ productId: ProductId })
export const ProductsPage = pageOf(ShownProduct)
export const ProductsQuery = Paging.extend({ category: Category.optional() })
export const ProductHistory = z.object({ events: z.array(ProductEvent), after: z.string().optional() })
export const MovementsPage = pageOf(Movement)

export const allProducts = endpoint('GET /products', {
  summary: 'The products by name, of a category or all',
  caller: operator,
  query: ProductsQuery,
  returns: ProductsPage,
  uses: { products: products.reader },
  handle: ({ query: { category, ...page } }, { products }) =>
    category === undefined ? products.by.shelf({ shelf: 'all' }, page) : products.by.category({ category }, page),
})

export const oneProduct = endpoint('GET /products/:productId', {
  summary: 'One product',
  caller: operator,
  params: ProductParams,
  returns: ShownProduct,
  fails: { 'not-found': 404 },
  uses: { products: products.reader },
  handle: async ({ params }, { products }) =>
    (await products.get(params)) ?? problem('not-found', 'The shop has no such product'),
})

export const productHistory = endpoint('GET /products/:productId/history', {
  summary: 'What happened to a product, the newest first',
  caller: operator,
  params: ProductParams,
  query: Paging,
  returns: ProductHistory,
  uses: { log: productLog.reader },
  async handle({ params, query }, { log }) {
    const { items: events, ...rest } = await log.query(params, { ...query, reverse: true })
    return { events, ...rest }
  },
})

export const movements = endpoint('GET /products/:productId/movements', {
  summary: 'What came and went of a product, the newest first',
  caller: operator,
  params: ProductParams,
  query: Paging,
  returns: MovementsPage,
  uses: { stock: stockLog.reader },
  handle: ({ params, query }, { stock }) => stock.query(params, { ...query, reverse: true }),
})
