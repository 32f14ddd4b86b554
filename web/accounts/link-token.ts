'use client'
/**
 * The token of a mail's link. It follows `#`, so no server sees it; it is taken out of the address at once, so that it
 * stays neither on the screen nor in the browser's history.
 */
import { useEffect, useState } from 'react'

export interface LinkToken {
  /** What the link is for; undefined: the page was opened without one. */
  readonly kind: 'token' | 'change' | undefined
  readonly token: string
}

/** Undefined until the address was read. */
export function useLinkToken(): LinkToken | undefined {
  const [found, setFound] = useState<LinkToken>()
  useEffect(() => {
    const read = (): void => {
      const told = linkTokenIn(location.hash)
      // A page that was read already keeps what it found.
      setFound(before => (told.kind === undefined ? (before ?? told) : told))
      if (told.kind !== undefined) history.replaceState(history.state, '', location.pathname + location.search)
    }
    // After the router has settled: it would write the address back.
    const timer = setTimeout(read)
    addEventListener('hashchange', read)
    return () => {
      clearTimeout(timer)
      removeEventListener('hashchange', read)
    }
  }, [])
  return found
}

/** @param fragment of an address, with its `#` */
export function linkTokenIn(fragment: string): LinkToken {
  const said = new URLSearchParams(fragment.slice(1))
  for (const kind of ['token', 'change'] as const) {
    const token = said.get(kind)
    if (token) return { kind, token }
  }
  return { kind: undefined, token: '' }
}
