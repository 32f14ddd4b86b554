/**
 * Numbers under short hashes, for those who come and go in the order of their numbers: twelve bytes each in two plain
 * arrays, half of which stay empty. An entry below the oldest number counts as gone, and leaves when the table is made anew.
 */

const fewestPlaces = 1_024

export class IdTable {
  #hashes = new Uint32Array(fewestPlaces)
  /** 0: nothing stands there. */
  #numbers = new Float64Array(fewestPlaces)
  #taken = 0
  #oldest = 1

  /** `number`: above zero. */
  add(hash: number, number: number): void {
    if (this.#taken * 2 >= this.#numbers.length) this.#renew()
    this.#put(hash, number)
  }

  /** The numbers under a hash. */
  under(hash: number): readonly number[] {
    const found: number[] = []
    const last = this.#numbers.length - 1
    for (let at = placeOf(hash, last); this.#numbers[at] !== 0; at = (at + 1) & last) {
      const number = this.#numbers[at] ?? 0
      if (this.#hashes[at] === hash && number >= this.#oldest) found.push(number)
    }
    return found
  }

  /** All below this number are gone. */
  forgetBelow(number: number): void {
    this.#oldest = number
  }

  #put(hash: number, number: number): void {
    const last = this.#numbers.length - 1
    let at = placeOf(hash, last)
    while (this.#numbers[at] !== 0) at = (at + 1) & last
    this.#hashes[at] = hash
    this.#numbers[at] = number
    this.#taken++
  }

  /** Four places for each that is left. */
  #renew(): void {
    const [hashes, numbers] = [this.#hashes, this.#numbers]
    let left = 0
    for (const number of numbers) if (number >= this.#oldest) left++
    const places = Math.max(fewestPlaces, 2 ** Math.ceil(Math.log2(left * 4)))
    this.#hashes = new Uint32Array(places)
    this.#numbers = new Float64Array(places)
    this.#taken = 0
    for (let at = 0; at < numbers.length; at++) {
      const number = numbers[at] ?? 0
      if (number >= this.#oldest) this.#put(hashes[at] ?? 0, number)
    }
  }
}

/** `last`: of a power of two. */
function placeOf(hash: number, last: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 7) & last
}
