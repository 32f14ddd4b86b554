/**
 * Views: tables kept up to date from another table's changes.
 *
 * A change says only which item changed: the projection is made of a consistent read of that item, so that changes
 * which come late, twice or out of order do no harm. Beside the view is kept which of its items each source item gave
 * (source key → view keys), so that an item which moves or vanishes takes its old places with it. Both are written in
 * one commit, on condition that nobody else wrote this source item's places meanwhile; if somebody did, it is done again
 * from a new read. A place may pass from one source item to another (a name that was given up and taken again), and the
 * two changes may arrive in either order: each item of the view carries its source, and is removed for that source alone.
 *
 * A change that leaves the projection as it was writes nothing: the digest of what a source item gave stands beside its
 * places.
 *
 * A rebuild runs every source item through the same path, then removes the places of items that are gone. An item that
 * cannot be projected hinders no other, and all is written again.
 */
import { limits } from '../contract/limits.ts'
import { handlerQueue } from '../contract/names.ts'
import { fault } from '../contract/problems.ts'
import type { ChangeMessage, Item, Key, Store, TableShape, Write } from '../contract/store.ts'
import type { AnyView, NamedHandler } from '../plan/parts.ts'
import { milliseconds } from '../plan/words.ts'
import type { CallKit } from './call.ts'
import { type TableAccess, viewSource } from './clients/table.ts'
import { digestOf } from './entropy.ts'
import type { Feed } from './pump.ts'
import type { Wiring } from './wiring.ts'

/** Source key → view keys, of all views of a plan. */
export const placesTable: TableShape = {
  name: 'groundplan-view-places',
  key: ['view', 'source'],
  indexes: {},
  version: 'revision',
  changesTo: [],
}

/** Which views have been built. */
export const viewsTable: TableShape = { name: 'groundplan-views', key: ['view'], indexes: {}, changesTo: [] }

export interface RebuildProgress {
  readonly view: string
  readonly done: number
  /** About. */
  readonly of: number
}

export interface ViewKeeper {
  readonly view: AnyView
  readonly feed: Feed
  /** Makes the whole view again from its source, while it is in use. */
  rebuild(progress?: (so: RebuildProgress) => void): Promise<void>
  /** Builds a view that is new to a source which already has items. */
  buildIfNew(): Promise<void>
}

interface Kept {
  readonly store: Store
  readonly view: AnyView
  readonly source: TableAccess
  readonly target: TableAccess
}

const tries = 10

export function viewKeeper(
  kit: CallKit,
  wiring: Wiring,
  { service, name, handler }: Pick<NamedHandler, 'service' | 'name'> & { readonly handler: AnyView },
): ViewKeeper {
  const kept: Kept = {
    store: kit.store,
    view: handler,
    source: wiring.table(handler.from),
    target: wiring.table(handler),
  }
  const rebuild: ViewKeeper['rebuild'] = async progress => {
    await rebuildAll(kept, progress)
    await kit.store.commit({ writes: [{ op: 'put', table: viewsTable.name, item: { view: handler.name } }] })
  }
  return {
    view: handler,
    feed: {
      queue: handlerQueue(service.name, name),
      service: service.name,
      handler: name,
      concurrency: 10,
      batch: 1,
      attempts: 10,
      leaseMs: milliseconds('30 seconds'),
      timeoutMs: handler.timeoutMs,
      backoffMs: { first: 200, most: milliseconds('1 minute') },
      read: ({ body }) => (JSON.parse(body) as ChangeMessage).change.key,
      run: async (_call, [received]) => {
        if (received) await follow(kept, received.content as Key, 'change')
        return []
      },
    },
    rebuild,
    async buildIfNew() {
      if (await kit.store.get(viewsTable.name, { view: handler.name })) return
      const ended = kit.activity.begin(`building ${handler.name}`)
      try {
        await rebuild()
      } finally {
        ended()
      }
    },
  }
}

type Pass = 'change' | 'rebuild'

/** Brings the places of one source item up to date. */
async function follow(kept: Kept, key: Key, pass: Pass): Promise<void> {
  // View keys that other source items have taken over.
  const taken = new Set<string>()
  for (let attempt = 1; attempt <= tries; ) {
    const outcome = await followed(kept, key, taken, pass)
    if (outcome === 'done') return
    if (outcome === 'again') attempt++
  }
  throw fault(
    'engine-unavailable',
    `the places of an item in "${kept.view.name}" were written by others ${tries} times`,
  )
}

