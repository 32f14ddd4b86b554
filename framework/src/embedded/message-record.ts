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
import { hash } from 'node:crypto'
import { isWellFormed } from '../contract/keys.ts'
import type { Leased, NewMessage, QueuedMessage } from '../contract/queue.ts'

const at = { attempt: 0, instant: 4, bodyAt: 12, text: 18 } as const
/** What a record has before its text. */
export const headBytes = at.text
/** UTF-16 units of a body that travels with its message. */
const mostInline = 2_000

const noHeaders: Readonly<Record<string, string>> = {}

/** A message ready to be kept, made before its transaction. */
export interface Draft {
  readonly id: string
  /** Of its record. */
  readonly text: string
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
  const head =
    plainHead(message, nowMs, escaped) ?? JSON.stringify([id, nowMs, orderKey ?? null, headers, escaped ? 1 : 0])
  return {
    id,
    text: apart ? `${head}\n` : `${head}\n${text}`,
    dueAtMs: Math.max(nowMs, Math.ceil(dueAtMs)),
    body: apart ? Buffer.from(text) : undefined,
    line: orderKey === undefined ? undefined : lineOf(orderKey),
  }
}

/** Texts that JSON writes as they are. */
const plain = /^[ !#-[\]-~]*$/

/** The same as JSON writes it for what most messages have, an id and a trace, in half the time. */
function plainHead(
  { id, orderKey, headers = noHeaders }: NewMessage,
  nowMs: number,
  escaped: boolean,
): string | undefined {
  const { traceparent } = headers
  if (escaped || orderKey !== undefined || traceparent === undefined) return undefined
  for (const name in headers) if (name !== 'traceparent') return undefined
  if (!plain.test(id) || !plain.test(traceparent)) return undefined
  return `["${id}",${nowMs}${beforeTrace}${traceparent}${afterTrace}`
}

const beforeTrace = ',null,{"traceparent":"'
const afterTrace = '"},0]'

/** The record of a message that was never delivered. `bodyAt`: see `bodyAtOf`. */
export function recordOf(text: string, bodyAt: number): Buffer {
  const record = Buffer.allocUnsafe(at.text + Buffer.byteLength(text))
  writeRecord(record, 0, text, bodyAt)
  return record
}

/** The same, in the midst of something; gives where it ends. */
export function writeRecord(bytes: Buffer, from: number, text: string, bodyAt: number): number {
  bytes.fill(0, from, from + at.text)
  if (bodyAt > 0) bytes.writeUIntBE(bodyAt, from + at.bodyAt, 6)
  return from + at.text + bytes.write(text, from + at.text)
}

/**
 * Where the messages of an order key stand in line. Two keys of one line would only wait for each other, so eight bytes
 * are plenty.
 */
export function lineOf(orderKey: string): Buffer {
  // By way of its digits, which takes half as long as its bytes.
  return Buffer.from(hash('sha256', orderKey, 'hex').slice(0, 16), 'hex')
}

export function attemptOf(record: Buffer, from = 0): number {
  return record.readUInt32BE(from + at.attempt)
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
export function bodyAtOf(record: Buffer, from = 0): number {
  return record.readUIntBE(from + at.bodyAt, 6)
}

/** What `draftOf` put into the line of JSON. */
type Head = readonly [
  id: string,
  sentAtMs: number,
  orderKey: string | null,
  headers: Readonly<Record<string, string>>,
  escaped: 0 | 1,
]

/** What stands from one place in some bytes to another. */
export interface RecordPart {
  readonly bytes: Buffer
  readonly from: number
  readonly end: number
}

export function wholeOf(record: Buffer): RecordPart {
  return { bytes: record, from: 0, end: record.length }
}

/**
 * A message as it is shown, and handed out. A class, as literals of which many are alive at once are put where only a full
 * garbage collection finds them.
 */
class Kept implements QueuedMessage {
  readonly queue: string
  readonly id: string
  readonly body: string
  declare readonly orderKey?: string
  readonly headers: Readonly<Record<string, string>>
  readonly sentAtMs: number
  readonly attempt: number

  constructor(queue: string, [id, sentAtMs, orderKey, headers]: Head, body: string, attempt: number) {
    this.queue = queue
    this.id = id
    this.body = body
    if (orderKey !== null) this.orderKey = orderKey
    this.headers = headers
    this.sentAtMs = sentAtMs
    this.attempt = attempt
  }
}

class Lent extends Kept implements Leased {
  readonly lease: string

  constructor(queue: string, head: Head, body: string, attempt: number, lease: string) {
    super(queue, head, body, attempt)
    this.lease = lease
  }
}

/** `body`: gives what is kept apart. */
export function messageIn(queue: string, part: RecordPart, body: (number: number) => Buffer): QueuedMessage {
  const { head, text } = saidIn(part, body)
  return new Kept(queue, head, text, attemptOf(part.bytes, part.from))
}

/** The same, in the hands of somebody. */
export function lentIn(
  queue: string,
  part: RecordPart,
  body: (number: number) => Buffer,
  attempt: number,
  lease: string,
): Leased {
  const { head, text } = saidIn(part, body)
  return new Lent(queue, head, text, attempt, lease)
}

function saidIn(
  { bytes, from, end }: RecordPart,
  body: (number: number) => Buffer,
): { readonly head: Head; readonly text: string } {
  const all = bytes.toString('utf8', from + at.text, end)
  const headEnd = all.indexOf('\n')
  const head = plainIn(all, headEnd) ?? (JSON.parse(all.slice(0, headEnd)) as Head)
  const apart = bodyAtOf(bytes, from)
  const text = apart === 0 ? all.slice(headEnd + 1) : body(apart).toString()
  return { head, text: head[4] === 1 ? (JSON.parse(text) as string) : text }
}

/** What `plainHead` wrote, in half the time that JSON takes. */
function plainIn(text: string, end: number): Head | undefined {
  const idEnd = text.indexOf('"', 2)
  const sentEnd = text.indexOf(',', idEnd + 2)
  const traceAt = sentEnd + beforeTrace.length
  const traceEnd = end - afterTrace.length
  if (traceEnd < traceAt || !text.startsWith(beforeTrace, sentEnd) || !text.startsWith(afterTrace, traceEnd))
    return undefined
  const traceparent = text.slice(traceAt, traceEnd)
  const id = text.slice(2, idEnd)
  if (!plain.test(id) || !plain.test(traceparent)) return undefined
  return [id, Number(text.slice(idEnd + 2, sentEnd)), null, { traceparent }, 0]
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
