/**
 * Queues whose messages somebody else takes and hands over: on AWS, Lambda takes them and calls a function with them.
 */
import type { Leased, Queues } from './queue.ts'

/** A message as it was taken elsewhere. */
export interface TakenMessage {
  /** As the engine keeps it. */
  readonly body: string
  /** Names this delivery. */
  readonly lease: string
  /** Deliveries so far, this one included, as the engine counts. */
  readonly attempt: number
}

export interface HandedQueues extends Queues {
  /** Whether this is a queue of the plan, and keeps an order; undefined where there is no such queue. */
  isOrdered(queue: string): boolean | undefined
  /** The queue that the engine calls so. */
  nameOf(engineName: string): string | undefined
  /** Reads what was taken; from then on it is leased like what `receive` gives. Faults: `data-damaged`. */
  taken(queue: string, message: TakenMessage, leaseMs: number): Leased
  /** Sends what waited until now, where nobody else looks for it. */
  sendDue(): Promise<void>
}
