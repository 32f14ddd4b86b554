/**
 * Follows the live number for as long as a page is looked at: connects, connects again, and says which of the two it is
 * doing. A browser opens few connections to one server, so a page in the background lets go of its own.
 */
import { counterClient } from '@systems/counter/client'

export interface LiveEvents {
  /** `first` after each connecting. */
  told(left: number, first: boolean): void
  connected(): void
  lost(): void
}

const firstPauseMs = 400
const longestPauseMs = 4_000

/** Gives what ends it. */
export function followLive(url: string, events: LiveEvents): () => void {
  let current: AbortController | undefined
  const stop = (): void => {
    current?.abort()
    current = undefined
  }
  const start = (): void => {
    if (document.visibilityState === 'hidden') return
    stop()
    current = new AbortController()
    void follow(url, events, current.signal)
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

async function follow(url: string, events: LiveEvents, signal: AbortSignal): Promise<void> {
  let first = true
  // The client connects again by itself when the stream breaks; only here is it seen.
  const watched: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init)
    if (answer.ok) first = true
    return answer
  }
  const client = counterClient(url, { fetch: watched, tries: 1, signal })
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      const { value } = await client.live()
      for await (const { left } of value) {
        if (first) events.connected()
        events.told(left, first)
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
