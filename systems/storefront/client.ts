/**
 * The typed clients of storefront's gateways, for pages: their routes as data, so that a browser gets no handler. A
 * test compares them with the plan. Its accounts have theirs in `@groundplan/accounts/client`.
 */
import { type ClientOf, type ClientOptions, client, type RouteManifest } from 'groundplan/client'
import type storefront from './plan.ts'

type Gateways = typeof storefront.gateways

export type CustomerClient = ClientOf<Gateways['customer']>
export type OpsClient = ClientOf<Gateways['ops']>

export const customerRoutes = {
  browse: { method: 'GET', path: '/catalogue', answers: 'json', fails: [] },
  categories: { method: 'GET', path: '/categories', answers: 'json', fails: [] },
  product: { method: 'GET', path: '/catalogue/:productId', answers: 'json', fails: ['not-found'] },
  picture: { method: 'GET', path: '/pictures/:picture', answers: 'file', fails: ['not-found'] },
  order: {
    method: 'POST',
    path: '/orders',
    answers: 'json',
    fails: ['sold-out', 'unknown-product', 'product-twice', 'several-currencies', 'total-too-large'],
    once: 'Idempotency-Key',
  },
  myOrders: { method: 'GET', path: '/orders', answers: 'json', fails: [] },
  myOrder: { method: 'GET', path: '/orders/:orderId', answers: 'json', fails: ['not-found'] },
  myOrderHistory: { method: 'GET', path: '/orders/:orderId/history', answers: 'json', fails: ['not-found'] },
  live: { method: 'GET', path: '/orders/:orderId/live', answers: 'stream', fails: ['not-found'] },
  cancel: {
    method: 'POST',
    path: '/orders/:orderId/cancel',
    answers: 'json',
    fails: ['not-found', 'wrong-state', 'changed-meanwhile', 'wrong-amount'],
    once: 'Idempotency-Key',
  },
} as const satisfies RouteManifest

export const opsRoutes = {
  board: { method: 'GET', path: '/orders', answers: 'json', fails: [] },
  oneOrder: { method: 'GET', path: '/orders/:orderId', answers: 'json', fails: ['not-found'] },
  change: {
    method: 'POST',
    path: '/orders/:orderId/actions',
    answers: 'json',
    fails: ['not-found', 'wrong-state', 'changed-meanwhile', 'wrong-amount'],
    once: 'Idempotency-Key',
  },
  changeMany: { method: 'POST', path: '/orders/actions', answers: 'json', fails: [], once: 'Idempotency-Key' },
  live: { method: 'GET', path: '/live', answers: 'stream', fails: [] },
  recent: { method: 'GET', path: '/activity', answers: 'json', fails: [] },
  products: { method: 'GET', path: '/products', answers: 'json', fails: [] },
  product: { method: 'GET', path: '/products/:productId', answers: 'json', fails: ['not-found'] },
  productHistory: { method: 'GET', path: '/products/:productId/history', answers: 'json', fails: [] },
  movements: { method: 'GET', path: '/products/:productId/movements', answers: 'json', fails: [] },
  updateProduct: {
    method: 'PUT',
    path: '/products/:productId',
    answers: 'json',
    fails: ['incomplete-product', 'nothing-to-change'],
    once: 'Idempotency-Key',
  },
  stockUp: {
    method: 'POST',
    path: '/products/:productId/stock',
    answers: 'json',
    fails: ['unknown-product', 'not-that-many', 'units-invalid'],
    once: 'Idempotency-Key',
  },
  newPicture: { method: 'POST', path: '/pictures', answers: 'json', fails: [] },
  updates: { method: 'GET', path: '/updates', answers: 'json', fails: [] },
  failedUpdates: { method: 'GET', path: '/updates/failed', answers: 'json', fails: [] },
  redrive: { method: 'POST', path: '/updates/failed/:updateId/redrive', answers: 'json', fails: ['not-found'] },
  catalogueLag: { method: 'GET', path: '/catalogue/lag', answers: 'json', fails: [] },
  inbox: { method: 'GET', path: '/inbox/:day', answers: 'json', fails: [] },
  seen: { method: 'POST', path: '/inbox/:day/:noticeId/seen', answers: 'json', fails: ['not-found'] },
  dashboard: { method: 'GET', path: '/dashboard', answers: 'json', fails: [] },
  sales: { method: 'GET', path: '/sales', answers: 'json', fails: ['period-invalid'] },
  exportSales: { method: 'POST', path: '/sales/:day/export', answers: 'json', fails: ['day-to-come'] },
} as const satisfies RouteManifest

/**
 * The client of the customers' gateway that stands at `url`.
 * @example const { value } = await customerClient('https://shop.example.org/api/storefront/customer').categories()
 */
export function customerClient(url: string, options?: ClientOptions): CustomerClient {
  return client<Gateways['customer']>(customerRoutes, url, options)
}

/**
 * The client of the operations' gateway that stands at `url`.
 * @example const { value } = await opsClient('https://shop.example.org/api/storefront/ops').dashboard()
 */
export function opsClient(url: string, options?: ClientOptions): OpsClient {
  return client<Gateways['ops']>(opsRoutes, url, options)
}
