/**
 * What engines that keep objects themselves share: when an object is cold or absent, what a condition and the parts of
 * an upload must be, and how a list goes on.
 */
import { createHash } from 'node:crypto'
import type { BucketShape, ObjectState, Part, PutObject } from './bucket.ts'
import { isWellFormed } from './keys.ts'
import { limits, readable, utf8Bytes } from './limits.ts'
import { fault } from './problems.ts'

// ---------- lifecycle

/** How long it takes to restore a cold object, as slow stores take. */
export const restoreMs = 4 * 3_600_000

/** Since it was restored last: readable from when until when. */
export interface Restored {
  readonly fromMs: number
  readonly untilMs: number
}

/** Whether an object has the age at which it is absent. */
export function hasExpired({ expireAfterMs }: BucketShape, storedAtMs: number, nowMs: number): boolean {
  return expireAfterMs !== undefined && storedAtMs + expireAfterMs <= nowMs
}

/** Warm, then cold once it has the age; restoring → warm for a while → cold again. Decided at each look. */
export function stateAt(
  { coldAfterMs = Number.POSITIVE_INFINITY }: BucketShape,
  { storedAtMs, restored }: { readonly storedAtMs: number; readonly restored?: Restored },
  nowMs: number,
): ObjectState['state'] {
  if (nowMs < storedAtMs + coldAfterMs) return 'warm'
  if (!restored || nowMs >= restored.untilMs) return 'cold'
  return nowMs < restored.fromMs ? 'restoring' : 'warm'
}

// ---------- conditions

/** Faults: `conflict` where a condition of the put does not hold. `etag` is that of what is there, if anything. */
export function checkPut(key: string, etag: string | undefined, { ifAbsent, ifMatch }: PutObject = {}): void {
  if (ifAbsent && etag !== undefined) throw fault('conflict', `"${key}" is there already`)
  if (ifMatch === undefined || etag === ifMatch) return
  throw fault('conflict', `"${key}" ${etag === undefined ? 'is not there' : 'has changed'}`)
}

// ---------- parts

/** The parts in the order of their numbers, one at least. Faults: `part-invalid`. */
export function checkPartOrder(parts: readonly Part[]): void {
  if (parts.length === 0) throw fault('part-invalid', 'an upload has at least one part')
  const late = parts.find(({ number }, index) => number <= (parts[index - 1]?.number ?? 0))
  if (late) throw fault('part-invalid', `part ${late.number} is not in the order of the numbers`)
}

/** A part as it was sent last. Faults: `part-invalid` where it is not the one that is asked for, or too small. */
export function checkPart(
  { number, etag }: Part,
  sent: { readonly bytes: number; readonly etag: string } | undefined,
  isLast: boolean,
): void {
  if (sent?.etag !== etag) throw fault('part-invalid', `part ${number} ${sent ? 'was sent again since' : 'is missing'}`)
  if (isLast || sent.bytes >= limits.partBytes) return
  const sizes = `${readable(sent.bytes)}, all but the last have ${readable(limits.partBytes)}`
  throw fault('part-invalid', `part ${number} has ${sizes}`)
}

/** The etag of what was joined of parts with these digests, as S3 has it. */
export function joinedEtag(md5s: readonly Uint8Array[]): string {
  const md5 = createHash('md5')
  for (const each of md5s) md5.update(each)
  return `${md5.digest('hex')}-${md5s.length}`
}

// ---------- lists

/** Faults: `invalid-key`. */
export function checkPrefix(prefix: string): void {
  if (!isWellFormed(prefix)) throw fault('invalid-key', 'the prefix has half a character (a lone surrogate)')
}

/** A cursor behind this key. */
export function cursorOf(key: string): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key that a cursor stands for. Faults: `invalid-cursor`. */
export function keyInCursor(cursor: string, prefix: string): string {
  const key = parsed(Buffer.from(cursor, 'base64url').toString())
  if (typeof key === 'string' && isKeyBelow(key, prefix)) return key
  throw fault('invalid-cursor', 'this cursor does not come from this list')
}

function isKeyBelow(key: string, prefix: string): boolean {
  return key.startsWith(prefix) && isWellFormed(key) && utf8Bytes(key) <= limits.objectKeyBytes
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
