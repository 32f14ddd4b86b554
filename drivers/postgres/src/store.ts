/**
 * Tables on PostgreSQL. Writes go through the lane of commits; reads go straight to the table's own partition, by its
 * primary key, or through the entries of an index. Messages of a commit are put into their queues by its transaction, so
 * the outbox is always empty.
 */
import {
  type Commit,
  type Committed,
  checkedKeys,
  checkedLimit,
  checkedQuery,
  type Item,
  type ItemChange,
  type ItemPage,
  type Key,
  keyOf,
  type NewMessage,
  type Outbox,
  pageOf,
  positionIn,
  prepareCommit,
  type Query,
  type Store,
  shapeIn,
  type TableShape,
} from 'groundplan/driver'
import type { Catalogue } from './catalogue.ts'
import type { Changes } from './changes.ts'
import type { Commits } from './commits.ts'
import type { Connections, Row } from './connections.ts'
import { Gets } from './gets.ts'
import { partBytes } from './key-bytes.ts'
import { Pages } from './pages.ts'
import { quoted } from './schema.ts'

export interface PostgresStoreOptions {
  readonly connections: Connections
  /** The quoted schema. */
  readonly schema: string
  readonly catalogue: () => Catalogue
  readonly tables: readonly TableShape[]
  readonly commits: Commits
  readonly changes: Changes
  /** Refuses messages that the queues would not keep. */
  readonly checkMessages: (messages: readonly NewMessage[]) => void
}

/** Up to so many items are counted one by one; beyond, the server's own estimate is as good. */
const mostCounted = 10_000

export function postgresStore(options: PostgresStoreOptions): Store {
  return new PostgresStore(options)
}

class PostgresStore implements Store {
  readonly outbox: Outbox = { peek: async () => [], forget: async () => {}, onEntry: () => () => {} }
  readonly #options: PostgresStoreOptions
  readonly #shapes: ReadonlyMap<string, TableShape>
  readonly #gets = new Map<string, Gets>()
  readonly #pages: Pages

  constructor(options: PostgresStoreOptions) {
    this.#options = options
    this.#shapes = new Map(options.tables.map(shape => [shape.name, shape]))
    const { schema, catalogue } = options
    const ask = (text: string, values: readonly unknown[]) => this.#ask(text, values)
    this.#pages = new Pages({ ask, schema, catalogue, of: shape => this.#of(shape), live: this.#live })
  }

  async commit(commit: Commit): Promise<Committed> {
    const prepared = prepareCommit(this.#shapes, commit)
    this.#options.checkMessages(prepared.messages)
    const begun = this.#options.changes.begun()
    if (begun) await begun
    return this.#options.commits.add(prepared, commit.durable ?? true)
  }

  async get(table: string, key: Key): Promise<Item | undefined> {
    const shape = shapeIn(this.#shapes, table)
    const row = await this.#getsOf(shape).get(keyOf(shape, key))
    return row && itemIn(row)
  }

  async getMany(table: string, keys: readonly Key[]): Promise<readonly (Item | undefined)[]> {
    const shape = shapeIn(this.#shapes, table)
    const checked = checkedKeys(shape, keys)
    const values = [checked.map(([p]) => partBytes(p)), checked.map(([, s]) => partBytes(s))]
    const found = new Map((await this.#ask(this.#several(shape), values)).map(row => [Number(row[1]), row]))
    return checked.map((_, at) => {
      const row = found.get(at + 1)
      return row && itemIn(row)
    })
  }

  async query(table: string, query: Query): Promise<ItemPage> {
    const shape = shapeIn(this.#shapes, table)
    const checked = checkedQuery(shape, query)
    const found = await this.#pages.page(shape, query.index, checked)
    return pageOf(shape, query, found, checked.limit)
  }

  async scan(table: string, page: { readonly limit: number; readonly after?: string }): Promise<ItemPage> {
    const shape = shapeIn(this.#shapes, table)
    const limit = checkedLimit(page.limit)
    const after = page.after === undefined ? undefined : positionIn(shape, {}, page.after)
    const from = after ? 'and (p, s) > ($2, $3)' : ''
    const text = `select item::text from ${this.#of(shape)} where ${this.#live} ${from} order by p, s limit $1`
    const values = after ? [partBytes(after[0]), partBytes(after[1])] : []
    const found = await this.#ask(text, [limit + 1, ...values])
    return pageOf(shape, {}, found.map(itemIn), limit)
  }

  async count(table: string): Promise<number> {
    const name = this.#of(shapeIn(this.#shapes, table))
    const text = `select count(*) from (select from ${name} limit ${mostCounted + 1}) as counted`
    const [counted] = await this.#ask(text, [])
    if (Number(counted?.[0]) <= mostCounted) return Number(counted?.[0])
    const [guessed] = await this.#ask('select reltuples::bigint from pg_class where oid = $1::regclass', [name])
    return Math.max(mostCounted, Number(guessed?.[0]))
  }

  onChange(table: string, listener: (change: ItemChange) => void): () => void {
    return this.#options.changes.listen(shapeIn(this.#shapes, table).name, listener)
  }

  #getsOf(shape: TableShape): Gets {
    const known = this.#gets.get(shape.name)
    if (known) return known
    const one = `select item::text from ${this.#of(shape)} where p = $1 and s = $2 and ${this.#live}`
    const gets = new Gets({ ask: (text, values) => this.#ask(text, values), one, several: this.#several(shape) })
    this.#gets.set(shape.name, gets)
    return gets
  }

  #several(shape: TableShape): string {
    return `select i.item::text, u.place from unnest($1::bytea[], $2::bytea[]) with ordinality as u (p, s, place)
      join ${this.#of(shape)} i on i.p = u.p and i.s = u.s where ${this.#live}`
  }

  #of({ name }: TableShape): string {
    return `${this.#options.schema}.${quoted(name)}`
  }

  get #live(): string {
    return `(expires_at_ms is null or expires_at_ms > ${this.#options.schema}.groundplan_now())`
  }

  async #ask(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const begun = this.#options.changes.begun()
    if (begun) await begun
    return this.#options.connections.repeatable(text, values)
  }
}

function itemIn([json]: Row): Item {
  return JSON.parse(String(json)) as Item
}
