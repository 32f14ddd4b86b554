/** What a write does to its item, and what it gives back. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Item, Write } from '../store.ts'
import {
  character,
  commit,
  documents,
  events,
  expectFault,
  expectRefused,
  hostileTexts,
  insert,
  outcome,
  promise,
  put,
  type StorePromises,
  things,
  withNames,
} from './store-tools.ts'

const insertAndPut: StorePromises = {
  'insert keeps an item, and get gives it back': promise(async ({ store }) => {
    const item = { id: 'a', price: 12.5, tags: ['x', 'y'], shape: { sides: 4, open: false }, note: null }
    expect(await outcome(store, { op: 'insert', table: things, item })).toEqual({ ok: true, items: [item] })
    expect(await store.get(things, { id: 'a' })).toEqual(item)
    expect(await store.get(things, { id: 'b' })).toBeUndefined()
  }),

  'insert is refused where an item of the key exists, and leaves it as it was': promise(async ({ store }) => {
    expect(await insert(store, things, { id: 'a', n: 1 })).toBe(true)
    await expectRefused(store, [{ op: 'insert', table: things, item: { id: 'a', n: 2 } }], 'exists')
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a', n: 1 })
  }),

  'put makes an item or replaces it, and leaves nothing of the one before': promise(async ({ store }) => {
    await put(store, things, { id: 'a', old: true, n: 1 })
    const item = { id: 'a', n: 2 }
    expect(await commit(store, { op: 'put', table: things, item })).toEqual([item])
    expect(await store.get(things, { id: 'a' })).toEqual(item)
  }),

  'items come back letter by letter and number by number': promise(async ({ store }) => {
    const values: Item = {
      texts: hostileTexts,
      named: withNames(hostileTexts.map((text, at) => [text, at])),
      numbers: [0, 1, -1, 0.1, 1e21, -1.5e-7, 2 ** 53, 1e100, 1e-100, 123456789.123456],
      deep: [[[[[[{ a: [{}, []] }]]]]]],
      empty: ['', {}, [], null, true, false],
    }
    await put(store, things, { id: 'a', ...values })
    expect(await store.get(things, { id: 'a' })).toStrictEqual({ id: 'a', ...values })
  }),

  'any JSON comes back as it was': promise(async ({ store }) => {
    const number = fc.oneof(
      fc.integer(),
      fc.double({ min: -1e9, max: 1e9, noNaN: true }).map(n => Number(n.toFixed(6)) + 0),
    )
    const { value } = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: character }),
        number,
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: character, minLength: 1 }), tie('value'), { maxKeys: 4 }),
      ),
    }))
    let made = 0
    await fc.assert(
      fc.asyncProperty(value, async content => {
        const item = JSON.parse(JSON.stringify({ id: `item ${++made}`, content })) as Item
        await put(store, things, item)
        expect(await store.get(things, { id: item.id as string })).toStrictEqual(item)
      }),
      { numRuns: 30 },
    )
  }),

  'a number that is -0 is 0': promise(async ({ store }) => {
    const [item] = await commit(store, { op: 'put', table: things, item: { id: 'a', n: -0, list: [-0] } })
    for (const kept of [item, await store.get(things, { id: 'a' })]) {
      expect(kept).toStrictEqual({ id: 'a', n: 0, list: [0] })
    }
  }),

  'an attribute that is undefined is absent': promise(async ({ store }) => {
    await put(store, things, { id: 'a', none: undefined, in: { none: undefined, some: 1 } })
    const item = await store.get(things, { id: 'a' })
    expect(item).toStrictEqual({ id: 'a', in: { some: 1 } })
    expect(
      await commit(store, { op: 'patch', table: things, key: { id: 'a' }, set: { in: undefined }, unset: [] }),
    ).toEqual([{ id: 'a', in: { some: 1 } }])
  }),

  'what is not JSON is refused as invalid': promise(async ({ store }) => {
    const circle: Record<string, unknown> = {}
    circle.circle = circle
    let deep: unknown = 'bottom'
    for (let level = 0; level < 32; level++) deep = { deep }
    const values = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1e126,
      1e-131,
      new Date(0),
      new Map(),
      () => 1,
      Symbol('s'),
      1n,
      [undefined],
      new Array(1),
      { '': 1 },
      'half \ud83d',
      '\udc00 a character',
      circle,
      deep,
    ]
    for (const value of values) {
      await expectFault(
        'item-invalid',
        store.commit({ writes: [{ op: 'put', table: things, item: { id: 'a', value } }] }),
      )
    }
    expect(await store.get(things, { id: 'a' })).toBeUndefined()
  }),

  'what a caller does with an item later changes nothing that is kept': promise(async ({ store }) => {
    const given = { id: 'a', list: [1], in: { n: 1 } }
    const [returned] = await commit(store, { op: 'put', table: things, item: given })
    given.list.push(2)
    given.in.n = 2
    const got = await store.get(things, { id: 'a' })
    const [queried] = (await store.query(things, { partition: 'a', limit: 1 })).items
    const [scanned] = (await store.scan(things, { limit: 1 })).items
    for (const item of [returned, got, queried, scanned]) vandalise(item)
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a', list: [1], in: { n: 1 } })
  }),
}

/** Writes into everything it is given; a frozen item may refuse. */
function vandalise(item: unknown): void {
  const open = item as { list: number[]; in: { n: number }; id: string }
  for (const write of [() => open.list.push(9), () => (open.in.n = 9), () => (open.id = 'z')]) {
    try {
      write()
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
    }
  }
}

