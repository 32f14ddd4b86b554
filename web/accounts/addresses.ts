/** Where the accounts of a system are: its gateway, and the pages, to three of which mails lead. */

export function gatewayUrl(system: string): string {
  return `/api/${system}/accounts`
}

export type AccountPages = ReturnType<typeof pagesOf>

export function pagesOf(system: string) {
  const at = `/${system}/account`
  return {
    account: at,
    signIn: `${at}/sign-in`,
    signUp: `${at}/sign-up`,
    verify: `${at}/verify`,
    forgotten: `${at}/forgotten`,
    reset: `${at}/reset`,
    keys: `${at}/keys`,
    people: `${at}/people`,
    audit: `${at}/audit`,
  } as const
}

/** `page`, which leads on to `next` in the end. */
export function leadingTo(page: string, next: string | undefined): string {
  return next === undefined ? page : `${page}?next=${encodeURIComponent(next)}`
}
