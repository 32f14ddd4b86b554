/**
 * Databases on disk: PostgreSQL itself, compiled to WebAssembly (PGlite), each in a thread of its own, so that a long
 * query holds up nothing else. The thread and its 100 MB begin when the database is first opened.
 *
 * What is committed survives a killed process. It does not survive a power cut, except what was there when the database
 * was last closed: PGlite writes to the system's cache and does not flush the disk.
 *
 * The states of a session: *running* with its thread; *lost* when the thread dies, which ends what it was asked with
 * `engine-unavailable`. Outside of a transaction the next use starts a new thread. Inside of one, all that follows in it
 * fails too, until it has been rolled back: the first half of it is gone, so the second must not be kept. A statement
 * that takes longer than any handler may run is ended together with its thread (`timed-out`).
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Cancel, Clock } from '../contract/clock.ts'
import type { DatabaseEngine, Databases, SqlResult } from '../contract/database.ts'
import { limits } from '../contract/limits.ts'
import { fault } from '../contract/problems.ts'
import { type SqlError, sqlErrorOf, sqlValue } from '../contract/sql.ts'
import { engineOnSession, type SqlOutcome, type SqlSession } from '../contract/sql-session.ts'
import type { Answer, FromThread, News, Question, ToThread } from './database-worker.ts'
import { type FolderLock, lockFolder } from './lock.ts'
import { hasDatabase } from './new-database.ts'

export interface EmbeddedDatabases extends Databases {
  /** Closes every database that is open; all is on disk then. */
  close(): Promise<void>
}

export interface EmbeddedDatabasesOptions {
  /** The folder of the databases; each has one in it. */
  readonly folder: string
  readonly clock: Clock
  /** How long one statement may take. Default 15 minutes, as long as the longest run of a handler. */
  readonly longestMs?: number
  /** Node's options for the threads. Default: those of this process. */
  readonly execArgv?: readonly string[]
}

/**
 * Databases in a folder. `open` gives the faults `engine-unavailable` (another process has the database) and
 * `data-damaged` (its files cannot be read; nothing is overwritten). Names: a–z, 0–9 and `-`.
 */
export function embeddedDatabases(options: EmbeddedDatabasesOptions): EmbeddedDatabases {
  const opened = new Map<string, Promise<DatabaseEngine>>()
  const forget = (name: string): void => void opened.delete(name)
  let closed = false
  return {
    async open(name) {
      if (closed) throw fault('engine-unavailable', 'the databases are closed')
      const engine = opened.get(name) ?? openEngine(name, options, () => forget(name))
      opened.set(name, engine)
      engine.catch(() => forget(name))
      return engine
    },
    async close() {
      closed = true
      const engines = await Promise.allSettled(opened.values())
      await Promise.all(engines.map(engine => (engine.status === 'fulfilled' ? engine.value.close() : undefined)))
    },
  }
}

async function openEngine(
  name: string,
  { folder: parent, clock, longestMs = limits.runMs, execArgv }: EmbeddedDatabasesOptions,
  closed: () => void,
): Promise<DatabaseEngine> {
  if (!/^[a-z0-9-]+$/.test(name)) throw fault('plan-invalid', `"${name}" is no name of a database`)
  const folder = join(parent, name)
  const lock = locked(folder)
  const after = (run: () => void): Cancel => clock.at(clock.now() + longestMs, run)
  const session = new ThreadSession(() => startThread(folder, execArgv), after)
  try {
    await session.open()
  } catch (error) {
    lock.release()
    throw error
  }
  return engineOnSession(session, () => {
    lock.release()
    closed()
  })
}

function locked(folder: string): FolderLock {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw fault('engine-unavailable', `the folder "${folder}" cannot be made: ${String(error)}`, {}, error)
  }
  return lockFolder(folder)
}

// ---------- the session

class ThreadSession implements SqlSession {
  readonly #start: () => Promise<Thread>
  /** Calls when a statement has taken too long. */
  readonly #afterLongest: (run: () => void) => Cancel
  #thread: Thread | undefined
  /** Whether a transaction is open, as far as is known. */
  #open = false
  /** The transaction went with its thread, and its end has not been asked for. */
  #lost = false

  constructor(start: () => Promise<Thread>, afterLongest: (run: () => void) => Cancel) {
    this.#start = start
    this.#afterLongest = afterLongest
  }

  /** Faults: `engine-unavailable`, `data-damaged`. */
  async open(): Promise<void> {
    this.#thread = await this.#start()
  }

  run(text: string, parameters: readonly (string | null)[]): Promise<SqlOutcome> {
    return this.#ask({ text, parameters })
  }

  script(text: string): Promise<SqlOutcome> {
    return this.#ask({ text })
  }

  async close(): Promise<void> {
    await this.#thread?.close()
  }

  async #ask(question: Question): Promise<SqlOutcome> {
    if (this.#lost) return this.#afterLoss(question)
    const thread = await this.#running().catch((error: Error) => error)
    if (thread instanceof Error) return lostOutcome({ message: thread.message })
    let error: SqlError = { message: 'the thread of the database died, and is started again at the next use' }
    const cancel = this.#afterLongest(() => {
      error = { message: 'the statement took too long and was ended', code: '57014' }
      void thread.kill()
    })
    const answer = await thread.ask(question)
    cancel()
    if (!answer) return this.#loss(error)
    if ('error' in answer && answer.broken) {
      await thread.kill()
      return this.#loss({ message: answer.error.message })
    }
    this.#open = answer.open
    return outcomeOf(answer)
  }

  async #running(): Promise<Thread> {
    if (!this.#thread || this.#thread.dead) await this.open()
    if (!this.#thread) throw new Error('the thread of the database was not started')
    return this.#thread
  }

  #loss(error: SqlError): SqlOutcome {
    this.#lost = this.#open
    this.#open = false
    return lostOutcome(error)
  }

  /** Until the transaction that is gone has ended for its caller too. */
  #afterLoss({ text }: Question): SqlOutcome {
    if (text !== 'rollback') return lostOutcome({ message: 'the transaction ended with the thread of the database' })
    this.#lost = false
    return { open: false, result: { rows: [], affected: 0 }, command: 'ROLLBACK' }
  }
}

