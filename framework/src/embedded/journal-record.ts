/**
 * A record of the journal: everything that one transaction has written, in the order it was written.
 *
 *   0   a mark
 *   4   CRC-32 of all that follows
 *   8   its number: one more than that of the record before
 *   14  the number of the last record that was known to be on the disk when this one was written
 *   20  how long its changes are
 *   24  changes, one after the other, then zeros up to a multiple of eight
 *
 * A change: which book it is in (with the highest bit set where something is removed), the lengths of key and value,
 * the key, the value.
 */
import { crc32 } from 'node:zlib'

const mark = 0x67724a31
const at = { mark: 0, sum: 4, number: 8, flushed: 14, length: 20, changes: 24 } as const
const changeHead = 7
const removed = 0x80
const markBytes = Buffer.from([0x31, 0x4a, 0x72, 0x67])
/** Records begin at multiples of it. */
const recordStep = 8
const firstBytes = 64 * 1_024
/** What a single great record has taken is given back. */
const mostBytesKept = 8 * 1_024 * 1_024

/** A record that is being written: its memory is used again for the next one. */
export class JournalRecord {
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #end: number = at.changes
  #count = 0

  clear(): void {
    if (this.#bytes.length > mostBytesKept) this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
    this.#end = at.changes
    this.#count = 0
  }

  /** How long it is so far. */
  get length(): number {
    return this.#end
  }

  /** How many changes it has. */
  get count(): number {
    return this.#count
  }

  get isEmpty(): boolean {
    return this.#end === at.changes
  }

  put(book: number, key: Uint8Array, value: Uint8Array): void {
    const from = this.#begin(book, key, value.length)
    this.#bytes.set(value, from)
    this.#end = from + value.length
  }

  /** Gives the text's bytes, good until the record is cleared. */
  putText(book: number, key: Uint8Array, text: string): Buffer {
    // UTF-8 takes at most three bytes a unit.
    const from = this.#begin(book, key, text.length * 3)
    const length = this.#bytes.write(text, from, 'utf8')
    this.#bytes.writeUInt32LE(length, from - key.length - 4)
    this.#end = from + length
    return this.#bytes.subarray(from, this.#end)
  }

  remove(book: number, key: Uint8Array): void {
    this.#end = this.#begin(book | removed, key, 0)
  }

  /** The whole record; good until it is cleared. */
  sealed(number: number, flushed: number): Buffer {
    const length = this.#end - at.changes
    const whole = Math.ceil(this.#end / recordStep) * recordStep
    this.#bytes.fill(0, this.#end, whole)
    this.#bytes.writeUInt32LE(mark, at.mark)
    this.#bytes.writeUIntLE(number, at.number, 6)
    this.#bytes.writeUIntLE(flushed, at.flushed, 6)
    this.#bytes.writeUInt32LE(length, at.length)
    this.#bytes.writeUInt32LE(crc32(this.#bytes.subarray(at.number, whole)), at.sum)
    return this.#bytes.subarray(0, whole)
  }

  /** Writes the head of a change and its key; gives where its value begins. */
  #begin(book: number, key: Uint8Array, mostBytes: number): number {
    this.#count++
    const from = this.#end + changeHead + key.length
    // Room for the zeros after it too.
    if (from + mostBytes + recordStep > this.#bytes.length) this.#grow(from + mostBytes + recordStep)
    const bytes = this.#bytes
    bytes[this.#end] = book
    bytes.writeUInt16LE(key.length, this.#end + 1)
    bytes.writeUInt32LE(mostBytes, this.#end + 3)
    bytes.set(key, this.#end + changeHead)
    return from
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}

/** A record as it is found in a file. */
export interface FoundRecord {
  readonly number: number
  readonly flushed: number
  readonly changes: Buffer
  /** Where the next one begins. */
  readonly end: number
}

/** The record that begins here; undefined where none does, or not all of it is there. */
export function recordIn(file: Buffer, from: number): FoundRecord | undefined {
  if (from + at.changes > file.length || file.readUInt32LE(from) !== mark) return undefined
  const length = file.readUInt32LE(from + at.length)
  const end = from + Math.ceil((at.changes + length) / recordStep) * recordStep
  if (end > file.length) return undefined
  if (crc32(file.subarray(from + at.number, end)) !== file.readUInt32LE(from + at.sum)) return undefined
  return {
    number: file.readUIntLE(from + at.number, 6),
    flushed: file.readUIntLE(from + at.flushed, 6),
    changes: file.subarray(from + at.changes, from + at.changes + length),
    end,
  }
}

export interface FoundChange {
  readonly book: number
  readonly key: Buffer
  /** Absent: it was removed. */
  readonly value?: Buffer
}

export function* changesIn(changes: Buffer): Generator<FoundChange> {
  for (let from = 0; from < changes.length; ) {
    const book = changes.readUInt8(from)
    const keyEnd = from + changeHead + changes.readUInt16LE(from + 1)
    const end = keyEnd + changes.readUInt32LE(from + 3)
    const key = changes.subarray(from + changeHead, keyEnd)
    yield book & removed ? { book: book & ~removed, key } : { book, key, value: changes.subarray(keyEnd, end) }
    from = end
  }
}

/** Where the next record might begin; -1 where none does. */
export function nextMark(file: Buffer, from: number): number {
  return file.indexOf(markBytes, from)
}
