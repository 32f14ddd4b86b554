/**
 * Databases: PostgreSQL. The contract is the shape of a connection, not a library: a query with `$1` parameters and a
 * transaction. Typed SQL, migrations and the outbox table are built on it by the runtime. What engines share is in
 * `sql.ts` and `sql-session.ts`.
 *
 * Values a column gives, the same on every engine (sessions run in UTC, with ISO dates and intervals):
 * - `boolean`: boolean. `smallint`, `integer`, `real`, `double precision`, `oid`: number, NaN and Infinity included.
 * - `bigint`: number. One outside the safe integers fails the statement (`sql-failed`, 22003): select it as text.
 * - `numeric`: string, as PostgreSQL writes it. `uuid`, enums, `inet` and the like: string.
 * - `timestamptz`: ISO string in UTC, `2026-11-21T10:00:00.000Z`; six digits where there are microseconds.
 * - `timestamp`: the same without `Z`. `date`: `2026-11-21`. `time`: `10:00:00`. `interval`: ISO, `P1DT2H`.
 *   `infinity`, and what lies outside the years 1 to 9999, is PostgreSQL's own text.
 * - `json`, `jsonb`: the parsed value. `bytea`: Uint8Array. Arrays of these: arrays.
 * - All else (ranges, rows, geometry): PostgreSQL's own text.
 *
 * Parameters: string, number, bigint, boolean, Date, Uint8Array (`bytea`); null and undefined are NULL; arrays and plain
 * objects are JSON, so lists belong into `jsonb` columns. Text with U+0000 or half of a surrogate pair is refused
 * (`sql-failed`, 22021), since PostgreSQL could not keep it as it is.
 */

export interface DatabaseShape {
  readonly name: string
}

export interface SqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Rows that an INSERT, UPDATE, DELETE or MERGE touched; 0 for all else. */
  readonly affected: number
}

/**
 * Faults: `sql-failed` (with `more.sqlState`), `conflict` (23505 unique, 23P01 exclusion; with `more.constraint`),
 * `engine-unavailable`, `timed-out` (cancelled by the server), `overloaded` (could not be serialised after all retries).
 * Their messages hold the statement, never a value of a parameter or a row.
 */
export interface Sql {
  /** One statement with parameters. BEGIN, COMMIT and ROLLBACK are refused: transactions are the engine's. */
  query(text: string, parameters?: readonly unknown[]): Promise<SqlResult>
  /** Statements without parameters, all or nothing. A single one that must not be in a transaction is in none. */
  script(text: string): Promise<void>
}

export interface SqlTransaction extends Sql {
  readonly transaction: true
}

export interface TransactionOptions {
  /** Default: read committed. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** Default false. True: the engine refuses every write (`sql-failed`, 25006). */
  readonly readOnly?: boolean
}

export interface DatabaseEngine extends Sql {
  /**
   * Commits when `run` resolves, rolls back when it rejects. Serialisation failures and deadlocks (40001, 40P01) run it
   * again, up to 10 times. Inside `run` only what it is given may be used: the engine itself is refused there
   * (`sql-failed`), because on one connection it would wait for its own transaction, and on several see other data.
   * A transaction in which a statement failed is not kept, even if `run` caught the failure (`sql-failed`, 25P02).
   */
  transaction<T>(run: (sql: SqlTransaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Each call in a read-only transaction of its own: the engine refuses every write (`sql-failed`, 25006). */
  readonly readOnly: Sql
  /** Runs alone among all processes, under a lock of the database. Not inside a transaction, nor inside itself. */
  alone<T>(lock: string, run: () => Promise<T>): Promise<T>
  /** Waits for what runs, then gives everything back. Later calls fail with `engine-unavailable`. */
  close(): Promise<void>
}

export interface Databases {
  /** Opened at first use; the same engine for the same name, until it is closed. */
  open(name: string): Promise<DatabaseEngine>
  /** Known without opening it: nobody ever opened it, so there is nothing in it. Left away: not known. */
  isUntouched?(name: string): boolean
}
