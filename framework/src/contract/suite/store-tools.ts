/** What the promises of stores have in common: tables to work with, and short ways to write and to read. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { Fault, type ProblemCode } from '../problems.ts'
import type { NewMessage, QueueShape } from '../queue.ts'
import type { Committed, Item, ItemPage, Key, Query, RefusedBecause, Store, TableShape, Write } from '../store.ts'
import type { Promised, Promises, Subject } from './promises.ts'

export interface StoreSubject extends Subject {
  readonly store: Store
  /** How long an index may lag behind the writes. Default 0. */
  readonly indexLagMs?: number
  /** What commits have put into a queue that the store holds itself. Absent: everything leaves through the outbox. */
  arrived?(queue: string): Promise<readonly Arrived[]>
  /** Ends the process that holds the store, as a kill would, and opens it again. Only engines that keep it. */
  reopen?(): Promise<Store>
}

export type Arrived = Pick<NewMessage, 'id' | 'body' | 'orderKey' | 'headers'>

export interface StoreNeeds {
  readonly tables: readonly TableShape[]
  readonly queues: readonly QueueShape[]
}

export type StorePromises = Promises<StoreSubject, StoreNeeds>

/** Under one attribute. */
export const things = 'things'
/** Under partition and sort. */
export const events = 'events'
/** With indexes: `customer` (customerId, placedAt) and `state` (state). */
export const orders = 'orders'
/** With a version, `revision`. */
export const documents = 'documents'
/** With an expiry, `until`, and the index `user` (user). */
export const sessions = 'sessions'
/** Under partition and sort, with an expiry and two queues that hear of changes. */
export const watched = 'watched'
/** Every name in it is one that some engine reserves. */
export const awkward = 'awkward'

/** Not ordered. */
export const work = 'work'
/** Ordered. */
export const steps = 'steps'
/** Ordered; they hear of changes of `watched`. */
export const listeners = ['first-view', 'second-view'] as const

export const storeNeeds: StoreNeeds = {
  tables: [
    { name: things, key: ['id'], indexes: {}, changesTo: [], watched: true },
    { name: events, key: ['stream', 'at'], indexes: {}, changesTo: [] },
    {
      name: orders,
      key: ['orderId'],
      indexes: { customer: ['customerId', 'placedAt'], state: ['state'] },
      changesTo: [],
    },
    { name: documents, key: ['id'], indexes: {}, version: 'revision', changesTo: [] },
    { name: sessions, key: ['id'], indexes: { user: ['user'] }, expires: 'until', version: 'revision', changesTo: [] },
    { name: watched, key: ['group', 'id'], indexes: {}, expires: 'until', changesTo: listeners },
    { name: awkward, key: ['__proto__', 'a.b'], indexes: { odd: ['#', ':v'], select: ['constructor'] }, changesTo: [] },
  ],
  queues: [
    { name: work, ordered: false },
    { name: steps, ordered: true },
    ...listeners.map(name => ({ name, ordered: true })),
  ],
}

export function promise(keep: (subject: StoreSubject) => Promise<void>): Promised<StoreSubject, StoreNeeds> {
  return { needs: storeNeeds, keep }
}

export const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute

/** Commits writes that must be kept; gives the items they left. */
export async function commit(store: Store, ...writes: readonly Write[]): Promise<readonly (Item | undefined)[]> {
  const committed = await store.commit({ writes })
  if (!committed.ok) throw new Error(`write ${committed.failed} was refused: ${committed.because}`)
  return committed.items
}

export async function put(store: Store, table: string, ...items: readonly Item[]): Promise<void> {
  for (let at = 0; at < items.length; at += 100) {
    await commit(store, ...items.slice(at, at + 100).map((item): Write => ({ op: 'put', table, item })))
  }
}

export async function insert(store: Store, table: string, item: Item): Promise<boolean> {
  return (await store.commit({ writes: [{ op: 'insert', table, item }] })).ok
}

/** Expects that a commit is refused, by which write and why. */
export async function expectRefused(
  store: Store,
  writes: readonly Write[],
  because: RefusedBecause,
  failed = 0,
): Promise<void> {
  expect(await store.commit({ writes })).toEqual({ ok: false, failed, because })
}

export async function outcome(store: Store, ...writes: readonly Write[]): Promise<Committed> {
  return store.commit({ writes })
}

