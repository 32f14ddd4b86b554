/**
 * Requests of a signed-in browser. What shows who it is lives five minutes, in a cookie no script can read; when an answer
 * says that nobody is signed in, it is renewed, once for all requests and all tabs, and the request is sent again.
 */

export interface RenewingOptions {
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
  /** Runs one at a time over all tabs. Default: the browser's locks, where it has them. */
  readonly alone?: (name: string, run: () => Promise<boolean>) => Promise<boolean>
  readonly nowMs?: () => number
}

/** A renewal that another request, or another tab, made so recently is this one's, too. */
const sharedMs = 2_000

/**
 * `accountsUrl`: where the gateway of the accounts stands, such as `/api/shop/accounts`.
 * @example const client = customerClient('/api/shop/customer', { fetch: renewingFetch('/api/shop/accounts') })
 */
export function renewingFetch(accountsUrl: string, options: RenewingOptions = {}): typeof fetch {
  const { fetch: send = (...given) => fetch(...given), alone = lockedAlone, nowMs = Date.now } = options
  let renewedAtMs = Number.NEGATIVE_INFINITY
  let renewing: Promise<boolean> | undefined

  async function renew(): Promise<boolean> {
    const answer = await send(`${accountsUrl}/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    if (answer.ok) renewedAtMs = nowMs()
    return answer.ok
  }

  const renewed = async (askedAtMs: number): Promise<boolean> => {
    // Somebody renewed it after this request was sent: it is only sent again.
    if (renewedAtMs >= askedAtMs - sharedMs) return true
    renewing ??= alone(`renewing ${accountsUrl}`, renew).finally(() => {
      renewing = undefined
    })
    return renewing.catch(() => false)
  }

  return async (input, init) => {
    const askedAtMs = nowMs()
    const answer = await send(input, init)
    if (answer.status !== 401 || !(await renewed(askedAtMs))) return answer
    await answer.body?.cancel()
    return send(input, init)
  }
}

async function lockedAlone(name: string, run: () => Promise<boolean>): Promise<boolean> {
  // Locks are there on HTTPS and on this machine.
  if (typeof navigator === 'undefined' || !('locks' in navigator)) return run()
  return navigator.locks.request(name, run)
}
