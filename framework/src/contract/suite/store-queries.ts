/** Reading: many keys at once, ranges, directions, pages and cursors, indexes, and scans. */
import { expect } from 'vitest'
import type { Item, ItemPage, Query, Store, Write } from '../store.ts'
import {
  commit,
  documents,
  each,
  events,
  expectFault,
  indexed,
  orders,
  pagesOf,
  promise,
  put,
  queried,
  type StorePromises,
  scanned,
  things,
  watched,
} from './store-tools.ts'

/** In the order of their bytes in UTF-8, which is another one than that of UTF-16: U+FFFF stands before pairs. */
const textsInOrder = [
  '\0',
  '\0\0',
  '\0a',
  '\u0001',
  ' ',
  '!',
  '0',
  '10',
  '2',
  'A',
  'Z',
  '_',
  'a',
  'a\0',
  'a\0b',
  'a\u0001',
  'a ',
  'aa',
  'ab',
  'b',
  '\u007f',
  'ß',
  'ü',
  'ſ',
  '日本',
  '日本語',
  '\ud7ff',
  '\ue000',
  '\ufeff',
  '\uffff',
  '\u{10000}',
  '𝒳',
  '👩‍👩‍👧',
  '\u{10ffff}',
]

const numbersInOrder = [
  Number.MIN_SAFE_INTEGER,
  -(2 ** 32),
  -1_000_000,
  -10,
  -9,
  -2,
  -1,
  0,
  1,
  2,
  9,
  10,
  11,
  99,
  100,
  2 ** 28 - 1,
  2 ** 28,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  Number.MAX_SAFE_INTEGER - 1,
  Number.MAX_SAFE_INTEGER,
]

/** A list in an order that has nothing to do with its own. */
function shuffled<T>(values: readonly T[]): readonly T[] {
  const left = [...values]
  return values.map((_, n) => left.splice((n * 7 + 3) % left.length, 1)[0] as T)
}

async function putEvents(store: Store, stream: string, ats: readonly (string | number)[]): Promise<void> {
  await put(store, events, ...shuffled(ats).map(at => ({ stream, at })))
}

function ats(store: Store, query: Omit<Query, 'limit'>): Promise<readonly unknown[]> {
  return queried(store, events, query).then(items => each(items, 'at'))
}

