/**
 * Queues in memory. Who waits in `receive` is served first come, first served: at once when messages arrive, or by a
 * timer of the clock for the next instant at which something becomes due. While nobody waits there is no timer.
 */
import type { Cancel, Clock } from '../contract/clock.ts'
import { fault } from '../contract/problems.ts'
import { checkMessage, type Leased, type NewMessage, type QueueShape, type Queues } from '../contract/queue.ts'
import { QueueState } from './queue-state.ts'

export interface MemoryQueues extends Queues {
  /**
   * Keeps messages within this call: how a store of this process delivers those of a commit.
   * Faults: those of `send`; none is kept where one is refused.
   */
  accept(messages: readonly NewMessage[]): void
}

/** Queues of these shapes, empty. Nothing outlives the process. */
export function memoryQueues(options: { readonly clock: Clock; readonly queues: readonly QueueShape[] }): MemoryQueues {
  const { clock, queues } = options
  const byName = new Map(queues.map(shape => [shape.name, new WaitedQueue(shape, clock)]))
  const of = (name: string): WaitedQueue => {
    const found = byName.get(name)
    if (!found) throw fault('plan-invalid', `there is no queue "${name}"`)
    return found
  }
  const accept = (messages: readonly NewMessage[]): void => {
    for (const message of messages) checkMessage(message, of(message.queue).shape)
    for (const message of messages) of(message.queue).state.send(message)
    for (const name of new Set(messages.map(message => message.queue))) of(name).serve()
  }
  return {
    accept,
    send: async messages => accept(messages),
    receive: async (queue, wanted) => of(queue).receive(wanted),
    extend: async (queue, leases, leaseMs) => of(queue).change(state => state.extend(leases, leaseMs)),
    done: async (queue, leases) => of(queue).change(state => leases.forEach(lease => void state.done(lease))),
    again: async (queue, lease, delayMs) => of(queue).change(state => state.again(lease, delayMs)),
    bury: async (queue, lease, why) => of(queue).change(state => state.bury(lease, why)),
    peek: async (queue, limit) => of(queue).state.peek(limit),
    deadLetters: async (queue, limit) => of(queue).state.deadLetters(limit),
    redrive: async (queue, ids) => of(queue).change(state => state.redrive(ids)),
    purge: async (queue, which) =>
      of(queue).change(state => (which === 'dead' ? state.purgeDead() : state.purgeWaiting())),
    counts: async queue => of(queue).state.counts(),
  }
}

type Wanted = Parameters<Queues['receive']>[1]

interface Waiter {
  readonly wanted: Wanted
  readonly give: (messages: readonly Leased[]) => void
}

/** A queue with those who wait for its messages. */
class WaitedQueue {
  readonly shape: QueueShape
  readonly state: QueueState
  readonly #clock: Clock
  /** The longest waiting first. */
  readonly #waiters = new Set<Waiter>()
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined

  constructor(shape: QueueShape, clock: Clock) {
    this.shape = shape
    this.state = new QueueState(shape, () => clock.now())
    this.#clock = clock
  }

  receive(wanted: Wanted): Promise<readonly Leased[]> {
    return new Promise(resolve => {
      if (wanted.signal.aborted) return resolve([])
      const waiter: Waiter = {
        wanted,
        give: messages => {
          wanted.signal.removeEventListener('abort', leave)
          resolve(messages)
        },
      }
      const leave = (): void => {
        this.#waiters.delete(waiter)
        this.#setTimer()
        resolve([])
      }
      wanted.signal.addEventListener('abort', leave, { once: true })
      // Behind those who wait already: even a message that just became due is theirs first.
      this.#waiters.add(waiter)
      this.serve()
    })
  }

  /** Changes the state; who waits gets what has become ready by it. */
  change<T>(work: (state: QueueState) => T): T {
    const result = work(this.state)
    this.serve()
    return result
  }

  /** Leases what is ready to those who wait: both in one step, so that who leaves has leased nothing. */
  serve(): void {
    for (const waiter of this.#waiters) {
      const messages = this.state.take(waiter.wanted.max, waiter.wanted.leaseMs)
      if (messages.length === 0) break
      this.#waiters.delete(waiter)
      waiter.give(messages)
    }
    this.#setTimer()
  }

  #setTimer(): void {
    const atMs = this.#waiters.size > 0 ? this.state.nextAtMs() : undefined
    if (atMs === this.#timer?.atMs) return
    this.#timer?.cancel()
    this.#timer = atMs === undefined ? undefined : { atMs, cancel: this.#clock.at(atMs, () => this.#ring()) }
  }

  #ring(): void {
    this.#timer = undefined
    this.serve()
  }
}
