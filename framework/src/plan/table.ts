/**
 * `table`: items under a key, with indexes, an expiry and a version, and the clients its grants give.
 */
import type { z } from 'zod'
import { type Grant, grant, type Resource } from './grant.ts'
import type { Operation, Refusable } from './operation.ts'
import { calledFrom } from './place.ts'
import {
  type Empty,
  type In,
  type Out,
  type Reading,
  reading,
  type Schema,
  type Simplify,
  type Versioned,
} from './schema.ts'
import { type Source, source } from './source.ts'

type KeyValue = string | number
type Scalar = string | number | boolean | null

// Each gives the attribute's name where its type fits. They are looked up where they are used, since a message of the
// compiler names an alias instead of the attributes that would do.
type AsKey<Item> = { [A in keyof Item & string]-?: Item[A] extends KeyValue ? A : never }
type AsIndex<Item> = { [A in keyof Item & string]-?: NonNullable<Item[A]> extends KeyValue ? A : never }
type AsNumber<Item> = { [A in keyof Item & string]-?: NonNullable<Item[A]> extends number ? A : never }
type AsText<Item> = { [A in keyof Item & string]-?: NonNullable<Item[A]> extends string ? A : never }

/** Partition, or partition and sort. */
export type KeyOf<Item> =
  | readonly [AsKey<Item>[keyof Item & string]]
  | readonly [AsKey<Item>[keyof Item & string], AsKey<Item>[keyof Item & string]]
/** An item without the attribute is not in the index. */
export type IndexOf<Item> =
  | readonly [AsIndex<Item>[keyof Item & string]]
  | readonly [AsIndex<Item>[keyof Item & string], AsIndex<Item>[keyof Item & string]]

export type Keys = readonly string[]
export type Indexes = Readonly<Record<string, Keys>>

type Picked<Item, K extends Keys> = Simplify<Pick<Item, K[number] & keyof Item>>
type Partition<Item, K extends Keys> = Simplify<Required<Pick<Item, K[0] & keyof Item>>>
type SortOf<Item, K extends Keys> = K extends readonly [string, infer S extends keyof Item & string]
  ? NonNullable<Item[S]>
  : never

/** Both ends are included. */
type Range<S> = [S] extends [never]
  ? Empty
  : S extends string
    ? { from?: S | undefined; to?: S | undefined; prefix?: S | undefined }
    : { from?: S | undefined; to?: S | undefined }

export interface Paging {
  /** Items in a page, 1 to 1,000. Default 100. */
  limit?: number | undefined
  /** The cursor of the page before: a position only, the partition always comes from the query. */
  after?: string | undefined
  /** From the end to the beginning. Default false. */
  reverse?: boolean | undefined
}

export interface Page<Item> {
  readonly items: Item[]
  /** Give it to the next call; absent on the last page. */
  readonly after?: string
}

/** One of several values, in a condition. */
export interface OneOf<out T> {
  readonly oneOf: readonly T[]
}

/**
 * Any of these values.
 * @example orders.patch(key, { state: 'cancelled' }, { when: { state: oneOf('placed', 'paid') } })
 */
export function oneOf<const T extends readonly unknown[]>(...values: T): OneOf<T[number]> {
  return { oneOf: values }
}

/** Conditions on attributes of the item as it is kept. `undefined` asks that the attribute, or the item, be absent. */
export type When<Item> = {
  readonly [A in keyof Item as NonNullable<Item[A]> extends Scalar ? A : never]?: Item[A] | OneOf<Item[A]> | undefined
}

export interface Condition<Item> {
  readonly when: When<Item>
}

export interface Bounds {
  /** No added number may fall below it. */
  readonly floor?: number
  /** No added number may rise above it. */
  readonly ceiling?: number
}

/** What a write may change: neither the key nor the version, which the store counts. */
type Changeable<Item, NewItem, K extends Keys> = Exclude<keyof Item & keyof NewItem & string, K[number]>
type Changes<Item, NewItem, K extends Keys> = {
  readonly [A in Changeable<Item, NewItem, K>]?: Item[A] | undefined
}
type Unset<Item, NewItem, K extends Keys> = readonly {
  [A in Changeable<Item, NewItem, K>]-?: undefined extends Item[A] ? A : never
}[Changeable<Item, NewItem, K>][]
type Added<Item, NewItem, K extends Keys> = {
  readonly [A in Extract<AsNumber<Item>[keyof Item & string], Changeable<Item, NewItem, K>>]?: number
}

/**
 * Reads. An expired item is absent, and so is one asked for by a text that cannot be a key (empty, too long).
 * Problem codes: `invalid-key`, `invalid-cursor`, `stored-item-invalid`.
 */
export interface Reader<Item, K extends Keys, I extends Indexes> {
  /** Strongly consistent. */
  get(key: Picked<Item, K>): Promise<Item | undefined>
  /** Strongly consistent each; at most 100 keys; in the order asked. */
  getMany(keys: readonly Picked<Item, K>[]): Promise<readonly (Item | undefined)[]>
  /** One partition, ordered by the sort attribute; strongly consistent. */
  query(partition: Partition<Item, K>, range?: Range<SortOf<Item, K>> & Paging): Promise<Page<Item>>
  /** Through an index: may lag behind the writes. */
  readonly by: {
    readonly [N in keyof I]: (
      partition: Partition<Item, I[N]>,
      range?: Range<SortOf<Item, I[N]>> & Paging,
    ) => Promise<Page<Item>>
  }
}

