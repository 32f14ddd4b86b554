/**
 * What flows: messages of queues, events of topics. A queue is a promise that its messages are handled, so
 * one with a sender and no consumer is a mistake. A topic says that something happened, whether anybody listens or not,
 * and a consumer without a sender waits in vain but loses nothing: those are notes.
 */
import { finding, type Mistake, type Note } from '../mistake.ts'
import { type AnyQueue, type AnyTopic, handlersOf, type NamedHandler, type Parts, resourcesOf } from '../parts.ts'
import { grouped } from './grouped.ts'
import { handlerText } from './services.ts'

export function* flowMistakes(parts: Parts): Generator<Mistake> {
  const consumers = grouped(handlersOf(parts, 'consumer'), ({ handler }) => handler.from.of)
  for (const queue of resourcesOf(parts, 'queue')) yield* consumerMistakes(queue, consumers.get(queue) ?? [])
}

function* consumerMistakes(queue: AnyQueue, consumers: readonly NamedHandler[]): Generator<Mistake> {
  const different = [...new Map(consumers.map(named => [named.handler, named])).values()]
  if (different.length === 0) {
    const message = `Nobody consumes the queue "${queue.name}": its messages wait for ever`
    yield finding('queue-not-consumed', [queue], message, 'give a service a consumer of it')
  }
  if (different.length > 1) yield consumedTwice(queue, different)
  for (const named of different) yield* leaseMistakes(queue, named)
}

function consumedTwice(queue: AnyQueue, consumers: readonly NamedHandler[]): Mistake {
  const names = consumers.map(({ service, name }) => `"${service.name}/${name}"`).join(' and ')
  return finding(
    'queue-consumed-twice',
    [...consumers.map(({ handler }) => handler), queue],
    `The queue "${queue.name}" is consumed by ${names}: each message reaches only one of them`,
    'keep one consumer; for several listeners make it a topic',
  )
}

/** A second delivery would begin while the first still runs. */
function* leaseMistakes(queue: AnyQueue, named: NamedHandler): Generator<Mistake> {
  const { timeoutMs } = named.handler
  const { leaseMs } = queue.spec
  if (timeoutMs <= leaseMs) return
  yield finding(
    'timeout-above-lease',
    [named.handler, queue],
    `The ${handlerText(named)} may take ${timeoutMs} ms, and the lease of "${queue.name}" ends after ${leaseMs} ms`,
    'lengthen the lease, or shorten the time-out',
  )
}

// ---------- notes

export function* flowNotes(parts: Parts): Generator<Note> {
  const asked = new Set(parts.uses.map(({ grant }) => grant.resource))
  const heard = new Set(handlersOf(parts, 'subscriber').map(({ handler }) => handler.to.of))
  const consumed = new Set(handlersOf(parts, 'consumer').map(({ handler }) => handler.from.of))
  for (const queue of resourcesOf(parts, 'queue')) {
    if (consumed.has(queue) && !asked.has(queue)) yield neverSent(queue)
  }
  for (const topic of resourcesOf(parts, 'topic')) {
    if (!heard.has(topic)) yield neverHeard(topic)
    if (!asked.has(topic)) yield neverPublished(topic)
  }
}

function neverSent(queue: AnyQueue): Note {
  const message = `The queue "${queue.name}" is consumed, and nobody sends to it`
  return finding('queue-without-sender', [queue], message, 'let a handler use its `sender`, or remove it')
}

function neverHeard(topic: AnyTopic): Note {
  const message = `The topic "${topic.name}" is published, and nobody subscribes: its events are lost`
  return finding('topic-without-subscriber', [topic], message, 'give a service a subscriber, if somebody should hear')
}

function neverPublished(topic: AnyTopic): Note {
  const message = `The topic "${topic.name}" has subscribers, and nobody publishes`
  return finding('topic-without-publisher', [topic], message, 'let a handler use its `publisher`, or remove it')
}
