/**
 * A binary heap that also removes from its middle: adding, removing and the first item cost O(log n) whatever it holds.
 */

/** What a heap holds remembers its place in it, so it can be in one heap at a time. Begin with `nowhere`. */
export interface Placed {
  place: number
}

export const nowhere = -1

export class Heap<T extends Placed> {
  readonly #items: T[] = []
  readonly #before: (one: T, other: T) => boolean

  /** `before` says whether one item comes before another. */
  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  has(item: T): boolean {
    return this.#items[item.place] === item
  }

  add(item: T): void {
    this.#put(item, this.#items.length)
    this.#rise(item)
  }

  /** Removes an item; one that is not in this heap is left alone. */
  remove(item: T): void {
    if (!this.has(item)) return
    const { place } = item
    const last = this.#items.pop()
    item.place = nowhere
    if (last === undefined || last === item) return
    this.#put(last, place)
    this.#rise(last)
    this.#sink(last)
  }

  clear(): void {
    for (const item of this.#items) item.place = nowhere
    this.#items.length = 0
  }

  /** From the first on. The k first items cost O(k log k), and the heap stays as it is. */
  *inOrder(): Generator<T> {
    const next = new Heap<Candidate<T>>((one, other) => this.#before(one.item, other.item))
    const add = (at: number): void => {
      const item = this.#items[at]
      if (item) next.add({ item, at, place: nowhere })
    }
    add(0)
    for (let found = next.first; found; found = next.first) {
      next.remove(found)
      add(2 * found.at + 1)
      add(2 * found.at + 2)
      yield found.item
    }
  }

  #put(item: T, place: number): void {
    this.#items[place] = item
    item.place = place
  }

  #rise(item: T): void {
    while (item.place > 0) {
      const { place } = item
      const above = this.#items[(place - 1) >> 1]
      if (!above || !this.#before(item, above)) return
      this.#put(item, above.place)
      this.#put(above, place)
    }
  }

  #sink(item: T): void {
    for (;;) {
      const { place } = item
      const below = this.#earlier(2 * place + 1, 2 * place + 2)
      if (!below || !this.#before(below, item)) return
      this.#put(item, below.place)
      this.#put(below, place)
    }
  }

  #earlier(left: number, right: number): T | undefined {
    const one = this.#items[left]
    const other = this.#items[right]
    return one && other && this.#before(other, one) ? other : one
  }
}

interface Candidate<T> extends Placed {
  readonly item: T
  readonly at: number
}