const ordering: StorePromises = {
  'getMany gives the items in the order asked, each as often as asked': promise(async ({ store }) => {
    await put(store, things, { id: 'a' }, { id: 'b' })
    const keys = ['b', 'none', 'a', 'b'].map(id => ({ id }))
    expect(await store.getMany(things, keys)).toEqual([{ id: 'b' }, undefined, { id: 'a' }, { id: 'b' }])
    expect(await store.getMany(things, [])).toEqual([])
  }),

  'getMany takes 100 keys, and no more': promise(async ({ store }) => {
    const keys = Array.from({ length: 101 }, (_, n) => ({ id: `${n}` }))
    await put(store, things, ...keys)
    expect(await store.getMany(things, keys.slice(0, 100))).toEqual(keys.slice(0, 100))
    await expectFault('too-many-keys', store.getMany(things, keys))
  }),

  'a query gives one partition, ordered by the bytes of its texts in UTF-8': promise(async ({ store }) => {
    await putEvents(store, 's', textsInOrder)
    await putEvents(store, 'another', ['a', 'b'])
    await putEvents(store, 's\0', ['a', 'b'])
    expect(await ats(store, { partition: 's' })).toEqual(textsInOrder)
    expect(await ats(store, { partition: 's', reverse: true })).toEqual(textsInOrder.toReversed())
    expect(await ats(store, { partition: 'nothing' })).toEqual([])
  }),

  'a query orders numbers by their value': promise(async ({ store }) => {
    await putEvents(store, 's', numbersInOrder)
    expect(await ats(store, { partition: 's' })).toEqual(numbersInOrder)
    expect(await ats(store, { partition: 's', reverse: true })).toEqual(numbersInOrder.toReversed())
  }),

  'a query orders numbers before texts': promise(async ({ store }) => {
    await putEvents(store, 's', [...numbersInOrder, ...textsInOrder])
    expect(await ats(store, { partition: 's' })).toEqual([...numbersInOrder, ...textsInOrder])
    expect(await ats(store, { partition: 's', from: 100, to: '!' })).toEqual([
      ...numbersInOrder.slice(numbersInOrder.indexOf(100)),
      ...textsInOrder.slice(0, textsInOrder.indexOf('!') + 1),
    ])
    expect(await ats(store, { partition: 's', prefix: '1' })).toEqual(['10'])
  }),

  'a range includes both its ends, whether they are there or not': promise(async ({ store }) => {
    await putEvents(store, 'texts', textsInOrder)
    await putEvents(store, 'numbers', numbersInOrder)
    for (const [partition, all] of Object.entries({ texts: textsInOrder, numbers: numbersInOrder })) {
      for (const [at, from] of all.entries()) {
        const to = all[Math.min(at + 3, all.length - 1)] ?? from
        expect(await ats(store, { partition, from })).toEqual(all.slice(at))
        expect(await ats(store, { partition, to: from })).toEqual(all.slice(0, at + 1))
        expect(await ats(store, { partition, from, to })).toEqual(all.slice(at, at + 4))
        expect(await ats(store, { partition, from, to, reverse: true })).toEqual(all.slice(at, at + 4).toReversed())
      }
    }
    expect(await ats(store, { partition: 'texts', from: 'a!', to: 'aaz' })).toEqual(['aa'])
    expect(await ats(store, { partition: 'numbers', from: 12, to: 98 })).toEqual([])
    expect(await ats(store, { partition: 'numbers', from: -8, to: 8 })).toEqual([-2, -1, 0, 1, 2])
  }),

  'a range whose ends are the wrong way round is empty': promise(async ({ store }) => {
    await putEvents(store, 's', ['a', 'b', 'c'])
    expect(await ats(store, { partition: 's', from: 'c', to: 'a' })).toEqual([])
    expect(await ats(store, { partition: 's', from: 'c', to: 'a', reverse: true })).toEqual([])
  }),

  'a prefix is one of characters, and narrows together with a range': promise(async ({ store }) => {
    await putEvents(store, 's', textsInOrder)
    for (const prefix of ['', ...textsInOrder]) {
      const wanted = textsInOrder.filter(text => text.startsWith(prefix))
      expect(await ats(store, { partition: 's', prefix })).toEqual(wanted)
      expect(await ats(store, { partition: 's', prefix, reverse: true })).toEqual(wanted.toReversed())
    }
    expect(await ats(store, { partition: 's', prefix: 'a', from: 'a ' })).toEqual(['a ', 'aa', 'ab'])
    expect(await ats(store, { partition: 's', prefix: 'a', to: 'a\u0001' })).toEqual(['a', 'a\0', 'a\0b', 'a\u0001'])
    expect(await ats(store, { partition: 's', prefix: 'a', from: 'A', to: 'z' })).toEqual(
      textsInOrder.filter(text => text.startsWith('a')),
    )
    expect(await ats(store, { partition: 's', prefix: 'a', from: 'b' })).toEqual([])
  }),

  'a query of a table without sort attribute gives the item of the partition': promise(async ({ store }) => {
    await put(store, things, { id: 'a' }, { id: 'b' })
    expect(await store.query(things, { partition: 'a', limit: 10 })).toEqual({ items: [{ id: 'a' }] })
    await expectFault('invalid-key', store.query(things, { partition: 'a', limit: 10, prefix: 'x' }))
  }),

  'a query sees every write that came before it': promise(async ({ store }) => {
    for (let at = 0; at < 20; at++) {
      await put(store, events, { stream: 's', at })
      expect((await ats(store, { partition: 's' })).length).toBe(at + 1)
    }
    await commit(store, { op: 'remove', table: events, key: { stream: 's', at: 7 } })
    expect((await ats(store, { partition: 's' })).length).toBe(19)
  }),
}