const patch: StorePromises = {
  'patch sets what it names, unsets what it names, and leaves the rest': promise(async ({ store }) => {
    await put(store, things, { id: 'a', n: 1, gone: 1, in: { x: 1, y: 1 }, rest: 'r' })
    const write: Write = {
      op: 'patch',
      table: things,
      key: { id: 'a' },
      set: { n: 2, in: { x: 2 }, more: null },
      unset: ['gone', 'never there'],
    }
    const after = { id: 'a', n: 2, in: { x: 2 }, more: null, rest: 'r' }
    expect(await commit(store, write)).toEqual([after])
    expect(await store.get(things, { id: 'a' })).toEqual(after)
  }),

  'patch takes attributes of any name': promise(async ({ store }) => {
    await put(store, things, { id: 'a' })
    const set = withNames(hostileTexts.map((text, at) => [text, at]))
    await commit(store, { op: 'patch', table: things, key: { id: 'a' }, set, unset: [] })
    expect(Object.entries((await store.get(things, { id: 'a' })) ?? {}).sort()).toEqual(
      [['id', 'a'], ...Object.entries(set)].sort(),
    )
    await commit(store, { op: 'patch', table: things, key: { id: 'a' }, set: {}, unset: hostileTexts })
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a' })
  }),

  'patch of an absent item is refused, and makes none': promise(async ({ store }) => {
    await expectRefused(store, [{ op: 'patch', table: things, key: { id: 'a' }, set: { n: 1 }, unset: [] }], 'absent')
    expect(await store.get(things, { id: 'a' })).toBeUndefined()
  }),

  'patch cannot change the key': promise(async ({ store }) => {
    await put(store, events, { stream: 's', at: 1 })
    const key = { stream: 's', at: 1 }
    await expectFault('invalid-key', outcome(store, { op: 'patch', table: events, key, set: { at: 2 }, unset: [] }))
    await expectFault('invalid-key', outcome(store, { op: 'patch', table: events, key, set: {}, unset: ['stream'] }))
    await commit(store, { op: 'patch', table: events, key, set: { at: 1, n: 1 }, unset: [] })
    expect(await store.get(events, key)).toEqual({ stream: 's', at: 1, n: 1 })
  }),
}

function adding(by: Readonly<Record<string, number>>, more: Partial<Write & { op: 'add' }> = {}): Write {
  return { op: 'add', table: things, key: { id: 'a' }, by, ...more }
}

