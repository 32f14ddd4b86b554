/**
 * The typed client of any accounts gateway, for pages: its routes as data, so that a browser gets no handler. A test
 * compares them with what `accounts` declares.
 */
import { type ClientOf, type ClientOptions, client, type RouteManifest } from 'groundplan/client'
import type { AnyAccounts } from './accounts.ts'

export type AccountsClient = ClientOf<AnyAccounts['gateway']>

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
    fails: [
      'wrong-credentials',
      'email-not-verified',
      'account-locked',
      'development-only',
      'too-many-attempts',
      'busy',
    ],
  },
  secondFactor: {
    method: 'POST',
    path: '/sign-in/second-factor',
    answers: 'json',
    fails: ['wrong-code', 'account-locked', 'development-only', 'too-many-attempts', 'busy'],
  },
  refresh: { method: 'POST', path: '/refresh', answers: 'json', fails: ['not-signed-in'] },
  signOut: { method: 'POST', path: '/sign-out', answers: 'json', fails: [] },
  me: { method: 'GET', path: '/me', answers: 'json', fails: ['not-signed-in'] },
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
  person: { method: 'GET', path: '/people/:userId', answers: 'json', fails: ['not-found'] },
  choices: { method: 'GET', path: '/roles', answers: 'json', fails: [] },
  invite: { method: 'POST', path: '/people', answers: 'json', fails: ['not-found', 'too-many-attempts', 'busy'] },
  setRoles: { method: 'PUT', path: '/people/:userId/roles', answers: 'json', fails: ['not-found', 'own-roles'] },
  setLock: { method: 'PUT', path: '/people/:userId/lock', answers: 'json', fails: ['not-found', 'own-account'] },
  signOutPerson: { method: 'DELETE', path: '/people/:userId/sessions', answers: 'json', fails: ['not-found'] },
  events: { method: 'GET', path: '/events', answers: 'json', fails: [] },
  auditTrail: { method: 'GET', path: '/audit', answers: 'json', fails: [] },
  about: { method: 'GET', path: '/about', answers: 'json', fails: [] },
  publicKeys: { method: 'GET', path: '/jwks.json', answers: 'json', fails: [] },
} as const satisfies RouteManifest

/** There where accounts are declared with `apiKeys`. */
export const keyRoutes = {
  listKeys: { method: 'GET', path: '/keys', answers: 'json', fails: [] },
  createKey: { method: 'POST', path: '/keys', answers: 'json', fails: ['key-limit-reached'] },
  rotateKey: { method: 'POST', path: '/keys/:keyId/rotate', answers: 'json', fails: ['not-found'] },
  revokeKey: { method: 'DELETE', path: '/keys/:keyId', answers: 'json', fails: ['not-found'] },
} as const satisfies RouteManifest

/**
 * The client of the accounts' gateway that stands at `url`: signing in and out, sessions, people, API keys.
 * @example const { value } = await accountsClient('https://shop.example.org/api/storefront/accounts').me()
 */
export function accountsClient(url: string, options?: ClientOptions): AccountsClient {
  return client<AnyAccounts['gateway']>({ ...accountsRoutes, ...keyRoutes }, url, options)
}
