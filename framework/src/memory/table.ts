/**
 * One table in memory: its items in the order of their keys, its indexes (which may lag), and what expires when.
 *
 * An index that lags keeps its changes back until their time has come, so that a query sees it exactly as it was
 * `lagMs` ago. What has expired is hidden at once, and removed at a later write.
 */
import { expiresAtMs } from '../contract/checks.ts'
import { type CheckedQuery, indexKeyOf, type KeyValue } from '../contract/keys.ts'
import type { Item, TableShape } from '../contract/store.ts'
import { OrderedMap } from './ordered-map.ts'
import { endOf, endOfPrefix, positionOf, prefixPosition } from './position.ts'

interface Entry {
  readonly item: Item
  readonly expiresAtMs: number
}

interface Index {
  readonly name: string
  readonly entries: OrderedMap<Entry>
}

/** A change of an index that is not to be seen yet. */
interface Withheld {
  readonly fromMs: number
  readonly index: Index
  readonly position: string
  readonly entry: Entry | undefined
}

/** Positions from `from` (included) to `before` (not included). */
interface Stretch {
  readonly from: string
  readonly before: string
}

/** Removed at each write, so that a table does not grow when everything in it expires. */
const sweptAtOnce = 4
const afterAllPositions = '\uffff'

export class MemoryTable {
  readonly shape: TableShape
  readonly #lagMs: number
  readonly #items = new OrderedMap<Entry>()
  readonly #indexes: readonly Index[]
  /** The positions of items that expire, by that time. */
  readonly #expiring = new OrderedMap<string>()
  readonly #withheld: Withheld[] = []
  /** So many of them have been applied. */
  #released = 0

  constructor(shape: TableShape, lagMs: number) {
    this.shape = shape
    this.#lagMs = lagMs
    this.#indexes = Object.keys(shape.indexes).map(name => ({ name, entries: new OrderedMap<Entry>() }))
  }

  /** Expired items too, as long as they have not been removed. */
  get size(): number {
    return this.#items.size
  }

  /** The item of a position (made of its key), unless it has expired. */
  get(position: string, nowMs: number): Item | undefined {
    const entry = this.#items.get(position)
    return entry && entry.expiresAtMs > nowMs ? entry.item : undefined
  }

  /** Keeps an item (frozen, checked) in place of what is at its position. */
  keep(position: string, item: Item, nowMs: number): void {
    const entry = { item, expiresAtMs: expiresAtMs(this.shape, item) ?? Number.POSITIVE_INFINITY }
    const before = this.#items.set(position, entry)
    this.#expires(position, before, entry)
    this.#index(position, before, entry, nowMs)
  }

  remove(position: string, nowMs: number): void {
    const before = this.#items.delete(position)
    if (!before) return
    this.#expires(position, before, undefined)
    this.#index(position, before, undefined, nowMs)
  }

  /** Removes some of what has expired. */
  sweep(nowMs: number): void {
    if (this.#expiring.size === 0) return
    const expired: string[] = []
    this.#expiring.ascend('', endOf(positionOf([nowMs])), position => expired.push(position) < sweptAtOnce)
    for (const position of expired) this.remove(position, nowMs)
  }

  /** Items that have not expired, in the order asked: one more than the limit if there are so many. */
  query(index: string | undefined, query: CheckedQuery, nowMs: number): Item[] {
    const entries = index === undefined ? this.#items : this.#indexAt(index, nowMs)
    return live(entries, stretchOf(query), query.limit + 1, query.reverse, nowMs)
  }

  /** As `query`, over all partitions. */
  scan(after: readonly KeyValue[] | undefined, limit: number, nowMs: number): Item[] {
    const from = after ? following(positionOf(after)) : ''
    return live(this.#items, { from, before: afterAllPositions }, limit + 1, false, nowMs)
  }

  #expires(position: string, before: Entry | undefined, after: Entry | undefined): void {
    if (this.shape.expires === undefined) return
    if (before && Number.isFinite(before.expiresAtMs)) this.#expiring.delete(expiringPosition(before, position))
    if (after && Number.isFinite(after.expiresAtMs)) this.#expiring.set(expiringPosition(after, position), position)
  }

  #index(position: string, before: Entry | undefined, after: Entry | undefined, nowMs: number): void {
    if (this.#indexes.length === 0) return
    this.#release(nowMs)
    for (const index of this.#indexes) {
      const left = before && this.#positionIn(index, before.item, position)
      const taken = after && this.#positionIn(index, after.item, position)
      if (left !== undefined && left !== taken) this.#change(index, left, undefined, nowMs)
      if (taken !== undefined) this.#change(index, taken, after, nowMs)
    }
  }

  #positionIn(index: Index, item: Item, position: string): string | undefined {
    const values = indexKeyOf(this.shape, index.name, item)
    return values && positionOf(values) + position
  }

  #change(index: Index, position: string, entry: Entry | undefined, nowMs: number): void {
    const change = { fromMs: nowMs + this.#lagMs, index, position, entry }
    if (this.#lagMs === 0) apply(change)
    else this.#withheld.push(change)
  }

  #indexAt(name: string, nowMs: number): OrderedMap<Entry> {
    this.#release(nowMs)
    const index = this.#indexes.find(each => each.name === name)
    if (!index) throw new TypeError(`index ${name} was checked before`)
    return index.entries
  }

  /** Applies the changes whose time has come. */
  #release(nowMs: number): void {
    let change = this.#withheld[this.#released]
    while (change && change.fromMs <= nowMs) {
      apply(change)
      change = this.#withheld[++this.#released]
    }
    if (this.#released * 2 <= this.#withheld.length) return
    this.#withheld.splice(0, this.#released)
    this.#released = 0
  }
}

function apply({ index, position, entry }: Withheld): void {
  if (entry) index.entries.set(position, entry)
  else index.entries.delete(position)
}

function expiringPosition({ expiresAtMs }: Entry, position: string): string {
  return positionOf([expiresAtMs]) + position
}

function stretchOf({ partition, from, to, prefix, after, reverse }: CheckedQuery): Stretch {
  const whole = positionOf([partition])
  const froms = [whole]
  const befores = [endOf(whole)]
  if (from !== undefined) froms.push(positionOf([partition, from]))
  if (to !== undefined) befores.push(endOf(positionOf([partition, to])))
  if (prefix !== undefined) {
    const beginning = prefixPosition([partition], prefix)
    froms.push(beginning)
    befores.push(endOfPrefix(beginning))
  }
  if (after) {
    const position = positionOf([partition, ...after])
    if (reverse) befores.push(position)
    else froms.push(following(position))
  }
  return { from: froms.reduce(higher), before: befores.reduce(lower) }
}

function following(position: string): string {
  return `${position}\0`
}

function higher(a: string, b: string): string {
  return a > b ? a : b
}

function lower(a: string, b: string): string {
  return a < b ? a : b
}

function live(entries: OrderedMap<Entry>, stretch: Stretch, most: number, reverse: boolean, nowMs: number): Item[] {
  const items: Item[] = []
  const visit = ({ item, expiresAtMs: atMs }: Entry): boolean => {
    if (atMs > nowMs) items.push(item)
    return items.length < most
  }
  if (reverse) entries.descend(stretch.from, stretch.before, visit)
  else entries.ascend(stretch.from, stretch.before, visit)
  return items
}
