/**
 * A timer on the clock of a bed. It answers to what users of Node's timers call.
 */
import type { Cancel, Clock } from '../../contract/clock.ts'

/** The clock of a bed, as its handlers see it. */
export interface HandlersClock extends Clock {
  /** Timers that are set and run once. */
  readonly timers: Set<VirtualTimer>
  /** How many timers of handlers have run. */
  ran: number
}

export class VirtualTimer {
  readonly #clock: HandlersClock
  readonly #run: () => void
  readonly #stepMs: number
  readonly #repeats: boolean
  #cancel: Cancel = () => {}
  #hasRef = true

  constructor(clock: HandlersClock, run: () => void, ms: number | undefined, repeats: boolean) {
    this.#clock = clock
    this.#run = run
    // As Node has it: at least a millisecond.
    this.#stepMs = Math.max(1, Number(ms) || 1)
    this.#repeats = repeats
    this.refresh()
  }

  /** Begins anew. */
  refresh(): this {
    const { timers } = this.#clock
    this.#cancel()
    if (!this.#repeats) timers.add(this)
    this.#cancel = this.#clock.at(this.#clock.now() + this.#stepMs, () => {
      timers.delete(this)
      this.#clock.ran++
      if (this.#repeats) this.refresh()
      this.#run()
    })
    return this
  }

  close(): this {
    this.#clock.timers.delete(this)
    this.#cancel()
    return this
  }

  ref(): this {
    this.#hasRef = true
    return this
  }

  unref(): this {
    this.#hasRef = false
    return this
  }

  hasRef(): boolean {
    return this.#hasRef
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
