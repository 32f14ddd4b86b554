/**
 * Pace: so many requests for one endpoint are begun in a turn of the event loop; those that come above it, in the next
 * turns, in their order. A thousand that arrive in one moment would otherwise be worked through in one turn, and
 * whoever asks for something else would wait for all of them.
 */

/** About a millisecond of work. */
export const mostInOneTurn = 16

export class Pace {
  readonly #most: number
  #begun = 0
  #waiting: (() => void)[] = []

  constructor(most: number = mostInOneTurn) {
    this.#most = most
  }

  /** Begins it now, or when its turn has come. `begin` never throws. */
  run(begin: () => void): void {
    if (this.#begun >= this.#most) {
      this.#waiting.push(begin)
      return
    }
    this.#count()
    begin()
  }

  /** Looked at only where so many came: whoever comes alone pays nothing. */
  #count(): void {
    this.#begun += 1
    if (this.#begun === this.#most) setImmediate(this.#next)
  }

  readonly #next = (): void => {
    this.#begun = 0
    const now = this.#waiting.splice(0, this.#most)
    for (const begin of now) {
      this.#count()
      begin()
    }
  }
}
