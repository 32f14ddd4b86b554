/**
 * Feeds: what each queue of a plan is given to: consumers, subscribers, mailboxes, reactions, views.
 */
import type { ObjectCreatedMessage } from '../contract/bucket.ts'
import type { Mail, MailCarrier } from '../contract/mail.ts'
import { handlerQueue, mailQueue } from '../contract/names.ts'
import { fault, isFault } from '../contract/problems.ts'
import type { Leased } from '../contract/queue.ts'
import type { ChangeMessage } from '../contract/store.ts'
import type { Handle } from '../plan/call.ts'
import type { BatchCall, Consumer, Delivery } from '../plan/consumer.ts'
import type { Clients, Uses } from '../plan/grant.ts'
import type { Mailbox } from '../plan/mailbox.ts'
import type { AnyTable, AnyTopic, NamedHandler } from '../plan/parts.ts'
import type { Queue } from '../plan/queue.ts'
import type { Reaction, ReactionCall } from '../plan/reaction.ts'
import type { Retention } from '../plan/retention.ts'
import type { Subscriber } from '../plan/subscriber.ts'
import { milliseconds } from '../plan/words.ts'
import type { RunningCall } from './call.ts'
import { storedReader } from './clients/reading.ts'
import type { DeliveredCall, Received } from './delivered.ts'
import { Pending } from './operations.ts'
import { type Feed, Hopeless } from './pump.ts'
import type { Ticker } from './schedules.ts'
import type { ClientFactory, Wiring } from './wiring.ts'

const usual = {
  leaseMs: milliseconds('30 seconds'),
  backoffMs: { first: milliseconds('1 second'), most: milliseconds('5 minutes') },
}

type Named<H> = Pick<NamedHandler, 'service' | 'name'> & { readonly handler: H }

export function consumerFeed(wiring: Wiring, { service, name, handler }: Named<Consumer>): Feed {
  const { name: queue, spec } = handler.from.of as Queue<unknown, unknown>
  const reader = storedReader(spec.message, 'message-invalid', `a message of "${queue}"`)
  const clients = wiring.clients(handler.uses)
  const { concurrency, timeoutMs, batch } = handler
  return {
    queue,
    service: service.name,
    handler: name,
    concurrency,
    timeoutMs,
    attempts: spec.attempts,
    leaseMs: spec.leaseMs,
    backoffMs: spec.backoffMs,
    batch: batch ?? 1,
    read: ({ body }) => reader.read(JSON.parse(body)),
    ...(batch === undefined
      ? { run: oneByOne(handler.handle, clients) }
      : { run: inBatches(handler.handle, clients), failed: returnedAsFailed }),
  }
}

/** The call says itself what it was given. */
function oneByOne(handle: Handle, clients: ClientFactory): Feed['run'] {
  return single((call, received) => {
    call.received = received
    return run(handle, call, clients)
  })
}

/** For feeds that are given one message at a time: it goes well, or it throws. */
function single(handle: (call: DeliveredCall, received: Received) => unknown): Feed['run'] {
  return (call, [received]) => received && handle(call, received)
}

function inBatches(handle: Handle, clients: ClientFactory): Feed['run'] {
  return async (call, received) => {
    const deliveries = received.map(deliveryOf)
    const more: Partial<BatchCall<unknown>> = { deliveries }
    const outcome = await run(handle, call, clients, more)
    const failed = (outcome as { failed?: readonly Delivery<unknown>[] } | undefined)?.failed ?? []
    return failed.map(delivery => givenAs(delivery, deliveries, received))
  }
}

/** What a batch gave. */
function returnedAsFailed(outcome: unknown): readonly Leased[] {
  return outcome as readonly Leased[]
}

/** A copy of a delivery is known by its id. What was not given cannot have failed. */
function givenAs(
  delivery: Delivery<unknown>,
  deliveries: readonly Delivery<unknown>[],
  received: readonly Received[],
): Leased {
  const same = deliveries.indexOf(delivery)
  const at = same >= 0 ? same : deliveries.findIndex(({ id }) => id === delivery.id)
  const found = received[at]
  if (!found) throw fault('handler-failed', `"${delivery.id}" was returned as failed and is not of this batch`)
  return found.message
}

