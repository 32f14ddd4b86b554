/**
 * `subscriber`: a handler for the events of a topic, the changes of a table, or the new objects of a bucket.
 */
import { type Call, erased, type Handle, type Handler } from './call.ts'
import type { Clients, Uses } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Empty } from './schema.ts'
import type { Source } from './source.ts'
import { type Duration, milliseconds } from './words.ts'

export interface SubscriberCall<Event> extends Call {
  readonly id: string
  readonly event: Event
  /** Counted from 1. */
  readonly attempt: number
  readonly sentAt: Date
}

export type Subscribed = 'topic' | 'changes' | 'created'

/** A subscriber as the framework keeps it. */
export interface Subscriber extends Handler {
  readonly kind: 'subscriber'
  readonly to: Source<unknown, Subscribed>
  readonly concurrency: number
  readonly attempts: number
  readonly handle: Handle
}

/**
 * Declares a subscriber. It hears everything through a queue of its own: at least once, retried, dead-lettered with
 * its reason; changes of one item come in their order.
 * - `attempts`: before an event is dead-lettered. Default 10.
 * - `concurrency`: calls at a time in one process. Default 10.
 * - `timeout`: of one call. Default 30 seconds.
 * @example
 * const tell = subscriber(orderEvents, { uses: { mail: mail.sender }, handle: ({ event }, { mail }) => … })
 */
export function subscriber<E, U extends Uses = Empty>(
  to: Source<E, Subscribed>,
  options: {
    readonly uses?: U
    readonly attempts?: number
    readonly concurrency?: number
    readonly timeout?: Duration<'millisecond' | 'second' | 'minute'>
    handle(call: SubscriberCall<E>, uses: Clients<U>): unknown
  },
): Subscriber {
  const { uses = {}, attempts = 10, concurrency = 10, timeout = '30 seconds', handle } = options
  return {
    kind: 'subscriber',
    to,
    uses,
    attempts,
    concurrency,
    timeoutMs: milliseconds(timeout),
    place: calledFrom(subscriber),
    handle: erased(handle),
  }
}
