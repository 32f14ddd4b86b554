/**
 * How long to wait before asking again: exponential with full jitter, so that those who failed together do not come
 * back together, and never sooner than the other side asked for.
 */

const firstMs = 200
const mostMs = 20_000

/**
 * The wait before the next attempt, in milliseconds.
 * @param attempt the one that failed, counted from 1: between 0 and 200 ms, then 400, 800, … at most 20 seconds
 * @param fraction random, from 0 to below 1
 * @param afterMs what the other side asked for; the jitter then comes on top, at most 200 ms
 */
export function backoffMs(attempt: number, fraction: number, afterMs?: number): number {
  if (afterMs !== undefined) return Math.ceil(afterMs + fraction * firstMs)
  return Math.round(fraction * Math.min(mostMs, firstMs * 2 ** (attempt - 1)))
}

/**
 * What a `Retry-After` asks for, in milliseconds from now: seconds, or a date of HTTP. A date is compared with the
 * answer's own `Date`, so that clocks that differ do no harm. Undefined where there is none that can be read.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const asked = headers.get('retry-after')?.trim()
  if (!asked) return undefined
  if (/^\d{1,9}$/.test(asked)) return Number(asked) * 1_000
  const atMs = / GMT$/.test(asked) ? Date.parse(asked) : Number.NaN
  const theirsMs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - (Number.isNaN(theirsMs) ? nowMs : theirsMs))
}
