/**
 * Bringing a schema up to what a plan needs: made, changed forwards only, and told of the plan's tables and queues, all
 * in one transaction under a lock that one process at a time has. The lock is held by a connection of its own.
 */
import { type Clock, fault, type PlanShape, type QueueShape, type TableShape } from 'groundplan/driver'
import type pg from 'pg'
import { Connections, faultOf } from './connections.ts'
import { quoted, quotedSchema, schemaVersion, steps } from './schema.ts'

export { schemaVersion } from './schema.ts'

export interface MigrateOptions {
  readonly url: string
  readonly clock: Clock
  /** The PostgreSQL schema that holds the plan. Default: the plan's name. */
  readonly schema?: string
}

export interface Migrated {
  /** 0: there was none. */
  readonly from: number
  readonly to: number
}

/** What the engine calls the plan's tables, indexes and queues. */
export interface Catalogue {
  readonly tables: ReadonlyMap<string, number>
  /** By table, then by index. */
  readonly indexes: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly queues: ReadonlyMap<string, number>
}

/** What a schema holds of a plan. */
export type Held = Pick<PlanShape, 'plan' | 'tables' | 'queues'>

/**
 * Makes the schema of a plan, or brings it up to date. Does nothing where nothing is to be done.
 * Faults: `engine-unavailable`, also where a newer program has changed the schema; `plan-invalid` where a table or queue
 * that holds something is declared otherwise. Nothing is changed then.
 */
export async function migrate(shape: Held, options: MigrateOptions): Promise<Migrated> {
  const connections = new Connections({ ...options, connections: 1 })
  try {
    return await connections.retried(async () => {
      const client = await connections.apart()
      try {
        return await migrated(client, shape, options.schema ?? shape.plan)
      } catch (error) {
        throw faultOf(error, 'migrate')
      } finally {
        await client.end().catch(() => {})
      }
    })
  } finally {
    await connections.close()
  }
}

async function migrated(client: pg.Client, shape: Held, schema: string): Promise<Migrated> {
  const s = quotedSchema(schema)
  await client.query('begin')
  await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`groundplan ${schema}`])
  await client.query(`create schema if not exists ${s}`)
  await client.query(`create table if not exists ${s}.groundplan_schema (version integer not null)`)
  const from = await versionIn(client, s)
  checkVersion(from, schema)
  for (const step of steps.slice(from)) await client.query(step(s))
  if (from === 0) await client.query(`insert into ${s}.groundplan_schema values (${schemaVersion})`)
  else if (from < schemaVersion) await client.query(`update ${s}.groundplan_schema set version = ${schemaVersion}`)
  for (const table of shape.tables) await declareTable(client, s, table)
  for (const queue of shape.queues) await declareQueue(client, s, queue)
  await client.query('commit')
  return { from, to: schemaVersion }
}

async function versionIn(client: pg.Client, s: string): Promise<number> {
  const { rows } = await client.query<{ version: string }>(`select version from ${s}.groundplan_schema`)
  return Number(rows[0]?.version ?? 0)
}

function checkVersion(version: number, schema: string): void {
  if (version <= schemaVersion) return
  const detail = `the schema "${schema}" is of version ${version}, and this program knows up to ${schemaVersion}`
  throw fault('engine-unavailable', `${detail}: start the newer program, or restore the schema. Nothing was changed`, {
    schema,
  })
}

async function declareTable(client: pg.Client, s: string, shape: TableShape): Promise<void> {
  const known = await client.query<{ id: string; key: string }>(
    `select id, key from ${s}.groundplan_tables where name = $1`,
    [shape.name],
  )
  const row = known.rows[0]
  if (!row) return makeTable(client, s, shape)
  const same = JSON.stringify(JSON.parse(row.key)) === JSON.stringify(shape.key)
  const indexes = await indexesOf(client, s, row.id)
  if (same && sameIndexes(indexes, shape)) return
  const held = await client.query(`select from ${s}.${quoted(shape.name)} limit 1`)
  if (held.rowCount) throw declaredOtherwise('table', shape.name)
  await client.query(`update ${s}.groundplan_tables set key = $2 where id = $1`, [row.id, JSON.stringify(shape.key)])
  await client.query(`delete from ${s}.groundplan_indexes where tbl = $1`, [row.id])
  await declareIndexes(client, s, row.id, shape)
}

