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
  readonly #waiting: (() => unknown)[] = []

  constructor(most: number = mostInOneTurn, nowMs: () => number = () => performance.now()) {
    this.#most = most
    this.#nowMs = nowMs
  }

  /** Begins it now, or when its turn has come: never refuses. `begin` never throws. */
  run(begin: () => unknown): true {
    if (this.#begun >= this.#most) {
      this.#waiting.push(begin)
      return true
    }
    this.#begun += 1
    // Looked at only where so many came: whoever comes alone pays nothing.
    if (this.#begun === this.#most) setImmediate(this.#next)
    begin()
    return true
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
/** Whoever would wait longer is refused: a crowd without end must not hold what others need. */
const longestWaitMs = 10_000

/**
 * So many a second, evenly; who comes above it waits, in order, up to ten seconds. What a crowd costs is spread over the
 * time in which others want something too, instead of being their first hundred milliseconds.
 */
export class EvenPace {
  readonly #gapMs: number
  readonly #nowMs: () => number
  readonly #waiting: (() => boolean)[] = []
  #dueMs = Number.NEGATIVE_INFINITY

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#gapMs = 1_000 / perSecond
    this.#nowMs = nowMs
  }

  /**
   * Begins it now, or when its time has come. False: too many wait, and it will not be begun.
   * @param begin says whether there was anything to begin: who has left costs the others no time; never throws
   */
  run(begin: () => boolean): boolean {
    const nowMs = this.#nowMs()
    if (this.#waiting.length === 0 && nowMs >= this.#dueMs) {
      if (begin()) this.#dueMs = nowMs + this.#gapMs
      return true
    }
    if (this.#waiting.length * this.#gapMs >= longestWaitMs) return false
    if (this.#waiting.push(begin) === 1) this.#sleep(nowMs)
    return true
  }

  #sleep(nowMs: number): void {
    // Whoever waits has a connection, and that keeps the process.
    setTimeout(this.#next, Math.max(this.#dueMs - nowMs, 1)).unref()
  }

  readonly #next = (): void => {
    const nowMs = this.#nowMs()
    let [looked, begun] = [0, 0]
    while (begun < mostDueAtOnce && this.#dueMs <= nowMs && looked < this.#waiting.length) {
      if (!this.#waiting[looked++]?.()) continue
      begun += 1
      this.#dueMs += this.#gapMs
    }
    this.#waiting.splice(0, looked)
    // What was missed is not made up for.
    this.#dueMs = Math.max(this.#dueMs, nowMs)
    if (this.#waiting.length > 0) this.#sleep(nowMs)
  }
}
