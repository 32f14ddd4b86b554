/** Where one goes after signing in: back to a page of this address, never to another. */

/** What was asked for, as a path of `here`; undefined where it is none. */
export function pathHere(asked: string | undefined, here: string): string | undefined {
  if (asked === undefined || !asked.startsWith('/') || !URL.canParse(asked, here)) return undefined
  const { origin, pathname, search, hash } = new URL(asked, here)
  // A path such as `/.//elsewhere.example` is `//elsewhere.example` once it is resolved: another host.
  return origin === here && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : undefined
}

/** `here`: the origin of the pages. */
export function nextPage(asked: string | undefined, here: string, otherwise: string): string {
  return pathHere(asked, here) ?? otherwise
}

/** For a request whose mail leads on to it. */
export function leading(asked: string | undefined): { readonly next?: string } {
  const next = pathHere(asked, location.origin)
  return next === undefined ? {} : { next }
}
