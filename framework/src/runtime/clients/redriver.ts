/**
 * The client of a queue's `redriver`: what was given up, and trying it again.
 */
import { checkedLimit } from '../../contract/keys.ts'
import { limits } from '../../contract/limits.ts'
import type { DeadLetter, Queues } from '../../contract/queue.ts'
import type { DeadMessage, Queue, Redriver } from '../../plan/queue.ts'
import type { RunningCall } from '../call.ts'

export function queueRedriver({ name, spec }: Queue<unknown, unknown>, queues: Queues): (call: RunningCall) => unknown {
  return ({ session }): Redriver<unknown> => ({
    deadLetters: async ({ limit = limits.pageItemsDefault } = {}) => {
      const most = checkedLimit(limit)
      const dead = await session.spanned(`${name}.deadLetters`, () => queues.deadLetters(name, most))
      return dead.map(letter => shown(letter, spec.message.schema))
    },
    redrive: async ids =>
      ids.length === 0 ? 0 : await session.spanned(`${name}.redrive`, () => queues.redrive(name, ids)),
  })
}

function shown(letter: DeadLetter, schema: Queue<unknown, unknown>['spec']['message']['schema']): DeadMessage<unknown> {
  const { id, body, reason, attempt, sentAtMs, buriedAtMs, trace } = letter
  const read = schema.safeParse(contentOf(body))
  return {
    id,
    reason,
    attempts: attempt,
    sentAt: new Date(sentAtMs).toISOString(),
    buriedAt: new Date(buriedAtMs).toISOString(),
    ...(read.success ? { message: read.data } : {}),
    ...(trace === undefined ? {} : { trace }),
  }
}

function contentOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
