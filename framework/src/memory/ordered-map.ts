/**
 * A map ordered by its keys, compared by UTF-16 code units. Kept as a list of short sorted chunks: finding is O(log n),
 * and a change moves at most one chunk's entries (and, once in many changes, the list of chunks), which at the sizes of
 * a test is faster than a tree.
 *
 * The casts below say one thing: every index lies within its list.
 */

const mostInChunk = 128

interface Chunk<V> {
  readonly keys: string[]
  readonly values: V[]
}

/** Called with each entry; false ends the walk. The map may not be changed meanwhile. */
export type Visit<V> = (value: V, key: string) => boolean

export class OrderedMap<V> {
  readonly #chunks: Chunk<V>[] = [{ keys: [], values: [] }]
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    const chunk = this.#chunk(this.#chunkFor(key))
    const at = firstAtOrAfter(chunk.keys, key)
    return chunk.keys[at] === key ? chunk.values[at] : undefined
  }

  /** The value of the lowest key. */
  first(): V | undefined {
    return this.#chunk(0).values[0]
  }

  /** Gives the value that was there before. */
  set(key: string, value: V): V | undefined {
    const index = this.#chunkFor(key)
    const chunk = this.#chunk(index)
    const at = firstAtOrAfter(chunk.keys, key)
    if (chunk.keys[at] === key) {
      const before = chunk.values[at]
      chunk.values[at] = value
      return before
    }
    chunk.keys.splice(at, 0, key)
    chunk.values.splice(at, 0, value)
    this.#size++
    if (chunk.keys.length > mostInChunk) this.#split(index, at === mostInChunk ? mostInChunk : mostInChunk / 2)
    return undefined
  }

  /** Gives the value that was there. */
  delete(key: string): V | undefined {
    const index = this.#chunkFor(key)
    const chunk = this.#chunk(index)
    const at = firstAtOrAfter(chunk.keys, key)
    if (chunk.keys[at] !== key) return undefined
    chunk.keys.splice(at, 1)
    const [before] = chunk.values.splice(at, 1)
    this.#size--
    if (chunk.keys.length === 0 && this.#chunks.length > 1) this.#chunks.splice(index, 1)
    return before
  }

  /** Visits the keys from `from` (included) up to `before` (not included), lowest first. */
  ascend(from: string, before: string, visit: Visit<V>): void {
    let index = this.#chunkFor(from)
    let at = firstAtOrAfter(this.#chunk(index).keys, from)
    for (; index < this.#chunks.length; index++, at = 0) {
      const { keys, values } = this.#chunk(index)
      for (; at < keys.length; at++) {
        const key = keys[at] as string
        if (key >= before || !visit(values[at] as V, key)) return
      }
    }
  }

  /** Visits the keys below `before` (not included) down to `from` (included), highest first. */
  descend(from: string, before: string, visit: Visit<V>): void {
    let index = this.#chunkFor(before)
    let at = firstAtOrAfter(this.#chunk(index).keys, before) - 1
    while (index >= 0) {
      const { keys, values } = this.#chunk(index)
      for (; at >= 0; at--) {
        const key = keys[at] as string
        if (key < from || !visit(values[at] as V, key)) return
      }
      index--
      at = index < 0 ? -1 : this.#chunk(index).keys.length - 1
    }
  }

  #chunk(index: number): Chunk<V> {
    // There is always one, and every index comes from #chunkFor or a loop within the list.
    return this.#chunks[index] as Chunk<V>
  }

  /** The last chunk that begins at or before the key. */
  #chunkFor(key: string): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunk(middle).keys[0] as string) <= key) low = middle
      else high = middle - 1
    }
    return low
  }

  #split(index: number, at: number): void {
    const { keys, values } = this.#chunk(index)
    this.#chunks.splice(index + 1, 0, { keys: keys.splice(at), values: values.splice(at) })
  }
}

function firstAtOrAfter(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
