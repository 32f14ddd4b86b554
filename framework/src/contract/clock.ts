/**
 * Clock: the only source of time for drivers and runtime. A clock of ours can be advanced; where the engine's own
 * clock rules (leases in a database server), its driver says so in its capabilities.
 */

export type Cancel = () => void

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. Never goes back. */
  now(): number
  /** Calls `run` once at or after `atMs`. An instant that has passed means soon, never within this call. */
  at(atMs: number, run: () => void): Cancel
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.at(clock.now() + ms, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}
