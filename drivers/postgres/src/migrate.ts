/**
 * Bringing a schema up to what a plan needs: made, changed forwards only, and told of the plan's tables, indexes and
 * queues, in one transaction; then indexes of tables that hold something are filled, page by page. One process at a time
 * does it, under a lock; all of it on one connection of its own.
 *
 * The transaction first locks `groundplan_schema`, which each commit reads: those under way end before, those that come
 * wait, and then see the new edition of the catalogue. So from the moment an index is there, every process keeps it, and
 * what was there before is for the filling. Who dies while filling has noted how far it came.
 */
import type { Clock, MigrationProgress, MigrationStep } from 'groundplan/driver'
import type pg from 'pg'
import { type Held, versionOf } from './catalogue.ts'
import { type Ask, Connections, faultOf } from './connections.ts'
import { type Difference, differencesOf, unfilledIn } from './differences.ts'
import { fill, itemsIn } from './filling.ts'
import type { Password } from './login.ts'
import { quotedSchema, schemaVersion } from './schema.ts'

export interface MigrateOptions {
  readonly url: string
  readonly password?: Password
  readonly clock: Clock
  /** The PostgreSQL schema that holds the plan. Default: the plan's name. */
  readonly schema?: string
  /** Hears of each step when it is done, and of how far one is that takes its time. */
  readonly told?: (progress: MigrationProgress) => void
}

export interface Migrated {
  /** 0: there was none. */
  readonly from: number
  readonly to: number
}

/**
 * Makes the schema of a plan, or brings it up to date. Does nothing where nothing is to be done.
 * Faults: `engine-unavailable`, also where a newer program has changed the schema; `plan-invalid` where a table or queue
 * that holds something is declared otherwise. Nothing is changed then.
 */
export function migrate(shape: Held, options: MigrateOptions): Promise<Migrated> {
  const schema = options.schema ?? shape.plan
  return apart(options, async client => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`groundplan ${schema}`])
    return await migrated(askOf(client), shape, schema, options.told ?? (() => {}))
  })
}

/** What `migrate` would do, in its order. Changes nothing. Faults: those of `migrate`. */
export function pendingSteps(shape: Held, options: MigrateOptions): Promise<readonly MigrationStep[]> {
  const schema = options.schema ?? shape.plan
  return apart(options, async client => {
    const ask = askOf(client)
    const left: MigrationStep[] = []
    for (const { id, table, name } of await unfilledIn(ask, schema, shape)) {
      left.push({ what: filling(table, name), of: await itemsIn(ask, quotedSchema(schema), table, id) })
    }
    const found = await differencesOf(ask, schema, shape)
    return [...found.map(({ what }) => ({ what })), ...left]
  })
}

/** On a connection of its own, and again where it is lost. */
async function apart<T>(options: MigrateOptions, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const connections = new Connections({
    ...(options.password ? { password: options.password } : {}),
    url: options.url,
    clock: options.clock,
    connections: 1,
  })
  try {
    return await connections.retried(async () => {
      const client = await connections.apart()
      try {
        return await run(client)
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

function askOf(client: pg.Client): Ask {
  return async (text, values = []) => {
    const { rows } = await client.query<string[]>({ text, values: [...values], rowMode: 'array' })
    return rows
  }
}

async function migrated(
  ask: Ask,
  shape: Held,
  schema: string,
  told: (progress: MigrationProgress) => void,
): Promise<Migrated> {
  const s = quotedSchema(schema)
  const from = await versionOf(ask, s)
  for (const { what } of await changed(ask, shape, schema)) told({ step: { what }, done: 1 })
  for (const { id, table, name } of await unfilledIn(ask, schema, shape)) {
    const step = { what: filling(table, name), of: await itemsIn(ask, s, table, id) }
    const shapeOf = shape.tables.find(each => each.name === table)
    if (shapeOf)
      await fill(ask, s, shapeOf, id, ({ done, unfit }) => told({ step, done, ...(unfit > 0 ? { unfit } : {}) }))
  }
  return { from, to: schemaVersion }
}

/** Everything but the filling, all or nothing. */
async function changed(ask: Ask, shape: Held, schema: string): Promise<readonly Difference[]> {
  const s = quotedSchema(schema)
  // Where nothing is to be done, nobody is made to wait.
  if ((await differencesOf(ask, schema, shape)).length === 0) return []
  await ask('begin')
  await ask(`create schema if not exists ${s}`)
  await ask(`create table if not exists ${s}.groundplan_schema (version integer not null)`)
  await ask(`lock table ${s}.groundplan_schema in access exclusive mode`)
  const found = await differencesOf(ask, schema, shape)
  for (const { apply } of found) await apply(ask)
  await ask(`update ${s}.groundplan_schema set edition = edition + 1`)
  await ask('commit')
  return found
}

function filling(table: string, index: string): string {
  return `fill the index "${index}" of the table "${table}"`
}
