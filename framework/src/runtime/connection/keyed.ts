/**
 * One of something for each key, made at first use and forgotten when it has nothing left to remember.
 */

const firstSweepAt = 1_000

/** Gives the one of a key. `isFresh` says that forgetting one would change nothing. */
export function keyed<T>(make: () => T, isFresh: (one: T) => boolean): (key: string) => T {
  const all = new Map<string, T>()
  let sweepAt = firstSweepAt
  const sweep = (): void => {
    for (const [key, one] of all) if (isFresh(one)) all.delete(key)
    sweepAt = Math.max(firstSweepAt, all.size * 2)
  }
  return key => {
    const known = all.get(key)
    if (known) return known
    if (all.size >= sweepAt) sweep()
    const made = make()
    all.set(key, made)
    return made
  }
}
