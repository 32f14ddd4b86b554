/**
 * Numbers under short hashes, for those who come and go in the order of their numbers: eight bytes each in two plain
 * arrays, of which half stay empty. They are in parts, each for a quarter of what there is when it begins; one is gone when all in
 * it are. So nothing is ever put elsewhere, which for a million would keep everybody waiting, and there are a dozen parts at most.
 */

const fewestPlaces = 1_024
const none: readonly number[] = []

export class IdTable {
  #parts: Part[] = []
  #oldest = 1

  /** `number`: above zero and above all others. */
  add(hash: number, number: number): void {
    const part = this.#parts.at(-1)
    if (part?.add(hash, number)) return
    const all = number - (this.#parts[0]?.first ?? number)
    const next = new Part(number, Math.max(fewestPlaces, 2 ** Math.ceil(Math.log2(all / 2))))
    next.add(hash, number)
    this.#parts.push(next)
  }

  /** The numbers under a hash. */
  under(hash: number): readonly number[] {
    let found: number[] | undefined
    for (const part of this.#parts) found = part.under(hash, this.#oldest, found)
    return found ?? none
  }

  /** All below this number are gone. */
  forgetBelow(number: number): void {
    this.#oldest = number
    const left = this.#parts.findIndex(({ end }) => end > number)
    if (left !== 0) this.#parts = left < 0 ? [] : this.#parts.slice(left)
  }
}

class Part {
  /** The lowest number in it, and one more than the highest. */
  readonly first: number
  end: number
  readonly #hashes: Uint32Array
  /** From the first number on, which is 1. 0: nothing stands there. */
  readonly #numbers: Uint32Array
  #free: number

  /** `places`: a power of two. */
  constructor(first: number, places: number) {
    this.first = this.end = first
    this.#hashes = new Uint32Array(places)
    this.#numbers = new Uint32Array(places)
    this.#free = places / 2
  }

  /** False where there is no room. */
  add(hash: number, number: number): boolean {
    if (this.#free === 0) return false
    const last = this.#numbers.length - 1
    let at = placeOf(hash, last)
    while (this.#numbers[at] !== 0) at = (at + 1) & last
    this.#hashes[at] = hash
    this.#numbers[at] = number - this.first + 1
    this.#free--
    this.end = number + 1
    return true
  }

  /** With those that were found before. */
  under(hash: number, oldest: number, before: number[] | undefined): number[] | undefined {
    let found = before
    const last = this.#numbers.length - 1
    for (let at = placeOf(hash, last); this.#numbers[at] !== 0; at = (at + 1) & last) {
      const number = (this.#numbers[at] ?? 0) + this.first - 1
      if (this.#hashes[at] !== hash || number < oldest) continue
      if (found) found.push(number)
      else found = [number]
    }
    return found
  }
}

/** `last`: of a power of two. */
function placeOf(hash: number, last: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 7) & last
}
