/**
 * Follows a stream of a gateway for as long as a page is looked at: connects, connects again, and says which of the two it
 * is doing. A browser opens few connections to one server, so a page in the background lets go of its own.
 */

export interface FollowEvents<T> {
  /** `first` after each connecting. */
  told(value: T, first: boolean): void
  /** What is told from now on follows without a gap, until it is lost. */
  connected(): void
  lost(): void
}

/** Opens the stream once, by this `fetch`, without trying again by itself. */
export type Opens<T> = (by: { readonly fetch: typeof fetch; readonly signal: AbortSignal }) => Promise<AsyncIterable<T>>

const firstPauseMs = 400
const longestPauseMs = 4_000

/** Gives what ends it. `send` is the fetch that is used; default: the platform's. */
export function follow<T>(open: Opens<T>, events: FollowEvents<T>, send: typeof fetch = fetch): () => void {
  let current: AbortController | undefined
  const stop = (): void => {
    current?.abort()
    current = undefined
  }
  const start = (): void => {
    if (document.visibilityState === 'hidden') return
    stop()
    current = new AbortController()
    void followed(open, events, send, current.signal)
  }
  const look = (): void => (document.visibilityState === 'hidden' ? stop() : start())
  const offline = (): void => {
    stop()
    events.lost()
  }
  document.addEventListener('visibilitychange', look)
  window.addEventListener('online', start)
  window.addEventListener('offline', offline)
  start()
  return () => {
    document.removeEventListener('visibilitychange', look)
    window.removeEventListener('online', start)
    window.removeEventListener('offline', offline)
    stop()
  }
}

async function followed<T>(open: Opens<T>, events: FollowEvents<T>, send: typeof fetch, signal: AbortSignal) {
  let first = true
  // The client connects again by itself when the stream breaks; only here is it seen.
  const watched: typeof fetch = async (input, init) => {
    const answer = await send(input, init)
    if (answer.ok) {
      first = true
      events.connected()
    }
    return answer
  }
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      for await (const value of await open({ fetch: watched, signal })) {
        events.told(value, first)
        first = false
        pauseMs = firstPauseMs
      }
    } catch {
      if (signal.aborted) return
    }
    events.lost()
    await pause(pauseMs, signal)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
