/** Where the pages of storefront's accounts are. The mails of its accounts lead to three of them. */

const at = '/storefront/account'

export const accountPages = {
  account: at,
  signIn: `${at}/sign-in`,
  signUp: `${at}/sign-up`,
  verify: `${at}/verify`,
  forgotten: `${at}/forgotten`,
  reset: `${at}/reset`,
} as const

/** `page`, which leads on to `next` in the end. */
export function leadingTo(page: string, next: string | undefined): string {
  return next === undefined ? page : `${page}?next=${encodeURIComponent(next)}`
}
