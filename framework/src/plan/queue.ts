/**
 * `queue`: work for later, at least once, with a dead-letter queue always beside it.
 */
import type { z } from 'zod'
import { type Grant, grant, type Resource } from './grant.ts'
import type { Operation } from './operation.ts'
import { calledFrom } from './place.ts'
import { type In, type Out, type Reading, reading, type Schema, type Versioned } from './schema.ts'
import type { Source, SourceKind } from './source.ts'
import { type Duration, milliseconds } from './words.ts'

export interface SendOptions {
  /** At most 15 minutes. Not on an ordered queue. */
  readonly delay?: Duration<'millisecond' | 'second' | 'minute'>
  /** Any time later. Not on an ordered queue. */
  readonly at?: Date
  /** Messages with the same id within 5 minutes are one. */
  readonly id?: string
}

export interface Sender<Message> {
  /** Problem codes: `message-invalid`, `message-too-large` (256 KB), `delay-too-long`, `delay-on-ordered-queue`. */
  send(message: Message, options?: SendOptions): Operation<void>
}

/** A message that was given up. */
export interface DeadMessage<Message> {
  readonly id: string
  /** As it was sent; absent where it does not fit the queue's schema any more. */
  readonly message?: Message
  readonly reason: string
  readonly attempts: number
  /** ISO times. */
  readonly sentAt: string
  readonly buriedAt: string
  /** The trace in which it failed last. */
  readonly trace?: string
}

/** Looks at what was given up, and has it tried again. */
export interface Redriver<Message> {
  /** In the order in which they were given up. `limit`: 1 to 1,000, default 100. */
  deadLetters(options?: { readonly limit?: number }): Promise<readonly DeadMessage<Message>[]>
  /** Makes those of these ids wait again; gives how many there were. */
  redrive(ids: readonly string[]): Promise<number>
}

/** A queue as the framework keeps it. */
export interface QueueSpec {
  readonly message: Reading
  readonly attempts: number
  readonly leaseMs: number
  readonly backoffMs: { readonly first: number; readonly most: number }
  orderBy?(message: unknown): string
}

export interface Queue<Message, NewMessage> extends Resource, Source<Message> {
  readonly kind: 'queue'
  readonly source: Extract<SourceKind, 'queue'>
  readonly spec: QueueSpec
  readonly sender: Grant<Sender<NewMessage>>
  readonly redriver: Grant<Redriver<Message>>
}

/**
 * Declares a queue.
 * - `message`: its schema; at most 256 KB as JSON.
 * - `attempts`: deliveries before a message is dead-lettered. 1 to 1,000, default 5.
 * - `lease`: how long a delivery is hidden from others; extended while the handler runs. At most 12 hours, default 30 seconds.
 * - `backoff`: the wait before the second attempt, doubled at each, up to `most`, with jitter. Default 1 second to 5 minutes.
 * - `orderBy`: messages of one key are handled one at a time in the order sent, also after a dead letter.
 * @example
 * const jobs = queue('render-jobs', { message: Job, attempts: 3, lease: '5 minutes' })
 */
export function queue<S extends Schema, Older extends Schema = z.ZodNever>(
  name: string,
  options: {
    readonly message: Versioned<S, Older>
    readonly attempts?: number
    readonly lease?: Duration<'second' | 'minute' | 'hour'>
    readonly backoff?: { readonly first: Duration; readonly most: Duration }
    orderBy?(message: Out<S>): string
  },
): Queue<Out<S>, In<S>> {
  const { message, attempts = 5, lease = '30 seconds', orderBy } = options
  const { first, most } = options.backoff ?? { first: '1 second', most: '5 minutes' }
  const spec: QueueSpec = {
    message: reading(message),
    attempts,
    leaseMs: milliseconds(lease),
    backoffMs: { first: milliseconds(first), most: milliseconds(most) },
    // Called only with messages that the schema has parsed.
    ...(orderBy ? { orderBy: orderBy as (message: unknown) => string } : {}),
  }
  const place = calledFrom(queue)
  const self = {
    kind: 'queue',
    name,
    place,
    spec,
    source: 'queue',
    get of(): Resource {
      return self
    },
    get sender() {
      return grant<Sender<In<S>>>(self, 'sender')
    },
    get redriver() {
      return grant<Redriver<Out<S>>>(self, 'redriver')
    },
  } as Queue<Out<S>, In<S>>
  return self
}
