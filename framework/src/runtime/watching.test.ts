/** Watching: what readers of live changes see, on a store in memory. */
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Item, ItemChange, Store } from '../contract/store.ts'
import { memoryClock } from '../memory/clock.ts'
import { memoryStore } from '../memory/store.ts'
import { rejection } from './test/small.ts'
import { type Watching, watching } from './watching.ts'

const tables = [
  { name: 'stock', key: ['product'], indexes: {}, changesTo: [] },
  { name: 'bids', key: ['auction', 'at'], indexes: {}, changesTo: [] },
]

interface Watched {
  readonly store: Store
  readonly seen: Watching
  /** Listeners that the store has now. */
  listeners(): number
  put(table: string, item: Item): Promise<unknown>
  /** Ends what is given its signal. */
  readonly leaving: AbortController
}

function watched(): Watched {
  const store = memoryStore({ clock: memoryClock(0), tables })
  let listeners = 0
  const { onChange } = store
  Object.assign(store, {
    onChange: (...given: Parameters<Store['onChange']>) => {
      listeners++
      const stop = onChange.apply(store, given)
      return () => {
        listeners--
        stop()
      }
    },
  })
  return {
    store,
    seen: watching(store),
    listeners: () => listeners,
    put: (table, item) => store.commit({ writes: [{ op: 'put', table, item }] }),
    leaving: new AbortController(),
  }
}

const bid = (auction: string, at: number) => ({ auction, at })
const stock = (left: number) => ({ product: 'tea', left })

