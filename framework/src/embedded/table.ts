/**
 * One table: its items under their keys, and what is derived from them (indexes, the order in which they expire), kept
 * up in the same transaction. Writing is for transactions only.
 *
 * An entry of an index is a key: the values of the index, then those of the item's own key; its value is the key of the
 * item. An entry of the expiry is the instant and the key of the item.
 */
import { expiresAtMs, liveItem } from '../contract/checks.ts'
import { type CheckedQuery, indexKeyOf, type KeyValue, keyOf } from '../contract/keys.ts'
import type { Item, TableShape } from '../contract/store.ts'
import type { TableRecord } from './catalogue.ts'
import type { Environment } from './environment.ts'
import type { Bytes, Texts } from './kept.ts'
import { countedKey, endOf, following, keyBytes, prefixBytes, prefixOf } from './key-bytes.ts'

/** Entries made of the items of a table. */
export interface Derived {
  readonly number: number
  /** Under which key an item stands; undefined where it does not. */
  entryOf(item: Item, key: readonly KeyValue[], itemKey: Buffer): Buffer | undefined
}

/** Keys from `from` (included) to `before` (not included). */
interface Stretch {
  readonly from: Buffer
  readonly before: Buffer
}

export class EmbeddedTable {
  readonly shape: TableShape
  readonly number: number
  readonly prefix: Buffer
  /** Expired items too, as long as they have not been removed. */
  count: number
  readonly #items: Texts
  readonly #entries: Bytes
  readonly #indexes: ReadonlyMap<string, Buffer>
  readonly #derived: readonly Derived[]
  readonly #expiry: Buffer | undefined

  constructor({ items, indexes }: Environment, shape: TableShape, record: TableRecord, count: number) {
    this.shape = shape
    this.number = record.number
    this.prefix = prefixOf(record.number)
    this.count = count
    this.#items = items
    this.#entries = indexes
    this.#indexes = new Map(Object.entries(record.indexes).map(([name, { number }]) => [name, prefixOf(number)]))
    this.#derived = derivedOf(shape, record)
    this.#expiry = record.expires && prefixOf(record.expires.number)
  }

  bytesOf(key: readonly KeyValue[]): Buffer {
    return keyBytes(this.prefix, key)
  }

  /** The item as it is kept, expired or not. */
  kept(bytes: Buffer): Item | undefined {
    const text = this.#items.get(bytes)
    return text === undefined ? undefined : parsed(text)
  }

  get(key: readonly KeyValue[], nowMs: number): Item | undefined {
    return liveItem(this.shape, this.kept(this.bytesOf(key)), nowMs)
  }

  /** Keeps an item in place of what is kept there. */
  keep(key: readonly KeyValue[], bytes: Buffer, before: Item | undefined, item: Item): void {
    this.#items.put(bytes, JSON.stringify(item))
    if (before === undefined) this.count++
    this.#derive(key, bytes, before, item)
  }

  /** Removes an item that is kept. */
  remove(key: readonly KeyValue[], bytes: Buffer, before: Item): void {
    this.#items.remove(bytes)
    this.count--
    this.#derive(key, bytes, before, undefined)
  }

  /** Items that have not expired, in the order asked: one more than the limit if there are so many. */
  query(index: string | undefined, query: CheckedQuery, nowMs: number): Item[] {
    const prefix = index === undefined ? this.prefix : this.#indexes.get(index)
    if (!prefix) throw new TypeError(`index ${index} was checked before`)
    const stretch = stretchOf(prefix, query)
    if (Buffer.compare(stretch.from, stretch.before) >= 0) return []
    const range = this.#range(stretch, query)
    if (index === undefined) return this.#live(this.#items.getRange(range), text => text, query.limit + 1, nowMs)
    return this.#live(this.#entries.getRange(range), bytes => this.#items.get(bytes), query.limit + 1, nowMs)
  }

  /** As `query`, over all partitions. */
  scan(after: readonly KeyValue[] | undefined, limit: number, nowMs: number): Item[] {
    const from = after ? following(this.bytesOf(after)) : this.prefix
    const range = this.#range({ from, before: endOf(this.prefix) }, { limit, reverse: false })
    return this.#live(this.#items.getRange(range), text => text, limit + 1, nowMs)
  }

