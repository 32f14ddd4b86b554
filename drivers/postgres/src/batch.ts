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
  indexKeyOf,
  type KeyValue,
  type NewMessage,
  type Outcome,
  type PreparedCommit,
  type TableShape,
} from 'groundplan/driver'
import { noPart, partBytes } from './key-bytes.ts'
import type { Catalogue } from './migrate.ts'

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

/** The rows of a batch, by `rowName`. */
export type Rows = ReadonlyMap<string, Touched>

export interface Decided {
  readonly answers: readonly (Committed | { readonly failure: unknown })[]
  readonly messages: readonly NewMessage[]
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
  for (const commit of commits) {
    const outcome = outcomeOf(commit, rows, nowMs)
    if (!('effects' in outcome)) {
      answers.push(outcome)
      continue
    }
    messages.push(...commit.messages)
    for (const effect of outcome.effects) messages.push(...take(effect, rows, `${id}/${messages.length}`))
    answers.push({ ok: true, items: outcome.items })
  }
  return { answers, messages, changes: messages.length > 0 || [...rows.values()].some(row => row.changed) }
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

/** Puts an effect into the rows; gives the messages that tell of it. */
function take(effect: Effect, rows: Rows, id: string): readonly NewMessage[] {
  if (effect.does === 'nothing') return []
  const { shape, key } = effect.target
  const row = rows.get(rowName(shape, key))
  if (!row) throw new TypeError('every row of a commit was read')
  row.after = effect.after
  row.changed = true
  return changeMessages(shape, changeOf(effect), id)
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

/** The arguments for the entries of indexes: act, index, its partition and sort, the item's partition and sort. */
export function entryColumns(rows: readonly Touched[], { indexes }: Catalogue): readonly Column[] {
  const columns: Column[] = [[], [], [], [], [], []]
  const add = (act: string, index: number, values: readonly KeyValue[], key: readonly KeyValue[]): void => {
    const row = [act, index, ...[...parts(values), ...parts(key)]]
    for (const [at, value] of row.entries()) columns[at]?.push(value)
  }
  for (const { shape, key, before, after, changed } of rows) {
    if (!changed) continue
    for (const name of Object.keys(shape.indexes)) {
      const index = indexes.get(shape.name)?.get(name) ?? 0
      const left = before && indexKeyOf(shape, name, before)
      const taken = after && indexKeyOf(shape, name, after)
      if (JSON.stringify(left) === JSON.stringify(taken)) continue
      if (left) add('r', index, left, key)
      if (taken) add('k', index, taken, key)
    }
  }
  return columns
}

function parts(values: readonly KeyValue[]): readonly Buffer[] {
  return [partBytes(values[0]), values.length > 1 ? partBytes(values[1]) : noPart]
}
