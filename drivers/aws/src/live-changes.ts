/**
 * Live changes: what happens to the items of a table, told to who listens in this process, from DynamoDB's streams.
 *
 * A table is followed while somebody listens to it. *Opening*: its open shards are looked up and read from their ends on.
 * *Following*: each shard has a reader; where a shard ends, those that follow it are read from their beginnings, so that
 * an item's changes keep their order. *Opening again*, after opening failed: from the oldest on, without what happened
 * before anybody listened.
 *
 * Who begins to listen hears from the moment on at which the readers have caught up with that of his call. Until then
 * reads of the table by this process wait, and so see all that he does not hear of; commits wait too, but not for long.
 */
import {
  type Clock,
  fault,
  type Item,
  type ItemChange,
  keyObject,
  liveItem,
  sleep,
  type TableShape,
} from 'groundplan/driver'
import { backOff } from './client.ts'
import type { Dynamo } from './dynamo.ts'
import { itemOf, type Values } from './record.ts'
import { ShardReader } from './shard-reader.ts'
import type { From, RecordChange, Shard } from './streams.ts'

type Listener = (change: ItemChange) => void

const readsWaitMs = 10_000
const commitsWaitMs = 1_000

export class LiveChanges {
  readonly #dynamo: Dynamo
  readonly #nameOf: (table: string) => string
  readonly #followed = new Map<string, Following>()

