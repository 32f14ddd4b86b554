/**
 * What a commit does, decided without an engine: limits, conditions, outcomes. Every driver reads the items that a
 * commit touches, calls `applyCommit`, and writes what it says, so that rules and refusals are the same on all of them.
 *
 *   prepareCommit   before anything is read: counts, keys, messages, one operation per item
 *   applyCommit     with the items as kept: refused by the first condition that does not hold, or the outcome of all
 */
import { measured, plain } from './json.ts'
import { assign, attributeOf, indexKeyOf, type KeyValue, keyOf, keyWith, orderKeyOf } from './keys.ts'
import { limits, readable, utf8Bytes } from './limits.ts'
import { fault } from './problems.ts'
import type { NewMessage } from './queue.ts'
import type {
  ChangeMessage,
  Commit,
  Conditions,
  Item,
  ItemChange,
  Key,
  Matcher,
  RefusedBecause,
  TableShape,
  Write,
} from './store.ts'

type Values = Readonly<Record<string, unknown>>

/** A write with the table and the key it goes to. */
export interface Target {
  readonly write: Write
  readonly shape: TableShape
  readonly key: readonly KeyValue[]
}

export interface PreparedCommit {
  readonly targets: readonly Target[]
  readonly messages: readonly NewMessage[]
  /** 0: they are alone, and too few to be too large together. */
  readonly messageBytes: number
}

/** What becomes of one item. */
export interface Effect {
  readonly target: Target
  /** `nothing`: a check, or the removal of what is not there. */
  readonly does: 'keep' | 'remove' | 'nothing'
  /** As it was, unless it was absent or expired. */
  readonly before?: Item
  /** As it is to be kept, frozen. */
  readonly after?: Item
}

export type Outcome =
  | { readonly ok: true; readonly effects: readonly Effect[]; readonly items: readonly (Item | undefined)[] }
  | { readonly ok: false; readonly failed: number; readonly because: RefusedBecause }

/** The shape of a table by its name. Faults: `plan-invalid` where there is none. */
export function shapeIn(shapes: ReadonlyMap<string, TableShape>, table: string): TableShape {
  const shape = shapes.get(table)
  if (!shape) throw fault('plan-invalid', `there is no table "${table}"`)
  return shape
}

/**
 * Checks what can be checked before anything is read.
 * Faults: `too-many-operations`, `invalid-key`, `item-twice-in-commit`, `message-too-large`, `item-invalid`.
 */
export function prepareCommit(shapes: ReadonlyMap<string, TableShape>, commit: Commit): PreparedCommit {
  const { writes, messages = [] } = commit
  const operations = writes.length + messages.length
  if (operations > limits.commitOperations) {
    throw fault('too-many-operations', `${operations} in one commit, the limit is ${limits.commitOperations}`)
  }
  const targets = writes.map(write => targetOf(shapeIn(shapes, write.table), write))
  if (targets.length > 1) checkOncePerItem(targets)
  return { targets, messages, messageBytes: bytesOf(messages, writes.length === 0) }
}

function bytesOf(messages: readonly NewMessage[], alone: boolean): number {
  let sum = 0
  const isFew = alone && messages.length * limits.messageBytes <= limits.commitBytes
  for (const message of messages) {
    // UTF-8 takes at most three bytes a UTF-16 unit, so a short text needs no counting.
    if (!isFew || message.body.length * 3 > limits.messageBytes) sum += checkedMessageBytes(message)
  }
  return isFew ? 0 : sum
}

function targetOf(shape: TableShape, write: Write): Target {
  const key = keyOf(shape, write.op === 'insert' || write.op === 'put' ? write.item : write.key)
  if (write.op === 'patch') checkPatch(shape, key, write)
  if (write.op === 'add') checkAdd(shape, write)
  if (write.op === 'put' && write.embed && shape.key.includes(write.embed.attribute)) {
    throw fault('invalid-key', `"${write.embed.attribute}" is part of the key of table "${shape.name}"`)
  }
  return { write, shape, key }
}

function checkPatch(shape: TableShape, key: readonly KeyValue[], write: Write & { op: 'patch' }): void {
  for (const [part, attribute] of shape.key.entries()) {
    const set = attributeOf(write.set, attribute)
    if (write.unset.includes(attribute) || (set !== undefined && set !== key[part])) {
      throw fault('invalid-key', `a patch cannot change "${attribute}", a part of the key of table "${shape.name}"`)
    }
  }
}

function checkAdd(shape: TableShape, write: Write & { op: 'add' }): void {
  for (const [attribute, by] of Object.entries(write.by)) {
    if (shape.key.includes(attribute)) {
      throw fault('invalid-key', `nothing can be added to "${attribute}", a part of the key of table "${shape.name}"`)
    }
    if (by !== undefined && !Number.isFinite(by)) throw fault('item-invalid', `${by} cannot be added to "${attribute}"`)
  }
}

