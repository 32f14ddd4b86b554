/**
 * The clients of tables and views: `reader`, `writer`, `scanner`, `watcher`. What is prepared once for a table is in
 * `TableAccess`; a client adds the session of one call.
 */
import { z } from 'zod'
import { compileReader } from '../../compile/reader.ts'
import { fitsKey } from '../../contract/keys.ts'
import { limits } from '../../contract/limits.ts'
import { fault } from '../../contract/problems.ts'
import type { Conditions, Item, Key, Matcher, Query, Scalar, Store, Write } from '../../contract/store.ts'
import type { Refusable } from '../../plan/operation.ts'
import type { Page, Paging, Readable } from '../../plan/table.ts'
import { readAttributes } from '../conventions.ts'
import type { Session } from '../operations.ts'
import type { Watching } from '../watching.ts'
import { givenReader, jsonItem, type StoredReader, storedReader } from './reading.ts'

type AnyReadable = Readable<unknown, readonly string[], Readonly<Record<string, readonly string[]>>>
type AnyTable = Pick<AnyReadable, 'kind' | 'name' | 'spec'>
type Values = Readonly<Record<string, unknown>>
type Range = Paging & { from?: string | number; to?: string | number; prefix?: string }

/** The attribute of a view's item that names the source item it was made of. Nobody sees it but who keeps the view. */
export const viewSource = 'groundplan-source'

/** A table as its clients need it, made once. */
export interface TableAccess {
  readonly name: string
  readonly key: readonly string[]
  readonly indexes: Readonly<Record<string, readonly string[]>>
  readonly store: Store
  readonly watching: Watching
  readonly stored: StoredReader
  /** An item as a handler gives it, parsed. */
  given(item: unknown): Item
  /** Changed attributes, parsed one by one. */
  changed(changes: Values): Item
  /** What an absent item begins as when numbers are added. */
  startOf(key: Key, by: Values): Item | undefined
}

export function tableAccess(table: AnyTable, store: Store, watching: Watching): TableAccess {
  const { item, key, indexes, version } = table.spec
  const parse = givenReader(item.schema, 'item-invalid', `an item of "${table.name}"`)
  const versioned = (value: Values): Values => (version === undefined ? value : { [version]: 0, ...value })
  return {
    name: table.name,
    key,
    indexes,
    store,
    watching,
    stored: table.kind === 'view' ? withoutSource(storedIn(table)) : storedIn(table),
    given: value => jsonItem(parse(versioned(value as Values))),
    changed: attributeParser(table),
    startOf: startOf(table, versioned),
  }
}

function storedIn({ name, spec }: AnyTable): StoredReader {
  return storedReader(spec.item, 'stored-item-invalid', `an item of "${name}"`)
}

function withoutSource(reader: StoredReader): StoredReader {
  return {
    read(item) {
      const { [viewSource]: _source, ...shown } = item as Values
      return reader.read(shown)
    },
  }
}

function attributeParser({ name, spec }: AnyTable): (changes: Values) => Item {
  const { schema } = spec.item
  if (!(schema instanceof z.ZodObject)) return jsonItem
  const readers = new Map<string, (value: unknown) => unknown>()
  for (const [attribute, part] of Object.entries(schema.shape)) {
    readers.set(attribute, givenReader(part as z.ZodType, 'item-invalid', `"${attribute}" of "${name}"`))
  }
  return changes => {
    const parsed: Record<string, unknown> = {}
    for (const [attribute, value] of Object.entries(changes)) {
      const read = readers.get(attribute)
      if (value !== undefined && read) parsed[attribute] = read(value)
    }
    return jsonItem(parsed)
  }
}

function startOf({ spec }: AnyTable, versioned: (value: Values) => Values) {
  const reader = compileReader(spec.item.schema)
  return (key: Key, by: Values): Item | undefined => {
    const bare = reader.read(versioned(key))
    if (bare.ok) return jsonItem({ ...zeros(by), ...(bare.value as Values) })
    const zeroed = reader.read(versioned({ ...zeros(by), ...key }))
    return zeroed.ok ? jsonItem(zeroed.value) : undefined
  }
}

function zeros(by: Values): Values {
  return Object.fromEntries(Object.keys(by).map(attribute => [attribute, 0]))
}

