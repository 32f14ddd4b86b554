/** Places in w, where the messages of a queue wait: by when they are due, then by position. */
import { countedIn } from './key-bytes.ts'
import type { RecordPart } from './message-record.ts'

export interface Place {
  readonly dueAtMs: number
  readonly position: number
}

/** A message that may be leased. */
export class Waiting implements Place, RecordPart {
  readonly dueAtMs: number
  readonly position: number
  /** Where it stands: itself, or its block. */
  readonly standsAt: Place
  /** Of its block; 0: it stands alone. */
  readonly count: number
  readonly bytes: Buffer
  readonly from: number
  readonly end: number

  constructor(standsAt: Place, count: number, nth: number, bytes: Buffer, from = 0, end = bytes.length) {
    this.dueAtMs = standsAt.dueAtMs
    this.position = standsAt.position + nth
    this.standsAt = standsAt
    this.count = count
    this.bytes = bytes
    this.from = from
    this.end = end
  }

  /** Where the next one may stand. */
  get next(): Place {
    const isLast = this.position >= this.standsAt.position + this.count - 1
    return isLast ? { dueAtMs: this.dueAtMs, position: this.position + 1 } : this.standsAt
  }
}

/** `prefix`: what the key begins with. */
export function placeIn(key: Uint8Array, { length }: Buffer): Place {
  return { dueAtMs: countedIn(key, length), position: countedIn(key, length, 1) }
}

export function isBefore(one: Place, other: Place): boolean {
  return one.dueAtMs < other.dueAtMs || (one.dueAtMs === other.dueAtMs && one.position < other.position)
}
