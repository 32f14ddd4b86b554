/**
 * `topic`: something happened; every subscriber hears of it through a queue of its own.
 */
import type { z } from 'zod'
import { type Grant, grant, type Resource } from './grant.ts'
import type { Operation } from './operation.ts'
import { calledFrom } from './place.ts'
import { type In, type Out, type Reading, reading, type Schema, type Versioned } from './schema.ts'
import type { Source, SourceKind } from './source.ts'

export interface Publisher<Event> {
  /** Problem codes: `message-invalid`, `message-too-large` (256 KB). */
  publish(event: Event): Operation<void>
}

/** A topic as the framework keeps it. */
export interface TopicSpec {
  readonly event: Reading
  orderBy?(event: unknown): string
}

export interface Topic<Event, NewEvent> extends Resource, Source<Event> {
  readonly kind: 'topic'
  readonly source: Extract<SourceKind, 'topic'>
  readonly spec: TopicSpec
  readonly publisher: Grant<Publisher<NewEvent>>
}

/**
 * Declares a topic.
 * - `event`: its schema; at most 256 KB as JSON.
 * - `orderBy`: every subscriber handles the events of one key one at a time, in the order published.
 * @example
 * const orderEvents = topic('order-events', { event: OrderEvent, orderBy: event => event.orderId })
 */
export function topic<S extends Schema, Older extends Schema = z.ZodNever>(
  name: string,
  options: { readonly event: Versioned<S, Older>; orderBy?(event: Out<S>): string },
): Topic<Out<S>, In<S>> {
  const { event, orderBy } = options
  const spec: TopicSpec = {
    event: reading(event),
    // Called only with events that the schema has parsed.
    ...(orderBy ? { orderBy: orderBy as (event: unknown) => string } : {}),
  }
  const place = calledFrom(topic)
  const self = {
    kind: 'topic',
    name,
    place,
    spec,
    source: 'topic',
    get of(): Resource {
      return self
    },
    get publisher() {
      return grant<Publisher<In<S>>>(self, 'publisher')
    },
  } as Topic<Out<S>, In<S>>
  return self
}
