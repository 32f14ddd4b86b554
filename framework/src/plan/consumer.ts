/**
 * `consumer`: a handler for the messages of a queue.
 */
import { type Call, erased, type Handle, type Handler } from './call.ts'
import type { Clients, Uses } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Empty } from './schema.ts'
import type { Source } from './source.ts'
import { type Duration, milliseconds } from './words.ts'

/** One message in the hands of a consumer. */
export interface Delivery<Message> {
  readonly id: string
  readonly message: Message
  /** Counted from 1. */
  readonly attempt: number
  readonly sentAt: Date
}

export interface ConsumerCall<Message> extends Call, Delivery<Message> {}

export interface BatchCall<Message> extends Call {
  readonly deliveries: readonly Delivery<Message>[]
}

/** The deliveries of a batch that must come again; the rest is done. */
export interface Failed<Message> {
  readonly failed: readonly Delivery<Message>[]
}

type CallOf<M, B> = [B] extends [number] ? BatchCall<M> : ConsumerCall<M>
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has the type void.
type Outcome<M, B> = [B] extends [number] ? void | Failed<M> | Promise<void | Failed<M>> : unknown

/** A consumer as the framework keeps it. */
export interface Consumer extends Handler {
  readonly kind: 'consumer'
  readonly from: Source<unknown, 'queue'>
  readonly concurrency: number
  /** Messages given at once; absent: one by one. */
  readonly batch?: number
  readonly handle: Handle
}

/**
 * Declares the consumer of a queue. A call that throws is tried again after the queue's back-off, and dead-lettered
 * with its reason after the last attempt.
 * - `concurrency`: calls at a time in one process. 1 to 1,000, default 10.
 * - `timeout`: of one call; not above the queue's lease, which is the default.
 * - `batch`: so many messages (1 to 10) are given at once, as `deliveries`; what is returned as `failed` comes again.
 * @example
 * const render = consumer(jobs, { uses: { videos: videos.writer }, handle: ({ message }, { videos }) => … })
 */
export function consumer<M, U extends Uses = Empty, const B extends number | undefined = undefined>(
  from: Source<M, 'queue'>,
  options: {
    readonly uses?: U
    readonly concurrency?: number
    readonly timeout?: Duration<'millisecond' | 'second' | 'minute' | 'hour'>
    readonly batch?: B
    handle(call: CallOf<M, B>, uses: Clients<U>): Outcome<M, B>
  },
): Consumer {
  const { uses = {}, concurrency = 10, batch, timeout, handle } = options
  const { leaseMs } = (from.of as { spec?: { leaseMs: number } }).spec ?? { leaseMs: 30_000 }
  return {
    kind: 'consumer',
    from,
    uses,
    concurrency,
    timeoutMs: timeout === undefined ? leaseMs : milliseconds(timeout),
    place: calledFrom(consumer),
    handle: erased(handle),
    ...(batch === undefined ? {} : { batch }),
  }
}
