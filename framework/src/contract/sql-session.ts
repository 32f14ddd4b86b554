/**
 * A whole database engine on one connection: turns, transactions, retries, locks. For engines that live in one process
 * and have a single session (PGlite); those with a pool share what one statement and one transaction on a session do.
 *
 * One connection does one thing at a time. A statement, a script and a transaction each take a turn, in the order they
 * were asked for; a transaction keeps its turn until it has committed or rolled back. Whoever is inside a transaction
 * and asks the engine for another turn would wait for itself: that is refused, not waited for.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { DatabaseEngine, Sql, SqlResult, SqlTransaction, TransactionOptions } from './database.ts'
import { fault } from './problems.ts'
import { mayRunAgain, type SqlError, sqlFault, sqlParameters } from './sql.ts'

/** What a statement came to, and whether a transaction is open after it. */
export type SqlOutcome = { readonly open: boolean } & (
  | { readonly result: SqlResult; readonly command?: string | undefined }
  | { readonly error: SqlError }
)

/** One connection. Statements are handed over one at a time. Never rejects: what goes wrong is an outcome. */
export interface SqlSession {
  /** One statement by the extended protocol; parameters in text format, values as `sqlValue` makes them. */
  run(text: string, parameters: readonly (string | null)[]): Promise<SqlOutcome>
  /** Statements by the simple protocol; `command` is the last one's. */
  script(text: string): Promise<SqlOutcome>
  close(): Promise<void>
}

/** The engine on a session. `closed` is told when it is given back. */
export function engineOnSession(session: SqlSession, closed: () => void = () => {}): DatabaseEngine {
  const own = ownTransactions()
  const locks = lockTurns()
  const turn = closable(inTurns())
  const transaction: DatabaseEngine['transaction'] = async (run, options = {}) => {
    own.refuse()
    return retried(() => turn.take(() => attempt(session, own, run, options)))
  }
  return {
    ...sharedSql(session, own, turn.take),
    transaction,
    readOnly: readOnlySql(transaction),
    async alone(name, run) {
      own.refuse()
      return locks(name)(run)
    },
    async close() {
      own.refuse()
      await turn.close(() => session.close().then(closed))
    },
  }
}

// ---------- turns

type Turns = <T>(run: () => Promise<T>) => Promise<T>

/** One after the other, in the order they came. */
export function inTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return run => {
    const mine = last.then(run)
    last = mine.catch(() => {})
    return mine
  }
}

/** The turns of each lock, by its name. */
function lockTurns(): (name: string) => Turns {
  const locks = new Map<string, Turns>()
  return name => {
    const turns = locks.get(name) ?? inTurns()
    locks.set(name, turns)
    return turns
  }
}

interface Closable {
  readonly take: Turns
  /** The last turn; at most once. */
  close(run: () => Promise<void>): Promise<void>
}

function closable(turns: Turns): Closable {
  let closing: Promise<void> | undefined
  return {
    take: run => (closing ? Promise.reject(fault('engine-unavailable', 'the database is closed')) : turns(run)),
    close(run) {
      closing ??= turns(run)
      return closing
    },
  }
}

// ---------- statements outside of transactions

function sharedSql(session: SqlSession, own: OwnTransactions, take: Turns): Sql {
  const alone = (text: string, run: () => Promise<SqlOutcome>, parameters?: readonly (string | null)[]) => {
    own.refuse()
    return retried(() => take(async () => resultOf(await leftClosed(session, await run()), text, parameters)))
  }
  return {
    async query(text, parameters = []) {
      const encoded = sqlParameters(text, parameters)
      return alone(text, () => session.run(text, encoded), encoded)
    },
    async script(text) {
      sqlParameters(text, [])
      await alone(text, () => session.script(text))
    },
  }
}

/** A transaction that SQL began and did not end would swallow the statements of others. */
export async function leftClosed(session: SqlSession, outcome: SqlOutcome): Promise<SqlOutcome> {
  if (!outcome.open) return outcome
  await session.script('rollback')
  return 'error' in outcome ? outcome : { open: false, error: notBySql }
}

const notBySql: SqlError = { message: 'transactions are made by transaction(run), not by SQL', code: '2D000' }

export function resultOf(outcome: SqlOutcome, text: string, parameters?: readonly (string | null)[]): SqlResult {
  if ('error' in outcome) throw sqlFault(outcome.error, text, parameters)
  return outcome.result
}