async function makeTable(client: pg.Client, s: string, shape: TableShape): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `insert into ${s}.groundplan_tables (name, key) values ($1, $2) returning id`,
    [shape.name, JSON.stringify(shape.key)],
  )
  const id = String(rows[0]?.id)
  await client.query(
    `create table ${s}.${quoted(shape.name)} partition of ${s}.groundplan_items for values in (${Number(id)}) with (fillfactor = 90)`,
  )
  await declareIndexes(client, s, id, shape)
}

async function declareIndexes(client: pg.Client, s: string, table: string, shape: TableShape): Promise<void> {
  for (const [name, key] of Object.entries(shape.indexes)) {
    const values = [table, name, JSON.stringify(key)]
    await client.query(`insert into ${s}.groundplan_indexes (tbl, name, key) values ($1, $2, $3)`, values)
  }
}

async function indexesOf(client: pg.Client, s: string, table: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; key: string }>(
    `select name, key from ${s}.groundplan_indexes where tbl = $1`,
    [table],
  )
  return new Map(rows.map(({ name, key }) => [name, JSON.stringify(JSON.parse(key))]))
}

function sameIndexes(kept: ReadonlyMap<string, string>, { indexes }: TableShape): boolean {
  const wanted = Object.entries(indexes)
  return wanted.length === kept.size && wanted.every(([name, key]) => kept.get(name) === JSON.stringify(key))
}

async function declareQueue(client: pg.Client, s: string, { name, ordered }: QueueShape): Promise<void> {
  const { rows } = await client.query<{ id: string; ordered: string }>(
    `insert into ${s}.groundplan_queues (name, ordered) values ($1, $2)
     on conflict (name) do update set name = excluded.name returning id, ordered`,
    [name, ordered],
  )
  const row = rows[0]
  if (!row || (row.ordered === 't') === ordered) return
  const held = await client.query(
    `select from ${s}.groundplan_messages where queue = $1 union all select from ${s}.groundplan_dead where queue = $1 limit 1`,
    [row.id],
  )
  if (held.rowCount) throw declaredOtherwise('queue', name)
  await client.query(`update ${s}.groundplan_queues set ordered = $2 where id = $1`, [row.id, ordered])
}

function declaredOtherwise(kind: string, name: string): Error {
  const detail = `the ${kind} "${name}" holds something and was declared otherwise`
  return fault('plan-invalid', `${detail}. Nothing was changed: empty it first, or give the new one another name`)
}

/**
 * Reads what a schema holds; changes nothing.
 * Faults: `engine-unavailable` where it is not there, too old, or newer than this program.
 */
export async function catalogueOf(connections: Connections, schema: string, shape: Held): Promise<Catalogue> {
  const s = quotedSchema(schema)
  const [there] = await connections.repeatable('select to_regclass($1)', [`${s}.groundplan_schema`])
  const [row] = there?.[0] ? await connections.repeatable(`select version from ${s}.groundplan_schema`) : []
  const version = Number(row?.[0] ?? 0)
  checkVersion(version, schema)
  if (version < schemaVersion) throw behind(schema)
  const tables = await connections.repeatable(`select name, id from ${s}.groundplan_tables`)
  const queues = await connections.repeatable(`select name, id from ${s}.groundplan_queues`)
  const indexes = await connections.repeatable(
    `select t.name, i.name, i.id from ${s}.groundplan_indexes i join ${s}.groundplan_tables t on t.id = i.tbl`,
  )
  const catalogue = { tables: idsIn(tables), queues: idsIn(queues), indexes: byTable(indexes) }
  const missing = [
    ...shape.tables.filter(({ name }) => !catalogue.tables.has(name)),
    ...shape.queues.filter(({ name }) => !catalogue.queues.has(name)),
  ]
  if (missing.length > 0) throw behind(schema)
  return catalogue
}

function behind(schema: string): Error {
  return fault('engine-unavailable', `the schema "${schema}" is not up to date: run \`groundplan migrate\` first`, {
    schema,
  })
}

function idsIn(rows: readonly (readonly (string | null)[])[]): ReadonlyMap<string, number> {
  return new Map(rows.map(([name, id]) => [String(name), Number(id)]))
}

function byTable(rows: readonly (readonly (string | null)[])[]): Catalogue['indexes'] {
  const tables = new Map<string, Map<string, number>>()
  for (const [table, name, id] of rows) {
    const indexes = tables.get(String(table)) ?? new Map<string, number>()
    tables.set(String(table), indexes.set(String(name), Number(id)))
  }
  return tables
}
