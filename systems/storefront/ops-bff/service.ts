/**
 * The backend for the operations portal: everything through the backend's client, nothing of its own.
 */
import { service } from 'groundplan'
import { dashboard, exportSales, inbox, sales, seen } from './desk.ts'
import { board, change, changeMany, live, oneOrder, recent } from './orders.ts'
import {
  catalogueLag,
  failedUpdates,
  movements,
  newPicture,
  product,
  productHistory,
  products,
  redrive,
  stockUp,
  updateProduct,
  updates,
} from './products.ts'

export const opsBff = service('ops-bff', {
  ...{ board, oneOrder, change, changeMany, live, recent },
  ...{ products, product, productHistory, movements, updateProduct, stockUp, newPicture },
  ...{ updates, failedUpdates, redrive, catalogueLag },
  ...{ inbox, seen, dashboard, sales, exportSales },
})
