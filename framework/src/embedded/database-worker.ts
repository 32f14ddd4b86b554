/**
 * The thread of one database: PGlite on a folder, a statement at a time. Values go out as PostgreSQL writes them; what
 * they mean is for who asked.
 *
 * PostgreSQL on its own makes no checkpoint here until it is closed, so this thread does: else its log would grow for
 * ever, and a start after a kill would take as long as everything that was written.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { PGlite, Results } from '@electric-sql/pglite'
import { withNewFiles } from '../contract/new-database.ts'
import { type SqlError, sqlErrorOf } from '../contract/sql.ts'
import { beginDatabase, hasDatabase, keepDatabase, syncFiles, unpack } from './new-database.ts'

/** A statement by the extended protocol; without parameters, statements by the simple one. */
export interface Question {
  readonly text: string
  readonly parameters?: readonly (string | null)[]
}

export type Answer = {
  readonly open: boolean
} /** `broken`: not a failure of the statement but of the machine that PostgreSQL runs in, which is of no use any more. */ & (
  | { readonly error: SqlError; readonly broken?: boolean }
  | {
      readonly columns: readonly { readonly name: string; readonly typeId: number }[]
      readonly rows: readonly (readonly (string | null)[])[]
      readonly affected: number
      readonly command?: string | undefined
    }
)

/** What the thread says of itself: first how it began, at last that all is on disk. */
export type News =
  | { readonly opened: true }
  | { readonly damaged: string }
  | { readonly unavailable: string }
  | { readonly closed: true }

export type ToThread = Question | 'close'
export type FromThread = { readonly answer: Answer } | { readonly news: News }

const settings = ['shared_buffers=16MB', 'max_wal_size=16MB', 'TimeZone=UTC', 'DateStyle=ISO', 'IntervalStyle=iso_8601']

/** PostgreSQL's own templates are half of the files, and serve `create database` only, which one session cannot use. */
const withoutTemplates = [
  `update pg_database set datistemplate = false where datname <> 'postgres'`,
  'drop database template0',
  'drop database template1',
]

type Library = typeof import('@electric-sql/pglite')

function open({ PGlite }: Library, dataDir: string): Promise<PGlite> {
  return PGlite.create({
    dataDir,
    startParams: [...PGlite.defaultStartParams, ...settings.flatMap(setting => ['-c', setting])],
    // In megabytes: small files, so that a small database is small.
    initDbStartParams: ['--wal-segsize=1'],
  })
}

/** The database in a folder, made where there is none. */
async function opened(library: Library, folder: string): Promise<PGlite> {
  const data = join(folder, 'data')
  if (!hasDatabase(folder)) return made(library, folder, data)
  // Without this file PGlite would begin anew, over what is there.
  if (!existsSync(join(data, 'PG_VERSION'))) throw new Error('PG_VERSION is missing')
  return open(library, data)
}

async function made(library: Library, folder: string, data: string): Promise<PGlite> {
  const pglite = await withNewFiles(async files => {
    beginDatabase(folder)
    return begun(library, data, files)
  })
  keepDatabase(folder)
  return pglite
}

/** `files`: of a database that nobody has used; without them PostgreSQL makes them. */
async function begun(library: Library, data: string, files: Blob | undefined): Promise<PGlite> {
  if (files) unpack(Buffer.from(await files.arrayBuffer()), data)
  const pglite = await open(library, data)
  for (const statement of files ? [] : withoutTemplates) await pglite.exec(statement)
  return pglite
}

// ---------- statements

/** PGlite's own conversions give way: everything is text. In their place, or it would join both at each statement. */
function takeAllAsText({ parsers, serializers }: PGlite): void {
  const types = new Set([...Object.keys(parsers), ...Object.keys(serializers)].map(Number))
  for (const type of types) {
    parsers[type] = (text: string) => text
    serializers[type] = (text: string) => text
  }
}

const asRows = { rowMode: 'array' } as const

