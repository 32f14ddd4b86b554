/**
 * Sends one kind of telemetry to its collector, behind the back of whoever gives it.
 *
 * What is given *waits*, at most 8,192 pieces or 8 MB; what comes on top is lost. After a second, or when 512 wait, they
 * are *sent*, one request at a time. A collector that is not there or too busy is tried again, at most ten times in
 * about a minute, never sooner than it asked for; then, or when it refuses, those of the request are lost.
 *
 * At the end there is a *grace*: what waits is sent, one attempt each; only what the collector asked to be sent again
 * within the grace is. When it is over, the rest is lost.
 */
import { type Cancel, type Clock, sleep } from '../../contract/clock.ts'
import { backoffMs } from '../../runtime/connection/backoff.ts'
import { type Item, requestBody, type Signal, signals } from './encode.ts'
import { type OtlpEndpoint, type Outcome, post } from './post.ts'

const waitMs = 1_000
const mostItems = 8_192
const mostCharacters = 8 * 1_024 * 1_024
const batchItems = 512
const batchCharacters = 1_024 * 1_024
const mostAttempts = 10

export interface SenderParts {
  readonly signal: Signal
  readonly endpoint: OtlpEndpoint
  readonly clock: Clock
  readonly fetch: typeof fetch
  /** Random, from 0 to below 1. */
  readonly fraction: () => number
  resource(plan: string): object
  /** Hears of every loss. */
  lost(count: number, why: string): void
}

export class Sender {
  readonly #parts: SenderParts
  readonly #ending = new AbortController()
  readonly #over = new AbortController()
  #waiting: Item[] = []
  #characters = 0
  #armed: Cancel | undefined
  #sending: Promise<void> | undefined
  #untilMs = Number.POSITIVE_INFINITY

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** Takes something to be sent. Returns at once. */
  offer(item: Item): void {
    const { length } = item.json
    if (length > batchCharacters) return void this.#parts.lost(1, 'it is larger than 1 MB')
    if (this.#ending.signal.aborted) return void this.#parts.lost(1, 'it came after the end')
    if (this.#waiting.length >= mostItems || this.#characters + length > mostCharacters) {
      return void this.#parts.lost(1, 'more came than the collector took')
    }
    this.#waiting.push(item)
    this.#characters += length
    if (this.#isEnough()) this.#begin()
    else this.#arm()
  }

  /** Sends what waits. Resolves when all is sent or lost, after `graceMs` at the latest. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#parts
    this.#untilMs = Math.min(this.#untilMs, clock.now() + graceMs)
    this.#ending.abort()
    const cancel = clock.at(this.#untilMs, () => this.#over.abort())
    while (this.#waiting.length > 0 || this.#sending) {
      this.#begin()
      await this.#sending
    }
    cancel()
    this.#armed?.()
  }

  #isEnough(): boolean {
    return this.#waiting.length >= batchItems || this.#characters >= batchCharacters
  }

  #arm(): void {
    const { clock } = this.#parts
    this.#armed ??= clock.at(clock.now() + waitMs, () => this.#begin())
  }

  #begin(): void {
    this.#armed?.()
    this.#armed = undefined
    if (this.#waiting.length > 0) this.#sending ??= this.#send()
  }

  async #send(): Promise<void> {
    do await this.#deliver(this.#take())
    while (this.#isEnough() || (this.#ending.signal.aborted && this.#waiting.length > 0))
    this.#sending = undefined
    if (this.#waiting.length > 0) this.#arm()
  }

  #take(): readonly Item[] {
    let count = 0
    let characters = 0
    for (const { json } of this.#waiting) {
      if (count === batchItems || (count > 0 && characters + json.length > batchCharacters)) break
      characters += json.length
      count++
    }
    this.#characters -= characters
    return this.#waiting.splice(0, count)
  }

  async #deliver(items: readonly Item[]): Promise<void> {
    const { signal, resource, lost } = this.#parts
    const body = requestBody(signal, items, resource)
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#post(body)
      if (outcome.ok) {
        if (outcome.rejected > 0) lost(outcome.rejected, outcome.why)
        return
      }
      if (!(await this.#mayTryAgain(outcome, attempt))) return lost(items.length, outcome.why)
    }
  }

  #post(body: string): Promise<Outcome> {
    const { endpoint, clock, fetch, signal } = this.#parts
    return post(endpoint, body, signals[signal].rejected, { clock, fetch, signal: this.#over.signal })
  }

  /** Waits until it is time to try again. False: it is not worth it. */
  async #mayTryAgain({ again, afterMs }: Extract<Outcome, { ok: false }>, attempt: number): Promise<boolean> {
    const { clock, fraction } = this.#parts
    const ending = this.#ending.signal
    if (!again || attempt >= mostAttempts || (ending.aborted && afterMs === undefined)) return false
    const atMs = clock.now() + backoffMs(attempt, fraction(), afterMs)
    if (!ending.aborted) await sleep(clock, atMs - clock.now(), ending)
    if (afterMs === undefined || clock.now() >= atMs) return true
    if (atMs >= this.#untilMs) return false
    await sleep(clock, atMs - clock.now(), this.#over.signal)
    return true
  }
}
