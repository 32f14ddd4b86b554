/**
 * A message as bytes: a head of fixed length that changes while the message lives, then a text that never does.
 *
 *   0   attempts so far
 *   4   an instant: when it was buried
 *   12  where its body is kept, if apart; 0: in the text
 *   18  the text: a line of JSON (id, when sent, order key, headers, how the body is written), then the body
 *
 * A long body is kept apart, under a key that stays the same, so that no delivery writes it again.
 */
import { createHash } from 'node:crypto'
import { isWellFormed } from '../contract/keys.ts'
import type { NewMessage, QueuedMessage } from '../contract/queue.ts'

const at = { attempt: 0, instant: 4, bodyAt: 12, text: 18 } as const
/** UTF-16 units of a body that travels with its message. */
const mostInline = 2_000

const noHeaders = {}

/** A message ready to be kept, made before its transaction. */
export interface Draft {
  readonly id: string
  readonly record: Buffer
  /** Where it is kept apart. */
  readonly body: Buffer | undefined
  /** The line of its order key. */
  readonly line: Buffer | undefined
  readonly dueAtMs: number
}

export function draftOf(message: NewMessage, nowMs: number): Draft {
  const { id, orderKey, headers = noHeaders, body, dueAtMs = nowMs } = message
  // What UTF-8 cannot carry is written as JSON once more.
  const escaped = !isWellFormed(body)
  const text = escaped ? JSON.stringify(body) : body
  const apart = text.length > mostInline
  const head = JSON.stringify([id, nowMs, orderKey ?? null, headers, escaped ? 1 : 0])
  return {
    id,
    record: recordOf(apart ? `${head}\n` : `${head}\n${text}`),
    dueAtMs: Math.max(nowMs, Math.ceil(dueAtMs)),
    body: apart ? Buffer.from(text) : undefined,
    line: orderKey === undefined ? undefined : lineOf(orderKey),
  }
}

function recordOf(text: string): Buffer {
  const record = Buffer.allocUnsafe(at.text + Buffer.byteLength(text))
  record.fill(0, 0, at.text)
  record.write(text, at.text)
  return record
}

/**
 * Where the messages of an order key stand in line. Two keys of one line would only wait for each other, so eight bytes
 * are plenty.
 */
export function lineOf(orderKey: string): Buffer {
  return createHash('sha256').update(orderKey, 'utf8').digest().subarray(0, 8)
}

export function attemptOf(record: Buffer): number {
  return record.readUInt32BE(at.attempt)
}

export function setAttempt(record: Buffer, attempt: number): void {
  record.writeUInt32BE(attempt, at.attempt)
}

export function instantOf(record: Buffer): number {
  return record.readDoubleBE(at.instant)
}

export function setInstant(record: Buffer, instantMs: number): void {
  record.writeDoubleBE(instantMs, at.instant)
}

/** The number under which the body is kept; 0 where it is in the record. */
export function bodyAtOf(record: Buffer): number {
  return record.readUIntBE(at.bodyAt, 6)
}

export function setBodyAt(record: Buffer, number: number): void {
  record.writeUIntBE(number, at.bodyAt, 6)
}

/** What `draftOf` put into the line of JSON. */
type Head = readonly [
  id: string,
  sentAtMs: number,
  orderKey: string | null,
  headers: Readonly<Record<string, string>>,
  escaped: 0 | 1,
]

/** `body`: gives what is kept apart. */
export function messageIn(queue: string, record: Buffer, body: (number: number) => Buffer): QueuedMessage {
  const all = record.toString('utf8', at.text)
  const end = all.indexOf('\n')
  const [id, sentAtMs, orderKey, headers, escaped] = JSON.parse(all.slice(0, end)) as Head
  const apart = bodyAtOf(record)
  const text = apart === 0 ? all.slice(end + 1) : body(apart).toString()
  return {
    queue,
    id,
    body: escaped === 1 ? (JSON.parse(text) as string) : text,
    ...(orderKey === null ? {} : { orderKey }),
    headers,
    sentAtMs,
    attempt: attemptOf(record),
  }
}

export function lineIn(record: Buffer): Buffer | undefined {
  const end = record.indexOf(10, at.text)
  const [, , orderKey] = JSON.parse(record.toString('utf8', at.text, end)) as Head
  return orderKey === null ? undefined : lineOf(orderKey)
}

/** Why a message was buried, put before its record. */
export function buriedRecord(record: Buffer, why: { readonly reason: string; readonly trace?: string }): Buffer {
  const words = Buffer.from(JSON.stringify(why))
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(words.length)
  return Buffer.concat([length, words, record])
}

/** A buried record in its parts. */
export function unburied(buried: Buffer): {
  readonly why: { readonly reason: string; readonly trace?: string }
  readonly record: Buffer
} {
  const end = 4 + buried.readUInt32BE(0)
  return { why: JSON.parse(buried.toString('utf8', 4, end)), record: buried.subarray(end) }
}
