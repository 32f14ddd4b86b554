/**
 * A roll: what is there at the moment, each knowing its place. Not a Set: calls come and go by the ten thousand a
 * second, and the tables that a busy Set leaves behind hold on to what was in it until the next full garbage collection.
 */

/** Something that can be on one roll. */
export interface Placed {
  /** Where it stands; -1 when it is not there. The roll's own business. */
  place: number
}

export class Roll<T extends Placed> {
  readonly #all: T[] = []

  get size(): number {
    return this.#all.length
  }

  /** One of them. */
  get first(): T | undefined {
    return this.#all[0]
  }

  /** Those that are there now, in no order; a copy. */
  all(): readonly T[] {
    return [...this.#all]
  }

  add(entry: T): void {
    entry.place = this.#all.length
    this.#all.push(entry)
  }

  /** False when it was not there. */
  remove(entry: T): boolean {
    const { place } = entry
    if (place < 0) return false
    entry.place = -1
    const last = this.#all.pop()
    if (last === undefined || last === entry) return true
    last.place = place
    this.#all[place] = last
    return true
  }
}
