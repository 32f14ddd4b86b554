/**
 * Opens the tables of a plan on what is kept: new tables and indexes get a number, an index added to existing data is
 * filled before anybody reads it, one that is gone is emptied. The states of an index: *filling* (in the catalogue, not
 * ready: a process that dies leaves it so, and the next one begins again), then *ready*, then *gone* (emptied step by
 * step, then out of the catalogue).
 */
import { keyOf } from '../contract/keys.ts'
import { fault } from '../contract/problems.ts'
import type { TableShape } from '../contract/store.ts'
import { Catalogue, type DerivedRecord, type TableRecord } from './catalogue.ts'
import type { Environment } from './environment.ts'
import { endOf, following, prefixOf } from './key-bytes.ts'
import { type Derived, derivedOf, EmbeddedTable, entryOf, parsed } from './table.ts'

/** How far an index is that was added to existing items. */
export interface FillProgress {
  readonly table: string
  /** The index; absent: the order in which items expire. */
  readonly index?: string
  readonly done: number
  readonly total: number
  /** Items that are not in it: they lack its attributes, or have something there that is no key. */
  readonly left: number
}

export type OnProgress = (progress: FillProgress) => void

/** Entries that one transaction fills or empties. */
const step = 1_000

/** Faults: `plan-invalid` where the key of a table that holds items has changed. */
export async function openTables(
  environment: Environment,
  shapes: readonly TableShape[],
  onProgress: OnProgress = () => {},
): Promise<ReadonlyMap<string, EmbeddedTable>> {
  const catalogue = new Catalogue(environment)
  const tables = new Map<string, EmbeddedTable>()
  for (const shape of shapes) {
    const record = await broughtUp(environment, catalogue, shape, onProgress)
    tables.set(shape.name, new EmbeddedTable(environment, shape, record, catalogue.count(record.number)))
  }
  return tables
}

async function broughtUp(
  environment: Environment,
  catalogue: Catalogue,
  shape: TableShape,
  onProgress: OnProgress,
): Promise<TableRecord> {
  const kept = catalogue.table(shape.name)
  if (kept) checkKey(shape, kept, catalogue.count(kept.number))
  const wanted = wantedOf(shape)
  const gone = kept ? allOf(kept).filter(([name, record]) => !isSame(record, wanted.get(name))) : []
  if (kept && gone.length > 0)
    await emptied(environment, catalogue, shape.name, kept, new Set(gone.map(([, { number }]) => number)))
  const record = await written(environment, catalogue, shape, kept)
  const filling = allOf(record).filter(([, { ready }]) => !ready)
  for (const [name, { number }] of filling) await fill({ environment, shape, record, name, number, onProgress })
  return filling.length === 0 ? record : written(environment, catalogue, shape, readied(record))
}

function checkKey(shape: TableShape, { key }: TableRecord, count: number): void {
  if (count === 0 || String(key) === String(shape.key)) return
  const detail = `table "${shape.name}" holds ${count} items under (${key}), the plan says (${shape.key})`
  const way = 'give the new table a name of its own, move the items over with a migration, then remove the old one'
  throw fault('plan-invalid', `${detail}: a key cannot be changed; ${way}`)
}

/** The expiry stands among the indexes under no name. */
const expiry = ''

function wantedOf({ indexes, expires }: TableShape): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map(Object.entries(indexes))
  if (expires !== undefined) wanted.set(expiry, [expires])
  return wanted
}

function allOf({ indexes, expires }: TableRecord): readonly (readonly [string, DerivedRecord])[] {
  return [...Object.entries(indexes), ...(expires ? [[expiry, expires] as const] : [])]
}

function isSame({ attributes }: DerivedRecord, wanted: readonly string[] | undefined): boolean {
  return wanted !== undefined && JSON.stringify(attributes) === JSON.stringify(wanted)
}