async function answerOf(pglite: PGlite, { text, parameters }: Question): Promise<Answer> {
  try {
    const results = parameters
      ? await pglite.query(text, [...parameters], asRows)
      : (await pglite.exec(text, asRows)).at(-1)
    if (results?.command === undefined && !(await works(pglite))) return brokenMachine
    return { ...told(results), open: pglite.isInTransaction() }
  } catch (error) {
    const broken = isBroken(error)
    return { error: plain(sqlErrorOf(error)), broken, open: !broken && pglite.isInTransaction() }
  }
}

const brokenMachine: Answer = {
  error: { message: 'PostgreSQL gave no answer: the statement was too deep for its stack' },
  broken: true,
  open: false,
}

/** When its stack has overflown PGlite answers with nothing, without an error, as it does to an empty statement. */
async function works(pglite: PGlite): Promise<boolean> {
  return pglite.query('select 1').then(
    ({ rows }) => rows.length === 1,
    error => !isBroken(error),
  )
}

/** Errors of PostgreSQL have an SQLSTATE; after those of the highest severities it cannot go on. */
function isBroken(error: unknown): boolean {
  const { severity } = error as { readonly severity?: string }
  return sqlErrorOf(error).code === undefined || severity === 'FATAL' || severity === 'PANIC'
}

function told(results: Results<unknown> | undefined): Omit<Extract<Answer, { rows: unknown }>, 'open'> {
  return {
    columns: (results?.fields ?? []).map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID })),
    // Asked for as arrays of texts, which the library's types cannot say.
    rows: (results?.rows ?? []) as unknown as (string | null)[][],
    affected: results?.affectedRows ?? 0,
    command: results?.command,
  }
}

/** Errors lose what is not the language's own on their way between threads. */
function plain({ message, code, constraint, table, column }: SqlError): SqlError {
  return { message, code, constraint, table, column }
}

// ---------- the log

/** Statements between two looks at the length of the log. */
const betweenLooks = 20
const mostLogBytes = 16 * 1_024 * 1_024
const logLength =
  'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 as n from pg_control_checkpoint()'

/** Shortens the log when it has grown long. */
async function shortenLog(pglite: PGlite): Promise<void> {
  if (pglite.isInTransaction()) return
  const { rows } = await pglite.query<{ n: string }>(logLength)
  if (Number(rows[0]?.n ?? 0) > mostLogBytes) await pglite.exec('checkpoint')
}

// ---------- the thread

async function serve(pglite: PGlite, folder: string, port: MessagePort): Promise<void> {
  takeAllAsText(pglite)
  let statements = 0
  const say = (message: FromThread): void => port.postMessage(message)
  const handle = async (asked: ToThread): Promise<void> => {
    if (asked !== 'close') {
      say({ answer: await answerOf(pglite, asked) })
      // What goes wrong here goes wrong for the next statement too, which says so.
      if (++statements % betweenLooks === 0) await shortenLog(pglite).catch(() => {})
      return
    }
    await pglite.close()
    syncFiles(join(folder, 'data'))
    say({ news: { closed: true } })
    port.close()
  }
  let last: Promise<void> = Promise.resolve()
  port.on('message', (asked: ToThread) => {
    last = last.then(() => handle(asked))
  })
  say({ news: { opened: true } })
}

async function begin(port: MessagePort, folder: string): Promise<void> {
  // Gives nothing, whatever the port's own function gives: what failed here would seem to be there.
  const say = (news: News): undefined => void port.postMessage({ news } satisfies FromThread)
  const library = await import('@electric-sql/pglite').catch((error: unknown) => say({ unavailable: String(error) }))
  if (!library) return
  const pglite = await opened(library, folder).catch((error: unknown) => say({ damaged: String(error) }))
  if (pglite) await serve(pglite, folder, port)
}

if (parentPort) await begin(parentPort, (workerData as { readonly folder: string }).folder)
