/**
 * Databases on a PostgreSQL server: a pool for each. What a statement and a transaction on one connection do is the
 * contract's (`sql-session.ts`); here stand which connection they get, and when they run again.
 *
 * A statement or transaction that could not be serialised runs again after a pause, on whichever connection is free. One
 * whose connection was lost does not: whether it took effect is not known, and only its author can say whether twice is
 * harmless. Connecting is tried again, since nothing has happened yet.
 */

import { randomInt } from 'node:crypto'
import {
  attempt,
  type Clock,
  type DatabaseEngine,
  type Databases,
  fault,
  isFault,
  leftClosed,
  type OwnTransactions,
  ownTransactions,
  resultOf,
  retried,
  type Sql,
  type SqlOutcome,
  type SqlSession,
  sleep,
  sqlErrorOf,
  sqlParameters,
  sqlValue,
} from 'groundplan/driver'
import pg from 'pg'
import { faultOf } from './connections.ts'
import { loginOf, type Password } from './login.ts'

export interface PostgresDatabasesOptions {
  /** Where a database is, by its name in the plan. */
  readonly urlOf: (name: string) => string
  /** Asked at each new connection. Default: the one of the address. */
  readonly password?: Password
  readonly clock: Clock
  /** At most so many connections at once to each database, for this process. Default 10. */
  readonly connections?: number
  /** For so long connecting is tried again. Default 10 seconds. */
  readonly patienceMs?: number
}

export interface PostgresDatabases extends Databases {
  close(): Promise<void>
}

export function postgresDatabases(options: PostgresDatabasesOptions): PostgresDatabases {
  const opened = new Map<string, Promise<DatabaseEngine>>()
  const forget = (name: string): void => void opened.delete(name)
  return {
    open(name) {
      const engine = opened.get(name) ?? openNew(options, name, () => forget(name))
      opened.set(name, engine)
      engine.catch(() => forget(name))
      return engine
    },
    async close() {
      const engines = await Promise.allSettled(opened.values())
      await Promise.all(engines.map(engine => (engine.status === 'fulfilled' ? engine.value.close() : undefined)))
    },
  }
}

async function openNew(options: PostgresDatabasesOptions, name: string, closed: () => void): Promise<DatabaseEngine> {
  const sessions = new Sessions(options, options.urlOf(name))
  // Says at once where there is no such database.
  await sessions.use(async () => {})
  return engineOn(sessions, closed)
}

function engineOn(sessions: Sessions, closed: () => void): DatabaseEngine {
  const own = ownTransactions()
  const pause = (run: number) => sessions.pause(run)
  const transaction: DatabaseEngine['transaction'] = async (run, options = {}) => {
    own.refuse()
    return retried(() => sessions.use(session => attempt(session, own, run, options)), pause)
  }
  const readOnly: Sql = {
    query: async (text, parameters) => transaction(sql => sql.query(text, parameters), { readOnly: true }),
    script: async text => transaction(sql => sql.script(text), { readOnly: true }),
  }
  return {
    ...statements(sessions, own),
    ...{ transaction, readOnly },
    async alone(lock, run) {
      own.refuse()
      return sessions.alone(lock, run)
    },
    async close() {
      own.refuse()
      await sessions.close().then(closed)
    },
  }
}

function statements(sessions: Sessions, own: OwnTransactions): Sql {
  const outside = (
    run: (session: SqlSession) => Promise<SqlOutcome>,
    text: string,
    parameters?: readonly (string | null)[],
  ) => {
    own.refuse()
    const once = () =>
      sessions.use(async session => resultOf(await leftClosed(session, await run(session)), text, parameters))
    return retried(once, wait => sessions.pause(wait))
  }
  return {
    async query(text, parameters = []) {
      const encoded = sqlParameters(text, parameters)
      return outside(session => session.run(text, encoded), text, encoded)
    },
    async script(text) {
      sqlParameters(text, [])
      await outside(session => session.script(text), text)
    },
  }
}

// ---------- connections

const settings = ['TimeZone=UTC', 'DateStyle=ISO', 'IntervalStyle=iso_8601', 'bytea_output=hex', 'extra_float_digits=1']
const longestPauseMs = 1_000

