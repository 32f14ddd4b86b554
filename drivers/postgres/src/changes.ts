/**
 * Live changes. Each commit that changes a watched table writes what it changed into `groundplan_changes`, in its own
 * transaction; each process with listeners reads what is new there: when it has committed itself, when a notice came from
 * another process, and once a second besides.
 *
 * What is new is told by snapshots, not by numbers: a number that is lower may be committed later, so a reader that
 * remembers the highest one misses it. A reader remembers the snapshot of its last look, and asks for what is visible now
 * and was not visible then: each change once, however long its transaction took. For one item the numbers are in the order
 * of the commits, since they are drawn while the item is locked.
 *
 * After a crash of the server a snapshot from before says nothing of transactions that began since: their numbers may be
 * those of others that were seen and then undone. What was changed in a later life of the server is new in any case.
 *
 * A listener begins with the first look that begins after it came. Until then reads and commits of this process wait, so
 * that nothing falls between what it reads first and what it hears.
 */
import { type Cancel, fault, type ItemChange, isFault, type TableShape } from 'groundplan/driver'
import type { Catalogue } from './catalogue.ts'
import type { Connections, Row } from './connections.ts'

type Listener = (change: ItemChange) => void

interface Listening {
  readonly table: string
  readonly listener: Listener
}

/** A call that waits until all who came before it listen. */
interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Where a look was, in the server's words. */
interface Seen {
  readonly snapshot: string
  /** The number of the last life that had begun. */
  readonly life: string
}

/** Behind the notices: whoever changed something may have died before it told. */
const pollMs = 1_000
const mostAtOnce = 5_000

export interface ChangesOptions {
  readonly connections: Connections
  /** The quoted schema. */
  readonly schema: string
  readonly catalogue: () => Catalogue
  readonly tables: readonly TableShape[]
}

export class Changes {
  readonly #options: ChangesOptions
  readonly #watched: ReadonlySet<string>
  readonly #statements: Statements
  readonly #listening = new Set<Listening>()
  /** Those for whom no look has begun and ended yet, and the calls that wait for them. */
  readonly #beginning = new Set<Listening>()
  #waiting: Waiting[] = []
  /** The last look. */
  #seen: Seen | undefined
  #looking: Promise<void> | undefined
  #lookAgain = false
  #timer: Cancel | undefined
  #closed = false

  constructor(options: ChangesOptions) {
    this.#options = options
    this.#watched = new Set(options.tables.filter(({ watched }) => watched).map(({ name }) => name))
    this.#statements = statementsIn(options.schema)
  }

  /** Faults: `unsupported` where nothing of the plan watches the table. */
  listen(table: string, listener: Listener): () => void {
    if (!this.#watched.has(table)) throw fault('unsupported', `nothing in the plan watches the table "${table}"`)
    const one = { table, listener }
    this.#beginning.add(one)
    this.look()
    return () => {
      this.#beginning.delete(one)
      this.#listening.delete(one)
      this.#tellWaiting()
      if (!this.#heard) this.#rest()
    }
  }

  /** What reads and commits wait for while somebody begins to listen. Faults: `engine-unavailable`. */
  begun(): Promise<void> | undefined {
    if (this.#beginning.size === 0 || this.#closed) return undefined
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.look()
    })
  }

  /** Something was changed, here or elsewhere. */
  look(): void {
    this.#lookAgain = true
    if (this.#heard && !this.#closed) this.#looking ??= this.#run()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#rest()
    await this.#looking
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  get #heard(): boolean {
    return this.#listening.size + this.#beginning.size > 0
  }

  #rest(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#seen = undefined
  }

  #tellWaiting(): void {
    if (this.#beginning.size === 0) for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  async #run(): Promise<void> {
    this.#timer?.()
    try {
      while (this.#lookAgain && this.#heard && !this.#closed) await this.#round()
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
      // A server that is gone: the next look tells of all that was changed meanwhile.
      if (!isFault(error)) throw error
    } finally {
      this.#looking = undefined
    }
    const { clock } = this.#options.connections
    if (this.#heard && !this.#closed) this.#timer = clock.at(clock.now() + pollMs, () => this.look())
  }

  async #round(): Promise<void> {
    this.#lookAgain = false
    const beginning = [...this.#beginning]
    const seen = await this.#tellSince(this.#listening.size > 0 ? this.#seen : undefined)
    // Some may have left meanwhile.
    for (const one of beginning) if (this.#beginning.delete(one)) this.#listening.add(one)
    this.#seen = this.#heard ? seen : undefined
    this.#tellWaiting()
  }

  /** Tells what is new since a look; gives where this one was. */
  async #tellSince(seen: Seen | undefined): Promise<Seen> {
    const { rows, look } = await this.#page(this.#statements.sameLife, seen)
    if (!seen || look.life === seen.life) return this.#tellPages(this.#statements.sameLife, seen, rows, look)
    const { rows: first } = await this.#page(this.#statements.laterLife, seen, look)
    return this.#tellPages(this.#statements.laterLife, seen, first, look)
  }

  async #tellPages(statement: string, seen: Seen | undefined, first: readonly Row[], look: Seen): Promise<Seen> {
    for (let rows = first; ; ) {
      for (const [, table, change] of rows) this.#tell(Number(table), JSON.parse(String(change)) as ItemChange)
      if (rows.length < mostAtOnce) return look
      rows = (await this.#page(statement, seen, look, rows.at(-1)?.[0])).rows
    }
  }

  /** One page of what is new since a look, up to another; without that, up to now. */
  async #page(statement: string, seen: Seen | undefined, upTo?: Seen, after: string | null = '0') {
    const values = [seen?.snapshot ?? null, upTo?.snapshot ?? null, after, seen?.life ?? null]
    const rows = await this.#options.connections.repeatable(statement, values)
    const [, life, snapshot] = rows.at(-1) ?? []
    return { rows: rows.slice(0, -1), look: { snapshot: String(snapshot), life: String(life) } }
  }

  #tell(table: number, change: ItemChange): void {
    const { tables } = this.#options.catalogue()
    for (const { table: name, listener } of this.#listening) if (tables.get(name) === table) listener(change)
  }
}

type Statements = ReturnType<typeof statementsIn>

/**
 * $1, $4: the last look, its snapshot and its life; $2: the snapshot of this one where it has begun, $3: the number of the
 * last change told. The last row says where this look is.
 */
function statementsIn(s: string) {
  const since = (isNew: string): string => `(select seq, tbl, change from ${s}.groundplan_changes
      where $1::pg_snapshot is not null and seq > $3::bigint and ${isNew}
        and ($2::pg_snapshot is null or pg_visible_in_snapshot(xid, $2::pg_snapshot))
      order by seq limit ${mostAtOnce})
    union all
    select null, (select last_value from ${s}.groundplan_lives), coalesce($2::pg_snapshot, pg_current_snapshot())::text`
  const unseen = 'not pg_visible_in_snapshot(xid, $1::pg_snapshot)'
  return {
    sameLife: since(`$4::bigint is not null and xid >= pg_snapshot_xmin($1::pg_snapshot) and ${unseen}`),
    /** By no index: once a crash, and what was changed in the last minutes. */
    laterLife: since(`(life > $4::bigint or ${unseen})`),
  }
}
