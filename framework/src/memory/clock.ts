/**
 * A clock that stands still until it is told to go on. Nothing happens in it by itself, except that a timer for an
 * instant that has passed runs soon, as on any clock.
 */
import { AsyncResource } from 'node:async_hooks'
import type { Cancel, Clock } from '../contract/clock.ts'
import { Heap, nowhere, type Placed } from './heap.ts'

export interface MemoryClock extends Clock {
  /**
   * Lets `ms` pass. Timers run in the order of their times (of one time: in the order they were set), those set on the
   * way too; what a timer started runs until only timers and real input can move it on, before the next timer runs.
   * A timer that throws ends it, and rejects. Calls follow one another.
   */
  advance(ms: number): Promise<void>
  /** When the next timer runs; undefined when none is set. */
  nextAt(): number | undefined
}

interface Timer extends Placed {
  readonly atMs: number
  readonly setAtMs: number
  /** Counts up. */
  readonly number: number
  readonly run: () => void
  /** Whose it is: what a timer does belongs to whoever set it, as with setTimeout. */
  readonly owner: AsyncResource
}

const earlier = (one: Timer, other: Timer): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.number < other.number)

export interface MemoryClockOptions {
  /**
   * Waits until what a timer started is done with all that is not this clock's: real input, say. Asked before the next
   * timer runs. Default: two turns of the event loop are waited for, no more.
   */
  readonly settled?: () => Promise<void> | undefined
  /**
   * Whether what a timer started is over, and can have left nothing to the event loop: then none of its turns is waited
   * for. Asked when all promises have moved on. Default: never.
   */
  readonly isOver?: () => boolean
}

/** So often in a row no turn of the event loop is waited for; then one is, for what has nothing to do with this clock. */
const mostWithoutTurn = 500

/** More timers in a row, each set for the instant at which it was set, than any system has on purpose. */
const mostInARow = 5_000

/**
 * Makes a clock that stands at `startMs`, milliseconds since 1970-01-01 UTC.
 * @example
 * const clock = memoryClock(Date.UTC(2030, 0, 1))
 * await clock.advance(60_000)
 */
export function memoryClock(startMs: number, options: MemoryClockOptions = {}): MemoryClock {
  return new StandingClock(startMs, options)
}

class StandingClock implements MemoryClock {
  readonly #timers = new Heap<Timer>(earlier)
  // Captured now: a testbed may replace the global one by timers of this very clock.
  readonly #immediately = setImmediate
  readonly #afterPromises = process.nextTick
  readonly #settled: () => Promise<void> | undefined
  readonly #isOver: () => boolean
  #nowMs: number
  #timersMade = 0
  #withoutTurn = 0
  #runsSoon = false
  #advancing: Promise<void> = Promise.resolve()

  constructor(startMs: number, { settled = () => undefined, isOver = () => false }: MemoryClockOptions) {
    this.#nowMs = startMs
    this.#settled = settled
    this.#isOver = isOver
  }

  now(): number {
    return this.#nowMs
  }

  at(atMs: number, run: () => void): Cancel {
    if (Number.isNaN(atMs)) throw new RangeError('a timer needs a time, not NaN')
    if (atMs === Number.POSITIVE_INFINITY) return () => {}
    const dueMs = Math.max(Math.ceil(atMs), this.#nowMs)
    // A resource of its own: AsyncResource.bind does the same at a hundred times the price.
    const owner = new AsyncResource('Timer', { requireManualDestroy: true })
    const timer = { atMs: dueMs, setAtMs: this.#nowMs, number: this.#timersMade++, run, owner, place: nowhere }
    this.#timers.add(timer)
    if (dueMs === this.#nowMs) this.#runSoon()
    return () => this.#timers.remove(timer)
  }

  nextAt(): number | undefined {
    return this.#timers.first?.atMs
  }

  advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`time cannot pass by ${ms} ms`)
    const passed = this.#advancing.then(() => this.#pass(Math.ceil(ms)))
    this.#advancing = passed.catch(() => {})
    return passed
  }

  async #pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    let inARow = 0
    await this.#quiet()
    for (let timer = this.#due(untilMs); timer; timer = this.#due(untilMs)) {
      inARow = timer.setAtMs < timer.atMs ? 0 : inARow + 1
      if (inARow > mostInARow) throw new Error('timers set timers for the same instant without end')
      this.#nowMs = Math.max(this.#nowMs, timer.atMs)
      run(timer)
      // Written out here: an idle minute costs little more than its promises.
      if (this.#withoutTurn < mostWithoutTurn) {
        await new Promise<void>(resolve => this.#afterPromises(resolve))
        if (this.#isOver()) {
          this.#withoutTurn++
          continue
        }
      }
      await this.#quiet()
    }
    this.#nowMs = untilMs
  }

  /** Takes the next timer that is due by then. */
  #due(byMs: number): Timer | undefined {
    const next = this.#timers.first
    if (!next || next.atMs > byMs) return undefined
    this.#timers.remove(next)
    return next
  }

  /** Two turns, so that what hops over one immediate of its own has run as well. */
  async #quiet(): Promise<void> {
    this.#withoutTurn = 0
    await new Promise<void>(resolve => this.#immediately(resolve))
    await new Promise<void>(resolve => this.#immediately(resolve))
    const more = this.#settled()
    if (more) await more
  }

  #runSoon(): void {
    if (this.#runsSoon) return
    this.#runsSoon = true
    this.#immediately(() => {
      this.#runsSoon = false
      const timer = this.#due(this.#nowMs)
      if (!timer) return
      this.#runSoon()
      run(timer)
    })
  }
}

function run({ owner, run }: Timer): void {
  owner.runInAsyncScope(run)
}
