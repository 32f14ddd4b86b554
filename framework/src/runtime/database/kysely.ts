/**
 * Kysely on the contract: typed SQL, compiled for PostgreSQL and run by whatever engine keeps the database.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { Sql } from '../../contract/database.ts'
import { type Fault, fault } from '../../contract/problems.ts'

/**
 * Kysely over an engine, one of its transactions, or its read-only side. It owns nothing: `destroy()` does nothing.
 * Kysely's own transactions and streams are refused (`unsupported`).
 * @example const accounts = await kyselyOn<Tables>(engine).selectFrom('accounts').selectAll().execute()
 */
export function kyselyOn<Tables>(sql: Pick<Sql, 'query'>): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: dialectOn(sql) })
}

function dialectOn(sql: Pick<Sql, 'query'>): Dialect {
  return {
    createDriver: () => driverOn(connectionOn(sql)),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: db => new PostgresIntrospector(db),
  }
}

async function nothing(): Promise<void> {}

async function noTransaction(): Promise<never> {
  throw unsupported('transactions are made by transaction(run) of the database, which has send and publish too')
}

function driverOn(connection: DatabaseConnection): Driver {
  return {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: noTransaction,
    commitTransaction: noTransaction,
    rollbackTransaction: noTransaction,
    releaseConnection: nothing,
    destroy: nothing,
  }
}

function connectionOn(sql: Pick<Sql, 'query'>): DatabaseConnection {
  return {
    async executeQuery<Row>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, affected } = await sql.query(text, parameters)
      // What the statement gives is what Kysely's types say of it; PostgreSQL knows, TypeScript cannot.
      return { rows: rows as Row[], numAffectedRows: BigInt(affected) }
    },
    streamQuery() {
      throw unsupported('answers are not streamed: read a page at a time, by key')
    },
  }
}

function unsupported(detail: string): Fault {
  return fault('unsupported', detail)
}
