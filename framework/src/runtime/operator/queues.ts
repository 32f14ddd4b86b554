/**
 * The queues of a plan, for its operator: those it names, and those behind its subscribers, views, reactions, retentions
 * and mailboxes.
 */
import { handlerQueue, mailQueue } from '../../contract/names.ts'
import type { Operator, PeekedMessage, QueueInfo, SendAsk } from '../../contract/operator.ts'
import { fault } from '../../contract/problems.ts'
import type { DeadLetter, QueuedMessage } from '../../contract/queue.ts'
import { grant } from '../../plan/grant.ts'
import { resourcesOf } from '../../plan/parts.ts'
import type { Sender } from '../../plan/queue.ts'
import { asOperator, named, type OperatorParts } from './parts.ts'

type Queues = Pick<Operator, 'queues' | 'peekQueue' | 'redriveQueue' | 'purgeQueue' | 'sendMessage'>

export function queueOperator(operated: OperatorParts): Queues {
  const { shape, drivers } = operated
  const kinds = kindsIn(operated)
  const known = (queue: string): string => named(shape.queues, queue, 'queue').name
  return {
    queues: () =>
      Promise.all(
        shape.queues.map(async ({ name, ordered }) => {
          const of = kinds.get(name) ?? 'plan'
          return { name, of, ordered, ...(await drivers.queues.counts(name)) }
        }),
      ),
    async peekQueue({ queue, which, limit }) {
      const { queues } = drivers
      const messages =
        which === 'dead' ? await queues.deadLetters(known(queue), limit) : await queues.peek(known(queue), limit)
      return messages.map(shown)
    },
    redriveQueue: async ({ queue, ids }) => ({ count: await drivers.queues.redrive(known(queue), ids) }),
    purgeQueue: async ({ queue, which }) => ({ count: await drivers.queues.purge(known(queue), which) }),
    sendMessage: ask => sent(operated, ask),
  }
}

function kindsIn({ parts: { handlers, resources } }: OperatorParts): ReadonlyMap<string, QueueInfo['of']> {
  const kinds = new Map<string, QueueInfo['of']>()
  for (const { service, name, handler } of handlers) {
    const { kind } = handler
    if (kind === 'subscriber' || kind === 'view' || kind === 'reaction' || kind === 'retention') {
      kinds.set(handlerQueue(service.name, name), kind)
    }
  }
  for (const { kind, name } of resources) if (kind === 'mailbox') kinds.set(mailQueue(name), 'mailbox')
  return kinds
}

function shown(message: QueuedMessage | DeadLetter): PeekedMessage {
  const { id, body, orderKey, sentAtMs, attempt } = message
  return {
    id,
    message: contentOf(body),
    sentAtMs,
    attempts: attempt,
    ...(orderKey === undefined ? {} : { orderKey }),
    ...('reason' in message ? { buriedAtMs: message.buriedAtMs, reason: message.reason } : {}),
    ...('trace' in message && message.trace !== undefined ? { trace: message.trace } : {}),
  }
}

function contentOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** As a handler sends: parsed by the queue's schema, under its order key. */
async function sent(operated: OperatorParts, { queue, message, id, dueAtMs }: SendAsk): Promise<{ id: string }> {
  named(operated.shape.queues, queue, 'queue')
  const found = resourcesOf(operated.parts, 'queue').find(({ name }) => name === queue)
  if (!found) throw fault('request-invalid', `"${queue}" is fed by the framework alone: send to what it listens to`)
  const uses = { sender: grant<Sender<unknown>>(found, 'sender') }
  return asOperator(operated, uses, async (call, { sender }) => {
    const given = { id: id ?? call.newId(), ...(dueAtMs === undefined ? {} : { at: new Date(dueAtMs) }) }
    await sender.send(message, given)
    return { id: given.id }
  })
}
