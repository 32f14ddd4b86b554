/**
 * Keys: what may be one, how they are ordered, and the cursors made of them. Pure, and the same for every engine.
 *
 * A key attribute is a text or a safe integer. Texts are ordered by their bytes in UTF-8, numbers by value; where an
 * attribute has both, numbers come first.
 */
import { limits, utf8Bytes } from './limits.ts'
import { fault } from './problems.ts'
import type { Item, ItemPage, Key, Query, TableShape } from './store.ts'

export type KeyValue = string | number

type Values = Readonly<Record<string, unknown>>

/** A text without half characters (lone surrogates), which UTF-8 cannot carry. */
export function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text) || !/\p{Surrogate}/u.test(text)
}

/** An attribute of the item's own, whatever its name: `__proto__` and `constructor` are names like any other. */
export function attributeOf(item: Values, name: string): unknown {
  return Object.hasOwn(item, name) ? item[name] : undefined
}

/** An object with this attribute, whatever its name. */
export function assign(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[name] = value
  }
}

/**
 * The values of an item's key in a table, in the order of the shape. The item may have more than its key.
 * Faults: `invalid-key`.
 */
export function keyOf(shape: TableShape, item: Values): readonly KeyValue[] {
  const values: KeyValue[] = []
  for (const attribute of shape.key) {
    const value = attributeOf(item, attribute)
    values.push(keyValue(value, values.length, () => `"${attribute}" of table "${shape.name}"`))
  }
  return values
}

/** The key attributes alone. Faults: `invalid-key`. */
export function keyObject(shape: TableShape, item: Values): Key {
  return keyWith(shape, keyOf(shape, item))
}

/** The key attributes of these values, given in the order of the shape. */
export function keyWith(shape: TableShape, values: readonly KeyValue[]): Key {
  const key: Record<string, KeyValue> = {}
  for (const [part, value] of values.entries()) assign(key, shape.key[part] ?? '', value)
  return key
}

/**
 * The values under which an item stands in an index; undefined when it does not: an attribute of the index is absent
 * or null. Faults: `invalid-key`.
 */
export function indexKeyOf(shape: TableShape, index: string, item: Values): readonly KeyValue[] | undefined {
  const values: KeyValue[] = []
  for (const attribute of indexAttributes(shape, index)) {
    const value = attributeOf(item, attribute)
    if (value === undefined || value === null) return undefined
    values.push(keyValue(value, values.length, () => `"${attribute}" of index "${index}" of table "${shape.name}"`))
  }
  return values
}

function indexAttributes(shape: TableShape, index: string): readonly string[] {
  const attributes = Object.hasOwn(shape.indexes, index) ? shape.indexes[index] : undefined
  if (!attributes) throw fault('plan-invalid', `table "${shape.name}" has no index "${index}"`)
  return attributes
}

function keyValue(value: unknown, part: number, what: () => string): KeyValue {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value
    throw fault('invalid-key', `${what()} is ${Object.is(value, -0) ? '-0' : value}, not a safe integer`)
  }
  if (typeof value !== 'string') throw fault('invalid-key', `${what()} is ${nameOf(value)}, not a text or safe integer`)
  if (value === '') throw fault('invalid-key', `${what()} is empty`)
  return boundedText(value, part === 0 ? limits.partitionKeyBytes : limits.sortKeyBytes, what)
}

/** Whether a text can be this part of a key: the partition (0) or the sort value (1). */
export function fitsKey(text: string, part: number): boolean {
  const maxBytes = part === 0 ? limits.partitionKeyBytes : limits.sortKeyBytes
  return text !== '' && isWellFormed(text) && (text.length * 3 <= maxBytes || utf8Bytes(text) <= maxBytes)
}

function boundedText(text: string, maxBytes: number, what: () => string): string {
  if (!isWellFormed(text)) throw fault('invalid-key', `${what()} has half a character (a lone surrogate)`)
  // A unit of UTF-16 is three bytes at most.
  if (text.length * 3 > maxBytes && utf8Bytes(text) > maxBytes) {
    throw fault('invalid-key', `${what()} has ${utf8Bytes(text)} bytes, the limit is ${maxBytes}`)
  }
  return text
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

/** The order key of an item's changes: one text for each key of the table. */
export function orderKeyOf(shape: TableShape, item: Values): string {
  return JSON.stringify(keyOf(shape, item))
}

/** Orders texts by their bytes in UTF-8: negative, zero or positive. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = rank(a.charCodeAt(at)) - rank(b.charCodeAt(at))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Surrogates stand for characters above U+FFFF, so they come after all other units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** Orders key values: negative, zero or positive. */
export function compareKeyValues(a: KeyValue, b: KeyValue): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
  return typeof b === 'number' ? 1 : compareTexts(a, b)
}

