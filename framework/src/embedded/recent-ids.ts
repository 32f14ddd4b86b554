/**
 * The ids that a queue was sent of late: the same id within 5 minutes is the same message.
 *
 * On disk they are a list in the order they came, one record for those of a transaction, taken off at its beginning when
 * their time is up. In memory there is only a number for each (about 50 bytes an id of the last five minutes), by a
 * short hash of it; an id that is found by its hash is compared on disk.
 */
import { limits } from '../contract/limits.ts'
import type { Bytes } from './kept.ts'
import { countedIn, countedKey, endOf } from './key-bytes.ts'

interface Batch {
  readonly atMs: number
  readonly ids: string[]
}

/** Ids of one record: all of them are read when one is looked for. */
const mostTogether = 100
/** Records taken off at once. */
const mostForgotten = 50

export class RecentIds {
  readonly #records: Bytes
  readonly #prefix: Buffer
  readonly #end: Buffer
  /** From a hash to the number of its id, or of several that share it. */
  readonly #numbers = new Map<number, number | readonly number[]>()
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
    this.#numbers.clear()
    this.#fresh.clear()
    this.#oldestMs = undefined
    for (const { key, value } of this.#records.getRange({ start: this.#prefix, end: this.#end })) {
      const { atMs, ids } = batchIn(value)
      this.#oldestMs ??= atMs
      const first = countedIn(Buffer.from(key), this.#prefix.length)
      for (const [at, id] of ids.entries()) this.#remember(hashOf(id), first + at)
    }
  }

  has(id: string, nowMs: number): boolean {
    if (this.#fresh.has(id)) return true
    const found = this.#numbers.get(hashOf(id))
    if (found === undefined) return false
    const numbers = typeof found === 'number' ? [found] : found
    return numbers.some(number => this.#is(number, id, nowMs))
  }

  add(id: string, nowMs: number): void {
    this.#fresh.set(id, nowMs)
  }

  /** Writes what was added, numbered from `number` on; gives the number after it. */
  save(number: number): number {
    let next = number
    if (this.#fresh.size === 0) return next
    for (const { atMs, ids } of joined(this.#fresh)) {
      const record = Buffer.from(JSON.stringify([atMs, ...ids]))
      this.#records.put(countedKey(this.#prefix, next), record)
      for (const id of ids) this.#remember(hashOf(id), next++)
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
      const { atMs, ids } = batchIn(value)
      this.#oldestMs = atMs
      if (isRecent(atMs, nowMs)) return
      const first = countedIn(Buffer.from(key), this.#prefix.length)
      for (const [at, id] of ids.entries()) this.#forget(hashOf(id), first + at)
      this.#records.remove(key)
    }
    this.#oldestMs = this.#first()
  }

  #first(): number | undefined {
    for (const { value } of this.#records.getRange({ start: this.#prefix, end: this.#end, limit: 1 })) {
      return batchIn(value).atMs
    }
    return undefined
  }

  #is(number: number, id: string, nowMs: number): boolean {
    const range = { start: countedKey(this.#prefix, number), end: this.#prefix, reverse: true, limit: 1 }
    for (const { key, value } of this.#records.getRange(range)) {
      const { atMs, ids } = batchIn(value)
      return ids[number - countedIn(Buffer.from(key), this.#prefix.length)] === id && isRecent(atMs, nowMs)
    }
    return false
  }

  #remember(hash: number, number: number): void {
    const found = this.#numbers.get(hash)
    if (found === undefined) this.#numbers.set(hash, number)
    else this.#numbers.set(hash, typeof found === 'number' ? [found, number] : [...found, number])
  }

  #forget(hash: number, number: number): void {
    const found = this.#numbers.get(hash)
    if (found === undefined || found === number) return void this.#numbers.delete(hash)
    if (typeof found === 'number') return
    const rest = found.filter(each => each !== number)
    this.#numbers.set(hash, rest.length === 1 ? (rest[0] ?? 0) : rest)
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

function batchIn(value: Buffer): Batch {
  const [atMs, ...ids] = JSON.parse(value.toString()) as [number, ...string[]]
  return { atMs, ids }
}

/** FNV-1a in 30 bits, the greatest numbers that need no memory of their own. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) & 0x3fffffff
}
