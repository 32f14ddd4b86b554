/**
 * Items as DynamoDB keeps them. A record has
 *
 *   p, s         the key: partition and sort value, as bytes in the contract's order
 *   a            the attributes: texts, numbers, booleans and null as DynamoDB's own, so that conditions and sums can
 *                be decided there; lists and objects as JSON in bytes, so that no depth is lost to the wrapping
 *   z            instead of them, for a large item: all of it as JSON, compressed. It always fits: text in UTF-8 cannot
 *                be denser than seven eighths.
 *   r            which write it comes from, so that nobody overwrites what he has not read
 *   e, t         when it expires, in milliseconds for conditions, in seconds (rounded up) for DynamoDB's own removal
 *   o            when its last change was told, so that the next one is told later, whoever makes it
 *   i.<index>.p, i.<index>.s   its place in an index
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  assign,
  expiresAtMs,
  fault,
  type Item,
  indexKeyOf,
  jsonBytes,
  type KeyValue,
  type TableShape,
} from 'groundplan/driver'
import { bytesOf } from './key-bytes.ts'

export type Values = Record<string, AttributeValue>

/** Leaves room for keys and all else of 400 KB. */
const largestPlainBytes = 350_000

export function keyRecord([partition, sort]: readonly KeyValue[]): Values {
  return {
    p: { B: bytesOf(partition ?? '') },
    ...(sort === undefined ? {} : { s: { B: bytesOf(sort) } }),
  }
}

/** The attributes that place something in an index. */
export function indexRecord(index: string, [partition, sort]: readonly KeyValue[]): Values {
  return {
    [`i.${index}.p`]: { B: bytesOf(partition ?? '') },
    ...(sort === undefined ? {} : { [`i.${index}.s`]: { B: bytesOf(sort) } }),
  }
}

export interface Stamp {
  /** Of the write. */
  readonly revision: string
  /** When its change is told, if anybody listens. */
  readonly tick?: number
}

export function recordOf(shape: TableShape, key: readonly KeyValue[], item: Item, { revision, tick }: Stamp): Values {
  const atMs = expiresAtMs(shape, item)
  const places = Object.keys(shape.indexes).map(index => {
    const values = indexKeyOf(shape, index, item)
    return values ? indexRecord(index, values) : {}
  })
  return {
    ...keyRecord(key),
    ...contentOf(item),
    r: { S: revision },
    ...(atMs === undefined ? {} : { e: { N: String(atMs) }, t: { N: String(Math.ceil(atMs / 1_000)) } }),
    ...(tick === undefined ? {} : { o: { N: String(tick) } }),
    ...Object.assign({}, ...places),
  }
}

function contentOf(item: Item): Values {
  const isLarge = jsonBytes(item) > largestPlainBytes
  return isLarge ? { z: { B: deflateRawSync(JSON.stringify(item)) } } : { a: { M: attributesOf(item) } }
}

function attributesOf(item: Item): Values {
  const values: Values = {}
  for (const name of Object.keys(item)) values[nameIn(name)] = storedValue(item[name])
  return values
}

/** How a name is written: the SDK would lose an attribute called `__proto__`. */
export function nameIn(name: string): string {
  return name === '__proto__' || name.startsWith('~') ? `~${name}` : name
}

export function storedValue(value: unknown): AttributeValue {
  switch (typeof value) {
    case 'string':
      return { S: value }
    case 'number':
      return { N: String(value) }
    case 'boolean':
      return { BOOL: value }
    default:
      return value === null ? { NULL: true } : { B: Buffer.from(JSON.stringify(value)) }
  }
}

/** A record that was read. */
export interface Kept {
  readonly item: Item
  readonly revision: string
  readonly tick: number
}

/** Faults: `data-damaged` where it is no record of ours. */
export function keptOf(shape: TableShape, record: Values | undefined): Kept | undefined {
  if (!record) return undefined
  return { item: itemOf(shape, record), revision: record.r?.S ?? '', tick: Number(record.o?.N ?? 0) }
}

export function itemOf(shape: TableShape, { a, z }: Values): Item {
  if (z?.B) return JSON.parse(inflateRawSync(z.B).toString()) as Item
  if (!a?.M) throw fault('data-damaged', `table "${shape.name}" has a record that is not ours`)
  const item: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(a.M)) {
    assign(item, name.startsWith('~') ? name.slice(1) : name, plainOf(value))
  }
  return item
}

function plainOf({ S, N, BOOL, B }: AttributeValue): unknown {
  if (S !== undefined) return S
  if (N !== undefined) return Number(N)
  if (BOOL !== undefined) return BOOL
  return B === undefined ? null : JSON.parse(Buffer.from(B).toString())
}
