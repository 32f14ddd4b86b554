/**
 * What a schema lacks of what a plan needs: told before anything is done, and done one after the other. Nothing that holds
 * something is taken away or turned into something else.
 */
import { fault, type MigrationStep, type QueueShape, type TableShape } from 'groundplan/driver'
import { checkVersion, type Held, versionOf } from './catalogue.ts'
import type { Ask } from './connections.ts'
import { quoted, quotedSchema, schemaVersion, steps } from './schema.ts'

/** One thing that is done in the transaction of a migration. */
export interface Difference extends MigrationStep {
  apply(ask: Ask): Promise<unknown>
}

/** An index that is still to be filled; by a migration that has made it, or by one that was interrupted. */
export interface Unfilled {
  readonly id: number
  readonly table: string
  readonly name: string
}

/** What is to be done to a schema for a plan. Faults: `engine-unavailable` (it is newer), `plan-invalid`. */
export async function differencesOf(ask: Ask, schema: string, shape: Held): Promise<readonly Difference[]> {
  const s = quotedSchema(schema)
  const version = await versionOf(ask, s)
  checkVersion(version, schema)
  const found: Difference[] = version < schemaVersion ? [broughtTo(s, schema, version)] : []
  for (const table of shape.tables) found.push(...(await ofTable(ask, s, version, table)))
  for (const queue of shape.queues) found.push(...(await ofQueue(ask, s, version, queue)))
  return found
}

function broughtTo(s: string, schema: string, from: number): Difference {
  const made = `make the schema "${schema}", version ${schemaVersion}`
  return {
    what: from === 0 ? made : `bring the schema "${schema}" from version ${from} to ${schemaVersion}`,
    async apply(ask) {
      for (const step of steps.slice(from)) await ask(step(s))
      await ask(`delete from ${s}.groundplan_schema`)
      await ask(`insert into ${s}.groundplan_schema (version) values (${schemaVersion})`)
    },
  }
}

// ---------- tables

async function ofTable(ask: Ask, s: string, version: number, shape: TableShape): Promise<readonly Difference[]> {
  const [row] =
    version === 0 ? [] : await ask(`select id, key from ${s}.groundplan_tables where name = $1`, [shape.name])
  if (!row) return [{ what: `make the table "${shape.name}"`, apply: ask => makeTable(ask, s, shape) }]
  const id = String(row[0])
  const indexes = await indexesOf(ask, s, id)
  const [held] = await ask(`select 1 from ${s}.${quoted(shape.name)} limit 1`)
  const otherwise = Object.entries(shape.indexes).find(([name, key]) => isOther(indexes.get(name), key))
  if (isOther(String(row[1]), shape.key) || otherwise) {
    if (held) throw declaredOtherwise('table', shape.name, otherwise?.[0])
    return [{ what: `declare the empty table "${shape.name}" anew`, apply: ask => declareAnew(ask, s, id, shape) }]
  }
  const missing = Object.keys(shape.indexes).filter(name => !indexes.has(name))
  return missing.map(name => ({
    what: `add the index "${name}" to the table "${shape.name}"`,
    apply: ask => addIndex(ask, s, id, shape, name, held !== undefined),
  }))
}

function isOther(kept: string | undefined, key: readonly string[] | undefined): boolean {
  return kept !== undefined && JSON.stringify(JSON.parse(kept)) !== JSON.stringify(key)
}

async function makeTable(ask: Ask, s: string, shape: TableShape): Promise<void> {
  const values = [shape.name, JSON.stringify(shape.key)]
  const [row] = await ask(`insert into ${s}.groundplan_tables (name, key) values ($1, $2) returning id`, values)
  const id = Number(row?.[0])
  const partition = `partition of ${s}.groundplan_items for values in (${id}) with (fillfactor = 90)`
  await ask(`create table ${s}.${quoted(shape.name)} ${partition}`)
  for (const name of Object.keys(shape.indexes)) await addIndex(ask, s, String(id), shape, name, false)
}

async function declareAnew(ask: Ask, s: string, id: string, shape: TableShape): Promise<void> {
  await ask(`update ${s}.groundplan_tables set key = $2 where id = $1`, [id, JSON.stringify(shape.key)])
  await ask(`delete from ${s}.groundplan_indexes where tbl = $1`, [id])
  for (const name of Object.keys(shape.indexes)) await addIndex(ask, s, id, shape, name, false)
}

/** In a table that holds something it is filled afterwards, while commits keep it already. */
function addIndex(ask: Ask, s: string, table: string, { indexes }: TableShape, name: string, held: boolean) {
  const text = `insert into ${s}.groundplan_indexes (tbl, name, key, filled) values ($1, $2, $3, $4)`
  return ask(text, [table, name, JSON.stringify(indexes[name]), !held])
}

async function indexesOf(ask: Ask, s: string, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = await ask(`select name, key from ${s}.groundplan_indexes where tbl = $1`, [table])
  return new Map(rows.map(([name, key]) => [String(name), String(key)]))
}

/** Of the plan's tables, whatever plan has declared them. A schema of the first version has none. */
export async function unfilledIn(ask: Ask, schema: string, { tables }: Held): Promise<readonly Unfilled[]> {
  const s = quotedSchema(schema)
  if ((await versionOf(ask, s)) < 2) return []
  const rows = await ask(
    `select i.id, t.name, i.name from ${s}.groundplan_indexes i join ${s}.groundplan_tables t on t.id = i.tbl
      where not i.filled and t.name = any ($1) order by i.id`,
    [tables.map(({ name }) => name)],
  )
  return rows.map(([id, table, name]) => ({ id: Number(id), table: String(table), name: String(name) }))
}

// ---------- queues

async function ofQueue(ask: Ask, s: string, version: number, { name, ordered }: QueueShape) {
  const [row] = version === 0 ? [] : await ask(`select id, ordered from ${s}.groundplan_queues where name = $1`, [name])
  const make = (ask: Ask) => ask(`insert into ${s}.groundplan_queues (name, ordered) values ($1, $2)`, [name, ordered])
  if (!row) return [{ what: `make the queue "${name}"`, apply: make }]
  if ((row[1] === 't') === ordered) return []
  const [held] = await ask(
    `select 1 from ${s}.groundplan_messages where queue = $1
      union all select 1 from ${s}.groundplan_dead where queue = $1 limit 1`,
    [row[0]],
  )
  if (held) throw declaredOtherwise('queue', name)
  const turn = (ask: Ask) => ask(`update ${s}.groundplan_queues set ordered = $2 where id = $1`, [row[0], ordered])
  return [{ what: `make the empty queue "${name}" ${ordered ? 'an ordered one' : 'one without order'}`, apply: turn }]
}

function declaredOtherwise(kind: string, name: string, index?: string): Error {
  const what = index === undefined ? 'was declared otherwise' : `its index "${index}" was declared otherwise`
  const detail = `the ${kind} "${name}" holds something, and ${what}`
  return fault('plan-invalid', `${detail}. Nothing was changed: empty it first, or give the new one another name`)
}
