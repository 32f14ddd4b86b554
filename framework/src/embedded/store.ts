/**
 * Tables on LMDB. A commit reads what it touches, decides and writes within one transaction, which it shares with other
 * callers' commits; none ever conflicts with another. Reads come straight from the mapped pages: they see every commit
 * that was acknowledged, and may see one whose flush is still under way.
 *
 * The queues of the same environment get a commit's messages within its transaction, so there is nothing to relay and
 * the outbox is always empty.
 */
import {
  applyCommit,
  changeMessages,
  changeOf,
  checkedKeys,
  type Effect,
  type Outcome,
  type PreparedCommit,
  prepareCommit,
  shapeIn,
} from '../contract/checks.ts'
import type { Clock } from '../contract/clock.ts'
import { assign, checkedLimit, checkedQuery, keyOf, pageOf, positionIn } from '../contract/keys.ts'
import { limits } from '../contract/limits.ts'
import { fault } from '../contract/problems.ts'
import type { NewMessage } from '../contract/queue.ts'
import type {
  Commit,
  Committed,
  Item,
  ItemChange,
  ItemPage,
  Key,
  Outbox,
  Query,
  Store,
  TableShape,
  Write,
} from '../contract/store.ts'
import { Catalogue } from './catalogue.ts'
import type { Environment } from './environment.ts'
import { ExpirySweep } from './expiry-sweep.ts'
import type { Group, Member } from './group-commit.ts'
import type { EmbeddedQueues, NamedDraft } from './queue.ts'
import type { EmbeddedTable } from './table.ts'
import { type OnProgress, openTables } from './tables.ts'

/** The queues of the environment: they take messages within a transaction. */
export type TransactionQueues = Pick<EmbeddedQueues, 'check' | 'drafts' | 'accept'>

export interface EmbeddedStoreOptions {
  readonly clock: Clock
  readonly tables: readonly TableShape[]
  /** The queues of the same environment. Needed where commits send messages or tables tell of their changes. */
  readonly queues?: TransactionQueues
  /** Hears how far an index is that is being added to existing items. */
  readonly onProgress?: OnProgress
}

/**
 * Opens the tables of an environment, once: two stores on one environment would not hear of each other.
 * Faults: `plan-invalid` where the key of a table that holds items has changed, or a queue for changes is missing.
 */
export async function embeddedStore(environment: Environment, options: EmbeddedStoreOptions): Promise<Store> {
  for (const shape of options.tables) checkListeners(shape, options.queues)
  const tables = await openTables(environment, options.tables, options.onProgress)
  return new EmbeddedStore(environment, options, tables)
}

/** So that no commit finds out. */
function checkListeners({ name, changesTo }: TableShape, queues: TransactionQueues | undefined): void {
  if (changesTo.length === 0) return
  if (!queues) throw fault('plan-invalid', `nobody takes the changes of table "${name}"`)
  queues.check(changesTo.map(queue => ({ queue, id: name, body: '{}', orderKey: name })))
}

type Listener = (change: ItemChange) => void

const sent: Committed = { ok: true, items: [] }

/** The keys of a commit as bytes, and its items as kept. */
interface Found {
  readonly bytes: readonly Buffer[]
  readonly kept: readonly (Item | undefined)[]
}

class EmbeddedStore implements Store, Member {
  readonly outbox: Outbox = emptyOutbox
  readonly #environment: Environment
  readonly #clock: Clock
  readonly #queues: TransactionQueues | undefined
  readonly #catalogue: Catalogue
  readonly #shapes: ReadonlyMap<string, TableShape>
  readonly #tables: ReadonlyMap<string, EmbeddedTable>
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #sweep: ExpirySweep
  /** Tables whose count has changed in this transaction. */
  readonly #counted = new Set<EmbeddedTable>()
  #changes: number
  #keptChanges: number

