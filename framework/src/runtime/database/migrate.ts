/**
 * Migrations: forward only, in the order of their names, each once, under a lock that all processes respect.
 *
 * A migration and the note that it has run are kept in one transaction, so it has run wholly or not at all. One whose
 * first line is `-- no transaction` (for what PostgreSQL refuses in one, such as `create index concurrently`) must hold
 * a single statement that may be run again: a process that dies before the note is made runs it a second time.
 *
 * What has run is never changed: each note holds a checksum of the text (line ends aside). A migration that has run and
 * was changed or removed, and a new one whose name sorts before one that has run, are refused.
 */
import { createHash } from 'node:crypto'
import type { DatabaseEngine, Sql } from '../../contract/database.ts'
import { type Fault, fault, isFault } from '../../contract/problems.ts'
import type { Log } from '../../plan/call.ts'
import type { DatabaseSpec, Migration } from '../../plan/database.ts'
import { outboxTable } from './outbox.ts'

type Declared = Pick<DatabaseSpec, 'migrations'>

const notesTable = `create table if not exists groundplan_migrations (
  name text primary key,
  checksum text not null,
  ran_at timestamptz not null default now()
)`

/**
 * Brings a database to the state the plan declares, and makes the tables the runtime needs. Gives the names of the
 * migrations that ran. Problem codes: `migration-changed`, `plan-invalid` (two of one name), `sql-failed`.
 * @example await migrate(await databases.open('gifts'), gifts.spec, log)
 */
export async function migrate(
  engine: DatabaseEngine,
  spec: Declared,
  log?: Pick<Log, 'info'>,
): Promise<readonly string[]> {
  return engine.alone('groundplan-migrations', async () => {
    await engine.script(`${notesTable}; ${outboxTable}`)
    const pending = pendingAfter(await notes(engine), spec)
    for (const migration of pending) {
      await runOnce(engine, migration).catch(error => Promise.reject(named(migration, error)))
      log?.info(`migration ${migration.name} ran`)
    }
    return pending.map(({ name }) => name)
  })
}

/** The migrations that `migrate` would run, in their order. Changes nothing. Problem codes: `migration-changed`, `plan-invalid`. */
export async function pendingMigrations(engine: DatabaseEngine, spec: Declared): Promise<readonly Migration[]> {
  const { rows } = await engine.readOnly.query(`select to_regclass('groundplan_migrations') is not null as made`)
  return pendingAfter(rows[0]?.made ? await notes(engine.readOnly) : [], spec)
}

// ---------- what is to be run

interface Note {
  readonly name: string
  readonly checksum: string
}

async function notes(sql: Sql): Promise<readonly Note[]> {
  const { rows } = await sql.query('select name, checksum from groundplan_migrations')
  return rows.map(({ name, checksum }) => ({ name: String(name), checksum: String(checksum) }))
}

function pendingAfter(ran: readonly Note[], { migrations }: Declared): readonly Migration[] {
  const declared = [...migrations].sort((one, other) => order(one.name, other.name))
  const twice = declared.find(({ name }, at) => name === declared[at + 1]?.name)
  if (twice) throw fault('plan-invalid', `two migrations are called "${twice.name}"`)
  for (const note of ran)
    requireUnchanged(
      note,
      declared.find(({ name }) => name === note.name),
    )
  const pending = declared.filter(({ name }) => !ran.some(note => note.name === name))
  requireLater(pending[0], ran)
  return pending
}

function requireUnchanged({ name, checksum }: Note, declared: Migration | undefined): void {
  if (!declared) {
    throw changed(
      `"${name}" has run on this database, and the plan does not have it: removed, or this is an older version`,
    )
  }
  if (checksumOf(declared) !== checksum) {
    throw changed(
      `"${name}" has run on this database with another text: put the old text back, and change it in a new one`,
    )
  }
}

/** All environments come to the same tables by the same steps. */
function requireLater(first: Migration | undefined, ran: readonly Note[]): void {
  const last = ran
    .map(({ name }) => name)
    .sort(order)
    .at(-1)
  if (!first || last === undefined || order(first.name, last) > 0) return
  throw changed(`"${first.name}" is new and comes before "${last}", which has run: give it a name that comes after`)
}

function changed(detail: string): Fault {
  return fault('migration-changed', detail)
}

/** By code units, the same in every locale. */
function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

function checksumOf({ up }: Migration): string {
  return createHash('sha256').update(up.replaceAll('\r\n', '\n')).digest('hex')
}

// ---------- running

const noting = 'insert into groundplan_migrations (name, checksum) values ($1, $2)'

async function runOnce(engine: DatabaseEngine, migration: Migration): Promise<void> {
  if (withoutTransaction(migration)) return runIn(engine, migration)
  await engine.transaction(sql => runIn(sql, migration))
}

async function runIn(sql: Sql, migration: Migration): Promise<void> {
  await sql.script(migration.up)
  await sql.query(noting, [migration.name, checksumOf(migration)])
}

function withoutTransaction({ up }: Migration): boolean {
  return /^\s*--\s*no transaction\b/i.test(up)
}

function named({ name }: Migration, error: unknown): unknown {
  return isFault(error) ? fault(error.code, `migration "${name}": ${error.detail}`, error.more) : error
}