/** The problem code that a promise is rejected with. */
export async function faultOf(attempt: Promise<unknown>): Promise<ProblemCode | undefined> {
  try {
    await attempt
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}

export async function expectFault(code: ProblemCode, attempt: Promise<unknown>): Promise<void> {
  expect(await faultOf(attempt)).toBe(code)
}

/** More pages than any test has: a cursor that stands still would go on for ever. */
const mostPages = 10_000

/** All pages of a query, one after the other. */
export async function pagesOf(store: Store, table: string, query: Query): Promise<ItemPage[]> {
  const pages: ItemPage[] = []
  let after: string | undefined = query.after
  do {
    const page: ItemPage = await store.query(table, after === undefined ? query : { ...query, after })
    pages.push(page)
    if (pages.length > mostPages) throw new Error('the pages have no end')
    after = page.after
  } while (after !== undefined)
  return pages
}

/** All items of a query. */
export async function queried(store: Store, table: string, query: Omit<Query, 'limit'>): Promise<readonly Item[]> {
  const pages = await pagesOf(store, table, { limit: 1_000, ...query })
  return pages.flatMap(page => page.items)
}

export async function scanned(store: Store, table: string, limit = 1_000): Promise<readonly Item[]> {
  const items: Item[] = []
  let after: string | undefined
  do {
    const page: ItemPage = await store.scan(table, after === undefined ? { limit } : { limit, after })
    items.push(...page.items)
    if (items.length > mostPages) throw new Error('the scan has no end')
    after = page.after
  } while (after !== undefined)
  return items
}

/** One attribute of each item. */
export function each(items: readonly (Item | undefined)[], attribute: string): readonly unknown[] {
  return items.map(item => item?.[attribute])
}

/** Lets time pass until every index shows what was written. */
export async function indexed({ time, indexLagMs = 0 }: StoreSubject): Promise<void> {
  if (indexLagMs > 0) await time.advance(indexLagMs)
}

/** The ISO time of so many milliseconds from now. */
export function isoIn({ time }: StoreSubject, ms: number): string {
  return new Date(time.clock.now() + ms).toISOString()
}

/** What left for a queue, by either way, repeats left out. */
export async function leftFor({ store, arrived }: StoreSubject, queue: string): Promise<readonly Arrived[]> {
  const waiting = (await store.outbox.peek(10_000)).map(({ message }) => message)
  const all = [...((await arrived?.(queue)) ?? []), ...waiting.filter(message => message.queue === queue)]
  return [...new Map(all.map(message => [message.id, message])).values()]
}

/** Sends a message of this id to the queue that is not ordered. */
export function message(id: string, more: Partial<NewMessage> = {}): NewMessage {
  return { queue: work, id, body: JSON.stringify({ of: id }), ...more }
}

/** Any whole character. (The library's own unit of this kind takes a second to set up.) */
export const character: fc.Arbitrary<string> = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0xffff }),
    fc.integer({ min: 0x10000, max: 0x10ffff }),
  )
  .map(code => String.fromCodePoint(code))

/** An object whose attributes have these names, whatever they are. */
export function withNames(attributes: readonly (readonly [string, unknown])[]): Item {
  return Object.fromEntries(attributes)
}

export function keyWithNames(attributes: readonly (readonly [string, string | number])[]): Key {
  return Object.fromEntries(attributes)
}

/** Texts that are hard on engines: reserved names, wild cards, controls, characters of every length in UTF-8. */
export const hostileTexts: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  'a[0]',
  '#',
  '#name',
  ':v',
  '$1',
  '%',
  '_',
  '*',
  '?',
  '\\',
  '"',
  "'",
  "'; drop table things; --",
  '\0',
  'a\0',
  'a\0b',
  '\u0001',
  '\u001f',
  '\u007f',
  ' ',
  ' a',
  'a ',
  '\n',
  '\t',
  '/',
  '//',
  '..',
  'select',
  'null',
  'true',
  '0',
  '-1',
  '1e3',
  'NaN',
  'size',
  'ü',
  'u\u0308',
  'ſ',
  'ß',
  '日本語',
  '\u2028',
  '\ufeff',
  '\uffff',
  '𝒳',
  '👩‍👩‍👧',
  '\u{10ffff}',
]
