/**
 * Deadlines of running calls: one timer for all of them, because most calls end long before their time is up.
 */
import type { Cancel, Clock } from '../contract/clock.ts'

export interface Deadlines {
  /** Calls `expire` once when the time is up, unless dropped before. */
  add(atMs: number, expire: () => void): Cancel
  close(): void
}

interface Entry {
  readonly atMs: number
  readonly expire: () => void
}

export function deadlines(clock: Clock): Deadlines {
  const waiting = new Set<Entry>()
  let armed: { atMs: number; cancel: Cancel } | undefined

  const arm = (atMs: number): void => {
    if (armed && armed.atMs <= atMs) return
    armed?.cancel()
    armed = { atMs, cancel: clock.at(atMs, fire) }
  }
  const fire = (): void => {
    armed = undefined
    const nowMs = clock.now()
    const due = [...waiting].filter(entry => entry.atMs <= nowMs)
    for (const entry of due) waiting.delete(entry)
    if (waiting.size > 0)
      arm([...waiting].reduce((least, entry) => Math.min(least, entry.atMs), Number.POSITIVE_INFINITY))
    for (const entry of due) entry.expire()
  }
  return {
    add(atMs, expire) {
      const entry = { atMs, expire }
      waiting.add(entry)
      arm(atMs)
      // The timer stays: the next call will want one, and firing for nothing costs nothing.
      return () => waiting.delete(entry)
    },
    close() {
      armed?.cancel()
      armed = undefined
    },
  }
}
