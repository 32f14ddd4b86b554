/** Where one goes after signing in: back to a page of this address, never to another. */

/** `here`: the origin of the pages. */
export function nextPage(asked: string | undefined, here: string, otherwise: string): string {
  if (asked === undefined || !asked.startsWith('/') || !URL.canParse(asked, here)) return otherwise
  const { origin, pathname, search, hash } = new URL(asked, here)
  return origin === here ? `${pathname}${search}${hash}` : otherwise
}
