/**
 * Connections to a server: a pool for statements, and what is to be done when it fails.
 *
 * A failure is *passing* when the same call may work in a moment: the connection was lost or refused, the server starts,
 * stops or fails over, has too many connections, could not serialise. Who calls says whether a statement may be run
 * twice; one that may is tried again, with growing pauses, for as long as our patience lasts. A pause is between half and
 * the whole of its length by chance, so that processes which lost the same server do not come back all at once.
 */
import { createHash, randomInt } from 'node:crypto'
import { type Clock, type Fault, fault, isFault, sleep, sqlFault } from 'groundplan/driver'
import pg from 'pg'
import { loginOf, type Password } from './login.ts'

export interface ConnectionOptions {
  /** `postgres://user:password@host:port/database`, with `?sslmode=verify-full` where the network is not one's own. */
  readonly url: string
  /** Asked at each new connection. Default: the one of the address. */
  readonly password?: Password
  readonly clock: Clock
  /** At most so many at once, for this process. Default 10. */
  readonly connections?: number
  /** For so long a call is tried again when the server cannot be reached. Default 10 seconds. */
  readonly patienceMs?: number
}

export type Row = readonly (string | null)[]

/** Asks one statement with its parameters. */
export type Ask = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

/** Everything is by key: a plan made while a table was empty must not read all of it once it is full. */
const planning = ['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin', 'jit'].map(
  name => `-c ${name}=off`,
)
const session = [...planning, '-c plan_cache_mode=force_generic_plan', '-c TimeZone=UTC'].join(' ')

const firstPauseMs = 25
const longestPauseMs = 1_000
const connectMs = 5_000

export class Connections {
  readonly clock: Clock
  readonly url: string
  readonly #password: Password | undefined
  readonly #pool: pg.Pool
  readonly #patienceMs: number
  readonly #names = new Map<string, string>()
  #busy = 0
  #lostAtMs = Number.NEGATIVE_INFINITY
  #closing: Promise<void> | undefined

  constructor({ url, password, clock, connections = 10, patienceMs = 10_000 }: ConnectionOptions) {
    this.clock = clock
    this.url = url
    this.#password = password
    this.#patienceMs = patienceMs
    this.#pool = new pg.Pool({ ...clientOptions(url, password), max: connections, allowExitOnIdle: true })
    // A connection that is lost while nobody uses it is nobody's failure.
    this.#pool.on('error', () => this.#lost())
    // Nor is one that is lost between two statements: the next one fails.
    this.#pool.on('connect', client => void client.on('error', () => {}))
  }

  /** Statements under way. */
  get busy(): number {
    return this.#busy
  }

  /** When a connection was lost, or could not be had, for the last time. */
  get lostAtMs(): number {
    return this.#lostAtMs
  }

  /** What was there before this process lost one: the server crashed so long ago. */
  lostBefore(agoMs: number): void {
    this.#lostAtMs = Math.max(this.#lostAtMs, this.clock.now() - agoMs)
  }

  get closing(): boolean {
    return this.#closing !== undefined
  }

  /** Runs a statement that may be run twice: one that reads, or whose repetition changes nothing. */
  repeatable(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.retried(() => this.once(text, values))
  }

  /** Runs a statement once. Faults: `engine-unavailable`; whether it took effect is not known then. */
  async once(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#counted(() => this.#with(client => rowsOf(client, this.#prepared(text, values))), text)
  }

