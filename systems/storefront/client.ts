/**
 * The typed clients of storefront's gateways, for pages: their routes as data, so that a browser gets no handler. A
 * test compares them with the plan.
 */
import { type ClientOf, type ClientOptions, client, type RouteManifest } from 'groundplan/client'
import type storefront from './plan.ts'

type Gateways = typeof storefront.gateways

export type CustomerClient = ClientOf<Gateways['customer']>
export type OpsClient = ClientOf<Gateways['ops']>
export type AccountsClient = ClientOf<Gateways['accounts']>

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

export const accountsRoutes = {
  signUp: {
    method: 'POST',
    path: '/sign-up',
    answers: 'json',
    fails: ['by-invitation-only', 'password-too-easy', 'too-many-attempts', 'busy'],
  },
  verifyEmail: {
    method: 'POST',
    path: '/verify-email',
    answers: 'json',
    fails: ['link-invalid', 'too-many-attempts', 'busy'],
  },
  sendAgain: { method: 'POST', path: '/verify-email/again', answers: 'json', fails: ['too-many-attempts', 'busy'] },
  forgotten: { method: 'POST', path: '/password/forgotten', answers: 'json', fails: ['too-many-attempts', 'busy'] },
  reset: {
    method: 'POST',
    path: '/password/reset',
    answers: 'json',
    fails: ['link-invalid', 'password-too-easy', 'too-many-attempts', 'busy'],
  },
  signIn: {
    method: 'POST',
    path: '/sign-in',
    answers: 'json',
    fails: ['wrong-credentials', 'email-not-verified', 'development-only', 'too-many-attempts', 'busy'],
  },
  secondFactor: {
    method: 'POST',
    path: '/sign-in/second-factor',
    answers: 'json',
    fails: ['wrong-code', 'development-only', 'too-many-attempts', 'busy'],
  },
  refresh: { method: 'POST', path: '/refresh', answers: 'json', fails: ['not-signed-in'] },
  signOut: { method: 'POST', path: '/sign-out', answers: 'json', fails: [] },
  me: { method: 'GET', path: '/me', answers: 'json', fails: ['not-signed-in'] },
  events: { method: 'GET', path: '/events', answers: 'json', fails: [] },
  listSessions: { method: 'GET', path: '/sessions', answers: 'json', fails: [] },
  endSession: { method: 'DELETE', path: '/sessions/:sessionId', answers: 'json', fails: ['not-found'] },
  endOthers: { method: 'DELETE', path: '/sessions', answers: 'json', fails: [] },
  changePassword: {
    method: 'PUT',
    path: '/password',
    answers: 'json',
    fails: ['wrong-password', 'not-signed-in', 'password-too-easy', 'too-many-attempts', 'busy'],
  },
  changeName: { method: 'PUT', path: '/name', answers: 'json', fails: [] },
  changeEmail: {
    method: 'PUT',
    path: '/email',
    answers: 'json',
    fails: ['wrong-password', 'not-signed-in', 'too-many-attempts', 'busy'],
  },
  confirmEmail: {
    method: 'POST',
    path: '/email/confirm',
    answers: 'json',
    fails: ['link-invalid', 'too-many-attempts', 'busy'],
  },
  addSecondFactor: {
    method: 'POST',
    path: '/second-factor',
    answers: 'json',
    fails: ['already-on', 'wrong-password', 'not-signed-in', 'too-many-attempts', 'busy'],
  },
  confirmSecondFactor: {
    method: 'POST',
    path: '/second-factor/confirm',
    answers: 'json',
    fails: ['wrong-code', 'already-on', 'not-signed-in', 'wrong-password', 'too-many-attempts', 'busy'],
  },
  removeSecondFactor: {
    method: 'POST',
    path: '/second-factor/off',
    answers: 'json',
    fails: ['wrong-password', 'not-signed-in', 'too-many-attempts', 'busy'],
  },
  recoveryCodes: {
    method: 'POST',
    path: '/second-factor/recovery-codes',
    answers: 'json',
    fails: ['wrong-password', 'not-signed-in', 'too-many-attempts', 'busy'],
  },
  people: { method: 'GET', path: '/people', answers: 'json', fails: [] },
  invite: { method: 'POST', path: '/people', answers: 'json', fails: ['not-found', 'too-many-attempts', 'busy'] },
  setRoles: { method: 'PUT', path: '/people/:userId/roles', answers: 'json', fails: ['not-found', 'own-roles'] },
  signOutPerson: { method: 'DELETE', path: '/people/:userId/sessions', answers: 'json', fails: ['not-found'] },
  auditTrail: { method: 'GET', path: '/audit/:day', answers: 'json', fails: [] },
  publicKeys: { method: 'GET', path: '/jwks.json', answers: 'json', fails: [] },
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

/** The client of the accounts' gateway that stands at `url`: signing in and out, sessions, people. */
export function accountsClient(url: string, options?: ClientOptions): AccountsClient {
  return client<Gateways['accounts']>(accountsRoutes, url, options)
}
