/**
 * The ids that a queue was sent of late: the same id within 5 minutes is the same message.
 *
 * On disk they are a list in the order they came, one record for those of a transaction, taken off at its beginning when
 * their time is up. In memory there is only a number for each (24 to 48 bytes an id of the last five minutes), by a short
 * hash of it; an id that is found by its hash is compared on disk.
 */
import { limits } from '../contract/limits.ts'
import { IdTable } from './id-table.ts'
import type { Bytes } from './kept.ts'
import { countedIn, countedKey, endOf } from './key-bytes.ts'

/** Ids that were sent at one instant. */
interface Batch {
  readonly atMs: number
  readonly ids: string[]
}

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
  /** Sent in this transaction, and when: not on disk yet. */
  #fresh = new Map<string, number>()
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

  load(): void {
    this.#numbers = new IdTable()
    this.#fresh = new Map()
    this.#oldestMs = undefined
    for (const { key, value } of this.#records.getRange({ start: this.#prefix, end: this.#end })) {
      const { atMs, hashes } = headIn(value)
      this.#oldestMs ??= atMs
      const first = countedIn(Buffer.from(key), this.#prefix.length)
      for (let at = 0; at < hashes.length; at++) this.#numbers.add(hashes[at] ?? 0, first + at)
    }
  }

  has(id: string, nowMs: number): boolean {
    if (this.#fresh.has(id)) return true
    return this.#numbers.under(hashOf(id)).some(number => this.#is(number, id, nowMs))
  }

  add(id: string, nowMs: number): void {
    this.#fresh.set(id, nowMs)
  }

  /** Writes what was added, numbered from `number` on; gives the number after it. */
  save(number: number): number {
    let next = number
    if (this.#fresh.size === 0) return next
    for (const { atMs, ids } of joined(this.#fresh)) {
      const hashes = ids.map(hashOf)
      this.#records.put(countedKey(this.#prefix, next), recordOf({ atMs, hashes }, ids))
      for (const hash of hashes) this.#numbers.add(hash, next++)
      this.#oldestMs ??= atMs
    }
    this.#fresh = new Map()
    return next
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
      this.#numbers.forgetBelow(countedIn(Buffer.from(key), this.#prefix.length) + hashes.length)
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
    const range = { start: countedKey(this.#prefix, number), end: this.#prefix, reverse: true, limit: 1 }
    for (const { key, value } of this.#records.getRange(range)) {
      const { atMs } = headIn(value)
      const ids = idsIn(value)
      return ids[number - countedIn(Buffer.from(key), this.#prefix.length)] === id && isRecent(atMs, nowMs)
    }
    return false
  }
}

function isRecent(atMs: number, nowMs: number): boolean {
  return atMs + limits.deduplicationMs > nowMs
}

/** Those of one instant, one after the other, together. */
function* joined(fresh: Iterable<readonly [id: string, atMs: number]>): Generator<Batch> {
  let open: Batch | undefined
  for (const [id, atMs] of fresh) {
    if (open?.atMs !== atMs || open.ids.length >= mostTogether) {
      if (open) yield open
      open = { atMs, ids: [] }
    }
    open.ids.push(id)
  }
  if (open) yield open
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
