/** Queries as DynamoDB takes them: a partition, one stretch of sort values, and where to go on. */
import type { CheckedQuery, KeyValue, Query, TableShape } from 'groundplan/driver'
import { bytesOf, earlierOf, endOfPrefix, highest, laterOf, lowest, prefixBytes } from './key-bytes.ts'
import { indexRecord, keyRecord, type Values } from './record.ts'

interface Stretch {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/** The key condition; undefined where nothing can be found. */
export function keySpan(shape: TableShape, query: Query, checked: CheckedQuery) {
  const { partition, sort } = attributesOf(shape, query)
  const partitionIs = { '#p': partition }
  const value = { ':p': { B: bytesOf(checked.partition) } }
  if (sort === undefined) {
    // One item at most where there is no sort value, so nothing comes after it; in an index there may be many.
    if (query.index === undefined && checked.after) return undefined
    return {
      KeyConditionExpression: '#p = :p',
      ExpressionAttributeNames: partitionIs,
      ExpressionAttributeValues: value,
    }
  }
  const stretch = stretchOf(checked)
  if (Buffer.compare(stretch.from, stretch.to) > 0) return undefined
  return {
    KeyConditionExpression: '#p = :p AND #s BETWEEN :from AND :to',
    ExpressionAttributeNames: { ...partitionIs, '#s': sort },
    ExpressionAttributeValues: { ...value, ':from': { B: stretch.from }, ':to': { B: stretch.to } },
  }
}

/** The record that the page before ended with; undefined where the page begins at the end of the stretch. */
export function startKey(shape: TableShape, query: Query, checked: CheckedQuery): Values | undefined {
  const { partition, after } = checked
  const { sort } = attributesOf(shape, query)
  if (!after) return undefined
  const [first] = after
  if (sort !== undefined && first !== undefined && !isWithin(first, stretchOf(checked))) return undefined
  if (query.index === undefined) return keyRecord([partition, ...after])
  const own = sort === undefined ? after : after.slice(1)
  return { ...indexRecord(query.index, [partition, ...after.slice(0, after.length - own.length)]), ...keyRecord(own) }
}

function attributesOf(shape: TableShape, { index }: Query): { readonly partition: string; readonly sort?: string } {
  const attributes = index === undefined ? shape.key : (shape.indexes[index] ?? [])
  const [partition, sort] = index === undefined ? ['p', 's'] : [`i.${index}.p`, `i.${index}.s`]
  return attributes.length > 1 ? { partition, sort } : { partition }
}

/** Both ends included. The cursor narrows it too: DynamoDB refuses one that lies outside. */
function stretchOf({ from, to, prefix, after, reverse }: CheckedQuery): Stretch {
  let stretch: Stretch = { from: lowest, to: highest }
  const narrow = (least: Uint8Array | undefined, most: Uint8Array | undefined): void => {
    stretch = {
      from: least ? laterOf(stretch.from, least) : stretch.from,
      to: most ? earlierOf(stretch.to, most) : stretch.to,
    }
  }
  narrow(from === undefined ? undefined : bytesOf(from), to === undefined ? undefined : bytesOf(to))
  if (prefix !== undefined) narrow(prefixBytes(prefix), endOfPrefix(prefix))
  const reached = after?.[0]
  if (reached !== undefined) narrow(reverse ? undefined : bytesOf(reached), reverse ? bytesOf(reached) : undefined)
  return stretch
}

function isWithin(value: KeyValue, { from, to }: Stretch): boolean {
  const bytes = bytesOf(value)
  return Buffer.compare(bytes, from) >= 0 && Buffer.compare(bytes, to) <= 0
}
