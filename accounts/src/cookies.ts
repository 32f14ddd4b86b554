/**
 * The cookies of a signed-in browser. A script cannot read them, another site's request does not bring them, and outside
 * this machine neither another host nor plain HTTP can set them (`__Host-`).
 */
import type { Site } from './origins.ts'

export type CookieKind = 'access' | 'refresh' | 'device'

/** Each lives as long as what is in it. */
export const cookieSeconds = { access: 5 * 60, refresh: 30 * 86_400, device: 180 * 86_400 } as const

/** A link from a mail or another site arrives signed in; what renews a session goes to our own pages' requests alone. */
const sameSite = { access: 'Lax', refresh: 'Strict', device: 'Strict' } as const

export function cookieName(accounts: string, kind: CookieKind, { local }: Site): string {
  return `${local ? '' : '__Host-'}${accounts}-${kind}`
}

/** `undefined` takes it back. */
export function setCookie(accounts: string, kind: CookieKind, value: string | undefined, site: Site): string {
  const parts = [
    `${cookieName(accounts, kind, site)}=${value ?? ''}`,
    'Path=/',
    `Max-Age=${value === undefined ? 0 : cookieSeconds[kind]}`,
    'HttpOnly',
    `SameSite=${sameSite[kind]}`,
    ...(site.local ? [] : ['Secure']),
  ]
  return parts.join('; ')
}