function lostOutcome(error: SqlError): SqlOutcome {
  return { open: false, error }
}

function outcomeOf(answer: Answer): SqlOutcome {
  const { open } = answer
  if ('error' in answer) return { open, error: answer.error }
  try {
    return { open, result: resultOf(answer), command: answer.command }
  } catch (error) {
    return { open, error: sqlErrorOf(error) }
  }
}

function resultOf({ columns, rows, affected }: Extract<Answer, { rows: unknown }>): SqlResult {
  const valued = rows.map(row =>
    Object.fromEntries(
      columns.map(({ name, typeId }, at) => {
        const text = row[at] ?? null
        return [name, text === null ? null : sqlValue(typeId, text)]
      }),
    ),
  )
  return { rows: valued, affected }
}

// ---------- the thread

interface Thread {
  readonly dead: boolean
  /** The answer; undefined when the thread dies before it gives one. */
  ask(question: Question): Promise<Answer | undefined>
  /** Closes the database and ends. */
  close(): Promise<void>
  /** Ends at once. */
  kill(): Promise<void>
}

/**
 * This module's neighbour: beside the sources the source, else what was built of it. A Node that reads no TypeScript
 * takes what was built, unless it is given options by which it can.
 */
function program(readsSources: boolean): URL {
  if (import.meta.url.endsWith('.js')) return new URL('./database-worker.js', import.meta.url)
  const built = new URL('../../dist/embedded/database-worker.js', import.meta.url)
  if (!readsSources && existsSync(built)) return built
  return new URL('./database-worker.ts', import.meta.url)
}

/** With less PostgreSQL's own limit of 2 MB lies beyond what the machine that it runs in can take. */
const stackSizeMb = 64

/** Starts a thread; resolves when its database is open. Faults: `engine-unavailable`, `data-damaged`. */
async function startThread(folder: string, execArgv?: readonly string[]): Promise<Thread> {
  const known = hasDatabase(folder)
  const worker = new Worker(program(execArgv !== undefined || 'typescript' in process.features), {
    workerData: { folder },
    resourceLimits: { stackSizeMb },
    ...(execArgv ? { execArgv: [...execArgv] } : {}),
  })
  const thread = new WorkerThread(worker)
  const news = await thread.news()
  if (news && 'opened' in news) return thread
  await thread.kill()
  const why = news && ('damaged' in news ? news.damaged : 'unavailable' in news ? news.unavailable : undefined)
  throw known && news && 'damaged' in news ? damaged(folder, news.damaged) : unavailable(folder, why ?? thread.reason)
}

function damaged(folder: string, why: string): Error {
  const detail = `PostgreSQL cannot open the database in "${folder}": ${why}`
  return fault(
    'data-damaged',
    `${detail}. Nothing was made anew: put a copy of the folder in its place, or move it away`,
  )
}

function unavailable(folder: string, why: string): Error {
  return fault('engine-unavailable', `the database in "${folder}" cannot be started: ${why}`)
}

class WorkerThread implements Thread {
  readonly #worker: Worker
  readonly #ended: Promise<void>
  #dead = false
  #reason = 'its thread ended'
  #hear: ((message: FromThread | undefined) => void) | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (message: FromThread) => this.#tell(message))
    worker.on('error', error => this.#fail(error))
    worker.on('messageerror', error => {
      this.#fail(error)
      void worker.terminate()
    })
    this.#ended = new Promise(resolve => {
      worker.once('exit', () => {
        this.#dead = true
        this.#tell(undefined)
        resolve()
      })
    })
  }

  get dead(): boolean {
    return this.#dead
  }

  get reason(): string {
    return this.#reason
  }

  /** What it says of itself next; undefined when it dies. */
  async news(): Promise<News | undefined> {
    const message = await this.#next()
    return message && 'news' in message ? message.news : undefined
  }

  async ask(question: Question): Promise<Answer | undefined> {
    const message = await this.#next(question)
    return message && 'answer' in message ? message.answer : undefined
  }

  async close(): Promise<void> {
    await this.#next('close')
    await this.#ended
  }

  async kill(): Promise<void> {
    await this.#worker.terminate()
    await this.#ended
  }

  /** Asks, if there is something to ask, and waits for the next message. The process lives as long as this takes. */
  async #next(question?: ToThread): Promise<FromThread | undefined> {
    if (this.#dead) return undefined
    const message = new Promise<FromThread | undefined>(resolve => {
      this.#hear = resolve
    })
    this.#worker.ref()
    if (question !== undefined) this.#worker.postMessage(question)
    return message
  }

  #tell(message: FromThread | undefined): void {
    this.#hear?.(message)
    this.#hear = undefined
    this.#worker.unref()
  }

  #fail(error: unknown): void {
    this.#reason = (sqlErrorOf(error) satisfies SqlError).message
  }
}
