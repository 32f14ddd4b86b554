/**
 * The clients of databases: `reader` and `writer`. A reader's statements run in read-only transactions, so that the
 * engine itself refuses a write, whatever the SQL says. A writer's transactions are serializable: what they read still
 * holds when they commit, or they run again.
 */
import type { DatabaseEngine, Sql } from '../../contract/database.ts'
import { fault } from '../../contract/problems.ts'
import type { NewMessage } from '../../contract/queue.ts'
import type { DatabaseReader, DatabaseWriter, Relations, Rows, Transaction } from '../../plan/database.ts'
import type { Operation } from '../../plan/operation.ts'
import { kyselyOn } from './kysely.ts'
import type { SqlOutbox } from './outbox.ts'

/** The messages of an operation made by a sender or publisher; takes it, so that it counts as run. */
export type MessagesOf = (operation: Operation<void>) => readonly NewMessage[]

export interface DatabaseParts {
  /** Opens the database; called at the first statement. */
  open(): Promise<DatabaseEngine>
  readonly outbox: SqlOutbox
  readonly messagesOf: MessagesOf
  /** Runs a statement or transaction inside a span. Default: without one. */
  spanned?<T>(verb: 'query' | 'transaction', run: () => Promise<T>): Promise<T>
}

/** The client of one call for the grant `reader`. */
export function databaseReader<R extends Rows>(parts: DatabaseParts): DatabaseReader<R> {
  const sql = onceAsked(() => kyselyOn<Relations<R>>(statementsOn(parts, async () => (await parts.open()).readOnly)))
  return {
    get sql() {
      return sql()
    },
  }
}

/** The client of one call for the grant `writer`. */
export function databaseWriter<R extends Rows>(parts: DatabaseParts): DatabaseWriter<R> {
  const sql = onceAsked(() => kyselyOn<Relations<R>>(statementsOn(parts, parts.open)))
  return {
    get sql() {
      return sql()
    },
    transaction: run => within(parts, 'transaction', () => transaction(parts, run)),
  }
}

/** Kysely costs more than a call that is refused before it asks for any rows. */
function onceAsked<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function statementsOn(parts: DatabaseParts, open: () => Promise<Sql>): Pick<Sql, 'query'> {
  return {
    query: (text, parameters) => within(parts, 'query', async () => (await open()).query(text, parameters)),
  }
}

function within<T>({ spanned }: DatabaseParts, verb: 'query' | 'transaction', run: () => Promise<T>): Promise<T> {
  return spanned ? spanned(verb, run) : run()
}

async function transaction<R extends Rows, T>(
  { open, outbox, messagesOf }: DatabaseParts,
  run: (tx: Transaction<R>) => Promise<T>,
): Promise<T> {
  const engine = await open()
  const taken = takenOnce(messagesOf)
  let sends = false
  const value = await engine.transaction(
    async sql => {
      const mail = collected(taken)
      const result = await run(Object.assign(kyselyOn<Relations<R>>(sql), { send: mail.take, publish: mail.take }))
      const messages = mail.close()
      sends = messages.length > 0
      if (sends) await outbox.keep(sql, messages)
      return result
    },
    { isolation: 'serializable' },
  )
  if (sends) outbox.committed()
  return value
}

/** An operation is taken once, and has the same messages when the transaction runs again. */
function takenOnce(messagesOf: MessagesOf): MessagesOf {
  const taken = new Map<Operation<void>, readonly NewMessage[]>()
  return operation => {
    const messages = taken.get(operation) ?? messagesOf(operation)
    taken.set(operation, messages)
    return messages
  }
}

interface Collected {
  take(operation: Operation<void>): Promise<void>
  /** Takes no more. */
  close(): readonly NewMessage[]
}

/** The messages of one run of a transaction. */
function collected(messagesOf: MessagesOf): Collected {
  const operations = new Set<Operation<void>>()
  let closed = false
  return {
    async take(operation) {
      if (closed) throw fault('sql-failed', 'the transaction has ended', { sqlState: '25000' })
      if (operations.has(operation)) throw fault('operation-run-twice', 'a transaction was given one operation twice')
      operations.add(operation)
      messagesOf(operation)
    },
    close() {
      closed = true
      return [...operations].flatMap(messagesOf)
    },
  }
}
