/**
 * Store: tables, with one commit for everything: writes, conditions, and the messages that leave if, and only if,
 * the writes are kept.
 *
 * The outbox. A message of a commit is kept with the writes, in the same commit. A store that holds the message's queue
 * itself puts it there at once; any other keeps it in its outbox, from where the runtime's relay sends it on (send,
 * then `forget`), so it may be sent twice and never not at all; the queue knows repeated ids. Changes of a table
 * (`changesTo`) leave the same way.
 */
import type { NewMessage } from './queue.ts'

export type Scalar = string | number | boolean | null
/**
 * JSON: no functions, no NaN, no dates, no half characters (lone surrogates), no attribute without a name; at most 32
 * levels; numbers that a decimal of 38 digits can hold (1e-130 to 1e126). An attribute that is undefined is absent.
 */
export type Item = Readonly<Record<string, unknown>>
/** The key attributes of an item. */
export type Key = Readonly<Record<string, string | number>>

export interface TableShape {
  readonly name: string
  /** Partition, or partition and sort. */
  readonly key: readonly string[]
  /** Each partition, or partition and sort. An item in which one of them is absent or null is not in the index. */
  readonly indexes: Readonly<Record<string, readonly string[]>>
  /** Attribute with the ISO time (with its zone, or a day in UTC) from which on the item is absent. Absent, null: never. */
  readonly expires?: string
  /** Number attribute that the store sets: 1 at first, one more at each write. */
  readonly version?: string
  /** The ordered queues that hear of every change of an item, as a `ChangeMessage`. */
  readonly changesTo: readonly string[]
  /** Whether `onChange` is asked for it: engines that tell at a price pay it for these tables alone. Default false. */
  readonly watched?: boolean
}

/** What an attribute must be. Compared with the item as kept; an absent item has no attributes. */
export type Matcher = { readonly equals: Scalar } | { readonly oneOf: readonly Scalar[] } | { readonly absent: true }
export type Conditions = Readonly<Record<string, Matcher>>

/**
 * Puts the outcome of another write of the commit (which does not embed itself) into an attribute: how an answer is kept
 * with its effects. The outcome of `remove` and `check` is nothing: the attribute is absent.
 */
export interface Embed {
  readonly attribute: string
  /** Position of the other write in the commit. */
  readonly of: number
}

export type Write =
  | { readonly op: 'insert'; readonly table: string; readonly item: Item }
  | {
      readonly op: 'put'
      readonly table: string
      readonly item: Item
      readonly when?: Conditions
      readonly embed?: Embed
    }
  | {
      readonly op: 'patch'
      readonly table: string
      readonly key: Key
      /** Not the key, unless as it is. */
      readonly set: Item
      readonly unset: readonly string[]
      readonly when?: Conditions
    }
  | {
      readonly op: 'add'
      readonly table: string
      readonly key: Key
      /** An attribute that is absent or null counts as zero. */
      readonly by: Readonly<Record<string, number>>
      /** Of each sum. */
      readonly floor?: number
      readonly ceiling?: number
      /** What an absent item begins as, beside its key; without it an absent item refuses. */
      readonly start?: Item
      readonly when?: Conditions
    }
  | { readonly op: 'remove'; readonly table: string; readonly key: Key; readonly when?: Conditions }
  | { readonly op: 'check'; readonly table: string; readonly key: Key; readonly when: Conditions }

export interface Commit {
  readonly writes: readonly Write[]
  readonly messages?: readonly NewMessage[]
  /** Default true: survives a killed process and power loss once acknowledged. False: seen by all, may be lost. */
  readonly durable?: boolean
}

/**
 * Why a write was refused: `exists` (insert), `absent` (patch, add without a start), `bounds` (floor, ceiling),
 * `when`. Where several hold, the first in this order: absent or exists, when, bounds.
 */
export type RefusedBecause = 'exists' | 'absent' | 'when' | 'bounds'

export type Committed =
  /** The items as kept, in the order of the writes; undefined for `remove` and `check`. */
  | { readonly ok: true; readonly items: readonly (Item | undefined)[] }
  /** The first write that was refused; nothing was kept. */
  | { readonly ok: false; readonly failed: number; readonly because: RefusedBecause }

export interface Query {
  /** An index, or the table itself. */
  readonly index?: string
  readonly partition: string | number
  /** Both ends included. An item must lie within all that are given: `from`, `to` and `prefix`. */
  readonly from?: string | number
  readonly to?: string | number
  readonly prefix?: string
  /** 1 to 1,000. */
  readonly limit: number
  readonly after?: string
  readonly reverse?: boolean
}

export interface ItemPage {
  readonly items: readonly Item[]
  /** Opaque; a position only, so it stays good whatever is written. Absent when nothing follows. */
  readonly after?: string
}

/** What happened to one item. Absent `before`: it was not there; absent `after`: it is gone. */
export interface ItemChange {
  readonly key: Key
  readonly before?: Item
  readonly after?: Item
}

/** The body of a message to `changesTo`: JSON of this; its order key is `orderKeyOf(shape, key)`. */
export interface ChangeMessage {
  readonly table: string
  readonly change: ItemChange
}

/** A message waiting in the outbox. */
export interface OutboxEntry {
  readonly position: string
  readonly message: NewMessage
}

export interface Outbox {
  /** The oldest entries, in the order of their commits. */
  peek(max: number): Promise<readonly OutboxEntry[]>
  /** They have been sent. */
  forget(positions: readonly string[]): Promise<void>
  /** Calls when there may be entries; at least once after each commit that made some. */
  onEntry(listener: () => void): () => void
}

export interface Store {
  /**
   * All or nothing. Conflicts with other commits are retried inside. An expired item is absent for conditions too.
   * Its size is that of the items as they are then kept, and of the messages' bodies, in UTF-8.
   * Faults: `item-invalid` (not JSON, or no time in `expires`), `item-too-large`, `invalid-key`, `too-many-operations`, `commit-too-large`, `item-twice-in-commit`,
   * `message-too-large`, `engine-unavailable`.
   */
  commit(commit: Commit): Promise<Committed>
  /** Strongly consistent. Faults: `invalid-key`. */
  get(table: string, key: Key): Promise<Item | undefined>
  /** Strongly consistent each, in the order asked. A key may be asked twice. Faults: `too-many-keys` (100), `invalid-key`. */
  getMany(table: string, keys: readonly Key[]): Promise<readonly (Item | undefined)[]>
  /**
   * In the order of the sort attribute: numbers by value, before texts by their bytes in UTF-8. Strongly consistent
   * without `index`; an index may lag, and gives each item as it was then. A cursor of another table, index, partition or
   * direction is refused. Faults: `invalid-key`, `invalid-cursor`, `page-size-invalid`.
   */
  query(table: string, query: Query): Promise<ItemPage>
  /**
   * All items, in no order that means anything, each once if it does not change meanwhile.
   * Faults: `invalid-cursor`, `page-size-invalid`.
   */
  scan(table: string, page: { readonly limit: number; readonly after?: string }): Promise<ItemPage>
  /** About how many items; may count expired ones. */
  count(table: string): Promise<number>
  /** Tells of each change of a watched table from now on, in order per item. Capability `liveChanges`. */
  onChange(table: string, listener: (change: ItemChange) => void): () => void
  readonly outbox: Outbox
}