/** Writes. Problem codes: `item-invalid`, `item-too-large`, `invalid-key`, `conflict` (refused, and no `.or`). */
export interface Writer<Item, NewItem, K extends Keys, I extends Indexes> extends Reader<Item, K, I> {
  /** Refused when an item of this key exists. */
  insert(item: NewItem): Refusable<Item>
  /** Replaces the item, or makes it. */
  put(item: NewItem): Operation<Item>
  put(item: NewItem, condition: Condition<Item>): Refusable<Item>
  /** Changes attributes of an item that exists (`undefined`: as it is); refused when the item is absent. */
  patch(
    key: Picked<Item, K>,
    changes: Changes<Item, NewItem, K>,
    options?: { readonly unset?: Unset<Item, NewItem, K>; readonly when?: When<Item> },
  ): Refusable<Item>
  /**
   * Adds to numbers. An absent item begins with the defaults of its schema, and zero for what is added; refused when
   * the schema does not allow that beginning.
   */
  add(key: Picked<Item, K>, by: Added<Item, NewItem, K>): Operation<Item>
  add(key: Picked<Item, K>, by: Added<Item, NewItem, K>, bounds: Bounds & Partial<Condition<Item>>): Refusable<Item>
  /** Removes the item if it is there. */
  remove(key: Picked<Item, K>): Operation<void>
  remove(key: Picked<Item, K>, condition: Condition<Item>): Refusable<void>
  /** Writes nothing; refused when the condition does not hold. For use in `atomically`. */
  check(key: Picked<Item, K>, condition: Condition<Item>): Refusable<void>
}

/** Reads all partitions: for export, retention and consoles; never for a request. */
export interface Scanner<Item> {
  scan(options?: Paging): Promise<Page<Item>>
}

/** Tells what happens from now on. Ends when the call ends. Slow readers get the newest state, not each step. */
export interface Watcher<Item, K extends Keys, I extends Indexes> extends Reader<Item, K, I> {
  /** The item now, then each newer state of it; `undefined` where it is absent. */
  watch(key: Picked<Item, K>): AsyncIterable<Item | undefined>
  /** Each change in a partition from now on. */
  changes(partition: Partition<Item, K>): AsyncIterable<Change<Item>>
}

export interface Change<out Item> {
  readonly before?: Item
  readonly after?: Item
}

/** A table as the framework keeps it. */
export interface TableSpec {
  readonly item: Reading
  readonly key: Keys
  readonly indexes: Indexes
  readonly expires?: string
  readonly version?: string
}

export interface Readable<Item, K extends Keys, I extends Indexes> extends Resource {
  readonly kind: 'table' | 'view'
  readonly spec: TableSpec
  readonly reader: Grant<Reader<Item, K, I>>
  readonly scanner: Grant<Scanner<Item>>
  readonly watcher: Grant<Watcher<Item, K, I>>
  readonly changes: Source<Change<Item>, 'changes'>
}

export interface Table<Item, NewItem, K extends Keys, I extends Indexes> extends Readable<Item, K, I> {
  readonly kind: 'table'
  readonly writer: Grant<Writer<Item, NewItem, K, I>>
}

type NewItem<S, V> = V extends string ? Omit<In<S>, V> : In<S>

/**
 * Declares a table.
 * - `item`: a Zod object; dates are ISO strings. At most 400 KB an item, 100 KB when its changes are watched.
 * - `key`: partition (at most 1,024 bytes), or partition and sort (at most 256 bytes): strings or safe integers.
 * - `indexes`: each a partition attribute, or partition and sort.
 * - `expires`: an attribute with an ISO time after which the item is absent.
 * - `version`: a number attribute that the store counts up at each write, from 1.
 * @example
 * const orders = table('orders', { item: Order, key: ['orderId'], indexes: { customer: ['customerId', 'placedAt'] } })
 */
export function table<
  S extends Schema,
  const K extends KeyOf<Out<S>>,
  const I extends Readonly<Record<string, IndexOf<Out<S>>>> = Empty,
  const V extends AsNumber<Out<S>>[keyof Out<S> & string] | undefined = undefined,
  Older extends Schema = z.ZodNever,
>(
  name: string,
  options: {
    readonly item: Versioned<S, Older>
    readonly key: K
    readonly indexes?: I
    readonly expires?: AsText<Out<S>>[keyof Out<S> & string]
    readonly version?: V
  },
): Table<Out<S>, NewItem<S, V>, K, I> {
  const place = calledFrom(table)
  const { item, key, indexes = {}, expires, version } = options
  const spec: TableSpec = {
    item: reading(item),
    key,
    indexes,
    ...(expires === undefined ? {} : { expires }),
    ...(version === undefined ? {} : { version }),
  }
  const resource: Resource & { kind: 'table' } = { kind: 'table', name, place }
  return withGrants(resource, spec)
}

function withGrants<Item, New, K extends Keys, I extends Indexes>(
  resource: Resource & { kind: 'table' },
  spec: TableSpec,
): Table<Item, New, K, I> {
  const self: Table<Item, New, K, I> = {
    ...resource,
    spec,
    get reader() {
      return grant<Reader<Item, K, I>>(self, 'reader')
    },
    get writer() {
      return grant<Writer<Item, New, K, I>>(self, 'writer')
    },
    get scanner() {
      return grant<Scanner<Item>>(self, 'scanner')
    },
    get watcher() {
      return grant<Watcher<Item, K, I>>(self, 'watcher')
    },
    get changes() {
      return source<Change<Item>, 'changes'>('changes', self)
    },
  }
  return self
}
