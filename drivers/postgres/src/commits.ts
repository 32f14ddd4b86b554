/**
 * Commits: one lane for all of a process. While one batch is under way, those that come meet in the next: they are read
 * with one statement, decided here, and kept by one transaction (`groundplan_apply`), so a hundred callers cost two round
 * trips and one flush of the log.
 *
 *   read     the rows that the batch touches, each with its revision
 *   decide   what each commit does, or why it is refused (batch.ts)
 *   apply    all of it, if no row has changed meanwhile; otherwise begin anew. The third time the rows are locked first.
 *
 * A connection that is lost while a batch is applied leaves open whether it was kept. So each batch writes its id with
 * what it keeps, and who lost touch claims that id for itself: where the server has it, the batch was kept; where the
 * claim succeeds, it was not and can never be any more, and is applied anew. Only a server that cannot be reached for as
 * long as patience lasts makes it a fault, which says that the outcome is not known.
 */
import { randomUUID } from 'node:crypto'
import {
  type Committed,
  fault,
  type Item,
  isFault,
  type NewMessage,
  type PreparedCommit,
  type TableShape,
} from 'groundplan/driver'
import { type Decided, decided, entryColumns, rowColumns, rowName, type Touched, toldColumns } from './batch.ts'
import { type Catalogue, readCatalogue } from './catalogue.ts'
import { type Ask, type Connections, isPassing } from './connections.ts'
import { partBytes } from './key-bytes.ts'
import { messageColumns } from './message-columns.ts'

interface Waiting {
  readonly commit: PreparedCommit
  readonly durable: boolean
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
}

/** What others want to hear of a batch. */
export interface Sent {
  /** That got messages. */
  readonly queues: ReadonlySet<string>
  /** Whether something was changed that is watched. */
  readonly watched: boolean
}

/** What became of a batch. */
interface Kept {
  readonly answers: Decided['answers']
  readonly sent: Sent
}

/** Operations of one batch; a commit of 100 fits whatever is in it already. */
const batchOperations = 256
const mostAttempts = 30
const optimisticAttempts = 2
/** How long a commit's id, and what it changed, are kept for those who lost touch. */
const rememberedMs = 10 * 60_000
const tidiedEveryMs = 1_000
const tidiedAtOnce = 5_000

export interface CommitOptions {
  readonly connections: Connections
  /** The quoted schema. */
  readonly schema: string
  readonly catalogue: Catalogue
  readonly tables: readonly TableShape[]
  /** Told after each batch. */
  readonly sent: (sent: Sent) => void
}

