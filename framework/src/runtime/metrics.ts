/**
 * Metrics: how often each handler ran, failed, and how long it took, over the last minutes. Kept in memory, bounded.
 */
import type { Clock } from '../contract/clock.ts'

export interface HandlerCounts {
  calls: number
  failures: number
  totalMs: number
  longestMs: number
}

export interface Metrics {
  /** `nowMs`: when it ended. */
  called(service: string, handler: string, durationMs: number, failed: boolean, nowMs: number): void
  /** Counts of a service's handlers over the last `minutes`, at most 15. */
  over(service: string, minutes: number): HandlerCounts
  /** Since the start, by `service/handler`. */
  totals(): Readonly<Record<string, HandlerCounts>>
}

const minuteMs = 60_000
const keptMinutes = 15

export function metrics(clock: Clock): Metrics {
  const totals = new Map<string, Map<string, HandlerCounts>>()
  const minutes = new Map<number, Map<string, HandlerCounts>>()
  let current: { minute: number; counts: Map<string, HandlerCounts> } | undefined

  const minuteAt = (nowMs: number): Map<string, HandlerCounts> => {
    const minute = Math.floor(nowMs / minuteMs)
    if (current?.minute === minute) return current.counts
    const counts = new Map<string, HandlerCounts>()
    minutes.set(minute, counts)
    for (const old of minutes.keys()) if (old <= minute - keptMinutes) minutes.delete(old)
    current = { minute, counts }
    return counts
  }
  return {
    called(service, handler, durationMs, failed, nowMs) {
      let handlers = totals.get(service)
      if (!handlers) {
        handlers = new Map()
        totals.set(service, handlers)
      }
      count(handlers, handler, durationMs, failed)
      count(minuteAt(nowMs), service, durationMs, failed)
    },
    over(service, span) {
      const sum = empty()
      const from = Math.floor(clock.now() / minuteMs) - span
      for (const [minute, counts] of minutes) if (minute > from) add(sum, counts.get(service))
      return sum
    },
    totals: () => Object.fromEntries([...totals].flatMap(named).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

function named([service, handlers]: readonly [string, Map<string, HandlerCounts>]): [string, HandlerCounts][] {
  return [...handlers].map(([handler, counts]) => [`${service}/${handler}`, counts])
}

function empty(): HandlerCounts {
  return { calls: 0, failures: 0, totalMs: 0, longestMs: 0 }
}

function count(counts: Map<string, HandlerCounts>, name: string, durationMs: number, failed: boolean): void {
  let found = counts.get(name)
  if (!found) {
    found = empty()
    counts.set(name, found)
  }
  found.calls++
  if (failed) found.failures++
  found.totalMs += durationMs
  if (durationMs > found.longestMs) found.longestMs = durationMs
}

function add(sum: HandlerCounts, more: HandlerCounts | undefined): void {
  if (!more) return
  sum.calls += more.calls
  sum.failures += more.failures
  sum.totalMs += more.totalMs
  sum.longestMs = Math.max(sum.longestMs, more.longestMs)
}
