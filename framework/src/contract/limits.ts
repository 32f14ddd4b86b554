/**
 * Limits: the strictest engine's, held by every engine, so that what works here works everywhere.
 */

const KB = 1_024
const MB = 1_024 * KB
const second = 1_000
const minute = 60 * second
const hour = 60 * minute

export const limits = {
  /** An item as JSON (DynamoDB). */
  itemBytes: 400 * KB,
  /** An item whose changes are watched: before and after must fit a message. */
  watchedItemBytes: 100 * KB,
  /** Objects and lists within each other, the item itself included (DynamoDB). */
  itemDepth: 32,
  /** Numbers other than 0, without their sign (DynamoDB). */
  leastNumber: 1e-130,
  mostNumber: 9.99e125,
  partitionKeyBytes: 1_024,
  sortKeyBytes: 256,
  /** Operations in one commit, messages included (DynamoDB). */
  commitOperations: 100,
  commitBytes: 4 * MB,
  keysAtOnce: 100,
  pageItems: 1_000,
  pageItemsDefault: 100,

  /** A message as JSON (SQS). */
  messageBytes: 256 * KB,
  messagesAtOnce: 10,
  delayMs: 15 * minute,
  leaseMs: 12 * hour,
  /** Deliveries before a message is dead-lettered. */
  attempts: 1_000,
  /** Calls of one handler at a time, in one process. */
  concurrency: 1_000,
  /** Calls a second that an endpoint with a pace begins in a process. */
  pace: 1_000,
  /** One run of a schedule or a reaction (Lambda). */
  runMs: 15 * minute,
  /** How long the same message id is the same message. */
  deduplicationMs: 5 * minute,

  /** How long an answer to a `once` call is kept. */
  onceMs: 24 * hour,
  idempotencyKeyLength: 255,

  objectKeyBytes: 1_024,
  objectBytes: 5 * 1_024 * 1_024 * MB,
  /** Every part of an upload but the last. */
  partBytes: 5 * MB,
  parts: 10_000,
  linkMs: hour,
  /** What can be put by one link: an object, or a part of one (S3). */
  linkBytes: 5 * 1_024 * MB,

  secretNameLength: 200,
  /** A secret or setting (Secrets Manager). */
  secretBytes: 64 * KB,

  requestBytes: 6 * MB,
  headerBytes: 16 * KB,
  requestMs: 29 * second,
} as const

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  let count = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    // A surrogate pair is two units and four bytes; a lone one becomes U+FFFD, three bytes.
    count += unit < 0x800 ? 1 : 2
    if (isPair(text, at, unit)) at++
  }
  return count
}

function isPair(text: string, at: number, unit: number): boolean {
  if (unit < 0xd800 || unit > 0xdbff) return false
  const next = text.charCodeAt(at + 1)
  return next >= 0xdc00 && next <= 0xdfff
}

/** A size for people: in KB from 1 KB on, rounded up, so that what is above a limit reads so. */
export function readable(bytes: number): string {
  return bytes < KB ? `${bytes} B` : `${Math.ceil(bytes / KB)} KB`
}
