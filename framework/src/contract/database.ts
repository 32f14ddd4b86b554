/**
 * Databases: PostgreSQL. The contract is the shape of a connection, not a library: a query with `$1` parameters and a
 * transaction. Typed SQL, migrations and the outbox table are built on it by the runtime.
 */

export interface DatabaseShape {
  readonly name: string
}

export interface SqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Rows that an INSERT, UPDATE or DELETE touched. */
  readonly affected: number
}

export interface Sql {
  /** One statement with parameters. Faults: `sql-failed` (with `more.sqlState`), `conflict` (23505, 23P01), `engine-unavailable`. */
  query(text: string, parameters?: readonly unknown[]): Promise<SqlResult>
}

export interface SqlTransaction extends Sql {
  readonly transaction: true
}

export interface TransactionOptions {
  /** Default: read committed. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
}

export interface DatabaseEngine extends Sql {
  /**
   * Commits when `run` resolves, rolls back when it rejects. Serialisation failures and deadlocks (40001, 40P01) run it
   * again, up to 10 times.
   */
  transaction<T>(run: (sql: SqlTransaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Several statements without parameters: migrations. */
  script(text: string): Promise<void>
  /** Runs alone among all processes. */
  alone<T>(lock: string, run: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface Databases {
  /** Opened at first use. */
  open(name: string): Promise<DatabaseEngine>
}
