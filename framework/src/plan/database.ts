/**
 * `database`: PostgreSQL, for what is relational.
 */
import type { Kysely } from 'kysely'
import type { z } from 'zod'
import { type Grant, grant, type Resource } from './grant.ts'
import type { Operation } from './operation.ts'
import { calledFrom } from './place.ts'
import type { Simplify } from './schema.ts'

export type Rows = Readonly<Record<string, z.ZodObject>>

/** A column as Kysely wants it: what is read, what is inserted, what is updated. */
export interface Column<Read, Written> {
  readonly __select__: Read
  readonly __insert__: Written
  readonly __update__: Written
}

type ColumnsOf<S extends z.ZodObject> = {
  [C in keyof z.output<S>]: Column<z.output<S>[C], C extends keyof z.input<S> ? z.input<S>[C] : never>
}

/** The Kysely types of the declared rows. */
export type Relations<R extends Rows> = Simplify<{ [N in keyof R & string]: ColumnsOf<R[N]> }>

export interface Transaction<R extends Rows> extends Kysely<Relations<R>> {
  /** A message that leaves if, and only if, the transaction commits. Takes what `sender.send` gives. */
  send(message: Operation<void>): Promise<void>
  /** An event that leaves if, and only if, the transaction commits. Takes what `publisher.publish` gives. */
  publish(event: Operation<void>): Promise<void>
}

/**
 * Typed SQL. A reader's statements run in read-only transactions: the engine refuses every write.
 * Problem codes: `sql-failed`, `conflict` (unique or exclusion), `engine-unavailable`.
 */
export interface DatabaseReader<R extends Rows> {
  readonly sql: Kysely<Relations<R>>
}

export interface DatabaseWriter<R extends Rows> extends DatabaseReader<R> {
  /**
   * All or nothing, and serializable: what it read still holds when it commits, or it runs again, so it must have no
   * effects of its own. Inside it use `tx` only: the database's own `sql` is refused there. Problem codes: as above, and
   * `overloaded` when it never could be serialised.
   */
  transaction<T>(run: (tx: Transaction<R>) => Promise<T>): Promise<T>
}

/** One step forward; never changed once it has run anywhere. */
export interface Migration {
  /** Sorts the steps, such as `001-accounts`. */
  readonly name: string
  /** SQL statements. */
  readonly up: string
}

export interface DatabaseSpec {
  readonly rows: Rows
  readonly migrations: readonly Migration[]
}

export interface Database<R extends Rows> extends Resource {
  readonly kind: 'database'
  readonly spec: DatabaseSpec
  readonly reader: Grant<DatabaseReader<R>>
  readonly writer: Grant<DatabaseWriter<R>>
}

/**
 * Declares a PostgreSQL database.
 * - `rows`: a Zod object for each table, from which its column types derive.
 * - `migrations`: SQL that makes those tables; forward only, run under a lock at start.
 * @example
 * const ledger = database('ledger', {
 *   rows: { accounts: Account },
 *   migrations: [{ name: '001-accounts', up: 'create table accounts (id text primary key, name text not null)' }],
 * })
 */
export function database<const R extends Rows>(
  name: string,
  options: { readonly rows: R; readonly migrations: readonly Migration[] },
): Database<R> {
  const place = calledFrom(database)
  const self: Database<R> = {
    kind: 'database',
    name,
    place,
    spec: options,
    get reader() {
      return grant<DatabaseReader<R>>(self, 'reader')
    },
    get writer() {
      return grant<DatabaseWriter<R>>(self, 'writer')
    },
  }
  return self
}
