/**
 * The lines of an ordered queue: the messages of a key that are neither gone nor dead, in the order of their positions.
 *   k  all of a line, waiting or leased: by line, then by position; with when they are due
 *   h  heads: of the messages in w, those that are first in their line
 * What is leased is no head, so it holds back the rest; one that is done or buried makes the next the head; one that
 * comes back is a head again.
 */
import type { Bytes } from './kept.ts'
import { countedIn, countedKey, endOf, prefixOf } from './key-bytes.ts'
import { type Place, placeIn } from './waiting.ts'

const mark = Buffer.from([1])
const nothing = Buffer.alloc(0)

export class Lines {
  readonly #bytes: Bytes
  readonly #lines: Buffer
  readonly #heads: Buffer

  /** `number`: of the queue. */
  constructor(bytes: Bytes, number: number) {
    this.#bytes = bytes
    this.#lines = prefixOf(number, 'k')
    this.#heads = prefixOf(number, 'h')
  }

  isEmpty(line: Buffer): boolean {
    return this.#first(line) === undefined
  }

  /** A message begins to wait. It has its place in the line already, or is its last. */
  enter(line: Buffer, { dueAtMs, position }: Place, isHead: boolean): void {
    this.#bytes.put(this.#inLine(line, position), countedKey(nothing, dueAtMs))
    if (isHead) this.#bytes.put(countedKey(this.#heads, dueAtMs, position), mark)
  }

  /** A head is leased. */
  lend({ dueAtMs, position }: Place): void {
    this.#bytes.remove(countedKey(this.#heads, dueAtMs, position))
  }

  /** What was leased is gone: the next one is the head. */
  leave(line: Buffer, position: number): void {
    this.#bytes.remove(this.#inLine(line, position))
    const next = this.#first(line)
    if (next) this.#bytes.put(countedKey(this.#heads, next.dueAtMs, next.position), mark)
  }

  /** What waits is gone. */
  drop(line: Buffer, place: Place): void {
    const head = countedKey(this.#heads, place.dueAtMs, place.position)
    if (this.#bytes.doesExist(head)) {
      this.#bytes.remove(head)
      this.leave(line, place.position)
    } else this.#bytes.remove(this.#inLine(line, place.position))
  }

  dueHeads(most: number, nowMs: number): readonly Place[] {
    const range = { start: this.#heads, end: countedKey(this.#heads, nowMs + 1), limit: most }
    return Array.from(this.#bytes.getKeys(range), key => placeIn(key, this.#heads))
  }

  #inLine(line: Buffer, position: number): Buffer {
    return countedKey(Buffer.concat([this.#lines, line]), position)
  }

  #first(line: Buffer): Place | undefined {
    const start = Buffer.concat([this.#lines, line])
    for (const { key, value } of this.#bytes.getRange({ start, end: endOf(start), limit: 1 })) {
      return { dueAtMs: countedIn(value, 0), position: countedIn(key, start.length) }
    }
    return undefined
  }
}
