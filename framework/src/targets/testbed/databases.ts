/**
 * The databases of a process that can die: each statement has a point before and after it, and is real input. A
 * transaction dies with its process: the engine rolls it back, as it does when a connection breaks.
 */
import type { DatabaseEngine, Databases, Sql, SqlTransaction } from '../../contract/database.ts'
import type { RealInput } from './real-input.ts'

/** What an operation goes through: its points. Never comes back once the process is dead. */
export type Through = <T>(operate: () => Promise<T>) => Promise<T>

export interface DatabasesOfProcess {
  readonly databases: Databases
  readonly through: Through
  /** Rejects when the process dies first. */
  alive<T>(work: Promise<T>): Promise<T>
  readonly input: RealInput
}

export function mortalDatabases(parts: DatabasesOfProcess): Databases {
  return {
    open: async name => mortalEngine(parts, await awaited(parts, () => parts.databases.open(name))),
    isUntouched: name => parts.databases.isUntouched?.(name) ?? false,
  }
}

function awaited<T>({ through, input }: DatabasesOfProcess, operate: () => Promise<T>): Promise<T> {
  return through(async () => {
    const came = input.begin('a database', Number.POSITIVE_INFINITY)
    try {
      return await operate()
    } finally {
      came()
    }
  })
}

function mortalSql(parts: DatabasesOfProcess, sql: Sql): Sql {
  return {
    query: (text, parameters) => awaited(parts, () => sql.query(text, parameters)),
    script: text => awaited(parts, () => sql.script(text)),
  }
}

function mortalEngine(parts: DatabasesOfProcess, engine: DatabaseEngine): DatabaseEngine {
  const { through, alive } = parts
  return {
    ...mortalSql(parts, engine),
    readOnly: mortalSql(parts, engine.readOnly),
    transaction: (run, options) =>
      through(() => {
        const inside = (sql: SqlTransaction) => run({ ...mortalSql(parts, sql), transaction: true })
        return engine.transaction(sql => alive(inside(sql)), options)
      }),
    alone: (lock, run) => through(() => engine.alone(lock, () => alive(run()))),
    close: () => engine.close(),
  }
}
