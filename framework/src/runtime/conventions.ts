/**
 * What spans say, in the words of OpenTelemetry's semantic conventions (opentelemetry.io/docs/specs/semconv): `db.*` of
 * tables, `messaging.*` of queues and topics, `error.type` of what failed. Asked for sampled spans only.
 */
import { isFault } from '../contract/problems.ts'
import type { NewMessage } from '../contract/queue.ts'
import type { Write } from '../contract/store.ts'
import type { Attributes } from './telemetry.ts'

/** Tables and queues are ours, whatever engine keeps them. */
const system = 'groundplan'

/** A read of a table: `get`, `query`, `by.<index>` … */
export function readAttributes(table: string, verb: string): Attributes {
  return { 'db.system.name': system, 'db.collection.name': table, 'db.operation.name': verb }
}

/** A commit: of one write, of several in a batch, of messages alone, or of both. */
export function commitAttributes(writes: readonly Write[], messages: readonly Pick<NewMessage, 'queue'>[]): Attributes {
  return { ...writesAttributes(writes), ...messagesAttributes(messages, writes.length === 0) }
}

function writesAttributes(writes: readonly Write[]): Attributes {
  const [first] = writes
  if (!first) return {}
  const oneTable = writes.every(({ table }) => table === first.table)
  const oneVerb = writes.every(({ op }) => op === first.op)
  const batch = writes.length > 1
  return {
    'db.system.name': system,
    'db.operation.name': batch ? `BATCH${oneVerb ? ` ${first.op}` : ''}` : first.op,
    ...(oneTable ? { 'db.collection.name': first.table } : {}),
    ...(batch ? { 'db.operation.batch.size': writes.length } : {}),
  }
}

/** Where they are sent with writes, the span is the database's, and says besides what left with it. */
function messagesAttributes(messages: readonly Pick<NewMessage, 'queue'>[], alone: boolean): Attributes {
  const [first] = messages
  if (!first) return {}
  const oneQueue = messages.every(({ queue }) => queue === first.queue)
  return {
    'messaging.system': system,
    ...(alone ? { 'messaging.operation.type': 'send', 'messaging.operation.name': 'send' } : {}),
    ...(oneQueue ? { 'messaging.destination.name': first.queue } : {}),
    ...(messages.length > 1 ? { 'messaging.batch.message_count': messages.length } : {}),
  }
}

/** A delivery: of one message, or of several. */
export function deliveryAttributes(
  queue: string,
  messages: readonly { readonly id: string; readonly attempt: number }[],
): Attributes {
  const [first] = messages
  const about = { 'messaging.system': system, 'messaging.destination.name': queue }
  const operation = { 'messaging.operation.type': 'process', 'messaging.operation.name': 'process' }
  if (!first || messages.length > 1) return { ...about, ...operation, 'messaging.batch.message_count': messages.length }
  return { ...about, ...operation, 'messaging.message.id': first.id, 'groundplan.attempt': first.attempt }
}

/** The status that a call was answered with; undefined where it had none, as a stream that ended. */
export function statusOf(error: unknown, result: unknown): number | undefined {
  if (error !== undefined) return isFault(error) ? error.status : 500
  const status = typeof result === 'object' && result !== null && 'status' in result ? result.status : undefined
  return typeof status === 'number' ? status : undefined
}

/** What kind of failure it is: the code of a problem, or the error's class. Of few, so that they can be counted. */
export function errorType(failure: unknown): string {
  if (isFault(failure)) return failure.code
  if (failure instanceof Error) return failure.name
  return typeof failure === 'string' && /^[a-z]+(-[a-z]+)*$/.test(failure) ? failure : '_OTHER'
}
