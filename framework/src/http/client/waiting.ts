/** Time limits and pauses of a client's calls. */

export interface Limit {
  readonly signal: AbortSignal
  /** Whether the time was up before anybody else stopped it. */
  readonly expired: boolean
  /** The time no longer matters; the given signals still do. */
  lift(): void
  /** Nothing matters any more. */
  end(): void
}

/** A signal that aborts with any of the given ones, or when the time is up. */
export function limit(signals: readonly (AbortSignal | undefined)[], ms: number): Limit {
  const controller = new AbortController()
  let expired = false
  const given = signals.filter(signal => signal !== undefined)
  const stop = (event: Event): void => controller.abort((event.target as AbortSignal).reason)
  for (const signal of given) {
    if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', stop)
  }
  const timer = setTimeout(() => {
    expired = !controller.signal.aborted
    controller.abort(new DOMException('The call took too long', 'TimeoutError'))
  }, ms)
  return {
    signal: controller.signal,
    get expired() {
      return expired
    },
    lift: () => clearTimeout(timer),
    end() {
      clearTimeout(timer)
      for (const signal of given) signal.removeEventListener('abort', stop)
    },
  }
}

/** Resolves after `ms`; rejects with its reason when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped)
      resolve()
    }, ms)
    const stopped = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', stopped, { once: true })
  })
}

/** Twice as long each time, up to a bound, and a random part of it, so that many clients do not come back together. */
export function backOff(attempt: number, firstMs: number, mostMs: number): number {
  const ms = Math.min(firstMs * 2 ** attempt, mostMs)
  return ms / 2 + Math.random() * (ms / 2)
}