  /** One transaction on one connection; rolled back when `run` rejects. */
  async transaction<T>(run: (query: Ask) => Promise<T>): Promise<T> {
    const inside = async (client: pg.PoolClient): Promise<T> => {
      await client.query('begin')
      try {
        const value = await run((text, values = []) => rowsOf(client, this.#prepared(text, values)))
        await client.query('commit')
        return value
      } catch (error) {
        await client.query('rollback').catch(() => {})
        throw error
      }
    }
    return this.#counted(() => this.#with(inside), 'transaction')
  }

  /** A connection of its own, outside of the pool: for what waits, listens or holds a lock. */
  async apart(): Promise<pg.Client> {
    const client = new pg.Client(clientOptions(this.url, this.#password))
    client.on('error', () => this.#lost())
    try {
      await client.connect()
      return client
    } catch (error) {
      throw faultOf(error, 'connect')
    }
  }

  /** Tries again what failed in passing, for as long as patience lasts. */
  async retried<T>(attempt: () => Promise<T>): Promise<T> {
    const untilMs = this.clock.now() + this.#patienceMs
    for (let run = 0; ; run++) {
      try {
        return await attempt()
      } catch (error) {
        if (!isPassing(error) || this.closing || this.clock.now() >= untilMs) throw error
      }
      await this.pause(run)
    }
  }

  /** Lets a moment pass before the next attempt. */
  pause(run: number): Promise<void> {
    const longestMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(run, 10))
    return sleep(this.clock, longestMs / 2 + randomInt(Math.ceil(longestMs / 2) + 1))
  }

  /** Waits for what runs. */
  close(): Promise<void> {
    this.#closing ??= this.#pool.end()
    return this.#closing
  }

  /** On a connection that nobody else has meanwhile. Waited for where there is none: nothing has happened yet. */
  async #with<T>(run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.retried(() => this.#connected())
    let failure: unknown
    try {
      return await run(client)
    } catch (error) {
      failure = error
      throw error
    } finally {
      const lost = isLost(failure)
      if (lost) this.#lost()
      client.release(lost)
    }
  }

  #lost(): void {
    this.#lostAtMs = this.clock.now()
  }

  async #connected(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      this.#lost()
      throw faultOf(error, 'connect')
    }
  }

  /** Each text is planned once on each connection, under a name that the server does not cut. */
  #prepared(text: string, values: readonly unknown[]) {
    const name = this.#names.get(text) ?? createHash('sha256').update(text).digest('base64url')
    this.#names.set(text, name)
    return { name, text, values: [...values], rowMode: 'array' as const }
  }

  async #counted<T>(run: () => Promise<T>, text: string): Promise<T> {
    if (this.#closing) throw fault('engine-unavailable', 'the connections are closed')
    this.#busy++
    try {
      return await run()
    } catch (error) {
      throw faultOf(error, text)
    } finally {
      this.#busy--
    }
  }
}

/** By callback: the library's own promises hold on to what they gave until the next full garbage collection. */
function rowsOf(client: pg.PoolClient, query: pg.QueryArrayConfig): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    client.query<string[]>(query, (error, found) => (error ? reject(error) : resolve(found.rows)))
  })
}

function clientOptions(url: string, password: Password | undefined): pg.ClientConfig {
  return {
    ...loginOf(url, password),
    application_name: 'groundplan',
    keepAlive: true,
    connectionTimeoutMillis: connectMs,
    options: session,
    // All of it as text: who asked knows what it is.
    types: { getTypeParser: () => (text: unknown) => text },
  }
}

/** A fault of ours for whatever the library threw; those that are ones already stay. */
export function faultOf(error: unknown, text: string): Fault {
  if (isFault(error)) return error
  return sqlFault(error instanceof Error ? error : new Error(String(error)), text)
}

/** A server that only reads: it was the first one before a failover. */
const readsOnly = '25006'
/** Not serialised, a deadlock, a lock that was not to be had. */
const passing = new Set(['40001', '40P01', '55P03', readsOnly])

/** Whether the same call may work in a moment; a schema that does not fit will not change by itself. */
export function isPassing(error: unknown): boolean {
  if (!isFault(error) || 'schema' in error.more) return false
  return error.code === 'engine-unavailable' || passing.has(String(error.more.sqlState))
}

function isLost(error: unknown): boolean {
  if (error === undefined) return false
  const { code, more } = faultOf(error, '')
  return code === 'engine-unavailable' || more.sqlState === readsOnly
}
