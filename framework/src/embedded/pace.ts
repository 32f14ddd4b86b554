/**
 * The pace of making and flushing: whether callers who move in step are better parted.
 *
 * All who wait for one flush come again when it is over, so that the next transaction has all of them, and callers and
 * disk wait for each other by turns. Where making takes longer than flushing, such a crowd is halved once: one half is made
 * while the other is flushed, and so they go on by themselves. Where flushing takes longer, halves would pay two flushes
 * for one: the half that could be flushed waits for the one that has just been answered, and they are one crowd again.
 *
 * A *turn* is the making of one transaction: it begins when the first caller comes, or a flush has answered those who are
 * likely to come again, and ends when the transaction is visible.
 */
export class Pace {
  readonly #nowMs: () => number
  #turnSinceMs = 0
  #flushSinceMs = 0
  /** The faster of the last two flushes: one that was slow says little. */
  #flushMs = Number.POSITIVE_INFINITY
  #lastMs = Number.POSITIVE_INFINITY

  /** `nowMs`: a stopwatch. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  turnBegins(): void {
    this.#turnSinceMs = this.#nowMs()
  }

  /** How long the turn has taken so far. */
  get turnMs(): number {
    return this.#nowMs() - this.#turnSinceMs
  }

  flushBegins(): void {
    this.#flushSinceMs = this.#nowMs()
  }

  flushEnds(): void {
    const tookMs = this.#nowMs() - this.#flushSinceMs
    this.#flushMs = Math.min(tookMs, this.#lastMs)
    this.#lastMs = tookMs
  }

  /** Of a crowd for which nothing is being flushed: whether half of it is better flushed while the rest is made. */
  get parts(): boolean {
    return this.#flushMs < this.turnMs
  }

  /** Of halves that took so long to make, all of them together: whether they are better one crowd. */
  joins(turnsMs: number): boolean {
    return this.#flushMs > turnsMs
  }
}