/** Lets everything that is under way go on. */
async function still(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Reads on until it ends, noting what came. */
function reading<T>(from: AsyncIterable<T>) {
  const came: T[] = []
  const ended = (async () => {
    for await (const each of from) came.push(each)
  })()
  return { came, ended }
}

const ats = (changes: readonly ItemChange[]) => changes.map(({ key }) => key.at)

describe('A watcher of an item', () => {
  it('is given the item as it is, then each newer state, and its absence', async () => {
    const { seen, put, store, leaving } = watched()
    const { came, ended } = reading(seen.states('stock', { product: 'tea' }, leaving.signal))
    await still()
    for (const left of [2, 1]) {
      await put('stock', stock(left))
      await still()
    }
    await store.commit({ writes: [{ op: 'remove', table: 'stock', key: { product: 'tea' } }] })
    await still()
    expect(came).toEqual([undefined, stock(2), stock(1), undefined])
    leaving.abort()
    await ended
  })

  it('that is slow is passed over what came in between, never left with what is old', async () => {
    const { seen, put, leaving } = watched()
    await put('stock', stock(100))
    const states = seen.states('stock', { product: 'tea' }, leaving.signal)[Symbol.asyncIterator]()
    expect((await states.next()).value).toEqual(stock(100))
    for (let left = 99; left >= 0; left--) await put('stock', stock(left))
    await still()
    expect((await states.next()).value).toEqual(stock(0))
    const next = states.next()
    await put('stock', stock(7))
    expect((await next).value).toEqual(stock(7))
  })

  it('misses nothing that is written while it begins', async () => {
    const { seen, put, store, leaving } = watched()
    await put('stock', stock(2))
    const { get } = store
    Object.assign(store, {
      get: async (...given: Parameters<Store['get']>) => {
        const before = await get.apply(store, given)
        await put('stock', stock(1))
        await still()
        return before
      },
    })
    const { came, ended } = reading(seen.states('stock', { product: 'tea' }, leaving.signal))
    await still()
    await still()
    // The older state may be left out; it may not come last.
    expect(came).toEqual([stock(1)])
    leaving.abort()
    await ended
  })

  it('that comes back after it was cut off begins with what is there now', async () => {
    const { seen, put } = watched()
    await put('stock', stock(3))
    const first = new AbortController()
    const before = reading(seen.states('stock', { product: 'tea' }, first.signal))
    await still()
    first.abort()
    await before.ended
    await put('stock', stock(2))
    await put('stock', stock(1))
    const second = new AbortController()
    const after = reading(seen.states('stock', { product: 'tea' }, second.signal))
    await still()
    expect([before.came, after.came]).toEqual([[stock(3)], [stock(1)]])
    second.abort()
    await after.ended
  })

  it('hears of its own item alone', async () => {
    const { seen, put, leaving } = watched()
    const { came, ended } = reading(seen.states('bids', bid('a', 1), leaving.signal))
    await still()
    await put('bids', bid('a', 2))
    await put('bids', bid('b', 1))
    await still()
    expect(came).toEqual([undefined])
    leaving.abort()
    await ended
  })
})

describe('A watcher of a partition', () => {
  it('is given each change in the order of the commits, with before and after, from the moment it asks', async () => {
    const { seen, put, leaving } = watched()
    await put('bids', bid('a', 0))
    const changes = seen.changes('bids', { auction: 'a' }, leaving.signal)
    // Not read yet.
    for (let at = 1; at <= 500; at++) await put('bids', { ...bid('a', at), price: at })
    await put('bids', bid('b', 9))
    await put('bids', { ...bid('a', 1), price: 99 })
    const { came, ended } = reading(changes)
    await still()
    expect(ats(came)).toEqual([...Array.from({ length: 500 }, (_each, at) => at + 1), 1])
    expect(came[0]).toEqual({ key: bid('a', 1), after: { ...bid('a', 1), price: 1 } })
    expect(came.at(-1)).toMatchObject({ before: { price: 1 }, after: { price: 99 } })
    leaving.abort()
    await ended
  })

  it('who falls 10,000 changes behind is given those, and then told that it lost some; nobody else is', async () => {
    const { seen, put, leaving } = watched()
    const slow = seen.changes('bids', { auction: 'a' }, leaving.signal)
    const quick = reading(seen.changes('bids', { auction: 'a' }, leaving.signal))
    for (let at = 0; at < 10_001; at++) {
      await put('bids', bid('a', at))
      if (at % 1_000 === 0) await still()
    }
    await still()
    const late = reading(slow)
    expect(await rejection(late.ended)).toMatchObject({ code: 'overloaded' })
    expect(ats(late.came)).toEqual(Array.from({ length: 10_000 }, (_each, at) => at))
    expect(quick.came).toHaveLength(10_001)
    leaving.abort()
    await quick.ended
  })

  it('ends when its call does, also while it waits, and when it is not read at all', async () => {
    const { seen, put, leaving } = watched()
    const waiting = reading(seen.changes('bids', { auction: 'a' }, leaving.signal))
    const unread = seen.changes('bids', { auction: 'a' }, leaving.signal)
    await still()
    leaving.abort()
    await waiting.ended
    await put('bids', bid('a', 1))
    await still()
    const late = reading(unread)
    await late.ended
    expect([waiting.came, late.came]).toEqual([[], []])
    const after = reading(seen.changes('bids', { auction: 'a' }, leaving.signal))
    await after.ended
    expect(after.came).toEqual([])
  })

  it('whose reader leaves by itself is forgotten, however long the call goes on', async () => {
    const { seen, put, leaving } = watched()
    for (let at = 0; at < 20; at++) {
      const changes = seen.changes('bids', { auction: 'a' }, leaving.signal)
      const states = seen.states('bids', bid('a', at), leaving.signal)
      await put('bids', bid('a', at))
      for await (const change of changes) {
        expect(change.key).toEqual(bid('a', at))
        break
      }
      for await (const state of states) {
        expect(state).toEqual(bid('a', at))
        break
      }
    }
    expect(getEventListeners(leaving.signal, 'abort')).toEqual([])
  })
})

describe('Any number of watchers', () => {
  it('is one listener of the store for each table, and none when the process ends', async () => {
    const { seen, put, listeners, leaving } = watched()
    const all = Array.from({ length: 1_000 }, (_each, at) =>
      reading<unknown>(
        at % 2 === 0
          ? seen.states('stock', { product: 'tea' }, leaving.signal)
          : seen.changes('bids', { auction: `${at}` }, leaving.signal),
      ),
    )
    await still()
    expect(listeners()).toBe(2)
    await put('stock', stock(1))
    await put('bids', bid('1', 1))
    await still()
    expect(all.filter(({ came }) => came.length > 0)).toHaveLength(501)
    leaving.abort()
    await Promise.all(all.map(({ ended }) => ended))
    seen.close()
    expect(listeners()).toBe(0)
  })
})