/** Picks the key attributes; an item may be given where its key is asked. */
function keyIn(access: TableAccess, given: Values): Key {
  const key: Record<string, string | number> = {}
  for (const attribute of access.key) key[attribute] = given[attribute] as string | number
  return key
}

/**
 * Whether an item can stand under it. Where a text cannot be a key (it is empty or too long, it came from outside) there
 * is nothing: that is no mistake of whoever asks. All else that is no key is.
 */
function couldBeKey(key: Key): boolean {
  return Object.values(key).every((value, part) => typeof value !== 'string' || fitsKey(value, part))
}

function queryOf(names: readonly string[], partition: Values, range: Range, index?: string): Query {
  const { limit = limits.pageItemsDefault, after, reverse, from, to, prefix } = range
  return {
    partition: partition[names[0] ?? ''] as string | number,
    limit,
    ...(index === undefined ? {} : { index }),
    ...(after === undefined ? {} : { after }),
    ...(reverse === undefined ? {} : { reverse }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(prefix === undefined ? {} : { prefix }),
  }
}

function readSpanned<T>(session: Session, table: string, verb: string, run: () => Promise<T>): Promise<T> {
  return session.spanned(`${table}.${verb}`, run, () => readAttributes(table, verb))
}

class TableReader {
  protected readonly access: TableAccess
  protected readonly session: Session

  constructor(access: TableAccess, session: Session) {
    this.access = access
    this.session = session
  }

  get(key: Values): Promise<unknown> {
    return this.read('get', async () => {
      const { store, name, stored } = this.access
      const picked = keyIn(this.access, key)
      const item = couldBeKey(picked) ? await store.get(name, picked) : undefined
      return item && stored.read(item)
    })
  }

  getMany(keys: readonly Values[]): Promise<readonly unknown[]> {
    return this.read('getMany', async () => {
      const { store, name, stored } = this.access
      const picked = keys.map(key => keyIn(this.access, key))
      const found = await store.getMany(name, picked.filter(couldBeKey))
      const items = found.values()
      return picked.map(key => {
        const item = couldBeKey(key) ? items.next().value : undefined
        return item && stored.read(item)
      })
    })
  }

  query(partition: Values, range: Range = {}): Promise<Page<unknown>> {
    return this.page('query', queryOf(this.access.key, partition, range))
  }

  get by(): Readonly<Record<string, (partition: Values, range?: Range) => Promise<Page<unknown>>>> {
    const through =
      (index: string, names: readonly string[]) =>
      (partition: Values, range: Range = {}) =>
        this.page(`by.${index}`, queryOf(names, partition, range, index))
    return Object.fromEntries(
      Object.entries(this.access.indexes).map(([index, names]) => [index, through(index, names)]),
    )
  }

  /** Inside a span. */
  protected read<T>(verb: string, run: () => Promise<T>): Promise<T> {
    return readSpanned(this.session, this.access.name, verb, run)
  }

  protected page(verb: string, query: Query): Promise<Page<unknown>> {
    return this.read(verb, async () => {
      const { store, name, stored } = this.access
      if (!couldBeKey({ partition: query.partition })) return { items: [] }
      const { items, after } = await store.query(name, query)
      return { items: items.map(item => stored.read(item)), ...(after === undefined ? {} : { after }) }
    })
  }
}

class TableWriter extends TableReader {
  insert(item: unknown): Refusable<unknown> {
    return this.write('insert', { op: 'insert', table: this.access.name, item: this.access.given(item) }, this.insert)
  }

  put(item: unknown, condition?: { readonly when: Values }): Refusable<unknown> {
    const write: Write = { op: 'put', table: this.access.name, item: this.access.given(item), ...conditions(condition) }
    return this.write('put', write, this.put)
  }

  patch(
    key: Values,
    changes: Values,
    options: { readonly unset?: readonly string[]; readonly when?: Values } = {},
  ): Refusable<unknown> {
    const write: Write = {
      op: 'patch',
      table: this.access.name,
      key: keyIn(this.access, key),
      set: this.access.changed(changes),
      unset: options.unset ?? [],
      ...conditions(options),
    }
    return this.write('patch', write, this.patch)
  }

  add(
    key: Values,
    by: Readonly<Record<string, number>>,
    options: { readonly floor?: number; readonly ceiling?: number; readonly when?: Values } = {},
  ): Refusable<unknown> {
    const { when, ...bounds } = options
    const picked = keyIn(this.access, key)
    const start = this.access.startOf(picked, by)
    const write: Write = {
      op: 'add',
      table: this.access.name,
      key: picked,
      by: jsonItem(by) as Readonly<Record<string, number>>,
      ...bounds,
      ...(start ? { start } : {}),
      ...conditions({ when }),
    }
    return this.write('add', write, this.add)
  }

  remove(key: Values, condition?: { readonly when: Values }): Refusable<unknown> {
    const write: Write = {
      op: 'remove',
      table: this.access.name,
      key: keyIn(this.access, key),
      ...conditions(condition),
    }
    return this.write('remove', write, this.remove)
  }

  check(key: Values, condition: { readonly when: Values }): Refusable<unknown> {
    const when = matchers(condition.when)
    const write: Write = { op: 'check', table: this.access.name, key: keyIn(this.access, key), when }
    return this.write('check', write, this.check)
  }

  protected write(verb: string, write: Write, word: unknown): Refusable<unknown> {
    const { name, stored } = this.access
    return this.session.operation(
      {
        name: `${name}.${verb}`,
        writes: [write],
        messages: [],
        result: ([item]) => item && stored.read(item),
      },
      word,
    )
  }
}

class TableScanner {
  readonly #access: TableAccess
  readonly #session: Session

  constructor(access: TableAccess, session: Session) {
    this.#access = access
    this.#session = session
  }

  scan({ limit = limits.pageItemsDefault, after }: Paging = {}): Promise<Page<unknown>> {
    return readSpanned(this.#session, this.#access.name, 'scan', async () => {
      const { store, name, stored } = this.#access
      const page = await store.scan(name, after === undefined ? { limit } : { limit, after })
      return {
        items: page.items.map(item => stored.read(item)),
        ...(page.after === undefined ? {} : { after: page.after }),
      }
    })
  }
}

