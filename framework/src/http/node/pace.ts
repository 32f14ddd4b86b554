/**
 * Pace: so many requests for one endpoint are begun in a turn of the event loop; those that come above it, in the next
 * turns, in their order. A thousand that arrive in one moment would otherwise be worked through in one turn, and
 * whoever asks for something else would wait for all of them.
 *
 * Sixteen small ones are about a millisecond of work. Where they are more, because the endpoint does much or its code
 * was hardly ever run, a turn of those that wait ends when its millisecond is over.
 *
 * An endpoint that names a pace of its own has its calls begun evenly, and no faster: see `EvenPace`.
 */

export const mostInOneTurn = 16
const longestTurnMs = 1

export class Pace {
  readonly #most: number
  readonly #nowMs: () => number
  #begun = 0
  #waiting: (() => void)[] = []

  constructor(most: number = mostInOneTurn, nowMs: () => number = () => performance.now()) {
    this.#most = most
    this.#nowMs = nowMs
  }

  /** Begins it now, or when its turn has come. `begin` never throws. */
  run(begin: () => void): void {
    if (this.#begun >= this.#most) {
      this.#waiting.push(begin)
      return
    }
    this.#begun += 1
    // Looked at only where so many came: whoever comes alone pays nothing.
    if (this.#begun === this.#most) setImmediate(this.#next)
    begin()
  }

  /** While some wait, whoever comes waits behind them. */
  readonly #next = (): void => {
    const untilMs = this.#nowMs() + longestTurnMs
    let begun = 0
    for (const begin of this.#waiting) {
      if (begun === this.#most || (begun > 0 && this.#nowMs() >= untilMs)) break
      begun += 1
      begin()
    }
    this.#waiting.splice(0, begun)
    if (this.#waiting.length > 0 || begun === this.#most) setImmediate(this.#next)
    else this.#begun = begun
  }
}

/** Calls that fall due while the event loop does something else are begun together, as many as these; the others later. */
const mostDueAtOnce = 4

/**
 * So many a second, evenly; who comes above it waits, in order. What a crowd costs is spread over the time in which
 * others want something too, instead of being their first hundred milliseconds.
 */
export class EvenPace {
  readonly #gapMs: number
  readonly #nowMs: () => number
  readonly #waiting: (() => void)[] = []
  #dueMs = Number.NEGATIVE_INFINITY

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#gapMs = 1_000 / perSecond
    this.#nowMs = nowMs
  }

  /** Begins it now, or when its time has come. `begin` never throws. */
  run(begin: () => void): void {
    const nowMs = this.#nowMs()
    if (this.#waiting.length === 0 && nowMs >= this.#dueMs) {
      this.#dueMs = nowMs + this.#gapMs
      begin()
    } else if (this.#waiting.push(begin) === 1) this.#sleep(nowMs)
  }

  #sleep(nowMs: number): void {
    setTimeout(this.#next, Math.max(this.#dueMs - nowMs, 1))
  }

  readonly #next = (): void => {
    const nowMs = this.#nowMs()
    let due = 0
    for (; due < mostDueAtOnce && this.#dueMs <= nowMs && due < this.#waiting.length; due++) this.#dueMs += this.#gapMs
    // What was missed is not made up for.
    this.#dueMs = Math.max(this.#dueMs, nowMs)
    for (const begin of this.#waiting.splice(0, due)) begin()
    if (this.#waiting.length > 0) this.#sleep(nowMs)
  }
}
