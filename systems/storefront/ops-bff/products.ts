/**
 * Products, their stock, and what became of the updates that were asked for.
 */
import { endpoint } from 'groundplan'
import { CatalogueLag } from '../backend/catalogue.ts'
import {
  FailedUpdates,
  NewPicture,
  Redriven,
  UpdateParams,
  UpdatesPage,
  UpdatesQuery,
  UploadLink,
  updateFails,
} from '../backend/change-product.ts'
import { MovementsPage, ProductHistory, ProductParams, ProductsPage, ProductsQuery } from '../backend/products.ts'
import { backend } from '../backend/service.ts'
import { stockFails, Units } from '../backend/stock.ts'
import { operator } from '../callers.ts'
import { Paging } from '../model/ids.ts'
import { Movement, ProductChanges, ProductUpdate, ShownProduct } from '../model/products.ts'
import { passedOn } from '../pass-on.ts'

const uses = { backend: backend.client }

export const products = endpoint('GET /products', {
  summary: 'The products by name, of a category or all; the retired ones too',
  caller: operator,
  query: ProductsQuery,
  returns: ProductsPage,
  uses,
  handle: async ({ query }, { backend }) => passedOn(await backend.allProducts({ query })),
})

export const product = endpoint('GET /products/:productId', {
  summary: 'One product',
  caller: operator,
  params: ProductParams,
  returns: ShownProduct,
  fails: { 'not-found': 404 },
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.oneProduct({ params })),
})

export const productHistory = endpoint('GET /products/:productId/history', {
  summary: 'What happened to a product, the newest first',
  caller: operator,
  params: ProductParams,
  query: Paging,
  returns: ProductHistory,
  uses,
  handle: async ({ params, query }, { backend }) => passedOn(await backend.productHistory({ params, query })),
})

export const movements = endpoint('GET /products/:productId/movements', {
  summary: 'What came and went of a product, the newest first',
  caller: operator,
  params: ProductParams,
  query: Paging,
  returns: MovementsPage,
  uses,
  handle: async ({ params, query }, { backend }) => passedOn(await backend.movements({ params, query })),
})

export const updateProduct = endpoint('PUT /products/:productId', {
  summary: 'Create, change or retire a product; it is pending until it is in',
  caller: operator,
  params: ProductParams,
  body: ProductChanges,
  returns: { 202: ProductUpdate },
  fails: updateFails,
  once: 'Idempotency-Key',
  uses,
  handle: async ({ params, body }, { backend }) => passedOn(await backend.requestUpdate({ params, body })),
})

export const stockUp = endpoint('POST /products/:productId/stock', {
  summary: 'Units arrived, or there are more or fewer than was thought',
  caller: operator,
  params: ProductParams,
  body: Units,
  returns: Movement,
  fails: stockFails,
  once: 'Idempotency-Key',
  uses,
  handle: async ({ params, body }, { backend }) => passedOn(await backend.stockUp({ params, body })),
})

export const updates = endpoint('GET /updates', {
  summary: 'Updates of products that are pending or applied, the newest first',
  caller: operator,
  query: UpdatesQuery,
  returns: UpdatesPage,
  uses,
  handle: async ({ query }, { backend }) => passedOn(await backend.someUpdates({ query })),
})

export const failedUpdates = endpoint('GET /updates/failed', {
  summary: 'Updates of products that were given up, and why',
  caller: operator,
  returns: FailedUpdates,
  uses,
  handle: async (_call, { backend }) => (await backend.failedUpdates()).value,
})

export const redrive = endpoint('POST /updates/failed/:updateId/redrive', {
  summary: 'Try an update that was given up again, after those that came since',
  caller: operator,
  params: UpdateParams,
  returns: { 202: Redriven },
  fails: { 'not-found': 404 },
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.redriveUpdate({ params })),
})

export const newPicture = endpoint('POST /pictures', {
  summary: 'A name for a new picture, and where to upload it',
  caller: operator,
  body: NewPicture,
  returns: { 201: UploadLink },
  uses,
  handle: async ({ body }, { backend }) => (await backend.newPicture({ body })).value,
})

export const catalogueLag = endpoint('GET /catalogue/lag', {
  summary: 'How far the catalogue is behind the products',
  caller: operator,
  returns: CatalogueLag,
  uses,
  handle: async (_call, { backend }) => (await backend.catalogueLag()).value,
})