const paging: StorePromises = {
  'pages have the limit as their length, and the last one has no cursor': promise(async ({ store }) => {
    const all = Array.from({ length: 12 }, (_, at) => at)
    await putEvents(store, 's', all)
    for (const [limit, lengths] of [
      [5, [5, 5, 2]],
      [6, [6, 6]],
      [12, [12]],
      [13, [12]],
      [1, all.map(() => 1)],
    ] as const) {
      for (const reverse of [false, true]) {
        const pages = await pagesOf(store, events, { partition: 's', limit, reverse })
        expect(pages.map(({ items }) => items.length)).toEqual(lengths)
        const given = pages.flatMap(({ items }) => each(items, 'at'))
        expect(given).toEqual(reverse ? all.toReversed() : all)
      }
    }
    expect(await store.query(events, { partition: 'none', limit: 5 })).toEqual({ items: [] })
  }),

  'pages stay within the range': promise(async ({ store }) => {
    await putEvents(store, 's', textsInOrder)
    const query: Query = { partition: 's', from: '0', to: 'b', limit: 3 }
    const wanted = textsInOrder.slice(textsInOrder.indexOf('0'), textsInOrder.indexOf('b') + 1)
    for (const reverse of [false, true]) {
      const pages = await pagesOf(store, events, { ...query, reverse })
      const given = pages.flatMap(({ items }) => each(items, 'at'))
      expect(given).toEqual(reverse ? wanted.toReversed() : wanted)
    }
    const prefixed = await pagesOf(store, events, { partition: 's', prefix: 'a', limit: 2 })
    expect(prefixed.flatMap(({ items }) => each(items, 'at'))).toEqual(textsInOrder.filter(at => at.startsWith('a')))
  }),

  'a page has 1 to 1,000 items': promise(async ({ store }) => {
    await putEvents(
      store,
      's',
      Array.from({ length: 1_001 }, (_, at) => at),
    )
    for (const limit of [0, -1, 1_001, 1.5, Number.NaN]) {
      await expectFault('page-size-invalid', store.query(events, { partition: 's', limit }))
      await expectFault('page-size-invalid', store.scan(events, { limit }))
    }
    const page = await store.query(events, { partition: 's', limit: 1_000 })
    expect(page.items).toHaveLength(1_000)
    expect(page.after).toBeDefined()
    expect((await store.scan(events, { limit: 1_000 })).items).toHaveLength(1_000)
  }),

  'a cursor holds its place whatever is written meanwhile': promise(async ({ store }) => {
    await putEvents(store, 's', [10, 20, 30, 40, 50, 60])
    const query: Query = { partition: 's', limit: 2 }
    const first = await store.query(events, query)
    const last = await store.query(events, { ...query, reverse: true })
    expect([each(first.items, 'at'), each(last.items, 'at')]).toEqual([
      [10, 20],
      [60, 50],
    ])
    // Before it, behind it, and the very item it stands on.
    await putEvents(store, 's', [5, 15, 25, 45, 55])
    const gone = [20, 30, 50].map((at): Write => ({ op: 'remove', table: events, key: { stream: 's', at } }))
    await commit(store, ...gone)
    expect(await pageAts(store, { ...query, limit: 10 }, first)).toEqual([25, 40, 45, 55, 60])
    expect(await pageAts(store, { ...query, limit: 10, reverse: true }, last)).toEqual([45, 40, 25, 15, 10, 5])
  }),

  'a cursor is good for another limit and another range of the same partition': promise(async ({ store }) => {
    await putEvents(store, 's', [1, 2, 3, 4, 5, 6])
    const page = await store.query(events, { partition: 's', limit: 3 })
    expect(await pageAts(store, { partition: 's', limit: 9, to: 5 }, page)).toEqual([4, 5])
    expect(await pageAts(store, { partition: 's', limit: 9, from: 1 }, page)).toEqual([4, 5, 6])
    expect(await pageAts(store, { partition: 's', limit: 9, from: 6 }, page)).toEqual([6])
    expect(await pageAts(store, { partition: 's', limit: 9, to: 2 }, page)).toEqual([])
  }),

  'a cursor of another query is refused, and leads nowhere else': promise(async ({ store }) => {
    await putEvents(store, 'mine', [1, 2, 3])
    await putEvents(store, 'yours', [1, 2, 3])
    await put(
      store,
      orders,
      ...[1, 2, 3].map(n => ({ orderId: `o${n}`, customerId: 'mine', placedAt: n, state: 'mine' })),
    )
    const { after = '' } = await store.query(events, { partition: 'mine', limit: 1 })
    const { after: scan = '' } = await store.scan(events, { limit: 1 })
    expect([after, scan]).not.toContain('')
    await expectFault('invalid-cursor', store.query(events, { partition: 'yours', limit: 1, after }))
    await expectFault('invalid-cursor', store.query(events, { partition: 'mine', limit: 1, after, reverse: true }))
    await expectFault('invalid-cursor', store.query(events, { partition: 'mine', limit: 1, after: scan }))
    await expectFault('invalid-cursor', store.query(watched, { partition: 'mine', limit: 1, after }))
    await expectFault('invalid-cursor', store.query(orders, { partition: 'mine', limit: 1, after, index: 'customer' }))
    await expectFault('invalid-cursor', store.query(orders, { partition: 'mine', limit: 1, after, index: 'state' }))
    await expectFault('invalid-cursor', store.scan(events, { limit: 1, after }))
    await expectFault('invalid-cursor', store.scan(watched, { limit: 1, after: scan }))
  }),

  'a cursor that nobody gave is refused': promise(async ({ store }) => {
    await putEvents(store, 's', [1, 2, 3])
    const { after = '' } = await store.query(events, { partition: 's', limit: 1 })
    for (const made of [
      '',
      'x',
      ' ',
      '%00',
      after.slice(1),
      after.slice(0, -2),
      `${after}x${after}`,
      btoa('[]'),
      btoa('{}'),
    ]) {
      await expectFault('invalid-cursor', store.query(events, { partition: 's', limit: 1, after: made }))
      await expectFault('invalid-cursor', store.scan(events, { limit: 1, after: made }))
    }
  }),

  'a cursor does not show the partition': promise(async ({ store }) => {
    const partition = 'a-secret-that-nobody-may-read'
    await putEvents(store, partition, ['x', 'y'])
    const { after = '' } = await store.query(events, { partition, limit: 1 })
    expect(after).not.toBe('')
    for (const encoding of ['base64url', 'base64', 'hex', 'latin1'] as const) {
      expect(Buffer.from(after, encoding).toString('latin1')).not.toContain(partition.slice(2, 20))
    }
    expect(decodeURIComponent(after)).not.toContain(partition.slice(2, 20))
  }),
}

