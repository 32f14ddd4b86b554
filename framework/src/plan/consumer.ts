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

// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has the type void.
type Outcome<M> = void | Failed<M>

/** A consumer as the framework keeps it. */
export interface Consumer extends Handler {
  readonly kind: 'consumer'
  readonly from: Source<unknown, 'queue'>
  readonly concurrency: number
  /** Messages given at once; absent: one by one. */
  readonly batch?: number
  readonly handle: Handle
}

interface Options<U extends Uses> {
  readonly uses?: U
  /** Calls at a time in one process. 1 to 1,000, default 10. */
  readonly concurrency?: number
  /** How long one call may take; not above the queue's lease. Default: the lease. */
  readonly timeout?: Duration<'millisecond' | 'second' | 'minute' | 'hour'>
}

/**
 * Declares the consumer of a queue. A call that throws is tried again after the queue's back-off, and dead-lettered
 * with its reason after the last attempt.
 * @example
 * const render = consumer(jobs, { uses: { videos: videos.writer }, handle: ({ message }, { videos }) => … })
 */
export function consumer<M, U extends Uses = Empty>(
  from: Source<M, 'queue'>,
  options: Options<U> & { handle(call: ConsumerCall<M>, uses: Clients<U>): unknown },
): Consumer
/** The same for up to `batch` (at most 10) messages at once; what is returned as `failed` comes again. */
export function consumer<M, U extends Uses = Empty>(
  from: Source<M, 'queue'>,
  options: Options<U> & {
    readonly batch: number
    handle(call: BatchCall<M>, uses: Clients<U>): Outcome<M> | PromiseLike<Outcome<M>>
  },
): Consumer
export function consumer<M, U extends Uses>(
  from: Source<M, 'queue'>,
  options: Options<U> & {
    readonly batch?: number
    handle(call: never, uses: Clients<U>): unknown
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