/** Orders keys part by part: negative, zero or positive. */
export function compareKeys(a: readonly KeyValue[], b: readonly KeyValue[]): number {
  for (const [part, value] of a.entries()) {
    const other = b[part]
    if (other === undefined) return 1
    const order = compareKeyValues(value, other)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** A query whose parts have been checked. */
export interface CheckedQuery {
  readonly partition: KeyValue
  /** Of the sort attribute; both ends included. An item must lie within all that are given. */
  readonly from?: KeyValue
  readonly to?: KeyValue
  readonly prefix?: string
  readonly limit: number
  readonly reverse: boolean
  /**
   * Where the page before ended, not included: the sort value (if there is one), then for an index the values of the
   * item's own key.
   */
  readonly after?: readonly KeyValue[]
}

/** Faults: `invalid-key`, `invalid-cursor`, `page-size-invalid`. */
export function checkedQuery(shape: TableShape, query: Query): CheckedQuery {
  const { index, from, to, prefix, after, reverse = false } = query
  const attributes = index === undefined ? shape.key : indexAttributes(shape, index)
  const what = (): string =>
    `the partition asked of ${index === undefined ? 'table' : `index "${index}" of`} "${shape.name}"`
  const partition = keyValue(query.partition, 0, what)
  if (attributes.length === 1 && (from ?? to ?? prefix) !== undefined) {
    throw fault('invalid-key', `"${shape.name}" has no sort attribute here, so there is no range of it`)
  }
  return {
    partition,
    limit: checkedLimit(query.limit),
    reverse,
    ...(from === undefined ? {} : { from: rangeEnd(from) }),
    ...(to === undefined ? {} : { to: rangeEnd(to) }),
    ...(prefix === undefined ? {} : { prefix: rangeText(prefix) }),
    ...(after === undefined ? {} : { after: positionIn(shape, query, after) }),
  }
}

/** Faults: `page-size-invalid`. */
export function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= limits.pageItems) return limit
  throw fault('page-size-invalid', `a page has 1 to ${limits.pageItems} items, not ${limit}`)
}

function rangeEnd(value: KeyValue): KeyValue {
  return value === '' ? value : keyValue(value, 1, () => 'an end of the range')
}

function rangeText(prefix: string): string {
  if (typeof prefix !== 'string') throw fault('invalid-key', 'a prefix is a text')
  return boundedText(prefix, limits.sortKeyBytes, () => 'the prefix')
}

/** What a cursor is bound to: a cursor of another table, index, partition or direction is refused. */
type Asked = Pick<Query, 'index' | 'reverse'> & { readonly partition?: KeyValue }

/**
 * A page of what was found: at most one item more than the limit, which tells that something follows.
 * `asked`: the query, or `{}` for a scan.
 */
export function pageOf(shape: TableShape, asked: Asked, found: readonly Item[], limit: number): ItemPage {
  if (found.length <= limit) return { items: found }
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return last ? { items, after: cursorOf(shape, asked, positionOf(shape, asked, last)) } : { items }
}

function positionOf(shape: TableShape, asked: Asked, item: Item): readonly KeyValue[] {
  const key = keyOf(shape, item)
  if (asked.partition === undefined) return key
  if (asked.index === undefined) return key.slice(1)
  return [...(indexKeyOf(shape, asked.index, item) ?? []).slice(1), ...key]
}

function positionParts(shape: TableShape, asked: Asked): number {
  if (asked.partition === undefined) return shape.key.length
  if (asked.index === undefined) return shape.key.length - 1
  return indexAttributes(shape, asked.index).length - 1 + shape.key.length
}

/**
 * A cursor: the position and a mark of the query it belongs to. The mark has 16 bits: enough to notice a cursor in the
 * wrong place, too few to tell anybody the partition. Nothing rests on it: the partition always comes from the query.
 */
export function cursorOf(shape: TableShape, asked: Asked, position: readonly KeyValue[]): string {
  return Buffer.from(JSON.stringify([markOf(shape, asked), ...position])).toString('base64url')
}

/** The position that a cursor of this query (or, for `{}`, of a scan) holds. Faults: `invalid-cursor`. */
export function positionIn(shape: TableShape, asked: Asked, cursor: string): readonly KeyValue[] {
  const [mark, ...position] = partsOf(cursor)
  if (mark === markOf(shape, asked) && position.length === positionParts(shape, asked) && position.every(isKeyValue)) {
    return position
  }
  throw fault('invalid-cursor', 'this cursor does not come from this query')
}

function partsOf(cursor: unknown): readonly unknown[] {
  if (typeof cursor !== 'string') return []
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}

function isKeyValue(value: unknown): value is KeyValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0)
  return (
    typeof value === 'string' && value !== '' && isWellFormed(value) && utf8Bytes(value) <= limits.partitionKeyBytes
  )
}

/** FNV-1a, folded to 16 bits. */
function markOf(shape: TableShape, { index, partition, reverse }: Asked): number {
  const text = JSON.stringify([shape.name, index ?? null, partition ?? null, reverse ?? false])
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 16)) & 0xffff
}