function checkOncePerItem(targets: readonly Target[]): void {
  const seen = new Set<string>()
  for (const { shape, key } of targets) {
    const item = JSON.stringify([shape.name, ...key])
    if (seen.has(item)) throw fault('item-twice-in-commit', `two operations touch the item ${item}`)
    seen.add(item)
  }
}

function checkedMessageBytes(message: NewMessage): number {
  const bytes = utf8Bytes(message.body)
  if (bytes <= limits.messageBytes) return bytes
  throw fault('message-too-large', `a message to ${message.queue} has ${sizes(bytes, limits.messageBytes)}`)
}

/** From which time on the item is absent; undefined: never. */
export function expiresAtMs(shape: TableShape, item: Item): number | undefined {
  if (shape.expires === undefined) return undefined
  const value = attributeOf(item, shape.expires)
  const atMs = typeof value === 'string' && isoTime.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

/** A day in UTC, or a time with its zone. Without a zone it would mean another instant on another machine. */
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

/** The item as reads and conditions see it: nothing, once it has expired. */
export function liveItem(shape: TableShape, item: Item | undefined, nowMs: number): Item | undefined {
  if (item === undefined || shape.expires === undefined) return item
  const atMs = expiresAtMs(shape, item)
  return atMs !== undefined && atMs <= nowMs ? undefined : item
}

/** Whether the conditions hold. An absent item has no attributes. */
export function holds(when: Conditions | undefined, item: Item | undefined): boolean {
  if (when === undefined) return true
  for (const [attribute, matcher] of Object.entries(when)) {
    if (!matches(matcher, item === undefined ? undefined : attributeOf(item, attribute))) return false
  }
  return true
}

function matches(matcher: Matcher, value: unknown): boolean {
  if ('absent' in matcher) return value === undefined
  if ('equals' in matcher) return value === matcher.equals
  return matcher.oneOf.some(wanted => wanted === value)
}

/**
 * What the commit does to the items as they are kept.
 * `kept`: the items in the order of the targets, expired ones as they are.
 * Faults: `item-too-large`, `commit-too-large`, `invalid-key` (of an index), `item-invalid`.
 */
export function applyCommit(prepared: PreparedCommit, kept: readonly (Item | undefined)[], nowMs: number): Outcome {
  const { targets } = prepared
  const before = targets.map(({ shape }, position) => liveItem(shape, kept[position], nowMs))
  for (const [failed, target] of targets.entries()) {
    const because = refusal(target.write, before[failed])
    if (because) return { ok: false, failed, because }
  }
  return outcomeOf(prepared, before)
}

/** The first that holds, in this order: absent or exists, when, bounds. */
function refusal(write: Write, before: Item | undefined): RefusedBecause | undefined {
  if (write.op === 'insert') return before ? 'exists' : undefined
  if (before === undefined && (write.op === 'patch' || (write.op === 'add' && !write.start))) return 'absent'
  if (!holds(write.when, before)) return 'when'
  return write.op === 'add' && !withinBounds(write, before) ? 'bounds' : undefined
}

function withinBounds(write: Write & { op: 'add' }, before: Item | undefined): boolean {
  const { floor = Number.NEGATIVE_INFINITY, ceiling = Number.POSITIVE_INFINITY } = write
  return Object.values(added(write, before)).every(sum => sum >= floor && sum <= ceiling)
}

function added(write: Write & { op: 'add' }, before: Item | undefined): Readonly<Record<string, number>> {
  const from = before ?? write.start ?? {}
  const sums: Record<string, number> = {}
  for (const attribute of Object.keys(write.by)) {
    const by = attributeOf(write.by, attribute)
    if (typeof by !== 'number') continue
    const value = attributeOf(from, attribute) ?? 0
    if (typeof value !== 'number') {
      throw fault(
        'item-invalid',
        `"${attribute}" of an item of table "${write.table}" is no number, so nothing can be added`,
      )
    }
    assign(sums, attribute, value + by)
  }
  return sums
}

function outcomeOf(prepared: PreparedCommit, before: readonly (Item | undefined)[]): Outcome {
  const { targets, messageBytes } = prepared
  const sum = { bytes: messageBytes }
  const items = targets.map((target, position) =>
    embedOf(target.write) ? undefined : itemAfter(target, before[position], undefined, sum),
  )
  for (const [position, target] of targets.entries()) {
    const embed = embedOf(target.write)
    if (embed) items[position] = itemAfter(target, before[position], outcomeFor(embed.of, targets, items), sum)
  }
  if (sum.bytes > limits.commitBytes) {
    throw fault('commit-too-large', `the commit has ${sizes(sum.bytes, limits.commitBytes)}`)
  }
  return { ok: true, items, effects: targets.map((target, at) => effectOf(target, before[at], items[at])) }
}

function embedOf(write: Write): { readonly attribute: string; readonly of: number } | undefined {
  return write.op === 'put' ? write.embed : undefined
}

function outcomeFor(
  position: number,
  targets: readonly Target[],
  items: readonly (Item | undefined)[],
): Item | undefined {
  const target = targets[position]
  // Who embeds made the commit; this is a mistake of the framework, not of a plan.
  if (!target || embedOf(target.write)) throw new RangeError(`write ${position} has no outcome that could be embedded`)
  return items[position]
}

function itemAfter(
  { write, shape, key }: Target,
  before: Item | undefined,
  embedded: Item | undefined,
  sum: { bytes: number },
): Item | undefined {
  let values = valuesAfter(write, shape, key, before)
  if (values === undefined) return undefined
  const embed = embedOf(write)
  if (embed) values = { ...values, [embed.attribute]: embedded }
  if (shape.version !== undefined) values = { ...values, [shape.version]: versionOf(shape.version, before) + 1 }
  const { item, bytes } = measured(values, nameOf(shape))
  checkItem(shape, item, bytes)
  sum.bytes += bytes
  return item
}

/** The attributes that the write leaves, before they are copied; undefined: none. */
function valuesAfter(
  write: Write,
  shape: TableShape,
  key: readonly KeyValue[],
  before: Item | undefined,
): Values | undefined {
  switch (write.op) {
    case 'insert':
    case 'put':
      return plain(write.item, nameOf(shape))
    case 'patch':
      return patched(before ?? {}, write)
    case 'add':
      return { ...(before ?? { ...write.start, ...keyWith(shape, key) }), ...added(write, before) }
    default:
      return undefined
  }
}

function patched(before: Item, write: Write & { op: 'patch' }): Values {
  const values: Record<string, unknown> = { ...before }
  for (const [attribute, value] of Object.entries(write.set)) {
    if (value !== undefined) assign(values, attribute, value)
  }
  for (const attribute of write.unset) delete values[attribute]
  return values
}

function versionOf(attribute: string, before: Item | undefined): number {
  const version = before === undefined ? 0 : attributeOf(before, attribute)
  return typeof version === 'number' ? version : 0
}

function checkItem(shape: TableShape, item: Item, bytes: number): void {
  const maxBytes = shape.changesTo.length > 0 ? limits.watchedItemBytes : limits.itemBytes
  if (bytes > maxBytes) throw fault('item-too-large', `${nameOf(shape)} has ${sizes(bytes, maxBytes)}`)
  checkExpiry(shape, item)
  for (const index in shape.indexes) indexKeyOf(shape, index, item)
}

function checkExpiry(shape: TableShape, item: Item): void {
  const value = shape.expires === undefined ? undefined : attributeOf(item, shape.expires)
  if (value === undefined || value === null || expiresAtMs(shape, item) !== undefined) return
  const given = JSON.stringify(value)
  throw fault('item-invalid', `"${shape.expires}" of ${nameOf(shape)} is no ISO time with a zone: ${given}`)
}

function effectOf(target: Target, before: Item | undefined, after: Item | undefined): Effect {
  if (after !== undefined)
    return before === undefined ? { target, does: 'keep', after } : { target, does: 'keep', before, after }
  if (target.write.op === 'remove' && before !== undefined) return { target, does: 'remove', before }
  return { target, does: 'nothing' }
}

/** The change that an effect makes, for listeners and change messages. */
export function changeOf({ target, before, after }: Effect): ItemChange {
  const { shape, key } = target
  return {
    key: keyWith(shape, key),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  }
}

/** The messages that tell of a change, one for each queue that hears of the table. `id`: one for each change. */
export function changeMessages(shape: TableShape, change: ItemChange, id: string): readonly NewMessage[] {
  if (shape.changesTo.length === 0) return []
  const told: ChangeMessage = { table: shape.name, change }
  const body = JSON.stringify(told)
  const orderKey = orderKeyOf(shape, change.key)
  return shape.changesTo.map(queue => ({ queue, id, body, orderKey }))
}

/** The keys of `getMany`, checked. Faults: `too-many-keys`, `invalid-key`. */
export function checkedKeys(shape: TableShape, keys: readonly Key[]): readonly (readonly KeyValue[])[] {
  if (keys.length > limits.keysAtOnce) {
    throw fault('too-many-keys', `${keys.length} keys at once, the limit is ${limits.keysAtOnce}`)
  }
  return keys.map(key => keyOf(shape, key))
}

function nameOf(shape: TableShape): string {
  return `an item of table "${shape.name}"`
}

function sizes(bytes: number, maxBytes: number): string {
  return `${readable(bytes)}, the limit is ${readable(maxBytes)}`
}
