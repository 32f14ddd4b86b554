/**
 * Randomness and ids. Both are given to the runtime, so that a simulation can repeat them.
 */
import { hash, randomFillSync } from 'node:crypto'

export interface Entropy {
  /** Lower-case hexadecimal digits of so many random bytes, at most 64. */
  hex(bytes: number): string
  /** From 0 to below 1. */
  fraction(): number
}

const poolBytes = 4_096

/** The operating system's randomness, drawn in blocks: ids are made on every request. */
export function systemEntropy(): Entropy {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  const take = (bytes: number): number => {
    if (used + bytes > poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    used += bytes
    return used - bytes
  }
  return {
    hex(bytes) {
      const from = take(bytes)
      return pool.toString('hex', from, from + bytes)
    },
    fraction: () => pool.readUInt32LE(take(4)) / 0x1_0000_0000,
  }
}

/**
 * The ids of one piece of work: UUIDs of version 7's layout, sortable by the work's time. The same `work` and time give
 * the same ids in the same order, so that doing the work again makes nothing twice.
 */
export function idsOf(work: string, atMs: number): () => string {
  return idsFrom(atMs, made => hash('sha256', `${work}/${made}`, 'hex'))
}

/** Ids of the same layout, of work that nothing repeats. */
export function idsByChance(entropy: Entropy, atMs: number): () => string {
  return idsFrom(atMs, () => entropy.hex(8))
}

const variants = '89ab'

/** `digits`: sixteen at least, hexadecimal. */
function idsFrom(atMs: number, digits: (made: number) => string): () => string {
  const time = atMs.toString(16).padStart(12, '0')
  const begin = `${time.slice(0, 8)}-${time.slice(8)}-7`
  let made = 0
  return () => {
    made++
    const digest = digits(made)
    // Position first, so that ids made in one call sort in the order they were made.
    const order = ((made & 0xfff) | 0x1000).toString(16).slice(1)
    const variant = variants.charAt(Number.parseInt(digest.charAt(0), 16) & 0x3)
    return `${begin}${order}-${variant}${digest.slice(1, 4)}-${digest.slice(4, 16)}`
  }
}

/** When an id was made, of those made here: the same wherever and however often it is met. */
export function timeIn(id: string): number | undefined {
  const found = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.exec(id)
  return found ? Number.parseInt(`${found[1]}${found[2]}`, 16) : undefined
}

/** A short stable name for something long. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}
