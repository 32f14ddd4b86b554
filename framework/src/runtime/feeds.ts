/**
 * Feeds: what each queue of a plan is given to: consumers, subscribers, mailboxes, reactions, views.
 */
import type { ObjectCreatedMessage } from '../contract/bucket.ts'
import type { Mail, MailCarrier } from '../contract/mail.ts'
import { handlerQueue, mailQueue } from '../contract/names.ts'
import { fault } from '../contract/problems.ts'
import type { Leased } from '../contract/queue.ts'
import type { ChangeMessage } from '../contract/store.ts'
import type { Handle } from '../plan/call.ts'
import type { BatchCall, Consumer, ConsumerCall, Delivery } from '../plan/consumer.ts'
import type { Clients, Uses } from '../plan/grant.ts'
import type { Mailbox } from '../plan/mailbox.ts'
import type { AnyTable, AnyTopic, NamedHandler } from '../plan/parts.ts'
import type { Queue } from '../plan/queue.ts'
import type { Reaction, ReactionCall } from '../plan/reaction.ts'
import type { Subscriber, SubscriberCall } from '../plan/subscriber.ts'
import { milliseconds } from '../plan/words.ts'
import type { RunningCall } from './call.ts'
import { type StoredReader, storedReader } from './clients/reading.ts'
import { Pending } from './operations.ts'
import type { Feed } from './pump.ts'
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
    run: batch === undefined ? oneByOne(handler.handle, reader, clients) : inBatches(handler.handle, reader, clients),
  }
}

function oneByOne(handle: Handle, reader: StoredReader, clients: ClientFactory): Feed['run'] {
  return async (call, [message]) => {
    if (message) await run(handle, call, clients, deliveryOf(reader, message) as Partial<ConsumerCall<unknown>>)
    return []
  }
}

function inBatches(handle: Handle, reader: StoredReader, clients: ClientFactory): Feed['run'] {
  return async (call, messages) => {
    const byDelivery = new Map(messages.map(message => [deliveryOf(reader, message), message] as const))
    const more: Partial<BatchCall<unknown>> = { deliveries: [...byDelivery.keys()] }
    const outcome = await run(handle, call, clients, more)
    const failed = (outcome as { failed?: readonly Delivery<unknown>[] } | undefined)?.failed ?? []
    return failed.map(delivery => byDelivery.get(delivery)).filter(message => message !== undefined)
  }
}

function deliveryOf(reader: StoredReader, { id, body, attempt, sentAtMs }: Leased): Delivery<unknown> {
  return { id, message: reader.read(JSON.parse(body)), attempt, sentAt: new Date(sentAtMs) }
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
    run: async (call, [message]) => {
      if (!message) return []
      const { id, attempt, sentAtMs, body } = message
      const more: Partial<SubscriberCall<unknown>> = { id, attempt, sentAt: new Date(sentAtMs), event: event(body) }
      await run(handler.handle, call, clients, more)
      return []
    },
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
    run: async (call, [message]) => {
      if (!message) return []
      const { measured, sinceMs } = JSON.parse(message.body) as AlarmMessage
      const more: Partial<ReactionCall> = { measured, since: new Date(sinceMs) }
      await run(handler.handle, call, clients, more)
      return []
    },
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
    run: async (_call, [message]) => {
      if (!message) return []
      const handed = await carrier.send(JSON.parse(message.body) as Mail)
      if (handed.ok) return []
      throw handed.retry === 'never'
        ? fault('message-invalid', handed.reason)
        : fault('engine-unavailable', handed.reason)
    },
  }
}

/** Calls a handler with what its trigger adds to the call. An operation it returns without awaiting is run. */
export async function run(handle: Handle, call: RunningCall, clients: ClientFactory, more: object): Promise<unknown> {
  const result = handle(Object.assign(call, more), clients(call) as Clients<Uses>)
  return result instanceof Pending ? result.run() : result
}