  /** When the next item expires. */
  nextExpiryMs(): number | undefined {
    if (!this.#expiry) return undefined
    const options = { start: this.#expiry, end: endOf(this.#expiry), limit: 1 }
    for (const key of this.#entries.getKeys(options)) return Buffer.from(key).readUIntBE(4, 6)
    return undefined
  }

  /** Removes items that have expired, at most so many; gives how many. */
  sweep(nowMs: number, most: number): number {
    if (!this.#expiry) return 0
    const options = { start: this.#expiry, end: countedKey(this.#expiry, nowMs + 1), limit: most }
    const keys = [...this.#entries.getRange(options)].map(({ value }) => value)
    for (const bytes of keys) {
      const item = this.kept(bytes)
      if (item) this.remove(keyOf(this.shape, item), bytes, item)
    }
    return keys.length
  }

  #derive(key: readonly KeyValue[], bytes: Buffer, before: Item | undefined, after: Item | undefined): void {
    for (const derived of this.#derived) {
      const left = before && entryOf(derived, before, key, bytes)
      const taken = after && derived.entryOf(after, key, bytes)
      if (left && taken?.equals(left)) continue
      if (left) this.#entries.remove(left)
      if (taken) this.#entries.put(taken, bytes)
    }
  }

  #range({ from, before }: Stretch, { limit, reverse }: Pick<CheckedQuery, 'limit' | 'reverse'>) {
    // Where items expire, nobody knows how many entries it takes.
    const most = this.#expiry ? {} : { limit: limit + 1 }
    return reverse
      ? { start: before, end: from, reverse: true, exclusiveStart: true, inclusiveEnd: true, ...most }
      : { start: from, end: before, ...most }
  }

  #live<V>(
    entries: Iterable<{ readonly value: V }>,
    textOf: (value: V) => string | undefined,
    most: number,
    nowMs: number,
  ): Item[] {
    const found: Item[] = []
    for (const { value } of entries) {
      const text = textOf(value)
      const item = text === undefined ? undefined : liveItem(this.shape, parsed(text), nowMs)
      if (item) found.push(item)
      if (found.length >= most) break
    }
    return found
  }
}

/** Items are kept as the JSON of an object, by this class alone. */
export function parsed(text: string): Item {
  return JSON.parse(text) as Item
}

/** What is derived from the items of a table. */
export function derivedOf(shape: TableShape, { indexes, expires }: TableRecord): readonly Derived[] {
  const byIndex = Object.entries(indexes).map(([name, { number }]) => indexEntries(shape, name, number))
  return expires ? [...byIndex, expiryEntries(shape, expires.number)] : byIndex
}

function indexEntries(shape: TableShape, name: string, number: number): Derived {
  const prefix = prefixOf(number)
  return {
    number,
    entryOf: (item, key) => {
      const values = indexKeyOf(shape, name, item)
      return values && keyBytes(prefix, [...values, ...key])
    },
  }
}

function expiryEntries(shape: TableShape, number: number): Derived {
  const prefix = prefixOf(number)
  return {
    number,
    entryOf: (item, _key, itemKey) => {
      const atMs = expiresAtMs(shape, item)
      return atMs === undefined ? undefined : Buffer.concat([countedKey(prefix, Math.max(0, atMs)), itemKey])
    },
  }
}

/** The entry that a kept item has; none where it was kept before the index was there and does not fit it. */
export function entryOf(derived: Derived, item: Item, key: readonly KeyValue[], itemKey: Buffer): Buffer | undefined {
  try {
    return derived.entryOf(item, key, itemKey)
  } catch {
    return undefined
  }
}

function stretchOf(prefix: Buffer, { partition, from, to, prefix: text, after, reverse }: CheckedQuery): Stretch {
  const whole = keyBytes(prefix, [partition])
  const froms = [whole]
  const befores = [endOf(whole)]
  if (from !== undefined) froms.push(keyBytes(prefix, [partition, from]))
  if (to !== undefined) befores.push(endOf(keyBytes(prefix, [partition, to])))
  if (text !== undefined) {
    const beginning = prefixBytes(prefix, [partition], text)
    froms.push(beginning)
    befores.push(endOf(beginning))
  }
  if (after) {
    const position = keyBytes(prefix, [partition, ...after])
    if (reverse) befores.push(position)
    else froms.push(following(position))
  }
  return {
    from: froms.reduce((one, other) => (Buffer.compare(one, other) > 0 ? one : other)),
    before: befores.reduce((one, other) => (Buffer.compare(one, other) < 0 ? one : other)),
  }
}
