/** What may be a key, and the limits, each to the byte. */
import { expect } from 'vitest'
import type { Item, Key, Store, Write } from '../store.ts'
import {
  awkward,
  commit,
  each,
  events,
  expectFault,
  hostileTexts,
  indexed,
  insert,
  keyWithNames,
  message,
  orders,
  outcome,
  promise,
  put,
  queried,
  type StorePromises,
  scanned,
  things,
  watched,
  withNames,
} from './store-tools.ts'

const KB = 1_024

/** Values that are no keys, as somebody without types would give them. */
const noKeys: readonly unknown[] = [
  '',
  -0,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  -(2 ** 53),
  null,
  undefined,
  true,
  ['a'],
  { a: 1 },
  10n,
  new Date(0),
  'half \ud83d',
  '\udc00 a character',
]

/** Texts of exactly so many bytes, of characters of 1 to 4 bytes. */
function textsOf(bytes: number): readonly string[] {
  return ['a', 'ü', '日', '👍'].map(character => {
    const size = Buffer.byteLength(character)
    return character.repeat(Math.floor(bytes / size)) + 'a'.repeat(bytes % size)
  })
}

const keys: StorePromises = {
  'a key is a text that is not empty or a safe integer': promise(async ({ store }) => {
    for (const value of noKeys) {
      const key = { stream: 's', at: value } as Key
      for (const write of [
        { op: 'insert', table: events, item: key },
        { op: 'put', table: events, item: { stream: value, at: 1 } },
        { op: 'patch', table: events, key, set: {}, unset: [] },
        { op: 'add', table: events, key, by: { n: 1 }, start: {} },
        { op: 'remove', table: events, key },
        { op: 'check', table: events, key, when: {} },
      ] satisfies Write[]) {
        await expectFault('invalid-key', outcome(store, write))
      }
      await expectFault('invalid-key', store.get(events, key))
      await expectFault('invalid-key', store.getMany(events, [{ stream: 's', at: 1 }, key]))
      const partition = value as string
      await expectFault('invalid-key', store.query(events, { partition, limit: 1 }))
    }
    expect(await scanned(store, events)).toEqual([])
  }),

  'an end of a range is a text or a safe integer': promise(async ({ store }) => {
    await put(store, events, { stream: 's', at: 'a' })
    for (const value of noKeys.filter(value => value !== '' && value !== undefined)) {
      const end = value as string
      await expectFault('invalid-key', store.query(events, { partition: 's', limit: 1, from: end }))
      await expectFault('invalid-key', store.query(events, { partition: 's', limit: 1, to: end }))
      await expectFault('invalid-key', store.query(events, { partition: 's', limit: 1, prefix: end }))
    }
    expect(await queried(store, events, { partition: 's', from: '' })).toHaveLength(1)
    expect(await queried(store, events, { partition: 's', to: '' })).toHaveLength(0)
  }),

  'a key has no more parts in an item than its table says, and no fewer': promise(async ({ store }) => {
    await expectFault('invalid-key', outcome(store, { op: 'put', table: events, item: { stream: 's' } }))
    await expectFault('invalid-key', store.get(events, { stream: 's' }))
    await put(store, events, { stream: 's', at: 1, n: 1 })
    expect(await store.get(events, { stream: 's', at: 1, n: 7 })).toEqual({ stream: 's', at: 1, n: 1 })
  }),

  'a partition has at most 1,024 bytes in UTF-8, a sort value 256': promise(async ({ store }) => {
    const partitions = [...textsOf(1_024), '\0'.repeat(1_024)]
    const sorts = [...textsOf(256), '\0'.repeat(256)]
    for (const [n, stream] of partitions.entries()) {
      const item = { stream, at: sorts[n] ?? '' }
      await put(store, events, item)
      expect(await store.get(events, item)).toEqual(item)
      expect(await queried(store, events, { partition: stream })).toEqual([item])
      await expectFault('invalid-key', insert(store, events, { stream: `${stream}a`, at: 1 }))
      await expectFault('invalid-key', insert(store, events, { stream: 's', at: `${item.at}a` }))
      await expectFault('invalid-key', store.query(events, { partition: 's', limit: 1, prefix: `${item.at}a` }))
    }
    expect(await scanned(store, events, 2)).toHaveLength(partitions.length)
  }),

  'keys of the greatest length fit an index, and the cursors in it': promise(async subject => {
    const { store } = subject
    const [customerId = ''] = textsOf(1_024)
    const placed = textsOf(256)
    const ids = textsOf(1_024)
    await put(store, orders, ...placed.map((placedAt, n) => ({ orderId: ids[n] ?? '', customerId, placedAt })))
    await indexed(subject)
    const query = { index: 'customer', partition: customerId, limit: 1 }
    const { items, after = '' } = await store.query(orders, query)
    const rest = await store.query(orders, { ...query, limit: 10, after })
    expect(new Set(each([...items, ...rest.items], 'orderId'))).toEqual(new Set(ids))
    expect((await scanned(store, orders, 1)).length).toBe(4)
  }),

  'an attribute of an index is a key, absent or null': promise(async ({ store }) => {
    const order = { orderId: 'o', customerId: 'c', placedAt: 'p' }
    // As a value of an item, -0 is 0.
    for (const value of noKeys.filter(value => value !== null && value !== undefined && value !== 0)) {
      for (const attribute of ['customerId', 'placedAt', 'state']) {
        const item = { ...order, [attribute]: value } as Item
        const code = await outcome(store, { op: 'put', table: orders, item }).then(
          () => 'kept',
          error => error.code,
        )
        // What is no JSON at all may be refused as that.
        expect(['invalid-key', 'item-invalid']).toContain(code)
      }
    }
    await expectFault('invalid-key', insert(store, orders, { ...order, customerId: 'x'.repeat(1_025) }))
    await expectFault('invalid-key', insert(store, orders, { ...order, placedAt: 'x'.repeat(257) }))
    expect(await scanned(store, orders)).toEqual([])
    await put(store, orders, order)
    const patch: Write = { op: 'patch', table: orders, key: { orderId: 'o' }, set: { state: '' }, unset: [] }
    await expectFault('invalid-key', outcome(store, patch))
    expect(await store.get(orders, { orderId: 'o' })).toEqual(order)
  }),

  'keys of any characters are told apart': promise(async ({ store }) => {
    const pairs = hostileTexts.map((at, n) => ({ stream: hostileTexts[(n * 5) % hostileTexts.length] ?? '', at, n }))
    await put(store, events, ...pairs)
    for (const { stream, at, n } of pairs) expect(await store.get(events, { stream, at })).toEqual({ stream, at, n })
    expect(await scanned(store, events, 10)).toHaveLength(pairs.length)
    await put(store, things, ...hostileTexts.map((id, n) => ({ id, n })))
    const found = await store.getMany(
      things,
      hostileTexts.map(id => ({ id })),
    )
    expect(each(found, 'n')).toEqual(hostileTexts.map((_, n) => n))
  }),

  'the parts of a key do not run into each other': promise(async ({ store }) => {
    const pairs = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['a\0', 'b'],
      ['a', '\0b'],
      ['a\0\u0001', 'b'],
      ['a\0', '\u0001b'],
      ['a#', 'b'],
      ['a', '#b'],
      ['a', 'b'],
    ] as const
    await put(store, events, ...pairs.map(([stream, at]) => ({ stream, at })))
    expect(await scanned(store, events)).toHaveLength(pairs.length)
    for (const [stream] of pairs) {
      const wanted = pairs.filter(pair => pair[0] === stream).map(pair => pair[1])
      expect(each(await queried(store, events, { partition: stream }), 'at')).toEqual(wanted.toSorted())
    }
  }),

  'a number and a text that reads the same are two keys': promise(async ({ store }) => {
    await put(store, things, { id: 1, is: 'number' }, { id: '1', is: 'text' })
    expect(await store.get(things, { id: 1 })).toEqual({ id: 1, is: 'number' })
    expect(await store.get(things, { id: '1' })).toEqual({ id: '1', is: 'text' })
  }),

  'attributes of any name may be the key or in an index': promise(async subject => {
    const { store } = subject
    const key = keyWithNames([
      ['__proto__', 'p'],
      ['a.b', 's'],
    ])
    const item = withNames([...Object.entries(key), ['#', 'x'], [':v', 5], ['constructor', 'y'], ['select', 1]])
    await commit(store, { op: 'insert', table: awkward, item })
    await indexed(subject)
    expect(Object.entries((await store.get(awkward, key)) ?? {}).sort()).toEqual(Object.entries(item).sort())
    expect(await queried(store, awkward, { partition: 'p' })).toHaveLength(1)
    expect(await queried(store, awkward, { index: 'odd', partition: 'x', from: 5, to: 5 })).toHaveLength(1)
    expect(await queried(store, awkward, { index: 'select', partition: 'y' })).toHaveLength(1)
    await commit(store, { op: 'patch', table: awkward, key, set: {}, unset: ['constructor', '#'] })
    await indexed(subject)
    // What every object inherits is not an attribute of the item.
    expect(await queried(store, awkward, { index: 'select', partition: 'y' })).toEqual([])
    await expectFault('invalid-key', store.get(awkward, { 'a.b': 's' }))
    await commit(store, { op: 'remove', table: awkward, key })
    expect(await store.get(awkward, key)).toBeUndefined()
  }),
}

