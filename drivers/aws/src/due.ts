/**
 * Messages for later: SQS holds none longer than 15 minutes, and none by itself where it keeps an order. They wait in the
 * table of letters. While somebody receives from a queue, its letters are looked through each minute, and when one of ours
 * becomes due; what is due is sent, then removed: sent twice, it is one message to SQS. Where somebody else carries on what
 * becomes due, whoever receives puts letters there and looks at none.
 */
import type { Cancel, Clock } from 'groundplan/driver'
import { digits, type Letter, type Letters, timeIn } from './letters.ts'

const sweepMs = 60_000
const mostAtOnce = 100

export class DueLetters {
  readonly #letters: Letters
  readonly #clock: Clock
  readonly #queue: string
  readonly #send: (letters: readonly Letter[]) => Promise<void>
  readonly #carried: boolean
  #receivers = 0
  /** When the next one is due, as far as is known; what others put there is found by the sweep. */
  #nextMs = Number.NEGATIVE_INFINITY
  #timer: Cancel | undefined
  #sweeping: Promise<void> | undefined

  constructor(
    { letters, clock, carried }: { readonly letters: Letters; readonly clock: Clock; readonly carried: boolean },
    queue: string,
    send: (letters: readonly Letter[]) => Promise<void>,
  ) {
    this.#letters = letters
    this.#clock = clock
    this.#carried = carried
    this.#queue = queue
    this.#send = send
  }

  async add(dueAtMs: number, name: string, text: string): Promise<void> {
    await this.#letters.put('due', this.#queue, { position: `${digits(dueAtMs)} ${name}`, text })
    if (dueAtMs >= this.#nextMs) return
    this.#nextMs = dueAtMs
    this.#setTimer()
  }

  /** Somebody receives now, until the function that this gives is called. What is due by now has been sent. */
  async attend(): Promise<() => void> {
    if (this.#carried) return () => {}
    this.#receivers++
    const leave = (): void => {
      this.#receivers--
      if (this.#receivers === 0) this.#stop()
    }
    try {
      if (this.#nextMs <= this.#clock.now()) await this.#sweep()
      this.#setTimer()
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }

  /** Sends what is due by now, where nobody receives. */
  sendNow(): Promise<void> {
    return this.#sweep()
  }

  #setTimer(): void {
    this.#stop()
    if (this.#receivers === 0) return
    this.#timer = this.#clock.at(this.#nextMs, () => {
      // An engine that does not answer is found out by who receives.
      this.#sweep().then(
        () => this.#setTimer(),
        () => this.#retryLater(),
      )
    })
  }

  #retryLater(): void {
    this.#nextMs = this.#clock.now() + 1_000
    this.#setTimer()
  }

  #stop(): void {
    this.#timer?.()
    this.#timer = undefined
  }

  #sweep(): Promise<void> {
    this.#sweeping ??= this.#swept().finally(() => {
      this.#sweeping = undefined
    })
    return this.#sweeping
  }

  async #swept(): Promise<void> {
    this.#nextMs = this.#clock.now() + sweepMs
    for (;;) {
      const first = await this.#letters.first('due', this.#queue, mostAtOnce, digits(this.#clock.now() + sweepMs))
      const due = first.filter(({ position }) => timeIn(position) <= this.#clock.now())
      if (due.length > 0) {
        await this.#send(due)
        await this.#letters.remove(
          'due',
          this.#queue,
          due.map(({ position }) => position),
        )
      }
      const later = first[due.length]
      if (later) this.#nextMs = Math.min(this.#nextMs, timeIn(later.position))
      if (later || first.length < mostAtOnce) return
    }
  }
}