class TableWatcher extends TableReader {
  readonly #signal: AbortSignal

  constructor(access: TableAccess, session: Session, signal: AbortSignal) {
    super(access, session)
    this.#signal = signal
  }

  watch(key: Values): AsyncIterable<unknown> {
    const { name, watching, stored } = this.access
    const states = watching.states(name, keyIn(this.access, key), this.#signal)
    return mapped(states, item => item && stored.read(item))
  }

  changes(partition: Values): AsyncIterable<unknown> {
    const { name, watching, stored, key } = this.access
    const [attribute = ''] = key
    const changes = watching.changes(name, { [attribute]: partition[attribute] as string | number }, this.#signal)
    return mapped(changes, ({ before, after }) => ({
      ...(before ? { before: stored.read(before) } : {}),
      ...(after ? { after: stored.read(after) } : {}),
    }))
  }
}

async function* mapped<A, B>(source: AsyncIterable<A>, map: (value: A) => B): AsyncIterable<B> {
  for await (const value of source) yield map(value)
}

/** The client of one right, for one call. */
export function tableClient(
  access: TableAccess,
  right: string,
): (session: Session, signal: () => AbortSignal) => unknown {
  switch (right) {
    case 'reader':
      return session => new TableReader(access, session)
    case 'writer':
      return session => new TableWriter(access, session)
    case 'scanner':
      return session => new TableScanner(access, session)
    case 'watcher':
      return (session, signal) => new TableWatcher(access, session, signal())
    default:
      throw fault('unsupported', `a table has no grant "${right}"`)
  }
}

function conditions(options: { readonly when?: Values | undefined } | undefined): { when?: Conditions } {
  return options?.when ? { when: matchers(options.when) } : {}
}

function matchers(when: Values): Conditions {
  return Object.fromEntries(Object.entries(when).map(([attribute, wanted]) => [attribute, matcher(wanted)]))
}

function matcher(wanted: unknown): Matcher {
  if (wanted === undefined) return { absent: true }
  if (typeof wanted === 'object' && wanted !== null) return wanted as { oneOf: readonly Scalar[] }
  return { equals: wanted as Scalar }
}
