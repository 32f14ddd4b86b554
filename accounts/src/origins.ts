/**
 * Where the pages are, and what follows from it: which origins may change something, and what cookies are called. The
 * one setting decides, never a header: with an address on this machine cookies are plain, with any other they are
 * `__Host-` and `Secure`.
 */
/** Where the pages of a system are. */
export interface Site {
  /** Where mails lead. */
  readonly origin: string
  readonly local: boolean
  /** All that may change something; default: the one. */
  readonly origins?: readonly string[]
}

export const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Reads the setting: one address or several, the first being where mails lead. What is not on this machine is https. */
export function siteOf(addresses: string): Site {
  const urls = addresses.split(',').map(address => new URL(address.trim()))
  const [first = new URL('http://localhost')] = urls
  const open = urls.find(({ hostname, protocol }) => !localHosts.has(hostname) && protocol !== 'https:')
  if (open) throw new Error(`the address of the pages must begin with https://: ${open.origin}`)
  return { origin: first.origin, local: localHosts.has(first.hostname), origins: urls.map(({ origin }) => origin) }
}

const keptMs = 1_000

/** The site as one process knows it, for a second: it is asked for with each request of each stranger. */
export class SiteMemory {
  #site: Site | undefined
  #sinceMs = 0

  siteAt(at: Date): Site | undefined {
    return at.getTime() - this.#sinceMs < keptMs ? this.#site : undefined
  }

  keep(site: Site, at: Date): Site {
    this.#site = site
    this.#sinceMs = at.getTime()
    return site
  }
}

/** Whether a browser's request of this origin may change something. On this machine every port is at home. */
export function mayChange({ origin, local, origins = [origin] }: Site, from: string): boolean {
  return origins.includes(from) || (local && isLocal(from))
}

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && localHosts.has(new URL(origin).hostname)
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function isSafe(method: string): boolean {
  return safeMethods.has(method)
}
