/** What a server is told of the proxies it stands behind. */
import { wrongUsage } from './errors.ts'

interface Given {
  readonly url?: string
  readonly proxies?: string
}

/** More in a row than anybody has; a larger number is a mistake. */
const mostProxies = 10

/** Throws a failure (wrong usage) for an address that is none, and for a count that is none. */
export function behindProxies({ url, proxies = '0' }: Given): {
  readonly publicUrl?: string
  readonly proxies: number
} {
  const count = Number(proxies)
  if (!/^\d+$/.test(proxies) || count > mostProxies) {
    throw wrongUsage(`"${proxies}" is no count of proxies`, `choose a number from 0 to ${mostProxies}`)
  }
  return { ...(url === undefined ? {} : { publicUrl: originIn(url) }), proxies: count }
}

/** Scheme, host and port; a path would lead nowhere. */
function originIn(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isWeb = parsed?.protocol === 'http:' || parsed?.protocol === 'https:'
  if (isWeb && parsed?.href === `${parsed?.origin}/`) return parsed.origin
  throw wrongUsage(`"${url}" is no address of a server`, 'give scheme and host, such as --url https://shop.example.org')
}