async function pageAts(store: Store, query: Query, { after }: ItemPage): Promise<readonly unknown[]> {
  if (after === undefined) throw new Error('the page before had no cursor')
  return each((await store.query(events, { ...query, after })).items, 'at')
}

function order(orderId: string, more: Item = {}): Item {
  return { orderId, customerId: 'c', placedAt: '2030-01-01', state: 'placed', ...more }
}

function inIndex(store: Store, index: string, partition: string | number): Promise<readonly unknown[]> {
  return queried(store, orders, { index, partition }).then(items => each(items, 'orderId'))
}

const indexes: StorePromises = {
  'an index gives whole items, ordered by its sort attribute': promise(async subject => {
    const { store } = subject
    const placed = shuffled(textsInOrder.map((placedAt, n) => order(`o${n}`, { placedAt, n })))
    await put(store, orders, ...placed, order('other', { customerId: 'd' }))
    await indexed(subject)
    const items = await queried(store, orders, { index: 'customer', partition: 'c' })
    expect(items).toEqual(textsInOrder.map((placedAt, n) => order(`o${n}`, { placedAt, n })))
    const range = { index: 'customer', partition: 'c', from: 'a', to: 'ab', reverse: true }
    expect(each(await queried(store, orders, range), 'placedAt')).toEqual(
      textsInOrder.slice(textsInOrder.indexOf('a'), textsInOrder.indexOf('ab') + 1).toReversed(),
    )
    const prefixed = { index: 'customer', partition: 'c', prefix: 'a\0' }
    expect(each(await queried(store, orders, prefixed), 'placedAt')).toEqual(['a\0', 'a\0b'])
  }),

  'an index orders numbers by their value': promise(async subject => {
    const { store } = subject
    await put(store, orders, ...shuffled(numbersInOrder).map(placedAt => order(`o${placedAt}`, { placedAt })))
    await indexed(subject)
    const items = await queried(store, orders, { index: 'customer', partition: 'c' })
    expect(each(items, 'placedAt')).toEqual(numbersInOrder)
  }),

  'an index has several items under the same values, each once on its pages': promise(async subject => {
    const { store } = subject
    const ids = Array.from({ length: 11 }, (_, n) => `o${n}`)
    await put(store, orders, ...ids.map(id => order(id)))
    await indexed(subject)
    for (const index of ['customer', 'state']) {
      for (const reverse of [false, true]) {
        const partition = index === 'state' ? 'placed' : 'c'
        const pages = await pagesOf(store, orders, { index, partition, limit: 4, reverse })
        expect(pages.map(({ items }) => items.length)).toEqual([4, 4, 3])
        expect(pages.flatMap(({ items }) => each(items, 'orderId')).sort()).toEqual(ids.toSorted())
      }
    }
  }),

  'an item without an attribute of the index is not in it': promise(async subject => {
    const { store } = subject
    await put(store, orders, order('whole'), { orderId: 'bare' }, { orderId: 'no sort', customerId: 'c', state: null })
    await indexed(subject)
    expect(await inIndex(store, 'customer', 'c')).toEqual(['whole'])
    expect(await inIndex(store, 'state', 'placed')).toEqual(['whole'])
    expect((await scanned(store, orders)).length).toBe(3)
  }),

  'an index follows each write': promise(async subject => {
    const { store } = subject
    const key = { orderId: 'a' }
    const steps: readonly (readonly [Write, placed: boolean, paid: boolean])[] = [
      [{ op: 'insert', table: orders, item: order('a') }, true, false],
      [{ op: 'patch', table: orders, key, set: { state: 'paid' }, unset: [] }, false, true],
      [{ op: 'patch', table: orders, key, set: {}, unset: ['state'] }, false, false],
      [{ op: 'put', table: orders, item: order('a') }, true, false],
      [{ op: 'put', table: orders, item: { orderId: 'a' } }, false, false],
      [{ op: 'put', table: orders, item: order('a', { state: 'paid' }) }, false, true],
      [{ op: 'remove', table: orders, key }, false, false],
    ]
    for (const [write, placed, paid] of steps) {
      await commit(store, write)
      await indexed(subject)
      expect(await inIndex(store, 'state', 'placed')).toEqual(placed ? ['a'] : [])
      expect(await inIndex(store, 'state', 'paid')).toEqual(paid ? ['a'] : [])
    }
  }),

  'an index gives the newest state of an item that stays in its place': promise(async subject => {
    const { store } = subject
    await put(store, orders, order('a', { n: 1 }))
    await commit(store, { op: 'add', table: orders, key: { orderId: 'a' }, by: { n: 1 } })
    await indexed(subject)
    expect(await queried(store, orders, { index: 'state', partition: 'placed' })).toEqual([order('a', { n: 2 })])
  }),

  'a refused commit leaves an index as it was': promise(async subject => {
    const { store } = subject
    await put(store, orders, order('a'))
    const refused = await store.commit({
      writes: [
        { op: 'put', table: orders, item: order('a', { state: 'paid' }) },
        { op: 'insert', table: orders, item: order('b') },
        { op: 'patch', table: orders, key: { orderId: 'none' }, set: {}, unset: [] },
      ],
    })
    expect(refused.ok).toBe(false)
    await indexed(subject)
    expect(await inIndex(store, 'state', 'placed')).toEqual(['a'])
    expect(await inIndex(store, 'state', 'paid')).toEqual([])
  }),

  'a cursor in an index holds its place whatever is written meanwhile': promise(async subject => {
    const { store } = subject
    const at = (placedAt: number, n = 0): Item => order(`o${placedAt}-${n}`, { placedAt })
    await put(store, orders, at(1), at(2), at(3), at(4), at(5))
    await indexed(subject)
    const query: Query = { index: 'customer', partition: 'c', limit: 2 }
    const { after = '' } = await store.query(orders, query)
    await commit(store, ...[2, 4].map((n): Write => ({ op: 'remove', table: orders, key: { orderId: `o${n}-0` } })))
    await put(store, orders, order('o1-0', { placedAt: 9 }), at(0), at(6))
    await indexed(subject)
    const next = await store.query(orders, { ...query, limit: 10, after })
    expect(each(next.items, 'placedAt')).toEqual([3, 5, 6, 9])
    await expectFault('invalid-cursor', store.query(orders, { ...query, partition: 'd', after }))
    await expectFault('invalid-cursor', store.query(orders, { ...query, index: 'state', after }))
  }),
}