export class Commits {
  readonly #options: CommitOptions
  readonly #expiring: readonly TableShape[]
  readonly #statements: Statements
  #catalogue: Catalogue
  /** A commit was told that the catalogue has changed. */
  #outdated = false
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #tidying: Promise<void> | undefined
  #tidiedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: CommitOptions) {
    this.#options = options
    this.#expiring = options.tables.filter(({ expires }) => expires !== undefined)
    this.#statements = statementsIn(options.schema)
    this.#catalogue = options.catalogue
  }

  /** As it was when it was last read: indexes may have come since. */
  get catalogue(): Catalogue {
    return this.#catalogue
  }

  add(commit: PreparedCommit, durable: boolean): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, durable, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Waits for what was added. */
  async settled(): Promise<void> {
    await this.#running
    await this.#tidying
  }

  async #run(): Promise<void> {
    // Who calls in the same turn meets in the first batch.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#batch(this.#next())
    this.#running = undefined
  }

  #next(): readonly Waiting[] {
    let operations = 0
    let count = 0
    for (const { commit } of this.#waiting) {
      operations += commit.targets.length + commit.messages.length
      if (count > 0 && operations > batchOperations) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #batch(batch: readonly Waiting[]): Promise<void> {
    try {
      const { answers, sent } = await this.#keep(batch)
      this.#options.sent(sent)
      for (const [at, answer] of answers.entries()) {
        if ('failure' in answer) batch[at]?.reject(answer.failure)
        else batch[at]?.resolve(answer)
      }
      this.#tidyNow()
    } catch (error) {
      // One that the server refuses must not take the others with it.
      if (batch.length > 1 && isFault(error) && !isPassing(error)) for (const one of batch) await this.#batch([one])
      else for (const { reject } of batch) reject(error)
    }
  }

  async #keep(batch: readonly Waiting[]): Promise<Kept> {
    const { connections } = this.#options
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const once = (ask: Ask) => this.#attempt(batch, ask, randomUUID(), false)
      const kept =
        attempt < optimisticAttempts
          ? await connections.retried(() => once((text, values) => connections.once(text, values)))
          : await connections.retried(() => this.#locked(batch))
      if (kept) return kept
      if (this.#outdated) await this.#renew()
      else if (attempt > 0) await connections.pause(attempt - 1)
    }
    throw fault('overloaded', 'others changed the same items again and again')
  }

  /** With the rows locked before they are read: whoever comes between waits. */
  async #locked(batch: readonly Waiting[]): Promise<Kept | undefined> {
    const id = randomUUID()
    let reached: Kept | undefined
    try {
      return await this.#options.connections.transaction(async ask => {
        reached = await this.#attempt(batch, ask, id, true)
        return reached
      })
    } catch (error) {
      if (!reached || !isFault(error, 'engine-unavailable')) throw error
      return (await this.#wasKept(id, error)) ? reached : undefined
    }
  }

  /** Undefined where somebody else came first. */
  async #attempt(batch: readonly Waiting[], ask: Ask, id: string, locked: boolean): Promise<Kept | undefined> {
    const commits = batch.map(({ commit }) => commit)
    const { rows, nowMs } = await this.#read(commits, ask, locked)
    const { answers, messages, told, changes } = decided(commits, rows, nowMs, id)
    const durable = batch.some(each => each.durable)
    const made = { id, durable, rows: [...rows.values()], messages, told }
    if (changes && !(await this.#apply(ask, made, locked))) return undefined
    return { answers, sent: { queues: new Set(messages.map(({ queue }) => queue)), watched: told.length > 0 } }
  }

  async #read(commits: readonly PreparedCommit[], ask: Ask, locked: boolean) {
    // Messages alone are decided by nothing that is kept.
    if (commits.every(({ targets }) => targets.length === 0)) return { rows: new Map<string, Touched>(), nowMs: 0 }
    const targets = new Map(
      commits.flatMap(({ targets }) => targets).map(target => [rowName(target.shape, target.key), target]),
    )
    const list = [...targets.values()]
    const found = await ask(locked ? this.#statements.lock : this.#statements.read, [
      list.map(({ shape }) => this.#catalogue.tables.get(shape.name)),
      list.map(({ key }) => partBytes(key[0])),
      list.map(({ key }) => partBytes(key[1])),
    ])
    const byPlace = new Map(found.slice(0, -1).map(row => [Number(row[0]), row]))
    const rows: Map<string, Touched> = new Map()
    for (const [at, [name, { shape, key }]] of [...targets].entries()) {
      const [, rev = '0', json] = byPlace.get(at + 1) ?? []
      const before = json ? (JSON.parse(json) as Item) : undefined
      rows.set(name, { shape, key, rev: rev ?? '0', before, after: before, changed: false })
    }
    return { rows, nowMs: Number(found.at(-1)?.[1]) }
  }

  /** False where a row, or the catalogue, has changed since it was read. */
  async #apply(ask: Ask, made: Made, locked = false): Promise<boolean> {
    try {
      await ask(this.#statements.apply, argumentsOf(made, this.#catalogue))
      return true
    } catch (error) {
      if (isFault(error) && error.more.sqlState === 'GP001') return false
      if (isFault(error) && error.more.sqlState === 'GP002') {
        this.#outdated = true
        return false
      }
      // Inside a transaction nothing is kept before its end.
      if (locked || !isFault(error, 'engine-unavailable')) throw error
      return this.#wasKept(made.id, error)
    }
  }

  /** Not while a transaction has a connection: it may be the only one. */
  async #renew(): Promise<void> {
    const { connections, schema } = this.#options
    this.#catalogue = await readCatalogue((text, values) => connections.repeatable(text, values), schema)
    this.#outdated = false
  }

  /** What became of a batch whose answer was lost. */
  async #wasKept(id: string, lost: unknown): Promise<boolean> {
    try {
      const [claimed] = await this.#options.connections.repeatable(this.#statements.claim, [id, randomUUID()])
      return claimed?.[0] !== 'claimed'
    } catch (error) {
      const detail = 'the connection was lost during a commit, and whether it was kept is not known'
      throw fault('engine-unavailable', detail, isFault(error) ? error.more : {}, lost)
    }
  }

  // ---------- what nobody needs any more

  #tidyNow(): void {
    const nowMs = this.#options.connections.clock.now()
    if (nowMs - this.#tidiedAtMs < tidiedEveryMs) return
    this.#tidiedAtMs = nowMs
    this.#tidying ??= this.#tidy()
  }

  /** Takes away some of what has expired, by the server's clock; now and then, by whoever commits. */
  async #tidy(): Promise<void> {
    try {
      await this.#forget(this.#statements.forgetCommits, rememberedMs)
      await this.#forget(this.#statements.forgetSent, 0)
      await this.#forget(this.#statements.forgetChanges, rememberedMs)
      for (const shape of this.#expiring) await this.#sweep(shape)
    } catch {
      // What is left now goes next time; a server that is gone is told by the next commit.
    }
    this.#tidying = undefined
  }

  /** As often as there is a handful: under load more comes than one handful. */
  async #forget(statement: string, keptMs: number): Promise<void> {
    let gone = tidiedAtOnce
    while (gone === tidiedAtOnce) {
      const [row] = await this.#options.connections.once(statement, [keptMs, tidiedAtOnce])
      gone = Number(row?.[0])
    }
  }

  async #sweep(shape: TableShape): Promise<void> {
    const { connections } = this.#options
    const values = [this.#catalogue.tables.get(shape.name)]
    const found = await connections.once(this.#statements.sweep, values)
    const rows = found.map(([rev, json]): Touched => {
      const before = JSON.parse(String(json)) as Item
      const key = shape.key.map(attribute => before[attribute] as string | number)
      return { shape, key, rev: String(rev), before, after: undefined, changed: true }
    })
    const ask: Ask = (text, values) => connections.once(text, values)
    if (rows.length > 0) await this.#apply(ask, { id: randomUUID(), durable: false, rows, messages: [], told: [] })
  }
}

