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

export class Pace implements Paces {
  readonly #most: number
  readonly #nowMs: () => number
  #begun = 0
  readonly #waiting: (() => boolean)[] = []

  constructor(most: number = mostInOneTurn, nowMs: () => number = () => performance.now()) {
    this.#most = most
    this.#nowMs = nowMs
  }

  /** Begins it now, or when its turn has come: never refuses. `begin` never throws. */
  run(begin: () => boolean): true {
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

/** Begins what comes when its time has come. */
export interface Paces {
  /**
   * False: too many wait, and it will not be begun.
   * @param begin says whether there was anything to begin; never throws
   * @param who tells those apart who take turns
   */
  run(begin: () => boolean, who: () => string): boolean
}

/**
 * So many a second, evenly; those above it wait, up to ten seconds, and take turns by who they are: whoever asks a thousand
 * times at once waits for himself, and others wait for one of his. What a crowd costs is spread over the time in which
 * others want something too, instead of being their first hundred milliseconds.
 */
export class EvenPace implements Paces {
  readonly #gapMs: number
  readonly #nowMs: () => number
  /** In the order of their turns; none is empty. */
  readonly #lines = new Map<string, (() => boolean)[]>()
  #count = 0
  #dueMs = Number.NEGATIVE_INFINITY

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#gapMs = 1_000 / perSecond
    this.#nowMs = nowMs
  }

  run(begin: () => boolean, who: () => string): boolean {
    const nowMs = this.#nowMs()
    if (this.#count === 0 && nowMs >= this.#dueMs) {
      if (begin()) this.#dueMs = nowMs + this.#gapMs
      return true
    }
    if (!this.#wait(begin, who())) return false
    if (this.#count === 1) this.#sleep(nowMs)
    return true
  }

  /** Who waits for nothing yet always gets a place: a crowd can fill the others, and not keep him out. */
  #wait(begin: () => boolean, who: string): boolean {
    const line = this.#lines.get(who)
    if (line && this.#count * this.#gapMs >= longestWaitMs) return false
    if (line) line.push(begin)
    else this.#lines.set(who, [begin])
    this.#count += 1
    return true
  }

  #sleep(nowMs: number): void {
    // Whoever waits has a connection, and that keeps the process.
    setTimeout(this.#next, Math.max(this.#dueMs - nowMs, 1)).unref()
  }

  readonly #next = (): void => {
    const nowMs = this.#nowMs()
    for (let begun = 0; begun < mostDueAtOnce && this.#dueMs <= nowMs && this.#count > 0; ) {
      // Who has left costs the others no time.
      if (!this.#taken()) continue
      begun += 1
      this.#dueMs += this.#gapMs
    }
    // What was missed is not made up for.
    this.#dueMs = Math.max(this.#dueMs, nowMs)
    if (this.#count > 0) this.#sleep(nowMs)
  }

  /** The first of whose turn it is; the rest of his line goes behind the others. */
  #taken(): boolean {
    for (const [who, line] of this.#lines) {
      const begin = line.shift()
      this.#count -= 1
      this.#lines.delete(who)
      if (line.length > 0) this.#lines.set(who, line)
      return begin?.() ?? false
    }
    return false
  }
}