  constructor(environment: Environment, options: EmbeddedStoreOptions, tables: ReadonlyMap<string, EmbeddedTable>) {
    this.#environment = environment
    this.#clock = options.clock
    this.#queues = options.queues
    this.#catalogue = new Catalogue(environment)
    this.#tables = tables
    this.#shapes = new Map(options.tables.map(shape => [shape.name, shape]))
    this.#changes = this.#keptChanges = this.#catalogue.changes()
    this.#sweep = new ExpirySweep(environment, options.clock, [...tables.values()], table => this.#counted.add(table))
    environment.transactions.join(this)
    environment.onClose(() => this.#sweep.stop())
  }

  commit(commit: Commit): Promise<Committed> {
    try {
      return this.#begun(commit)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #begun(commit: Commit): Promise<Committed> {
    const { messages = [], durable = true } = commit
    const prepared = prepareCommit(this.#shapes, { writes: ownCopy(commit.writes), messages })
    const drafts = this.#drafts(messages)
    if (commit.writes.length === 0) return this.#send(prepared, drafts, durable)
    const bytes = prepared.targets.map(({ shape, key }) => this.#table(shape.name).bytesOf(key))
    return this.#environment.transactions.write(group => {
      const nowMs = this.#clock.now()
      const kept = prepared.targets.map(({ shape }, at) => this.#table(shape.name).kept(bytes[at] as Buffer))
      const outcome = applyCommit(prepared, kept, nowMs)
      return () => this.#apply(drafts, outcome, { bytes, kept }, group)
    }, durable)
  }

  async get(table: string, key: Key): Promise<Item | undefined> {
    const from = this.#table(table)
    return from.get(keyOf(from.shape, key), this.#clock.now())
  }

  async getMany(table: string, keys: readonly Key[]): Promise<readonly (Item | undefined)[]> {
    const from = this.#table(table)
    const nowMs = this.#clock.now()
    return checkedKeys(from.shape, keys).map(key => from.get(key, nowMs))
  }

  async query(table: string, query: Query): Promise<ItemPage> {
    const from = this.#table(table)
    const checked = checkedQuery(from.shape, query)
    const found = from.query(query.index, checked, this.#clock.now())
    return pageOf(from.shape, query, found, checked.limit)
  }

  async scan(table: string, page: { readonly limit: number; readonly after?: string }): Promise<ItemPage> {
    const from = this.#table(table)
    const limit = checkedLimit(page.limit)
    const after = page.after === undefined ? undefined : positionIn(from.shape, {}, page.after)
    return pageOf(from.shape, {}, from.scan(after, limit, this.#clock.now()), limit)
  }

  async count(table: string): Promise<number> {
    return this.#table(table).count
  }

  onChange(table: string, listener: Listener): () => void {
    const { shape } = this.#table(table)
    const listeners = this.#listeners.get(shape.name) ?? new Set()
    this.#listeners.set(shape.name, listeners)
    // Two subscriptions of one function are two subscriptions.
    const own: Listener = change => listener(change)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  beforeCommit(): void {
    for (const { number, count } of this.#counted) this.#catalogue.setCount(number, count)
    this.#counted.clear()
    if (this.#changes !== this.#keptChanges) this.#catalogue.setChanges(this.#changes)
    this.#keptChanges = this.#changes
  }

  reload(): void {
    this.#counted.clear()
    for (const table of this.#tables.values()) table.count = this.#catalogue.count(table.number)
    this.#changes = this.#keptChanges = this.#catalogue.changes()
  }

  #table(name: string): EmbeddedTable {
    const table = this.#tables.get(name)
    if (table) return table
    shapeIn(this.#shapes, name)
    throw new TypeError(`table ${name} was opened with its shape`)
  }

  /** A commit of messages alone: it can be refused for their size, and for nothing that is kept. */
  #send(prepared: PreparedCommit, drafts: readonly NamedDraft[], durable: boolean): Promise<Committed> {
    if (prepared.messageBytes > 0) applyCommit(prepared, [], this.#clock.now())
    return this.#environment.transactions.write(
      () => () => {
        this.#queues?.accept(drafts)
        return sent
      },
      durable,
    )
  }

  /** The messages of a commit, checked, as they will be kept. */
  #drafts(messages: readonly NewMessage[]): readonly NamedDraft[] {
    const [first] = messages
    if (!first) return []
    if (!this.#queues) throw fault('plan-invalid', `there is no queue "${first.queue}"`)
    this.#queues.check(messages)
    return this.#queues.drafts(messages)
  }

  #apply(drafts: readonly NamedDraft[], outcome: Outcome, { bytes, kept }: Found, group: Group): Committed {
    if (!outcome.ok) return outcome
    for (const [at, effect] of outcome.effects.entries()) this.#write(effect, bytes[at] as Buffer, kept[at])
    const changes = outcome.effects.filter(({ does }) => does !== 'nothing')
    const told = changes.flatMap(effect => this.#told(effect))
    if (drafts.length > 0) this.#queues?.accept(drafts)
    if (told.length > 0) this.#queues?.accept(this.#queues.drafts(told))
    group.whenVisible(() => this.#tellAll(changes))
    return { ok: true, items: outcome.items }
  }

  #write({ target, does, after }: Effect, bytes: Buffer, kept: Item | undefined): void {
    if (does === 'nothing') return
    const table = this.#table(target.shape.name)
    if (after) table.keep(target.key, bytes, kept, after)
    else if (kept) table.remove(target.key, bytes, kept)
    this.#counted.add(table)
    if (after) this.#sweep.heed(table.shape, after)
  }

  #told(effect: Effect): readonly NewMessage[] {
    const { shape } = effect.target
    if (shape.changesTo.length === 0) return []
    return changeMessages(shape, changeOf(effect), `${shape.name}/${++this.#changes}`)
  }

  #tellAll(changes: readonly Effect[]): void {
    for (const effect of changes) {
      const listeners = this.#listeners.get(effect.target.shape.name)
      if (listeners?.size) tell(listeners, changeOf(effect))
    }
  }
}

/** The transaction comes a moment later: what the caller does to its objects meanwhile is not part of the commit. */
function ownCopy(writes: readonly Write[]): readonly Write[] {
  return writes.map(write => copied(write, 0))
}

/** Plain objects and lists anew; everything else, and what is too deep for any item, as it is. */
function copied<T>(value: T, depth: number): T
function copied(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > limits.itemDepth + 1) return value
  if (Array.isArray(value)) return value.map(each => copied(each, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? copiedObject(value, depth) : value
}

function copiedObject(object: object, depth: number): object {
  const copy: Record<string, unknown> = { ...object }
  for (const name of Object.keys(copy)) {
    const value = copy[name]
    if (typeof value === 'object' && value !== null) assign(copy, name, copied(value, depth + 1))
  }
  return copy
}

/** One after the other, each by itself: one that throws takes nobody with it. */
function tell(listeners: ReadonlySet<Listener>, change: ItemChange): void {
  for (const listener of listeners) {
    queueMicrotask(() => {
      if (listeners.has(listener)) listener(change)
    })
  }
}

const emptyOutbox: Outbox = {
  peek: async () => [],
  forget: async () => {},
  onEntry: () => () => {},
}
