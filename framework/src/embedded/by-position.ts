/**
 * A table that stays as it is, of what has a position in its queue. Not a Map: leases come and go by the ten thousand a
 * second, and the tables that a busy Map leaves behind hold on to what was in it until the next full garbage collection.
 */

/** Something that can be in one such table. */
export interface Positioned<T> {
  readonly position: number
  /** The next one in the same place of the table. The table's own business. */
  next: T | undefined
}

const places = 256

export class ByPosition<T extends Positioned<T>> {
  size = 0
  readonly #first = new Array<T | undefined>(places).fill(undefined)

  get(position: number): T | undefined {
    let found = this.#first[position % places]
    while (found && found.position !== position) found = found.next
    return found
  }

  add(entry: T): void {
    const place = entry.position % places
    entry.next = this.#first[place]
    this.#first[place] = entry
    this.size++
  }

  remove(entry: T): void {
    const place = entry.position % places
    let before = this.#first[place]
    if (before === entry) this.#first[place] = entry.next
    else {
      while (before && before.next !== entry) before = before.next
      if (!before) return
      before.next = entry.next
    }
    entry.next = undefined
    this.size--
  }

  clear(): void {
    this.#first.fill(undefined)
    this.size = 0
  }
}
