/**
 * The clients that send: a queue's `sender`, a topic's `publisher`, a mailbox's `sender`. A call that is repeated
 * sends its messages under the same ids again, so that the queue knows them.
 */
import { limits, readable, utf8Bytes } from '../../contract/limits.ts'
import type { Mail } from '../../contract/mail.ts'
import { mailQueue } from '../../contract/names.ts'
import { fault } from '../../contract/problems.ts'
import type { NewMessage } from '../../contract/queue.ts'
import type { Mailbox, OutgoingMail } from '../../plan/mailbox.ts'
import type { Refusable } from '../../plan/operation.ts'
import type { Queue, SendOptions } from '../../plan/queue.ts'
import type { Topic } from '../../plan/topic.ts'
import { milliseconds } from '../../plan/words.ts'
import type { Session } from '../operations.ts'
import { traceparentOf } from '../telemetry.ts'
import { givenReader, jsonItem } from './reading.ts'

/** What a sending client needs of its call. */
export interface Sending {
  readonly session: Session
  readonly nowMs: number
  newId(): string
}

type AnyQueue = Queue<unknown, unknown>
type AnyTopic = Topic<unknown, unknown>

/** Makes the messages of one kind; prepared once. */
export function queueSender(queue: AnyQueue): (sending: Sending) => unknown {
  const { name, spec } = queue
  const operation = `${name}.send`
  const parse = givenReader(spec.message.schema, 'message-invalid', `a message to "${name}"`)
  return sending => {
    const send = (given: unknown, options: SendOptions = {}): Refusable<unknown> => {
      const message = jsonItem(parse(given))
      const orderKey = spec.orderBy?.(message)
      const dueAtMs = dueAt(name, options, sending, orderKey !== undefined)
      const id = options.id ?? sending.newId()
      const outgoing = outgoingOf(sending, { queue: name, id, body: bodyOf(name, message) }, orderKey, dueAtMs)
      const described = { name: operation, writes: noWrites, messages: [outgoing], result: nothing }
      return sending.session.operation(described, send)
    }
    return { send }
  }
}

const noWrites: readonly [] = []

function nothing(): undefined {
  return undefined
}

/** `subscribers`: the queues of those who listen. */
export function topicPublisher(topic: AnyTopic, subscribers: readonly string[]): (sending: Sending) => unknown {
  const { name, spec } = topic
  const parse = givenReader(spec.event.schema, 'message-invalid', `an event of "${name}"`)
  return sending => {
    const publish = (given: unknown): Refusable<unknown> => {
      const event = jsonItem(parse(given))
      const orderKey = spec.orderBy?.(event)
      const body = bodyOf(name, event)
      const id = sending.newId()
      const messages = subscribers.map(queue => outgoingOf(sending, { queue, id, body }, orderKey))
      return sending.session.operation(
        { name: `${name}.publish`, writes: [], messages, result: () => undefined },
        publish,
      )
    }
    return { publish }
  }
}

export function mailSender(mailbox: Mailbox): (sending: Sending) => unknown {
  const { name } = mailbox
  return sending => {
    const send = (given: OutgoingMail): Refusable<unknown> => {
      const id = sending.newId()
      const mail = mailOf(mailbox, id, given)
      const message = { queue: mailQueue(name), id, body: bodyOf(name, mail) }
      return sending.session.operation(
        { name: `${name}.send`, writes: [], messages: [outgoingOf(sending, message)], result: () => undefined },
        send,
      )
    }
    return { send }
  }
}

function mailOf(mailbox: Mailbox, id: string, given: OutgoingMail): Mail {
  const { to = mailbox.to, subject, text, html, replyTo } = given
  if (to === undefined || !addressed(to)) {
    throw fault(
      'mail-invalid',
      `mail from "${mailbox.name}" needs a recipient: name one in \`to\`, or give the mailbox one`,
    )
  }
  if (/[\r\n]/.test(subject + to + (replyTo ?? ''))) {
    throw fault('mail-invalid', `mail from "${mailbox.name}" has a line break in its subject or an address`)
  }
  return {
    id,
    mailbox: mailbox.name,
    from: mailbox.from,
    to: [to],
    subject,
    text,
    ...(html === undefined ? {} : { html }),
    ...(replyTo === undefined ? {} : { replyTo }),
  }
}

function addressed(to: string): boolean {
  return /^[^@\s]+@[^@\s]+$|<[^@\s<>]+@[^@\s<>]+>$/.test(to)
}

type Outgoing = { -readonly [Part in keyof NewMessage]: NewMessage[Part] }

function outgoingOf(
  { session }: Sending,
  { queue, id, body }: Pick<NewMessage, 'queue' | 'id' | 'body'>,
  orderKey?: string,
  dueAtMs?: number,
): NewMessage {
  const message: Outgoing = { queue, id, body, headers: { traceparent: traceparentOf(session.parts.trace) } }
  if (orderKey !== undefined) message.orderKey = orderKey
  if (dueAtMs !== undefined) message.dueAtMs = dueAtMs
  return message
}

function bodyOf(name: string, message: unknown): string {
  const body = JSON.stringify(message)
  // UTF-8 takes at most three bytes a UTF-16 unit, so a short text needs no counting.
  if (body.length * 3 > limits.messageBytes && utf8Bytes(body) > limits.messageBytes) {
    throw fault(
      'message-too-large',
      `"${name}": ${readable(utf8Bytes(body))}, the limit is ${readable(limits.messageBytes)}`,
    )
  }
  return body
}

function dueAt(name: string, { delay, at }: SendOptions, sending: Sending, ordered: boolean): number | undefined {
  if (delay === undefined && at === undefined) return undefined
  if (ordered) {
    throw fault('delay-on-ordered-queue', `"${name}" keeps an order, so a message cannot wait behind later ones`)
  }
  if (at !== undefined) return at.getTime()
  const delayMs = milliseconds(delay ?? '0 seconds')
  if (delayMs > limits.delayMs)
    throw fault('delay-too-long', `"${name}": ${delay}, the limit is 15 minutes; use \`at\``)
  return sending.nowMs + delayMs
}
