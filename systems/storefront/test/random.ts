/** Chance that can be repeated: the same numbers for the same seed. */
export interface Chance {
  /** From 0 to 1. */
  number(): number
  /** From 0 to below. */
  below(most: number): number
  one<T>(all: readonly [T, ...T[]]): T
}

/** Mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0
  const number = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (most: number): number => Math.floor(number() * most)
  return { number, below, one: all => all[below(all.length)] ?? all[0] }
}
