/** The accounts of a system, as the browser asks them. */
import { type AccountsClient, accountsClient } from '@groundplan/accounts/client'
import { gatewayUrl } from './addresses.ts'
import { renewingFetch } from './renewing.ts'

export interface Clients {
  /** For all gateways of the system: a session that renews itself. */
  readonly fetch: typeof fetch
  readonly accounts: AccountsClient
  /** For who is nobody yet: there is nothing to renew. */
  readonly signingIn: AccountsClient
}

const timeout = '12 seconds'
const known = new Map<string, Clients>()

/** The same each time: what it knows of a session, all parts of a page share. */
export function clientsOf(system: string): Clients {
  const there = known.get(system)
  if (there) return there
  const url = gatewayUrl(system)
  const renewing = renewingFetch(url)
  const made = {
    fetch: renewing,
    accounts: accountsClient(url, { fetch: renewing, timeout }),
    signingIn: accountsClient(url, { timeout }),
  }
  known.set(system, made)
  return made
}
