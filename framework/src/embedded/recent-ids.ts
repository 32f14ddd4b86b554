/**
 * The ids that a queue was sent of late: the same id within 5 minutes is the same message.
 *
 * On disk they are a list in the order they came, one record for those of a transaction, taken off at its beginning when
 * their time is up. In memory there is only a number for each (16 to 20 bytes an id of the last five minutes), by a short
 * hash of it; an id that is found by its hash is compared on disk.
 */
import { limits } from '../contract/limits.ts'
import { IdTable } from './id-table.ts'
import type { Bytes } from './kept.ts'
import { countedIn, countedKey, endOf } from './key-bytes.ts'

/** Ids of one record: all of them are read when one is looked for. */
const mostTogether = 100
/** Records taken off at once. */
const mostForgotten = 200

export class RecentIds {
  readonly #records: Bytes
  readonly #prefix: Buffer
  readonly #end: Buffer
  /** From a hash to the numbers of those who share it. */
  #numbers = new IdTable()
  /** Sent in this transaction, with their hashes: not on disk yet. */
  #fresh: string[] = []
  #freshHashes: number[] = []
  /** When that was. */
  #freshAtMs = 0
  /** Of the first of these, or of the next to come. */
  #freshFrom = 1
  #oldestMs: number | undefined

  constructor(records: Bytes, prefix: Buffer) {
    this.#records = records
    this.#prefix = prefix
    this.#end = endOf(prefix)
  }

  /** Since when the oldest is remembered. */
  get oldestMs(): number | undefined {
    return this.#oldestMs
  }

  /** `next`: the number of the next to come. */
  load(next: number): void {
    this.#numbers = new IdTable()
    this.#fresh = []
    this.#freshHashes = []
    this.#freshFrom = next
    this.#oldestMs = undefined
    for (const { key, value } of this.#records.getRange({ start: this.#prefix, end: this.#end })) {
      const { atMs, hashes } = headIn(value)
      this.#oldestMs ??= atMs
      const first = countedIn(key, this.#prefix.length)
      for (let at = 0; at < hashes.length; at++) this.#numbers.add(hashes[at] ?? 0, first + at)
    }
  }

  /** Remembers the id; false where it was sent before. */
  add(id: string, nowMs: number): boolean {
    const hash = hashOf(id)
    for (const number of this.#numbers.under(hash)) if (this.#is(number, id, nowMs)) return false
    this.#numbers.add(hash, this.#freshFrom + this.#fresh.length)
    this.#fresh.push(id)
    this.#freshHashes.push(hash)
    this.#freshAtMs = nowMs
    return true
  }

  /** Writes what was added in this transaction; gives the number of the next to come. */
  save(): number {
    const [all, allHashes] = [this.#fresh, this.#freshHashes]
    if (all.length === 0) return this.#freshFrom
    for (let from = 0; from < all.length; from += mostTogether) {
      const ids = all.slice(from, from + mostTogether)
      const hashes = allHashes.slice(from, from + mostTogether)
      this.#records.put(countedKey(this.#prefix, this.#freshFrom), recordOf({ atMs: this.#freshAtMs, hashes }, ids))
      this.#freshFrom += ids.length
    }
    this.#oldestMs ??= this.#freshAtMs
    this.#fresh = []
    this.#freshHashes = []
    return this.#freshFrom
  }

  /** Takes off ids whose time is up: some at a time. */
  forget(nowMs: number): void {
    if (this.#oldestMs === undefined || isRecent(this.#oldestMs, nowMs)) return
    const range = { start: this.#prefix, end: this.#end, limit: mostForgotten }
    this.#oldestMs = undefined
    for (const { key, value } of [...this.#records.getRange(range)]) {
      const { atMs, hashes } = headIn(value)
      this.#oldestMs = atMs
      if (isRecent(atMs, nowMs)) return
      this.#numbers.forgetBelow(countedIn(key, this.#prefix.length) + hashes.length)
      this.#records.remove(key)
    }
    this.#oldestMs = this.#first()
  }

  #first(): number | undefined {
    for (const { value } of this.#records.getRange({ start: this.#prefix, end: this.#end, limit: 1 })) {
      return headIn(value).atMs
    }
    return undefined
  }

  #is(number: number, id: string, nowMs: number): boolean {
    if (number >= this.#freshFrom) return this.#fresh[number - this.#freshFrom] === id
    const range = { start: countedKey(this.#prefix, number), end: this.#prefix, reverse: true, limit: 1 }
    for (const { key, value } of this.#records.getRange(range)) {
      const { atMs } = headIn(value)
      const ids = idsIn(value)
      return ids[number - countedIn(key, this.#prefix.length)] === id && isRecent(atMs, nowMs)
    }
    return false
  }
}

function isRecent(atMs: number, nowMs: number): boolean {
  return atMs + limits.deduplicationMs > nowMs
}

/** What of a record is read at start; its ids are read when one of them is looked for. */
interface Head {
  readonly atMs: number
  readonly hashes: readonly number[]
}

/**
 *   0   a zero: a record from before there were heads begins with a bracket, and is JSON throughout
 *   1   when they were sent
 *   9   how many there are
 *   13  their hashes, four bytes each, then the ids as JSON
 */
const at = { atMs: 1, count: 9, hashes: 13 } as const

function recordOf({ atMs, hashes }: Head, ids: readonly string[]): Buffer {
  const head = Buffer.alloc(at.hashes + 4 * hashes.length)
  head.writeDoubleBE(atMs, at.atMs)
  head.writeUInt32BE(hashes.length, at.count)
  for (const [place, hash] of hashes.entries()) head.writeUInt32BE(hash, at.hashes + 4 * place)
  return Buffer.concat([head, Buffer.from(JSON.stringify(ids))])
}

function headIn(record: Buffer): Head {
  if (record[0] !== 0) {
    const [atMs, ...ids] = JSON.parse(record.toString()) as [number, ...string[]]
    return { atMs, hashes: ids.map(hashOf) }
  }
  const hashes: number[] = []
  for (let place = at.hashes; place < idsAt(record); place += 4) hashes.push(record.readUInt32BE(place))
  return { atMs: record.readDoubleBE(at.atMs), hashes }
}

function idsIn(record: Buffer): readonly string[] {
  if (record[0] !== 0) return (JSON.parse(record.toString()) as [number, ...string[]]).slice(1) as string[]
  return JSON.parse(record.toString('utf8', idsAt(record))) as string[]
}

function idsAt(record: Buffer): number {
  return at.hashes + 4 * record.readUInt32BE(at.count)
}

/** FNV-1a in 30 bits, the greatest numbers that need no memory of their own. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) & 0x3fffffff
}