/** Puts the table into the catalogue as the plan says, with what is kept of it. */
function written(
  { transactions }: Environment,
  catalogue: Catalogue,
  shape: TableShape,
  kept: TableRecord | undefined,
): Promise<TableRecord> {
  return transactions.write(() => () => {
    const before = new Map(kept ? allOf(kept) : [])
    const derived = new Map<string, DerivedRecord>()
    for (const [name, attributes] of wantedOf(shape)) {
      const same = before.get(name)
      if (same && isSame(same, attributes)) derived.set(name, same)
      else derived.set(name, { number: catalogue.newNumber(), attributes, ready: false })
    }
    const { [expiry]: expires, ...indexes } = Object.fromEntries(derived)
    const number = kept?.number ?? catalogue.newNumber()
    const record: TableRecord = { number, key: shape.key, indexes, ...(expires ? { expires } : {}) }
    catalogue.setTable(shape.name, record)
    return record
  })
}

/** Empties what is gone. Not ready first, so that nobody takes half of it for whole if this process dies now. */
async function emptied(
  environment: Environment,
  catalogue: Catalogue,
  table: string,
  kept: TableRecord,
  gone: ReadonlySet<number>,
): Promise<void> {
  const unready = changed(kept, derived => (gone.has(derived.number) ? { ...derived, ready: false } : derived))
  await environment.transactions.write(() => () => catalogue.setTable(table, unready))
  for (const number of gone) await empty(environment, number)
}

function readied(record: TableRecord): TableRecord {
  return changed(record, derived => ({ ...derived, ready: true }))
}

function changed(
  { indexes, expires, ...record }: TableRecord,
  change: (derived: DerivedRecord) => DerivedRecord,
): TableRecord {
  const all = Object.entries(indexes).map(([name, index]) => [name, change(index)] as const)
  return { ...record, indexes: Object.fromEntries(all), ...(expires ? { expires: change(expires) } : {}) }
}

/** Removes the entries of a number, step by step. */
async function empty({ indexes, transactions }: Environment, number: number): Promise<void> {
  const prefix = prefixOf(number)
  const removed = (): number => {
    const keys = [...indexes.getKeys({ start: prefix, end: endOf(prefix), limit: step })]
    for (const key of keys) indexes.remove(key)
    return keys.length
  }
  while ((await transactions.write(() => removed)) === step);
}

interface Filling {
  readonly environment: Environment
  readonly shape: TableShape
  readonly record: TableRecord
  readonly name: string
  readonly number: number
  readonly onProgress: OnProgress
}

async function fill({ environment, shape, record, name, number, onProgress }: Filling): Promise<void> {
  const { items, transactions, catalogue } = environment
  const derived = derivedOf(shape, record).find(each => each.number === number)
  const total = new Catalogue({ ...environment, catalogue }).count(record.number)
  if (!derived || total === 0) return
  const prefix = prefixOf(record.number)
  let from: Buffer | undefined = prefix
  let done = 0
  let left = 0
  while (from) {
    const range = { start: from, end: endOf(prefix), limit: step }
    const found: Found = await transactions.write(
      () => () => filledIn(environment, shape, derived, [...items.getRange(range)]),
    )
    done += found.count
    left += found.left
    from = found.last && following(found.last)
    onProgress({ table: shape.name, ...(name === expiry ? {} : { index: name }), done, total, left })
  }
}

interface Found {
  readonly count: number
  readonly left: number
  readonly last: Buffer | undefined
}

function filledIn(
  { indexes }: Environment,
  shape: TableShape,
  derived: Derived,
  found: readonly { readonly key: Uint8Array; readonly value: string }[],
): Found {
  let left = 0
  for (const { key, value } of found) {
    const item = parsed(value)
    const itemKey = Buffer.from(key)
    const entry = entryOf(derived, item, keyOf(shape, item), itemKey)
    if (entry) indexes.put(entry, itemKey)
    else left++
  }
  const last = found.length < step ? undefined : found.at(-1)?.key
  return { count: found.length, left, last: last && Buffer.from(last) }
}
