/**
 * What a batch of commits does: decided one after the other on the rows as they were read, as though each had been
 * alone, and summed up as one change of the database. Pure.
 */
import {
  applyCommit,
  type Committed,
  changeMessages,
  changeOf,
  type Effect,
  expiresAtMs,
  type Item,
  type ItemChange,
  indexKeyOf,
  isFault,
  type KeyValue,
  type NewMessage,
  type Outcome,
  type PreparedCommit,
  type TableShape,
} from 'groundplan/driver'
import type { Catalogue, KeptIndex } from './catalogue.ts'
import { noPart, partBytes } from './key-bytes.ts'

/** A row that the batch was decided by. */
export interface Touched {
  readonly shape: TableShape
  readonly key: readonly KeyValue[]
  /** As read; 0: there was none. */
  readonly rev: string
  readonly before: Item | undefined
  after: Item | undefined
  changed: boolean
}

/** What watchers hear of. */
export interface Told {
  readonly table: string
  readonly change: ItemChange
}

/** The rows of a batch, by `rowName`. */
export type Rows = ReadonlyMap<string, Touched>

export interface Decided {
  readonly answers: readonly (Committed | { readonly failure: unknown })[]
  readonly messages: readonly NewMessage[]
  /** Changes of watched tables, in their order. */
  readonly told: readonly Told[]
  /** Whether there is anything to keep. */
  readonly changes: boolean
}

export function rowName(shape: TableShape, key: readonly KeyValue[]): string {
  return JSON.stringify([shape.name, ...key])
}

/** Decides each commit by what those before it left. `id`: no other batch's. */
export function decided(commits: readonly PreparedCommit[], rows: Rows, nowMs: number, id: string): Decided {
  const answers: Decided['answers'][number][] = []
  const messages: NewMessage[] = []
  const told: Told[] = []
  for (const commit of commits) {
    const outcome = outcomeOf(commit, rows, nowMs)
    if (!('effects' in outcome)) {
      answers.push(outcome)
      continue
    }
    messages.push(...commit.messages)
    for (const effect of outcome.effects) {
      if (effect.does === 'nothing') continue
      const { shape } = effect.target
      const change = changeOf(effect)
      keep(effect, rows)
      messages.push(...changeMessages(shape, change, `${id}/${messages.length}`))
      if (shape.watched) told.push({ table: shape.name, change })
    }
    answers.push({ ok: true, items: outcome.items })
  }
  return { answers, messages, told, changes: messages.length > 0 || [...rows.values()].some(row => row.changed) }
}

function outcomeOf(commit: PreparedCommit, rows: Rows, nowMs: number): Outcome | { readonly failure: unknown } {
  try {
    return applyCommit(
      commit,
      commit.targets.map(({ shape, key }) => rows.get(rowName(shape, key))?.after),
      nowMs,
    )
  } catch (failure) {
    return { failure }
  }
}

function keep({ target: { shape, key }, after }: Effect, rows: Rows): void {
  const row = rows.get(rowName(shape, key))
  if (!row) throw new TypeError('every row of a commit was read')
  row.after = after
  row.changed = true
}

// ---------- as arguments of groundplan_apply

type Column = unknown[]

/** The arguments for the rows: table, partition, sort, revision, act, expiry, item. */
export function rowColumns(rows: readonly Touched[], { tables }: Catalogue): readonly Column[] {
  const columns: Column[] = [[], [], [], [], [], [], []]
  for (const row of rows) {
    const { shape, key, rev, after, changed } = row
    const act = changed ? (after === undefined ? (rev === '0' ? 'c' : 'r') : 'k') : 'c'
    const keeps = act === 'k' && after !== undefined
    const values = [
      tables.get(shape.name),
      partBytes(key[0]),
      partBytes(key[1]),
      rev,
      act,
      keeps ? (expiresAtMs(shape, after) ?? null) : null,
      keeps ? JSON.stringify(after) : null,
    ]
    for (const [at, value] of values.entries()) columns[at]?.push(value)
  }
  return columns
}

/** The arguments for what watchers hear: table, change. */
export function toldColumns(told: readonly Told[], { tables }: Catalogue): readonly Column[] {
  return [told.map(({ table }) => tables.get(table)), told.map(({ change }) => JSON.stringify(change))]
}

/** The arguments for the entries of indexes: act, index, its partition and sort, the item's partition and sort. */
export function entryColumns(rows: readonly Touched[], { indexes }: Catalogue): readonly Column[] {
  const columns: Column[] = [[], [], [], [], [], []]
  const add = (act: string, index: number, values: readonly KeyValue[], key: readonly KeyValue[]): void => {
    const row = [act, index, ...[...parts(values), ...parts(key)]]
    for (const [at, value] of row.entries()) columns[at]?.push(value)
  }
  for (const { shape, key, before, after, changed } of rows) {
    if (!changed) continue
    for (const index of indexes.get(shape.name)?.values() ?? []) {
      const left = before && entryOf(shape, index, before)
      const taken = after && entryOf(shape, index, after)
      if (JSON.stringify(left) === JSON.stringify(taken)) continue
      if (left) add('r', index.id, left, key)
      if (taken) add('k', index.id, taken, key)
    }
  }
  return columns
}

/**
 * Where an item stands in an index; null where what it has cannot be a key. The plan's own indexes are checked before
 * anything is kept; an item from before an index, or one that another version of the plan declares, is not in it then.
 */
export function entryOf(
  shape: TableShape,
  { name, key }: KeptIndex,
  item: Item,
): readonly KeyValue[] | undefined | null {
  try {
    return indexKeyOf({ ...shape, indexes: { [name]: key } }, name, item)
  } catch (error) {
    if (isFault(error, 'invalid-key')) return null
    throw error
  }
}

export function parts(values: readonly KeyValue[]): readonly Buffer[] {
  return [partBytes(values[0]), values.length > 1 ? partBytes(values[1]) : noPart]
}
