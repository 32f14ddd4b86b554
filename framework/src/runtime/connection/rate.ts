/**
 * Rate limit: never more than so many requests in any stretch of the given length. Others count in fixed or sliding
 * windows; a bucket of tokens would let twice as many through in one of them. Who comes too early is told when its turn
 * is; turns are given in the order of asking.
 */

export interface Turn {
  readonly atMs: number
  /** It is not used: the next one may have it. */
  giveBack(): void
}

export interface RateLimit {
  /** The next turn, unless it is later than `byMs`. */
  reserve(nowMs: number, byMs: number): Turn | undefined
  /** Nothing to remember: as good as new. */
  isFresh(nowMs: number): boolean
}

/** At most so many `requests` in any `perMs`. Keeps the times of the last `requests` turns. */
export function rateLimit({ requests, perMs }: { readonly requests: number; readonly perMs: number }): RateLimit {
  const turns: number[] = []
  const forgetBefore = (ms: number): void => {
    const kept = turns.findIndex(atMs => atMs > ms)
    turns.splice(0, kept < 0 ? turns.length : kept)
  }
  return {
    reserve(nowMs, byMs) {
      forgetBefore(nowMs - perMs)
      const before = turns[turns.length - requests]
      const atMs = Math.max(nowMs, before === undefined ? 0 : before + perMs)
      if (atMs > byMs) return undefined
      turns.push(atMs)
      return { atMs, giveBack: () => void removeOne(turns, atMs) }
    },
    isFresh(nowMs) {
      forgetBefore(nowMs - perMs)
      return turns.length === 0
    },
  }
}

function removeOne(turns: number[], atMs: number): void {
  const at = turns.lastIndexOf(atMs)
  if (at >= 0) turns.splice(at, 1)
}
