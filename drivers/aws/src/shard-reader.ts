/**
 * The reader of one shard, from where it is told to begin until the shard ends or nobody listens any more.
 *
 * DynamoDB answers five reads of a shard a second, whoever asks: so it reads each fifth of a second while there is something,
 * less and less often, down to once a second, while there is nothing, and soon after this process wrote something itself
 * (`ring`). Where others read too and it is turned away, it pauses longer.
 */
import { type Clock, sleep } from 'groundplan/driver'
import { awsErrorOf, backOff } from './client.ts'
import type { From, RecordChange, Streams } from './streams.ts'

const shortestPauseMs = 200
const longestPauseMs = 1_000
/** Between the clocks of DynamoDB and of this process. */
const clockDifferenceMs = 5_000

export interface Reading {
  readonly streams: Streams
  readonly clock: Clock
  readonly stream: string
  readonly shard: string
  readonly sinceMs: number
  /** Whether what happened before `sinceMs` is told to nobody. */
  readonly skipsOld: boolean
  tell(change: RecordChange): void
}

export class ShardReader {
  readonly #reading: Reading
  readonly #stopping = new AbortController()
  #rung = new AbortController()
  #waiting: (() => void)[] = []
  #last: string | undefined
  #skipsOld: boolean

  constructor(reading: Reading) {
    this.#reading = reading
    this.#skipsOld = reading.skipsOld
  }

  /** Where it begins. Faults: those of the call. */
  begin(from: From): Promise<string> {
    const { streams, stream, shard } = this.#reading
    return streams.iterator(stream, shard, from)
  }

  /** Resolves when the shard has ended, or after `stop`. Without `iterator` it looks for where it was, or was to begin. */
  async run(iterator?: string): Promise<void> {
    let next = iterator
    let pauseMs = shortestPauseMs
    for (let failures = 0; !this.#stopping.signal.aborted; ) {
      const waiting = this.#waiting
      this.#waiting = []
      this.#rung = new AbortController()
      try {
        const found = await this.#read(next ?? (await this.#placeAgain()))
        for (const done of waiting) done()
        if (found.next === undefined) break
        pauseMs = found.changes.length > 0 ? shortestPauseMs : Math.min(longestPauseMs, pauseMs * 2)
        next = found.next
        failures = 0
      } catch (error) {
        this.#waiting.unshift(...waiting)
        if (this.#isLost(error)) next = undefined
        else await backOff(this.#reading.clock, 3 + Math.min(failures++, 4), this.#stopping.signal)
      }
      await this.#pause(pauseMs)
    }
    for (const done of this.#waiting.splice(0)) done()
  }

  /** There may be something: reads as soon as it may. */
  ring(): void {
    this.#rung.abort()
  }

  /** Resolves when all has been told that was there at the time of this call. */
  caughtUp(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.ring()
    })
  }

  stop(): void {
    this.#stopping.abort()
    this.ring()
  }

  async #read(iterator: string) {
    const found = await this.#reading.streams.records(iterator)
    for (const change of found.changes) {
      if (this.#stopping.signal.aborted) break
      this.#last = change.sequence
      if (!this.#skipsOld || isSince(change, this.#reading.sinceMs)) this.#reading.tell(change)
    }
    return found
  }

  #placeAgain(): Promise<string> {
    return this.begin(this.#last === undefined ? 'oldest' : { behind: this.#last })
  }

  /** The place we were at is forgotten: it is looked for again. */
  #isLost(error: unknown): boolean {
    const { name } = awsErrorOf(error)
    const isTrimmed = name === 'TrimmedDataAccessException'
    // All that is still kept comes after the place we were at.
    if (isTrimmed) this.#last = undefined
    else if (name === 'ExpiredIteratorException') this.#skipsOld ||= this.#last === undefined
    return isTrimmed || name === 'ExpiredIteratorException'
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#reading
    await sleep(clock, shortestPauseMs, this.#stopping.signal)
    if (ms > shortestPauseMs) await sleep(clock, ms - shortestPauseMs, this.#rung.signal)
  }
}

/** Whether a change is as new as this, by clocks that may differ. */
function isSince({ atMs }: RecordChange, sinceMs: number): boolean {
  return atMs >= sinceMs - clockDifferenceMs
}
