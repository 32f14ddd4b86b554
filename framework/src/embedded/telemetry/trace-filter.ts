/**
 * Which traces a file may hold: a Bloom filter, ten bits a trace. It never says no wrongly; it says yes wrongly for one
 * trace in a hundred, which costs one look into a file. A trace counts by its first eight characters, so that the
 * beginning of an id can be asked for as well.
 */

const bitsPerTrace = 10
const probes = 7

/** How many characters of an id count. */
export const keyLength = 8

/** What stands for a trace here. */
export function keyOf(traceId: string): number {
  return Number.parseInt(traceId.slice(0, keyLength), 16) >>> 0
}

export function filterOf(keys: ReadonlySet<number>): Uint8Array {
  const filter = new Uint8Array(Math.max(8, Math.ceil((keys.size * bitsPerTrace) / 8)))
  for (const key of keys) {
    for (const bit of bitsOf(key, filter)) filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7))
  }
  return filter
}

export function mayHold(filter: Uint8Array, key: number): boolean {
  return bitsOf(key, filter).every(bit => ((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0)
}

/** Two hashes make all of them (Kirsch and Mitzenmacher). */
function bitsOf(key: number, { length }: Uint8Array): readonly number[] {
  const first = mixed(key)
  const second = mixed(first ^ 0x9e3779b9) | 1
  return Array.from({ length: probes }, (_, index) => ((first + Math.imul(second, index)) >>> 0) % (length * 8))
}

/** Spreads a number over all 32 bits. */
function mixed(key: number): number {
  const a = Math.imul(key ^ (key >>> 16), 0x21f0aaad)
  const b = Math.imul(a ^ (a >>> 15), 0x735a2d97)
  return (b ^ (b >>> 15)) >>> 0
}