const add: StorePromises = {
  'add adds to numbers, and counts what is absent or null as zero': promise(async ({ store }) => {
    await put(store, things, { id: 'a', n: 1, nothing: null, rest: 'r' })
    const after = { id: 'a', n: 11, nothing: 5, fresh: -2, rest: 'r' }
    expect(await commit(store, adding({ n: 10, nothing: 5, fresh: -2 }))).toEqual([after])
    expect(await store.get(things, { id: 'a' })).toEqual(after)
  }),

  'add takes attributes of any name': promise(async ({ store }) => {
    const by = withNames(hostileTexts.map((text, at) => [text, at])) as Readonly<Record<string, number>>
    await put(store, things, { id: 'a' })
    await commit(store, adding(by))
    await commit(store, adding(by, { floor: 0 }))
    const sums = hostileTexts.map((text, at) => [text, 2 * at])
    expect(Object.entries((await store.get(things, { id: 'a' })) ?? {}).sort()).toEqual([['id', 'a'], ...sums].sort())
  }),

  'add to an absent item is refused without a start, and begins from the start with one': promise(async ({ store }) => {
    await expectRefused(store, [adding({ n: 1 })], 'absent')
    const after = { id: 'a', n: 101, name: 'new' }
    expect(await commit(store, adding({ n: 1 }, { start: { n: 100, name: 'new' } }))).toEqual([after])
    expect(await commit(store, adding({ n: 1 }, { start: { n: 100, name: 'newer' } }))).toEqual([{ ...after, n: 102 }])
  }),

  'add keeps every sum within floor and ceiling, ends included': promise(async ({ store }) => {
    await put(store, things, { id: 'a', n: 3, m: 3 })
    await expectRefused(store, [adding({ n: -4 }, { floor: 0 })], 'bounds')
    await expectRefused(store, [adding({ n: 1, m: -4 }, { floor: 0 })], 'bounds')
    await expectRefused(store, [adding({ n: 3, m: 1 }, { ceiling: 5 })], 'bounds')
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a', n: 3, m: 3 })
    await commit(store, adding({ n: -3 }, { floor: 0 }))
    await commit(store, adding({ m: 2 }, { floor: 0, ceiling: 5 }))
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a', n: 0, m: 5 })
  }),

  'add holds a beginning to the bounds as well': promise(async ({ store }) => {
    await expectRefused(store, [adding({ n: -2 }, { start: { n: 1 }, floor: 0 })], 'bounds')
    expect(await store.get(things, { id: 'a' })).toBeUndefined()
    expect(await commit(store, adding({ n: -1 }, { start: { n: 1 }, floor: 0 }))).toEqual([{ id: 'a', n: 0 }])
  }),

  'add refuses what is no number': promise(async ({ store }) => {
    await put(store, things, { id: 'a', text: '1' })
    await expectFault('item-invalid', outcome(store, adding({ text: 1 })))
    await expectFault('item-invalid', outcome(store, adding({ n: Number.NaN })))
    await expectFault('item-invalid', outcome(store, adding({ n: Number.POSITIVE_INFINITY })))
    await expectFault('invalid-key', outcome(store, adding({ id: 1 })))
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a', text: '1' })
  }),
}

const removeAndCheck: StorePromises = {
  'remove removes an item, and does not mind when there is none': promise(async ({ store }) => {
    await put(store, things, { id: 'a' }, { id: 'b' })
    const remove: Write = { op: 'remove', table: things, key: { id: 'a' } }
    expect(await outcome(store, remove)).toEqual({ ok: true, items: [undefined] })
    expect(await outcome(store, remove)).toEqual({ ok: true, items: [undefined] })
    expect(await store.getMany(things, [{ id: 'a' }, { id: 'b' }])).toEqual([undefined, { id: 'b' }])
  }),

  'check writes nothing': promise(async ({ store }) => {
    await put(store, documents, { id: 'a', n: 1 })
    const check: Write = { op: 'check', table: documents, key: { id: 'a' }, when: { n: { equals: 1 } } }
    expect(await outcome(store, check)).toEqual({ ok: true, items: [undefined] })
    expect(await store.get(documents, { id: 'a' })).toEqual({ id: 'a', n: 1, revision: 1 })
  }),
}

const version: StorePromises = {
  'the version counts each write of an item from 1, whatever it is given': promise(async ({ store }) => {
    const key = { id: 'a' }
    const table = documents
    const revisions = async (write: Write): Promise<unknown> => (await commit(store, write))[0]?.revision
    expect(await revisions({ op: 'insert', table, item: { id: 'a', revision: 77 } })).toBe(1)
    expect(await revisions({ op: 'put', table, item: { id: 'a', n: 1 } })).toBe(2)
    expect(await revisions({ op: 'patch', table, key, set: { revision: 77 }, unset: [] })).toBe(3)
    expect(await revisions({ op: 'patch', table, key, set: {}, unset: ['revision'] })).toBe(4)
    expect(await revisions({ op: 'add', table, key, by: { n: 1, revision: 5 } })).toBe(5)
    expect(await store.get(table, key)).toEqual({ id: 'a', n: 2, revision: 5 })
    await commit(store, { op: 'remove', table, key })
    expect(await revisions({ op: 'add', table, key, by: { n: 1 }, start: { n: 0, revision: 9 } })).toBe(1)
  }),

  'of those who write on condition of one version, one is kept': promise(async ({ store }) => {
    await put(store, documents, { id: 'a', by: 'nobody' })
    const claims = Array.from({ length: 20 }, (_, n) =>
      outcome(store, {
        op: 'put',
        table: documents,
        item: { id: 'a', by: n },
        when: { revision: { equals: 1 } },
      }),
    )
    const kept = (await Promise.all(claims)).flatMap((committed, n) => (committed.ok ? [n] : []))
    expect(kept).toHaveLength(1)
    expect(await store.get(documents, { id: 'a' })).toEqual({ id: 'a', by: kept[0], revision: 2 })
  }),
}

export const writePromises: StorePromises = {
  ...insertAndPut,
  ...patch,
  ...add,
  ...removeAndCheck,
  ...version,
}
