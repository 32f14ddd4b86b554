/**
 * Tables in memory. A commit is decided and applied without a pause, so that none ever conflicts with another.
 */
import {
  applyCommit,
  changeMessages,
  changeOf,
  checkedKeys,
  type Effect,
  type PreparedCommit,
  prepareCommit,
  shapeIn,
} from '../contract/checks.ts'
import type { Clock } from '../contract/clock.ts'
import { checkedLimit, checkedQuery, keyOf, pageOf, positionIn } from '../contract/keys.ts'
import type { NewMessage } from '../contract/queue.ts'
import type { Commit, Committed, Item, ItemChange, ItemPage, Key, Query, Store, TableShape } from '../contract/store.ts'
import { MemoryOutbox } from './outbox.ts'
import { positionOf } from './position.ts'
import { MemoryTable } from './table.ts'

export interface MemoryStoreOptions {
  readonly clock: Clock
  readonly tables: readonly TableShape[]
  /** A query of an index sees the table as it was so long ago. Default 0. */
  readonly indexLagMs?: number
  /** Takes the messages of commits at once; without it they wait in the outbox. */
  readonly queues?: { accept(messages: readonly NewMessage[]): void }
}

/**
 * Opens empty tables. Items that it gives are the ones it keeps, frozen through and through.
 * @example
 * const store = memoryStore({ clock: memoryClock(0), tables: [{ name: 'orders', key: ['id'], indexes: {}, changesTo: [] }] })
 */
export function memoryStore(options: MemoryStoreOptions): Store {
  return new MemoryStore(options)
}

type Listener = (change: ItemChange) => void

class MemoryStore implements Store {
  readonly outbox = new MemoryOutbox()
  readonly #clock: Clock
  readonly #shapes: ReadonlyMap<string, TableShape>
  readonly #tables: ReadonlyMap<string, MemoryTable>
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #send: (messages: readonly NewMessage[]) => void
  #changes = 0

  constructor({ clock, tables, indexLagMs = 0, queues }: MemoryStoreOptions) {
    this.#clock = clock
    this.#shapes = new Map(tables.map(shape => [shape.name, shape]))
    this.#tables = new Map(tables.map(shape => [shape.name, new MemoryTable(shape, indexLagMs)]))
    this.#send = messages => (queues ?? { accept: kept => this.outbox.add(kept) }).accept(messages)
  }

  async commit(commit: Commit): Promise<Committed> {
    const prepared = prepareCommit(this.#shapes, commit)
    const nowMs = this.#clock.now()
    // One for each target, and so for each effect.
    const positions = prepared.targets.map(({ key }) => positionOf(key))
    const kept = prepared.targets.map(({ shape }, at) => this.#table(shape.name).get(positions[at] as string, nowMs))
    const outcome = applyCommit(prepared, kept, nowMs)
    if (!outcome.ok) return outcome
    // First what may throw: nothing is kept then.
    this.#sendAll(prepared, outcome.effects)
    for (const [at, effect] of outcome.effects.entries()) this.#apply(effect, positions[at] as string, nowMs)
    return { ok: true, items: outcome.items }
  }

  async get(table: string, key: Key): Promise<Item | undefined> {
    const { shape } = this.#table(table)
    return this.#table(table).get(positionOf(keyOf(shape, key)), this.#clock.now())
  }

  async getMany(table: string, keys: readonly Key[]): Promise<readonly (Item | undefined)[]> {
    const from = this.#table(table)
    const nowMs = this.#clock.now()
    return checkedKeys(from.shape, keys).map(key => from.get(positionOf(key), nowMs))
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
    return this.#table(table).size
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

  #table(name: string): MemoryTable {
    const table = this.#tables.get(name)
    if (table) return table
    shapeIn(this.#shapes, name)
    throw new TypeError(`table ${name} was opened with its shape`)
  }

  #sendAll({ messages }: PreparedCommit, effects: readonly Effect[]): void {
    const told = effects.flatMap(effect => this.#told(effect))
    if (messages.length + told.length > 0) this.#send([...messages, ...told])
  }

  #told(effect: Effect): readonly NewMessage[] {
    const { shape } = effect.target
    if (shape.changesTo.length === 0 || effect.does === 'nothing') return []
    return changeMessages(shape, changeOf(effect), `${shape.name}/${++this.#changes}`)
  }

  #apply(effect: Effect, position: string, nowMs: number): void {
    if (effect.does === 'nothing') return
    const table = this.#table(effect.target.shape.name)
    if (effect.after) table.keep(position, effect.after, nowMs)
    else table.remove(position, nowMs)
    table.sweep(nowMs)
    this.#tell(effect)
  }

  #tell(effect: Effect): void {
    const listeners = this.#listeners.get(effect.target.shape.name)
    if (!listeners?.size) return
    const change = changeOf(effect)
    for (const listener of listeners) {
      queueMicrotask(() => {
        if (listeners.has(listener)) listener(change)
      })
    }
  }
}
