/**
 * Databases in memory: PostgreSQL itself, compiled to WebAssembly (PGlite). Its 27 MB are loaded when the first database
 * is opened, never before. SQL's `now()` is the process's `Date`, which testbed and simulation keep on their clock.
 */
import type { PGlite, Results } from '@electric-sql/pglite'
import type { DatabaseEngine, Databases, SqlResult } from '../contract/database.ts'
import { withNewFiles } from '../contract/new-database.ts'
import { sqlErrorOf, sqlValue } from '../contract/sql.ts'
import { engineOnSession, type SqlOutcome, type SqlSession } from '../contract/sql-session.ts'

/**
 * The files of a database that nobody has used: those of the build, else made once in about 2 seconds. Whoever opens
 * many databases keeps one for all of them, which reads them once. Holds 16 MB once used.
 */
export interface DatabaseTemplate {
  files(): Promise<Blob>
}

export interface MemoryDatabases extends Databases {
  /** Closes every database that is open. */
  close(): Promise<void>
}

/** A template, empty until the first database is opened by it. */
export function databaseTemplate(): DatabaseTemplate {
  let files: Promise<Blob> | undefined
  return {
    files() {
      files ??= pristine().catch(error => {
        files = undefined
        throw error
      })
      return files
    },
  }
}

/** PostgreSQL's own templates are half of the files, and serve `create database` only, which one session cannot use. */
const withoutTemplates = [
  `update pg_database set datistemplate = false where datname <> 'postgres'`,
  'drop database template0',
  'drop database template1',
  'checkpoint',
]

/** Those of the build, if a database begins with them. */
function pristine(): Promise<Blob> {
  return withNewFiles(async files => {
    if (!files) return freshDatabaseFiles()
    await (await start(files)).close()
    return files
  })
}

/** The files of a new database, made here and now: what the build keeps. */
export async function freshDatabaseFiles(): Promise<Blob> {
  const fresh = await start()
  try {
    for (const statement of withoutTemplates) await fresh.exec(statement)
    return await fresh.dumpDataDir('none')
  } finally {
    await fresh.close()
  }
}

/**
 * Databases that are gone with the process, one PGlite each, of about 100 MB.
 * - `template`: what new databases begin with. Default: each reads the files of the build anew; where there are none it
 *   makes its own, in about 2 seconds.
 */
export function memoryDatabases(options: { readonly template?: DatabaseTemplate } = {}): MemoryDatabases {
  const opened = new Map<string, Promise<DatabaseEngine>>()
  const forget = (name: string): void => void opened.delete(name)
  const openNew = async (name: string): Promise<DatabaseEngine> => {
    return engineOnSession(sessionOn(await begun(options.template)), () => forget(name))
  }
  return {
    open(name) {
      const engine = opened.get(name) ?? openNew(name)
      opened.set(name, engine)
      engine.catch(() => forget(name))
      return engine
    },
    isUntouched: name => !opened.has(name),
    async close() {
      const engines = await Promise.allSettled(opened.values())
      await Promise.all(engines.map(engine => (engine.status === 'fulfilled' ? engine.value.close() : undefined)))
    },
  }
}

async function begun(template?: DatabaseTemplate): Promise<PGlite> {
  return template ? start(await template.files()) : withNewFiles(start)
}

/** Small buffers and log files: they would only be copied. */
async function start(files?: Blob): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite')
  const settings = ['shared_buffers=8MB', 'TimeZone=UTC', 'DateStyle=ISO', 'IntervalStyle=iso_8601']
  return PGlite.create({
    startParams: [...PGlite.defaultStartParams, ...settings.flatMap(setting => ['-c', setting])],
    initDbStartParams: ['--wal-segsize=1'],
    ...(files ? { loadDataDir: files } : {}),
  })
}

function sessionOn(pglite: PGlite): SqlSession {
  takeAllAsText(pglite)
  const outcomeOf = async (run: () => Promise<Results | undefined>): Promise<SqlOutcome> => {
    try {
      const results = await run()
      return { result: resultOf(results), command: results?.command, open: pglite.isInTransaction() }
    } catch (error) {
      return { error: sqlErrorOf(error), open: !pglite.closed && pglite.isInTransaction() }
    }
  }
  return {
    run: (text, parameters) => outcomeOf(() => pglite.query(text, [...parameters])),
    script: text => outcomeOf(async () => (await pglite.exec(text)).at(-1)),
    close: () => pglite.close(),
  }
}

function resultOf(results: Results | undefined): SqlResult {
  return { rows: results?.rows ?? [], affected: results?.affectedRows ?? 0 }
}

/** PGlite's own conversions give way to those all engines share. In their place, or it would join both at each statement. */
function takeAllAsText({ parsers, serializers }: PGlite): void {
  const types = new Set([...Object.keys(parsers), ...Object.keys(serializers)].map(Number))
  for (const type of types) {
    parsers[type] = (text: string) => sqlValue(type, text)
    serializers[type] = (text: string) => text
  }
}