class Sessions {
  readonly #config: pg.ClientConfig
  readonly #pool: pg.Pool
  readonly #clock: Clock
  readonly #patienceMs: number
  /** What runs; waited for at the end. */
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor({ clock, password, connections = 10, patienceMs = 10_000 }: PostgresDatabasesOptions, url: string) {
    this.#config = {
      ...loginOf(url, password),
      application_name: 'groundplan',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      options: settings.map(setting => `-c ${setting}`).join(' '),
      types: { getTypeParser: (type: number) => (text: unknown) => sqlValue(type, String(text)) },
    }
    this.#clock = clock
    this.#patienceMs = patienceMs
    this.#pool = new pg.Pool({ ...this.#config, max: connections })
    this.#pool.on('error', () => {})
    // Nor is one that is lost between two statements: the next one fails.
    this.#pool.on('connect', client => void client.on('error', () => {}))
  }

  /** Runs on a connection that nobody else has meanwhile. */
  async use<T>(run: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#open(async () => {
      const client = await this.#connected(() => this.#pool.connect())
      let lost = false
      try {
        return await run(sessionOn(client))
      } catch (error) {
        lost = isFault(error, 'engine-unavailable')
        throw error
      } finally {
        // One that is still inside of something is not for others.
        client.release(lost || client.getTransactionStatus() !== 'I')
      }
    })
  }

  /**
   * Under a lock of the server, held by a connection outside of the pool: what runs needs the pool. A lock whose connection
   * was lost is no lock any more: what runs cannot be called back, so it fails when it has ended.
   */
  async alone<T>(lock: string, run: () => Promise<T>): Promise<T> {
    return this.#open(async () => {
      const client = await this.#connected(() => this.#apart())
      let lost: unknown
      client.on('error', error => {
        lost = error
      })
      try {
        await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [lock])
        const value = await run()
        if (lost) throw fault('engine-unavailable', `the lock "${lock}" was lost on the way`, {}, lost)
        return value
      } catch (error) {
        throw lost && !isFault(error) ? faultOf(error, 'lock') : error
      } finally {
        await client.end().catch(() => {})
      }
    })
  }

  pause(run: number): Promise<void> {
    const longestMs = Math.min(longestPauseMs, 5 * 2 ** Math.min(run, 8))
    return sleep(this.#clock, randomInt(longestMs + 1))
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(() => this.#pool.end())
    return this.#closing
  }

  async #open<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closing) throw fault('engine-unavailable', 'the database is closed')
    const running = run()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #apart(): Promise<pg.Client> {
    const client = new pg.Client(this.#config)
    await client.connect()
    return client
  }

  async #connected<C>(connect: () => Promise<C>): Promise<C> {
    const untilMs = this.#clock.now() + this.#patienceMs
    for (let run = 0; ; run++) {
      try {
        return await connect()
      } catch (thrown) {
        const error = faultOf(thrown, 'connect')
        if (error.code !== 'engine-unavailable' || this.#clock.now() >= untilMs) throw error
      }
      await this.pause(run + 3)
    }
  }
}

/** The library takes it, its types do not name it: without it a text without parameters could be several statements. */
interface OneStatement extends pg.QueryConfig {
  readonly queryMode: 'extended'
}

function sessionOn(client: pg.PoolClient): SqlSession {
  const isOpen = (): boolean => client.getTransactionStatus() === 'T' || client.getTransactionStatus() === 'E'
  const outcomeOf = async (run: () => Promise<pg.QueryResult | pg.QueryResult[]>): Promise<SqlOutcome> => {
    try {
      const results = await run()
      const last = Array.isArray(results) ? results.at(-1) : results
      const result = { rows: last?.rows ?? [], affected: affectedBy(last) }
      return { result, command: last?.command ?? undefined, open: isOpen() }
    } catch (error) {
      return { error: sqlErrorOf(error), open: isOpen() }
    }
  }
  return {
    run(text, parameters) {
      const query: OneStatement = { text, values: [...parameters], queryMode: 'extended' }
      return outcomeOf(() => answered(client, query))
    },
    script: text => outcomeOf(() => answered(client, text)),
    close: async () => {},
  }
}

/**
 * By callback: the library's own promises hold on to what they gave until the next full garbage collection. A script has as
 * many results as it has statements.
 */
function answered(client: pg.PoolClient, query: string | pg.QueryConfig): Promise<pg.QueryResult | pg.QueryResult[]> {
  return new Promise((resolve, reject) => {
    client.query(query, (error, found) => (error ? reject(error) : resolve(found)))
  })
}

const writing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function affectedBy(result: pg.QueryResult | undefined): number {
  return result && writing.has(result.command) ? (result.rowCount ?? 0) : 0
}