  constructor(dynamo: Dynamo, nameOf: (table: string) => string) {
    this.#dynamo = dynamo
    this.#nameOf = nameOf
    dynamo.whenClosed(() => this.#close())
  }

  listen(shape: TableShape, listener: Listener): () => void {
    const { name } = shape
    const following = this.#followed.get(name) ?? new Following(this.#dynamo, this.#nameOf(name), shape)
    this.#followed.set(name, following)
    const leave = following.join(listener)
    return () => {
      leave()
      if (!following.isIdle || this.#followed.get(name) !== following) return
      following.stop()
      this.#followed.delete(name)
    }
  }

  /** Before a read: resolves when all who listen hear. Faults: `engine-unavailable`. */
  async beforeRead(table: string): Promise<void> {
    const joined = this.#followed.get(table)?.joined
    if (!joined || (await within(this.#dynamo.clock, readsWaitMs, joined))) return
    throw fault('engine-unavailable', `the changes of table "${table}" cannot be followed now`)
  }

  async beforeCommit(tables: readonly string[]): Promise<void> {
    const joined = tables.flatMap(table => this.#followed.get(table)?.joined ?? [])
    if (joined.length > 0) await within(this.#dynamo.clock, commitsWaitMs, Promise.allSettled(joined))
  }

  /** These tables may have been written to by this process. */
  afterCommit(tables: readonly string[]): void {
    for (const table of tables) this.#followed.get(table)?.ring()
  }

  #close(): void {
    for (const following of this.#followed.values()) following.stop()
    this.#followed.clear()
  }
}

/** Whether something came to its end in time. */
async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  try {
    return await Promise.race([work.then(() => true), sleep(clock, ms, over.signal).then(() => false)])
  } finally {
    over.abort()
  }
}

/** One table that somebody listens to. */
class Following {
  readonly #dynamo: Dynamo
  readonly #table: string
  readonly #shape: TableShape
  readonly #sinceMs: number
  readonly #listeners = new Set<Listener>()
  readonly #readers = new Map<string, ShardReader>()
  /** Shards that are read, have been read, or had ended before anybody listened. */
  readonly #known = new Set<string>()
  readonly #stopping = new AbortController()
  #opened: Promise<void>
  #stream = ''
  #members = 0
  #joined: Promise<void> | undefined

  constructor(dynamo: Dynamo, table: string, shape: TableShape) {
    this.#dynamo = dynamo
    this.#table = table
    this.#shape = shape
    this.#sinceMs = dynamo.clock.now()
    this.#opened = this.#open('newest')
    this.#opened.catch(() => this.#openAgain())
  }

  /** Whether nobody listens. */
  get isIdle(): boolean {
    return this.#members === 0
  }

  /** While somebody has begun to listen and does not hear yet. Faults: those of opening. */
  get joined(): Promise<void> | undefined {
    return this.#joined
  }

  join(listener: Listener): () => void {
    // Two subscriptions of one function are two subscriptions.
    const own: Listener = change => listener(change)
    let isThere = true
    this.#members++
    const hears = this.#readers.size > 0 ? this.#caughtUp() : this.#opened
    this.#waitFor(
      hears.finally(() => {
        if (isThere) this.#listeners.add(own)
      }),
    )
    return () => {
      if (isThere) this.#members--
      isThere = false
      this.#listeners.delete(own)
    }
  }

  ring(): void {
    for (const reader of this.#readers.values()) reader.ring()
  }

  stop(): void {
    this.#stopping.abort()
    for (const reader of this.#readers.values()) reader.stop()
    this.#listeners.clear()
  }

  #waitFor(hears: Promise<void>): void {
    const all = Promise.all([this.#joined, hears]).then(() => {})
    this.#joined = all
    const over = (): void => {
      if (this.#joined === all) this.#joined = undefined
    }
    all.then(over, over)
  }

  async #caughtUp(): Promise<void> {
    await Promise.all([...this.#readers.values()].map(reader => reader.caughtUp()))
  }

  async #open(from: From): Promise<void> {
    const { streams } = this.#dynamo
    this.#stream = await streams.of(this.#dynamo, this.#table)
    const shards = await streams.shards(this.#stream)
    const read = from === 'newest' ? shards.filter(({ isOpen }) => isOpen) : first(shards)
    const readers = read.map(shard => ({ shard, reader: this.#reader(shard, from === 'oldest') }))
    const iterators = await Promise.all(readers.map(({ reader }) => reader.begin(from)))
    for (const { id } of from === 'newest' ? shards : read) this.#known.add(id)
    const caughtUp = readers.map(({ reader }) => reader.caughtUp())
    for (const [at, { shard, reader }] of readers.entries()) this.#start(shard, reader, iterators[at])
    await Promise.all(caughtUp)
  }

  async #openAgain(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted; failures++) {
      await backOff(this.#dynamo.clock, Math.min(failures, 6), this.#stopping.signal)
      try {
        await this.#open('oldest')
        this.#opened = Promise.resolve()
        return
      } catch {
        // Tried again: who reads the table is told why.
      }
    }
  }

  #reader({ id }: Shard, skipsOld: boolean): ShardReader {
    const { streams, clock } = this.#dynamo
    const tell = (change: RecordChange): void => this.#tell(change)
    return new ShardReader({ streams, clock, stream: this.#stream, shard: id, sinceMs: this.#sinceMs, skipsOld, tell })
  }

  #start({ id }: Shard, reader: ShardReader, iterator?: string): void {
    if (this.#stopping.signal.aborted) return
    this.#known.add(id)
    this.#readers.set(id, reader)
    void reader.run(iterator).then(() => {
      this.#readers.delete(id)
      return this.#goOn(id)
    })
  }

  /** After a shard has ended: reads those that come after it, as soon as they are there. */
  async #goOn(ended: string): Promise<void> {
    for (let tries = 0; !this.#stopping.signal.aborted; tries++) {
      try {
        const shards = await this.#dynamo.streams.shards(this.#stream)
        for (const shard of this.#next(shards)) this.#start(shard, this.#reader(shard, false))
        if (shards.some(({ parent }) => parent === ended)) return
      } catch {
        // Asked again.
      }
      await backOff(this.#dynamo.clock, 3 + Math.min(tries, 4), this.#stopping.signal)
    }
  }

  /** Those whose parents, as far as they are kept, have been read to their ends. */
  #next(shards: readonly Shard[]): readonly Shard[] {
    const isOpen = ({ id }: Shard): boolean => this.#readers.has(id) || !this.#known.has(id)
    const open = new Set(shards.filter(isOpen).map(({ id }) => id))
    return shards.filter(({ id, parent = '' }) => !this.#known.has(id) && !open.has(parent))
  }

  #tell({ before, after, isExpiry }: RecordChange): void {
    // Nobody sees that what has expired is removed.
    if (isExpiry) return
    const nowMs = this.#dynamo.clock.now()
    const [was, is] = [this.#item(before, nowMs), this.#item(after, nowMs)]
    const known = is ?? was
    if (!known) return
    const change = { key: keyObject(this.#shape, known), ...(was ? { before: was } : {}), ...(is ? { after: is } : {}) }
    for (const listener of [...this.#listeners]) listener(change)
  }

  #item(record: Values | undefined, nowMs: number): Item | undefined {
    return record && liveItem(this.#shape, itemOf(this.#shape, record), nowMs)
  }
}

/** Those that follow no other that is still kept. */
function first(shards: readonly Shard[]): readonly Shard[] {
  const kept = new Set(shards.map(({ id }) => id))
  return shards.filter(({ parent }) => parent === undefined || !kept.has(parent))
}
