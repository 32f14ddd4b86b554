/**
 * Throttle: token buckets. Approximate across processes, exact in one: `rate` a second over time, `burst` at once.
 */
import type { Clock } from '../contract/clock.ts'

export interface Bucket {
  tokens: number
  atMs: number
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface Throttles {
  /** Takes one token. Gives 0 when there was one, else the seconds until there is. */
  take(key: string, rate: Rate): number
}

const keptKeys = 100_000
/** Ten tenths of a token are one, though not as a computer adds them up. */
const almostOne = 1 - 1e-9

/** Buckets by key. When there are very many, those not used for longest are forgotten: most of them are full again. */
export function throttles(clock: Clock): Throttles {
  const buckets = new Map<string, Bucket>()
  let newestKey: string | undefined
  let newest: Bucket | undefined
  return {
    take(key, rate) {
      const known = key === newestKey ? newest : buckets.get(key)
      const bucket = refilled(known, rate, clock.now())
      const allowed = bucket.tokens >= almostOne
      if (allowed) bucket.tokens -= 1
      if (key !== newestKey) {
        buckets.delete(key)
        buckets.set(key, bucket)
        newestKey = key
        newest = bucket
        if (buckets.size > keptKeys) forgetOldest(buckets)
      }
      return allowed ? 0 : (1 - bucket.tokens) / rate.perSecond
    },
  }
}

function refilled(bucket: Bucket | undefined, { perSecond, burst }: Rate, nowMs: number): Bucket {
  if (!bucket) return { tokens: burst, atMs: nowMs }
  bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond)
  bucket.atMs = nowMs
  return bucket
}

/** The map is in order of last use, so the first one has had the longest time to fill. */
function forgetOldest(buckets: Map<string, Bucket>): void {
  for (const key of buckets.keys()) {
    buckets.delete(key)
    return
  }
}
