/**
 * Messages that somebody else has taken, and that are to be handled now: the pump handles them as it does its own, so that
 * attempts, back-off, dead letters and traces are the same. What must come again is given back.
 *
 * Of an ordered queue one message of a key is handled at a time, and none behind one that must come again.
 */
import type { Leased, Queues } from '../contract/queue.ts'
import type { CallKit } from './call.ts'
import { type Feed, pump } from './pump.ts'

/** Handles messages of one queue. Gives those that must come again; never rejects because of a handler. */
export async function deliver(
  kit: CallKit,
  queues: Queues,
  feed: Feed,
  messages: readonly Leased[],
  ordered: boolean,
): Promise<readonly Leased[]> {
  const batch = new Batch(queues, messages, ordered)
  const pumping = pump(kit, { ...queues, ...batch.asQueue() }, feed)
  await batch.settled()
  await pumping.stop(0)
  return batch.returned
}

type Outcomes = Pick<Queues, 'receive' | 'done' | 'again' | 'bury'>

class Batch {
  readonly returned: Leased[] = []
  readonly #queues: Queues
  readonly #ordered: boolean
  #waiting: readonly Leased[]
  readonly #inHand = new Map<string, Leased>()
  readonly #listeners = new Set<() => void>()

  constructor(queues: Queues, messages: readonly Leased[], ordered: boolean) {
    this.#queues = queues
    this.#waiting = messages
    this.#ordered = ordered
  }

  asQueue(): Outcomes {
    return {
      receive: (_queue, { max, signal }) => this.#receive(max, signal),
      done: async (_queue, leases) => this.#out(leases),
      again: (queue, lease, delayMs) => this.#again(lease, () => this.#queues.again(queue, lease, delayMs)),
      bury: (queue, lease, why) => this.#bury(lease, () => this.#queues.bury(queue, lease, why)),
    }
  }

  async settled(): Promise<void> {
    while (this.#waiting.length + this.#inHand.size > 0) await this.#changed()
  }

  async #receive(max: number, signal: AbortSignal): Promise<readonly Leased[]> {
    while (!signal.aborted) {
      const next = this.#next(max)
      if (next.length > 0) return next
      await this.#changed(signal)
    }
    return []
  }

  #next(max: number): readonly Leased[] {
    const busy = new Set([...this.#inHand.values()].map(({ orderKey }) => orderKey))
    const free = (message: Leased): boolean => !this.#ordered || !busy.has(message.orderKey)
    const next = this.#ordered ? this.#waiting.filter(free).slice(0, 1) : this.#waiting.slice(0, max)
    for (const message of next) this.#inHand.set(message.lease, message)
    this.#waiting = this.#waiting.filter(message => !next.includes(message))
    return next
  }

  #out(leases: readonly string[]): void {
    for (const lease of leases) this.#inHand.delete(lease)
    for (const listener of [...this.#listeners]) listener()
  }

  /** What waits behind it, of its key, comes again after it. */
  async #again(lease: string, postpone: () => Promise<void>): Promise<void> {
    const message = this.#inHand.get(lease)
    if (message) this.#giveBack(message)
    try {
      await postpone()
    } finally {
      this.#out([lease])
    }
  }

  /** A letter that could not be kept must not be lost: the message comes again. */
  async #bury(lease: string, bury: () => Promise<void>): Promise<void> {
    try {
      await bury()
    } catch (error) {
      const message = this.#inHand.get(lease)
      if (message) this.#giveBack(message)
      throw error
    } finally {
      this.#out([lease])
    }
  }

  #giveBack(message: Leased): void {
    const isBehind = (other: Leased): boolean => this.#ordered && other.orderKey === message.orderKey
    this.returned.push(message, ...this.#waiting.filter(isBehind))
    this.#waiting = this.#waiting.filter(other => !isBehind(other))
  }

  #changed(signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        this.#listeners.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#listeners.add(done)
      signal?.addEventListener('abort', done)
    })
  }
}
