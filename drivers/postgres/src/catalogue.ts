/**
 * The catalogue: what a schema holds, and what the engine calls it. It is read when a process opens, and again when a
 * commit is told that it changed meanwhile (an index came): each commit keeps the indexes that the catalogue has, not only
 * those of its own plan, so that processes of two versions can run side by side.
 */
import { fault, type PlanShape, type TableShape } from 'groundplan/driver'
import type { Ask, Connections, Row } from './connections.ts'
import { quotedSchema, schemaVersion } from './schema.ts'

/** What a schema holds of a plan. */
export type Held = Pick<PlanShape, 'plan' | 'tables' | 'queues'>

/** An index, as it is kept. */
export interface KeptIndex {
  readonly id: number
  readonly name: string
  readonly key: readonly string[]
  /** Whether all items are in it that belong there; until then it is kept, and not asked. */
  readonly filled: boolean
}

/** What the engine calls the plan's tables, indexes and queues. */
export interface Catalogue {
  /** Counts up with each change of indexes. */
  readonly edition: number
  readonly tables: ReadonlyMap<string, number>
  /** By table, then by index. */
  readonly indexes: ReadonlyMap<string, ReadonlyMap<string, KeptIndex>>
  readonly queues: ReadonlyMap<string, number>
}

/** `s`: the quoted schema. */
export async function readCatalogue(ask: Ask, s: string): Promise<Catalogue> {
  const [schema] = await ask(`select edition from ${s}.groundplan_schema`)
  const tables = await ask(`select name, id from ${s}.groundplan_tables`)
  const queues = await ask(`select name, id from ${s}.groundplan_queues`)
  const indexes = await ask(`select t.name, i.name, i.id, i.key, i.filled
    from ${s}.groundplan_indexes i join ${s}.groundplan_tables t on t.id = i.tbl`)
  return { edition: Number(schema?.[0]), tables: idsIn(tables), queues: idsIn(queues), indexes: byTable(indexes) }
}

/**
 * Reads what a schema holds; changes nothing.
 * Faults: `engine-unavailable` where it is not there, too old, or newer than this program.
 */
export async function catalogueOf(connections: Connections, schema: string, shape: Held): Promise<Catalogue> {
  const s = quotedSchema(schema)
  const ask: Ask = (text, values) => connections.repeatable(text, values)
  const version = await versionOf(ask, s)
  checkVersion(version, schema)
  if (version < schemaVersion) throw behind(schema)
  const catalogue = await readCatalogue(ask, s)
  const there =
    shape.tables.every(table => holds(catalogue, table)) && shape.queues.every(({ name }) => catalogue.queues.has(name))
  if (!there) throw behind(schema)
  return catalogue
}

/** 0 where there is none. */
export async function versionOf(ask: Ask, s: string): Promise<number> {
  const [there] = await ask('select to_regclass($1)', [`${s}.groundplan_schema`])
  const [row] = there?.[0] ? await ask(`select version from ${s}.groundplan_schema`) : []
  return Number(row?.[0] ?? 0)
}

export function checkVersion(version: number, schema: string): void {
  if (version <= schemaVersion) return
  const detail = `the schema "${schema}" is of version ${version}, and this program knows up to ${schemaVersion}`
  throw fault('engine-unavailable', `${detail}: start the newer program, or restore the schema. Nothing was changed`, {
    schema,
  })
}

function holds({ tables, indexes }: Catalogue, shape: TableShape): boolean {
  const kept = indexes.get(shape.name)
  return tables.has(shape.name) && Object.keys(shape.indexes).every(name => kept?.get(name)?.filled)
}

function behind(schema: string): Error {
  return fault('engine-unavailable', `the schema "${schema}" is not up to date: run \`groundplan migrate\` first`, {
    schema,
  })
}

function idsIn(rows: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(rows.map(([name, id]) => [String(name), Number(id)]))
}

function byTable(rows: readonly Row[]): Catalogue['indexes'] {
  const tables = new Map<string, Map<string, KeptIndex>>()
  for (const [table, name, id, key, filled] of rows) {
    const indexes = tables.get(String(table)) ?? new Map<string, KeptIndex>()
    const index = { id: Number(id), name: String(name), key: JSON.parse(String(key)), filled: filled === 't' }
    tables.set(String(table), indexes.set(index.name, index))
  }
  return tables
}