const scans: StorePromises = {
  'a scan gives every item of all partitions once': promise(async ({ store }) => {
    const items = Array.from({ length: 25 }, (_, n) => ({ stream: `s${n % 4}`, at: n % 2 ? n : `text ${n}` }))
    await put(store, events, ...items)
    await put(store, things, { id: 'elsewhere' })
    for (const limit of [1, 7, 25, 26]) {
      const given = await scanned(store, events, limit)
      expect(given).toHaveLength(25)
      expect(new Set(given.map(item => JSON.stringify(item)))).toEqual(new Set(items.map(item => JSON.stringify(item))))
    }
    expect(await scanned(store, documents)).toEqual([])
  }),

  'a scan gives what does not change once, whatever is written meanwhile': promise(async ({ store }) => {
    const stay = Array.from({ length: 30 }, (_, n) => `stay ${n}`)
    const go = Array.from({ length: 10 }, (_, n) => `go ${n}`)
    await put(store, things, ...[...stay, ...go].map(id => ({ id })))
    const given: unknown[] = []
    let after: string | undefined
    for (let page = 0; page === 0 || after !== undefined; page++) {
      const found: ItemPage = await store.scan(things, after === undefined ? { limit: 4 } : { limit: 4, after })
      given.push(...each(found.items, 'id'))
      after = found.after
      const [last] = found.items.slice(-1)
      // The very item that the cursor stands on goes too, if it may.
      const gone = [`go ${page}`, ...(String(last?.id).startsWith('go') ? [String(last?.id)] : [])]
      await commit(store, ...[...new Set(gone)].map((id): Write => ({ op: 'remove', table: things, key: { id } })))
      if (page < 20) await put(store, things, { id: `come ${page}` }, { id: `a ${page}` })
    }
    expect(given.filter(id => String(id).startsWith('stay')).sort()).toEqual(stay.toSorted())
    expect(new Set(given).size).toBe(given.length)
  }),

  'count is about the number of items': promise(async ({ store }) => {
    expect(await store.count(things)).toBe(0)
    await put(store, things, ...Array.from({ length: 40 }, (_, n) => ({ id: `${n}` })))
    expect(await store.count(things)).toBe(40)
    await commit(store, { op: 'remove', table: things, key: { id: '0' } })
    expect(await store.count(things)).toBe(39)
  }),
}

export const queryPromises: StorePromises = { ...ordering, ...paging, ...indexes, ...scans }
