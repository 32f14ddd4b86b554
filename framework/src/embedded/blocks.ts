/**
 * Blocks: the messages that one transaction sends to a queue without order, to be handled at once, stand in w as one
 * record, and LMDB is asked once for all of them. Their positions follow one another; the block stands where the first does.
 *
 * A message that is done, buried or given back has *left* its block: a bit in g, under the same place, until all have. Then
 * both are removed. What is given back stands alone from then on, and has another position.
 *
 * The record of a block:
 *   0   a one: a record of one message begins with a zero, its attempts being fewer than 16 million
 *   1   how many messages
 *   3   of each the length of its record, and its record
 *
 * It is no longer than what LMDB keeps within a page of its tree, beside another one.
 */
import { ByPosition, type Positioned } from './by-position.ts'
import type { Bytes } from './kept.ts'
import { countedKey, endOf } from './key-bytes.ts'
import { headBytes, writeRecord } from './message-record.ts'
import { type Place, placeIn } from './waiting.ts'

const at = { count: 1, records: 3 } as const
const blockTag = 1
const lengthBytes = 4
const mostBytes = 4_000
/** A message of so many UTF-16 units stands alone. */
const mostUnits = 2_500

/** A block that is being put together. */
export class BlockDraft {
  /** Room for one that will be too much: three bytes a unit at most. */
  readonly #bytes = Buffer.allocUnsafeSlow(mostBytes + lengthBytes + headBytes + 3 * mostUnits)
  #end: number = at.records
  #count = 0
  #first = 0

  /** Of its first message. */
  get first(): number {
    return this.#first
  }

  get count(): number {
    return this.#count
  }

  /** False where it has no room for it: then nothing has changed. */
  add(text: string, position: number, bodyAt: number): boolean {
    if (text.length > mostUnits || (this.#count > 0 && position !== this.#first + this.#count)) return false
    const from = this.#end + lengthBytes
    const end = writeRecord(this.#bytes, from, text, bodyAt)
    if (end > mostBytes) return false
    this.#bytes.writeUInt32BE(end - from, this.#end)
    if (this.#count === 0) this.#first = position
    this.#count++
    this.#end = end
    return true
  }

  /** Its record, good until something is added; of a single message, as it is for one that stands alone. */
  taken(): Buffer {
    const bytes = this.#bytes.subarray(this.#count === 1 ? at.records + lengthBytes : 0, this.#end)
    this.#bytes[0] = blockTag
    this.#bytes.writeUInt16BE(this.#count, at.count)
    this.clear()
    return bytes
  }

  clear(): void {
    this.#end = at.records
    this.#count = 0
  }
}

/** How many messages a record of w has where it is a block; 0 where it is a single message. */
export function countIn(record: Buffer): number {
  return record[0] === blockTag ? record.readUInt16BE(at.count) : 0
}

/** Calls with where the record of each message of a block begins and ends; until it gives false. */
export function eachRecord(block: Buffer, look: (nth: number, from: number, end: number) => boolean): void {
  const count = countIn(block)
  let from: number = at.records
  for (let nth = 0; nth < count; nth++) {
    const end = from + lengthBytes + block.readUInt32BE(from)
    if (!look(nth, from + lengthBytes, end)) return
    from = end
  }
}

/** A copy of the record of one message of a block. */
export function recordIn(block: Buffer, nth: number): Buffer {
  let found: Buffer | undefined
  eachRecord(block, (each, from, end) => {
    if (each === nth) found = Buffer.from(block.subarray(from, end))
    return each < nth
  })
  if (!found) throw new Error('a block has lost a message')
  return found
}

/** A block of which something is leased or has left. */
export class Block implements Place, Positioned<Block> {
  readonly dueAtMs: number
  readonly position: number
  readonly count: number
  /** How many have not left. */
  left: number
  /** A bit for each that has. */
  readonly bits: Buffer
  isKept = false
  isChanged = false
  next: Block | undefined

  constructor({ dueAtMs, position }: Place, count: number, bits = Buffer.alloc(Math.ceil(count / 8))) {
    this.dueAtMs = dueAtMs
    this.position = position
    this.count = count
    this.bits = bits
    this.left = count
    for (let nth = 0; nth < count; nth++) if (this.hasLeft(position + nth)) this.left--
  }

  hasLeft(position: number): boolean {
    const nth = position - this.position
    return ((this.bits[nth >> 3] ?? 0) & (1 << (nth & 7))) !== 0
  }

  leave(position: number): void {
    const nth = position - this.position
    this.bits[nth >> 3] = (this.bits[nth >> 3] ?? 0) | (1 << (nth & 7))
    this.left--
  }
}

/** The blocks of a queue of which something is leased or has left. */
export class Blocks {
  readonly #bytes: Bytes
  readonly #prefix: Buffer
  readonly #open = new ByPosition<Block>()
  #changed: Block[] = []

  constructor(bytes: Bytes, prefix: Buffer) {
    this.#bytes = bytes
    this.#prefix = prefix
  }

  load(): void {
    this.#open.clear()
    this.#changed = []
    for (const { key, value } of this.#bytes.getRange({ start: this.#prefix, end: endOf(this.#prefix) })) {
      const block = new Block(placeIn(key, this.#prefix), value.readUInt16BE(0), Buffer.from(value.subarray(2)))
      block.isKept = true
      this.#open.add(block)
    }
  }

  /** The block whose first message has this position, where something of it is leased or has left. */
  from(position: number): Block | undefined {
    return this.#open.get(position)
  }

  /** The same; from now on, where nothing was. */
  opened(place: Place, count: number): Block {
    const known = this.#open.get(place.position)
    if (known) return known
    const block = new Block(place, count)
    this.#open.add(block)
    return block
  }

  /** A message leaves. Gives whether it was the last one: then the block is gone. */
  leave(block: Block, position: number): boolean {
    block.leave(position)
    if (block.left > 0) {
      if (!block.isChanged) this.#changed.push(block)
      block.isChanged = true
      return false
    }
    this.#open.remove(block)
    if (block.isKept) this.#bytes.remove(this.#keyOf(block))
    return true
  }

  /** Writes which messages have left. */
  save(): void {
    const changed = this.#changed
    this.#changed = []
    for (const block of changed) {
      block.isChanged = false
      if (block.left === 0) continue
      block.isKept = true
      const count = Buffer.allocUnsafe(2)
      count.writeUInt16BE(block.count)
      this.#bytes.put(this.#keyOf(block), Buffer.concat([count, block.bits]))
    }
  }

  #keyOf({ dueAtMs, position }: Block): Buffer {
    return countedKey(this.#prefix, dueAtMs, position)
  }
}