/** An item that has exactly so many bytes as JSON. */
function itemOf(bytes: number, key: Item, filler = 'x'): Item {
  const size = Buffer.byteLength(filler)
  const empty = Buffer.byteLength(JSON.stringify({ ...key, text: '' }))
  const text = filler.repeat(Math.floor((bytes - empty) / size)) + 'x'.repeat((bytes - empty) % size)
  return { ...key, text }
}

async function bytesOf(store: Store, table: string, key: Key): Promise<number> {
  return Buffer.byteLength(JSON.stringify(await store.get(table, key)))
}

const limits: StorePromises = {
  'an item has at most 400 KB as JSON, to the byte': promise(async ({ store }) => {
    for (const filler of ['x', 'ü', '日', '👍', '"'.repeat(1)]) {
      const plain = filler === '"' ? { id: 'a', text: '"'.repeat(200_000) } : itemOf(400 * KB, { id: 'a' }, filler)
      await put(store, things, plain)
      expect(await store.get(things, { id: 'a' })).toEqual(plain)
    }
    const most = itemOf(400 * KB, { id: 'a' })
    for (const filler of ['x', 'ü', '日', '👍']) {
      await expectFault('item-too-large', insert(store, things, itemOf(400 * KB + 1, { id: 'b' }, filler)))
    }
    // Quotes and controls are longer in JSON than they are.
    await expectFault('item-too-large', insert(store, things, { id: 'b', text: '"'.repeat(204_800) }))
    await expectFault('item-too-large', insert(store, things, { id: 'b', text: '\u0001'.repeat(68_300) }))
    await put(store, things, most)
    const patch = (set: Item): Write => ({ op: 'patch', table: things, key: { id: 'a' }, set, unset: [] })
    await expectFault('item-too-large', outcome(store, patch({ n: 1 })))
    const add: Write = { op: 'add', table: things, key: { id: 'a' }, by: { n: 1 } }
    await expectFault('item-too-large', outcome(store, add))
    expect(await bytesOf(store, things, { id: 'a' })).toBe(400 * KB)
  }),

  'an item whose changes are watched has at most 100 KB': promise(async ({ store }) => {
    const key = { group: 'g', id: 'a' }
    await put(store, watched, itemOf(100 * KB, key, 'ü'))
    await put(store, watched, itemOf(100 * KB, key))
    expect(await bytesOf(store, watched, key)).toBe(100 * KB)
    await expectFault('item-too-large', outcome(store, { op: 'put', table: watched, item: itemOf(100 * KB + 1, key) }))
    await commit(store, { op: 'remove', table: watched, key })
    expect(await store.get(watched, key)).toBeUndefined()
  }),

  'a commit has at most 100 operations, messages included': promise(async ({ store }) => {
    const writes = (count: number): Write[] =>
      Array.from({ length: count }, (_, n) => ({ op: 'put', table: things, item: { id: `${n}` } }))
    const messages = Array.from({ length: 40 }, (_, n) => message(`${n}`))
    expect((await store.commit({ writes: writes(100) })).ok).toBe(true)
    await expectFault('too-many-operations', store.commit({ writes: writes(101) }))
    expect((await store.commit({ writes: writes(60), messages })).ok).toBe(true)
    await expectFault('too-many-operations', store.commit({ writes: writes(61), messages }))
  }),

  'a commit has at most 4 MB, messages included': promise(async ({ store }) => {
    const whole = (n: number): Write => ({ op: 'put', table: things, item: itemOf(400 * KB, { id: `${n}` }) })
    // Ten times 400 KB and 96 KB are 4 MB.
    const last = (bytes: number): Write => ({ op: 'put', table: things, item: itemOf(bytes, { id: 'last' }) })
    const ten = Array.from({ length: 10 }, (_, n) => whole(n))
    expect((await store.commit({ writes: [...ten, last(96 * KB)] })).ok).toBe(true)
    await expectFault('commit-too-large', store.commit({ writes: [...ten, last(96 * KB + 1)] }))
    const body = JSON.stringify('x'.repeat(90 * KB))
    const messages = [message('a', { body })]
    const rest = 96 * KB - body.length
    expect((await store.commit({ writes: [...ten, last(rest)], messages })).ok).toBe(true)
    await expectFault('commit-too-large', store.commit({ writes: [...ten, last(rest + 1)], messages }))
  }),

  'a message has at most 256 KB in UTF-8': promise(async ({ store }) => {
    const bodyOf = (bytes: number): string => `"${'ü'.repeat((bytes - 2) / 2)}"`
    expect((await store.commit({ writes: [], messages: [message('a', { body: bodyOf(256 * KB) })] })).ok).toBe(true)
    const writes: Write[] = [{ op: 'put', table: things, item: { id: 'a' } }]
    const messages = [message('b'), message('c', { body: bodyOf(256 * KB + 2) })]
    await expectFault('message-too-large', store.commit({ writes, messages }))
    expect(await scanned(store, things)).toEqual([])
  }),

  'an item is at most 32 levels deep': promise(async ({ store }) => {
    const deep = (levels: number): Item => (levels === 1 ? { id: 'a' } : { id: 'a', in: deep(levels - 1) })
    await put(store, things, deep(32))
    expect(await store.get(things, { id: 'a' })).toEqual(deep(32))
    await expectFault('item-invalid', outcome(store, { op: 'put', table: things, item: deep(33) }))
  }),
}

export const keyPromises: StorePromises = { ...keys, ...limits }
