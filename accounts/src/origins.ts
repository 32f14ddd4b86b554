/**
 * Where the pages are, and what follows from it: which origins may change something, and what cookies are called. The
 * one setting decides, never a header: with an address on this machine cookies are plain, with any other they are
 * `__Host-` and `Secure`.
 */
/** Where the pages of a system are. */
export interface Site {
  readonly origin: string
  readonly local: boolean
}

export const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Reads the setting. A site that is not on this machine must be https. */
export function siteOf(address: string): Site {
  const { origin, hostname, protocol } = new URL(address)
  const local = localHosts.has(hostname)
  if (!local && protocol !== 'https:') throw new Error(`the address of the pages must begin with https://: ${address}`)
  return { origin, local }
}

/** Whether a browser's request of this origin may change something. On this machine every port is at home. */
export function mayChange(site: Site, origin: string): boolean {
  if (origin === site.origin) return true
  return site.local && isLocal(origin)
}

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && localHosts.has(new URL(origin).hostname)
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function isSafe(method: string): boolean {
  return safeMethods.has(method)
}