/** What a batch writes. */
interface Made {
  readonly id: string
  readonly durable: boolean
  readonly rows: readonly Touched[]
  readonly messages: readonly NewMessage[]
  readonly told: Decided['told']
}

function argumentsOf({ id, durable, rows, messages, told }: Made, catalogue: Catalogue): readonly unknown[] {
  return [
    ...[id, durable],
    ...rowColumns(rows, catalogue),
    ...entryColumns(rows, catalogue),
    ...messageColumns(messages, catalogue),
    ...[catalogue.edition, ...toldColumns(told, catalogue)],
  ]
}

type Statements = ReturnType<typeof statementsIn>

function statementsIn(s: string) {
  const found = `unnest($1::smallint[], $2::bytea[], $3::bytea[]) with ordinality as u (tbl, p, s, place)
    join ${s}.groundplan_items i on i.tbl = u.tbl and i.p = u.p and i.s = u.s`
  const now = `union all select null, ${s}.groundplan_now()::text, null`
  const columns = 'u.place, i.rev::text, i.item::text'
  const forget = (table: string, key: string, time: string): string =>
    `with gone as (
      delete from ${s}.${table} where (${key}) in (select ${key} from ${s}.${table} where ${time} <= ${s}.groundplan_now() - $1::bigint
        order by ${time} limit $2 for update skip locked) returning 1
    ) select count(*) from gone`
  const given = Array.from({ length: 26 }, (_, at) => `$${at + 1}`).join(', ')
  return {
    read: `select ${columns} from ${found} ${now}`,
    lock: `with held as (select ${columns} from ${found} order by i.tbl, i.p, i.s for update of i)
      select * from held ${now}`,
    apply: `select ${s}.groundplan_apply(${given})`,
    // The answer to a claim may be lost as well: whoever asks again has its own.
    claim: `insert into ${s}.groundplan_commits as known (id, at_ms, claim) values ($1, ${s}.groundplan_now(), $2)
      on conflict (id) do update set claim = excluded.claim where known.claim = excluded.claim returning 'claimed'`,
    forgetCommits: forget('groundplan_commits', 'id', 'at_ms'),
    forgetSent: forget('groundplan_sent', 'queue, id', 'until_ms'),
    forgetChanges: forget('groundplan_changes', 'xid, seq', 'at_ms'),
    sweep: `select rev::text, item::text from ${s}.groundplan_items
      where tbl = $1 and expires_at_ms <= ${s}.groundplan_now() order by expires_at_ms limit 500`,
  }
}