async function followed(kept: Kept, key: Key, taken: Set<string>, pass: Pass): Promise<'done' | 'again' | 'taken'> {
  const { store, view, source, target } = kept
  const place = { view: view.name, source: JSON.stringify(key) }
  const known = await store.get(placesTable.name, place)
  const item = await store.get(source.name, key)
  const now = item ? projected(view, target, source.stored.read(item)) : []
  const digest = digestOf(JSON.stringify(now))
  if (pass === 'change' && known?.digest === digest) return 'done'
  const left = goneKeys(target, known, now).filter(gone => !taken.has(JSON.stringify(gone)))
  const removals = left.map(gone => removal(target, gone, place.source))
  const puts = now.map(each => putting(target, each, place.source))
  const keys = now.map(each => keyIn(target, each))
  const writes = [...removals, ...puts, placesWrite(place, known, { keys, digest })]
  if (writes.length > limits.commitOperations) throw tooMany(kept)
  const outcome = await store.commit({ writes })
  if (outcome.ok) return 'done'
  const lost = left[outcome.failed]
  if (!lost) return 'again'
  taken.add(JSON.stringify(lost))
  return 'taken'
}

function tooMany({ source, view }: Kept): Error {
  const most = limits.commitOperations - 1
  return fault('too-many-operations', `an item of "${source.name}" gives more than ${most} of "${view.name}"`)
}

function projected(view: AnyView, target: TableAccess, item: unknown): readonly Item[] {
  const given = view.project(item)
  if (given === undefined || given === null) return []
  return (Array.isArray(given) ? given : [given]).map(each => target.given(each))
}

/** The view keys that the source item gave before, and gives no more. */
function goneKeys(target: TableAccess, known: Item | undefined, now: readonly Item[]): readonly Key[] {
  const before = (known?.keys as readonly Key[] | undefined) ?? []
  const current = new Set(now.map(item => JSON.stringify(keyIn(target, item))))
  return before.filter(key => !current.has(JSON.stringify(key)))
}

function removal({ name }: TableAccess, key: Key, from: string): Write {
  return { op: 'remove', table: name, key, when: { [viewSource]: { equals: from } } }
}

function putting({ name }: TableAccess, item: Item, from: string): Write {
  return { op: 'put', table: name, item: { ...item, [viewSource]: from } }
}

function placesWrite(key: Key, known: Item | undefined, now: { keys: readonly Key[]; digest: string }): Write {
  const table = placesTable.name
  if (!known) return { op: 'insert', table, item: { ...key, ...now } }
  return { op: 'put', table, item: { ...key, ...now }, when: { revision: { equals: Number(known.revision) } } }
}

function keyIn(target: TableAccess, item: Item): Key {
  return Object.fromEntries(target.key.map(attribute => [attribute, item[attribute] as string | number]))
}

async function rebuildAll(kept: Kept, progress?: (so: RebuildProgress) => void): Promise<void> {
  const { store, view, source } = kept
  const of = await store.count(source.name)
  const failures: string[] = []
  let done = 0
  await eachItem(store, source.name, async item => {
    const key = keyIn(source, item)
    await follow(kept, key, 'rebuild').catch(error => failures.push(`${JSON.stringify(key)}: ${error}`))
    done++
    if (done % 100 === 0) progress?.({ view: view.name, done, of })
  })
  progress?.({ view: view.name, done, of: done })
  await eachPlace(store, view.name, async place => {
    const key = JSON.parse(String(place.source)) as Key
    if (!(await store.get(source.name, key))) await follow(kept, key, 'rebuild')
  })
  if (failures.length > 0) throw incomplete(kept, failures)
}

function incomplete({ source, view }: Kept, [first, ...others]: readonly string[]): Error {
  const count = `${others.length + 1} of "${source.name}"`
  return fault('handler-failed', `"${view.name}" lacks what it could not make of ${count}, the first being ${first}`)
}

async function eachItem(store: Store, table: string, visit: (item: Item) => Promise<void>): Promise<void> {
  let after: string | undefined
  do {
    const page = await store.scan(table, { limit: limits.pageItems, ...(after === undefined ? {} : { after }) })
    for (const item of page.items) await visit(item)
    after = page.after
  } while (after !== undefined)
}

async function eachPlace(store: Store, view: string, visit: (item: Item) => Promise<void>): Promise<void> {
  let after: string | undefined
  do {
    const query = { partition: view, limit: limits.pageItems, ...(after === undefined ? {} : { after }) }
    const page = await store.query(placesTable.name, query)
    for (const item of page.items) await visit(item)
    after = page.after
  } while (after !== undefined)
}