function deliveryOf({ message: { id, attempt, sentAtMs }, content }: Received): Delivery<unknown> {
  return { id, message: content, attempt, sentAt: new Date(sentAtMs) }
}

export function subscriberFeed(wiring: Wiring, { service, name, handler }: Named<Subscriber>): Feed {
  const event = eventReader(wiring, handler)
  const clients = wiring.clients(handler.uses)
  const { concurrency, attempts, timeoutMs } = handler
  return {
    ...usual,
    queue: handlerQueue(service.name, name),
    service: service.name,
    handler: name,
    concurrency,
    attempts,
    timeoutMs,
    batch: 1,
    read: ({ body }) => event(body),
    run: oneByOne(handler.handle, clients),
  }
}

function eventReader(wiring: Wiring, { to }: Subscriber): (body: string) => unknown {
  switch (to.source) {
    case 'topic': {
      const { name, spec } = to.of as AnyTopic
      const reader = storedReader(spec.event, 'message-invalid', `an event of "${name}"`)
      return body => reader.read(JSON.parse(body))
    }
    case 'changes': {
      const { stored } = wiring.table(to.of as AnyTable)
      return body => {
        const { before, after } = (JSON.parse(body) as ChangeMessage).change
        return {
          ...(before ? { before: stored.read(before) } : {}),
          ...(after ? { after: stored.read(after) } : {}),
        }
      }
    }
    case 'created':
      return body => {
        const { key, bytes, etag } = JSON.parse(body) as ObjectCreatedMessage
        return { key, bytes, etag }
      }
  }
}

/** The body of a message to a reaction. */
export interface AlarmMessage {
  readonly measured: number
  readonly sinceMs: number
}

export function reactionFeed(wiring: Wiring, { service, name, handler }: Named<Reaction>): Feed {
  const clients = wiring.clients(handler.uses)
  return {
    ...usual,
    queue: handlerQueue(service.name, name),
    service: service.name,
    handler: name,
    concurrency: 1,
    attempts: 5,
    timeoutMs: handler.timeoutMs,
    batch: 1,
    read: ({ body }) => JSON.parse(body) as AlarmMessage,
    run: single((call, { content }) => {
      const { measured, sinceMs } = content as AlarmMessage
      const more: Partial<ReactionCall> = { measured, since: new Date(sinceMs) }
      return run(handler.handle, call, clients, more)
    }),
  }
}

/** An alarm makes a retention run at once; where it runs already, that is enough. */
export function retentionFeed(times: Ticker, { service, name, handler }: Named<Retention>): Feed {
  return {
    ...usual,
    queue: handlerQueue(service.name, name),
    service: service.name,
    handler: name,
    concurrency: 1,
    attempts: 5,
    timeoutMs: handler.timeoutMs,
    batch: 1,
    read: ({ body }) => JSON.parse(body) as AlarmMessage,
    run: single(async () => {
      await times.runNow(service.name, name).catch(error => {
        if (!isFault(error, 'conflict')) throw error
      })
    }),
  }
}

/** Mail waits in a queue of its mailbox; the carrier knows ids it has handed over. */
export function mailFeed(mailbox: Mailbox, carrier: MailCarrier): Feed {
  return {
    ...usual,
    queue: mailQueue(mailbox.name),
    service: 'mail',
    handler: mailbox.name,
    concurrency: 5,
    attempts: 10,
    timeoutMs: usual.leaseMs,
    batch: 1,
    read: ({ body }) => JSON.parse(body) as Mail,
    run: single(async (_call, { content }) => {
      const handed = await carrier.send(content as Mail)
      if (handed.ok) return
      throw handed.retry === 'never' ? new Hopeless(handed.reason) : fault('engine-unavailable', handed.reason)
    }),
  }
}

/** Calls a handler with what its trigger adds to the call. An operation it returns without awaiting is run. */
export function run(handle: Handle, call: RunningCall, clients: ClientFactory, more?: object): unknown {
  const result = handle(more ? Object.assign(call, more) : call, clients(call) as Clients<Uses>)
  return result instanceof Pending ? result.run() : result
}