function readOnlySql(transaction: DatabaseEngine['transaction']): Sql {
  return {
    query: async (text, parameters) => transaction(sql => sql.query(text, parameters), { readOnly: true }),
    script: async text => transaction(sql => sql.script(text), { readOnly: true }),
  }
}

// ---------- transactions

/** Knows whether the code that asks is inside a transaction of this engine. */
export interface OwnTransactions {
  within<T>(run: () => Promise<T>): Promise<T>
  /** Faults: `sql-failed` inside. */
  refuse(): void
}

export function ownTransactions(): OwnTransactions {
  const current = new AsyncLocalStorage<{ open: boolean }>()
  let open = 0
  return {
    async within(run) {
      const mine = { open: true }
      open++
      try {
        return await current.run(mine, run)
      } finally {
        mine.open = false
        // Otherwise every promise of the process would go on paying for it: nobody is inside any more.
        if (--open === 0) current.disable()
      }
    },
    refuse() {
      if (!current.getStore()?.open) return
      throw fault('sql-failed', 'inside transaction(run) use the transaction it is given, not the database', {
        sqlState: '25001',
      })
    },
  }
}

const mostRuns = 11

/**
 * Runs again what could not be serialised, up to 10 times. `pause` lets a moment pass before the next run, where others
 * may be in the way. Faults: `overloaded` when it never worked.
 */
export async function retried<T>(
  attempt: () => Promise<T>,
  pause: (run: number) => Promise<void> = async () => {},
): Promise<T> {
  for (let run = 1; ; run++) {
    try {
      return await attempt()
    } catch (error) {
      if (!mayRunAgain(error)) throw error
      if (run === mostRuns) throw fault('overloaded', 'the transaction could not be serialised', { runs: run }, error)
    }
    await pause(run)
  }
}

/** One run of a transaction, in a turn of its own. */
export async function attempt<T>(
  session: SqlSession,
  own: OwnTransactions,
  run: (sql: SqlTransaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const begin = beginning(options)
  resultOf(await session.script(begin), begin)
  const inside = transactionOn(session)
  try {
    const value = await own.within(() => run(inside.sql))
    await inside.commit()
    return value
  } catch (error) {
    throw await inside.rollback(error)
  }
}

function beginning({ isolation, readOnly }: TransactionOptions): string {
  return `begin${isolation ? ` isolation level ${isolation}` : ''}${readOnly ? ' read only' : ''}`
}

interface Inside {
  readonly sql: SqlTransaction
  commit(): Promise<void>
  /** Gives what is to be thrown: a failure that may run again goes before what `run` made of it. */
  rollback(error: unknown): Promise<unknown>
}

function transactionOn(session: SqlSession): Inside {
  const inOrder = inTurns()
  let ended = false
  let again: unknown
  const inside = (text: string, run: () => Promise<SqlOutcome>, parameters?: readonly (string | null)[]) => {
    if (ended) throw fault('sql-failed', 'the transaction has ended', { sqlState: '25000' })
    return inOrder(async () => resultOf(stillOpen(await run()), text, parameters)).catch(error => {
      if (mayRunAgain(error)) again = error
      throw error
    })
  }
  return {
    sql: {
      transaction: true,
      async query(text, parameters = []) {
        const encoded = sqlParameters(text, parameters)
        return inside(text, () => session.run(text, encoded), encoded)
      },
      async script(text) {
        sqlParameters(text, [])
        await inside(text, () => session.script(text))
      },
    },
    async commit() {
      ended = true
      committed(await inOrder(() => session.script('commit')))
    },
    async rollback(error) {
      ended = true
      await inOrder(() => session.script('rollback'))
      return again ?? error
    },
  }
}

function stillOpen(outcome: SqlOutcome): SqlOutcome {
  return outcome.open || 'error' in outcome ? outcome : { open: false, error: notBySql }
}

/** COMMIT of a transaction in which a statement failed is answered with ROLLBACK. */
function committed(outcome: SqlOutcome): void {
  resultOf(outcome, 'commit')
  if ('command' in outcome && outcome.command !== 'COMMIT') {
    throw fault('sql-failed', 'nothing was kept: a statement of the transaction failed, and the failure was caught', {
      sqlState: '25P02',
    })
  }
}
