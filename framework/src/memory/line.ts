/**
 * The messages of one key of an ordered queue, first come first: taken off at the head, appended at the end, each in
 * constant time on average.
 */
import { nowhere, type Placed } from './heap.ts'

/** How many dropped items stay in memory before the list is copied. */
const slack = 64

export class Line<T> implements Placed {
  readonly key: string
  place = nowhere
  #items: T[] = []
  #dropped = 0

  constructor(key: string) {
    this.key = key
  }

  get head(): T | undefined {
    return this.#items[this.#dropped]
  }

  append(item: T): void {
    this.#items.push(item)
  }

  dropHead(): void {
    this.#dropped++
    if (this.#dropped < slack || this.#dropped * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#dropped)
    this.#dropped = 0
  }

  keepOnly(wanted: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#dropped).filter(wanted)
    this.#dropped = 0
  }
}
