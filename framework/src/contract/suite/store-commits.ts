/** All or nothing: several writes in one commit, many commits at once, and conditions. */
import { expect } from 'vitest'
import type { Conditions, Item, Scalar, Store, Write } from '../store.ts'
import {
  awkward,
  commit,
  documents,
  each,
  expectFault,
  expectRefused,
  hostileTexts,
  leftFor,
  message,
  outcome,
  promise,
  put,
  type StorePromises,
  scanned,
  sessions,
  things,
  withNames,
  work,
} from './store-tools.ts'

const together: StorePromises = {
  'a commit keeps all its writes, and gives the items in their order': promise(async ({ store }) => {
    await put(store, things, { id: 'patched', n: 1 }, { id: 'added', n: 1 }, { id: 'removed' }, { id: 'checked', n: 1 })
    const items = await commit(
      store,
      { op: 'remove', table: things, key: { id: 'removed' } },
      { op: 'insert', table: documents, item: { id: 'inserted' } },
      { op: 'check', table: things, key: { id: 'checked' }, when: { n: { equals: 1 } } },
      { op: 'add', table: things, key: { id: 'added' }, by: { n: 1 } },
      { op: 'patch', table: things, key: { id: 'patched' }, set: { n: 2 }, unset: [] },
      { op: 'put', table: things, item: { id: 'put' } },
    )
    const inserted = { id: 'inserted', revision: 1 }
    const added = { id: 'added', n: 2 }
    const patched = { id: 'patched', n: 2 }
    expect(items).toEqual([undefined, inserted, undefined, added, patched, { id: 'put' }])
    expect(await store.get(documents, { id: 'inserted' })).toEqual(inserted)
    const kept = await store.getMany(things, [{ id: 'removed' }, { id: 'added' }, { id: 'patched' }, { id: 'put' }])
    expect(kept).toEqual([undefined, added, patched, { id: 'put' }])
  }),

  'a refused commit leaves nothing, and names the first write that was refused': promise(async subject => {
    const { store } = subject
    await put(store, things, { id: 'here', n: 1 }, { id: 'stays', n: 1 })
    const writes: Write[] = [
      { op: 'put', table: things, item: { id: 'new' } },
      { op: 'patch', table: things, key: { id: 'here' }, set: { n: 2 }, unset: [] },
      { op: 'insert', table: documents, item: { id: 'd' } },
      { op: 'remove', table: things, key: { id: 'stays' } },
      { op: 'patch', table: documents, key: { id: 'not there' }, set: {}, unset: [] },
      { op: 'check', table: things, key: { id: 'nor there' }, when: { n: { equals: 1 } } },
    ]
    const refused = await store.commit({ writes, messages: [message('m')] })
    expect(refused).toEqual({ ok: false, failed: 4, because: 'absent' })
    expect((await scanned(store, things)).length).toBe(2)
    expect(await store.getMany(things, [{ id: 'here' }, { id: 'stays' }])).toEqual([
      { id: 'here', n: 1 },
      { id: 'stays', n: 1 },
    ])
    expect(await scanned(store, documents)).toEqual([])
    expect(await leftFor(subject, work)).toEqual([])
  }),

  'a commit with a fault leaves nothing': promise(async subject => {
    const { store } = subject
    const good: Write = { op: 'put', table: things, item: { id: 'good' } }
    const bad: Write = { op: 'put', table: things, item: { id: 'bad', size: 'x'.repeat(500_000) } }
    await expectFault('item-too-large', store.commit({ writes: [good, bad], messages: [message('m')] }))
    expect(await scanned(store, things)).toEqual([])
    expect(await leftFor(subject, work)).toEqual([])
  }),

  'an item is touched once in a commit at most': promise(async ({ store }) => {
    await put(store, things, { id: 'a', n: 1 })
    const key = { id: 'a' }
    const touches: readonly Write[] = [
      { op: 'put', table: things, item: { id: 'a' } },
      { op: 'insert', table: things, item: { id: 'a' } },
      { op: 'patch', table: things, key, set: {}, unset: [] },
      { op: 'add', table: things, key, by: { n: 1 } },
      { op: 'remove', table: things, key },
      { op: 'check', table: things, key, when: { n: { equals: 1 } } },
    ]
    for (const one of touches) {
      for (const other of touches) await expectFault('item-twice-in-commit', outcome(store, one, other))
    }
    expect(await store.get(things, key)).toEqual({ id: 'a', n: 1 })
    // The same key in another table is another item.
    await commit(
      store,
      { op: 'put', table: things, item: { id: 'a' } },
      { op: 'put', table: documents, item: { id: 'a' } },
    )
  }),

  'a commit without writes and messages is kept': promise(async ({ store }) => {
    expect(await store.commit({ writes: [] })).toEqual({ ok: true, items: [] })
  }),

  'what need not be durable is seen by all at once': promise(async ({ store }) => {
    await store.commit({ writes: [{ op: 'put', table: things, item: { id: 'a' } }], durable: false })
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a' })
  }),

  'a put embeds the outcome of another write, before it or after it': promise(async ({ store }) => {
    await put(store, documents, { id: 'counter', n: 1 })
    const add: Write = { op: 'add', table: documents, key: { id: 'counter' }, by: { n: 1 } }
    const record = (of: number): Write => ({
      op: 'put',
      table: documents,
      item: { id: `record ${of}` },
      embed: { attribute: 'outcome', of },
    })
    const first = { id: 'counter', n: 2, revision: 2 }
    const second = { id: 'counter', n: 3, revision: 3 }
    expect(await commit(store, add, record(0))).toEqual([first, { id: 'record 0', outcome: first, revision: 1 }])
    expect(await commit(store, record(1), add)).toEqual([{ id: 'record 1', outcome: second, revision: 1 }, second])
    expect(await store.get(documents, { id: 'record 1' })).toEqual({ id: 'record 1', outcome: second, revision: 1 })
    expect(await commit(store, record(1), { op: 'remove', table: documents, key: { id: 'counter' } })).toEqual([
      { id: 'record 1', revision: 2 },
      undefined,
    ])
  }),
}

const concurrent: StorePromises = {
  'the last unit is sold once, however many ask at once': promise(async subject => {
    const { store } = subject
    await put(store, things, { id: 'camera', left: 1 })
    const sell = (buyer: number) =>
      store.commit({
        writes: [
          { op: 'add', table: things, key: { id: 'camera' }, by: { left: -1 }, floor: 0 },
          { op: 'insert', table: documents, item: { id: `order of ${buyer}` } },
        ],
        messages: [message(`sold to ${buyer}`)],
      })
    const committed = await Promise.all(Array.from({ length: 200 }, (_, buyer) => sell(buyer)))
    const buyers = committed.flatMap(({ ok }, buyer) => (ok ? [buyer] : []))
    expect(buyers).toHaveLength(1)
    const refused = committed.filter(({ ok }) => !ok)
    expect(new Set(refused.map(answer => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ ok: false, failed: 0, because: 'bounds' })]),
    )
    expect(await store.get(things, { id: 'camera' })).toEqual({ id: 'camera', left: 0 })
    expect(each(await scanned(store, documents), 'id')).toEqual([`order of ${buyers[0]}`])
    expect((await leftFor(subject, work)).map(({ id }) => id)).toEqual([`sold to ${buyers[0]}`])
  }),

  'numbers that are added at once all count': promise(async ({ store }) => {
    const start = { n: 0, m: 1_000 }
    const add: Write = { op: 'add', table: things, key: { id: 'a' }, by: { n: 1, m: -2 }, start }
    const sums = await Promise.all(Array.from({ length: 200 }, () => commit(store, add)))
    expect(new Set(sums.map(([item]) => item?.n)).size).toBe(200)
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a', n: 200, m: 600 })
  }),

  'of inserts of one key at once, one is kept': promise(async ({ store }) => {
    const inserts = Array.from({ length: 50 }, (_, n) =>
      outcome(store, { op: 'insert', table: things, item: { id: 'a', n } }),
    )
    const kept = (await Promise.all(inserts)).flatMap(({ ok }, n) => (ok ? [n] : []))
    expect(kept).toHaveLength(1)
    expect(await store.get(things, { id: 'a' })).toEqual({ id: 'a', n: kept[0] })
  }),

  'commits over several items at once neither mix nor block each other': promise(async ({ store }) => {
    const accounts = ['a', 'b', 'c', 'd', 'e']
    await put(store, things, ...accounts.map(id => ({ id, left: 10 })))
    await Promise.all(Array.from({ length: 150 }, (_, n) => transfer(store, accounts, n)))
    const lefts = each(
      await store.getMany(
        things,
        accounts.map(id => ({ id })),
      ),
      'left',
    ) as number[]
    expect(lefts.reduce((sum, left) => sum + left, 0)).toBe(50)
    expect(Math.min(...lefts)).toBeGreaterThanOrEqual(0)
    const done = (await scanned(store, documents)).length
    const moved = (await scanned(store, documents)).reduce((sum, item) => sum + Number(item.amount), 0)
    expect(done).toBeGreaterThan(0)
    expect(moved).toBeGreaterThan(0)
  }),
}

/** Moves an amount from one account to another and writes it down, unless the account would be overdrawn. */
function transfer(store: Store, accounts: readonly string[], n: number): Promise<unknown> {
  const from = accounts[n % 5] ?? ''
  const to = accounts[(n * 3 + 1) % 5 === n % 5 ? (n + 1) % 5 : (n * 3 + 1) % 5] ?? ''
  const amount = 1 + (n % 4)
  return outcome(
    store,
    { op: 'add', table: things, key: { id: from }, by: { left: -amount }, floor: 0 },
    { op: 'add', table: things, key: { id: to }, by: { left: amount } },
    { op: 'insert', table: documents, item: { id: `transfer ${n}`, amount } },
  )
}

function checking(when: Conditions, id = 'a'): Write {
  return { op: 'check', table: things, key: { id }, when }
}

async function expectHolds(store: Store, when: Conditions, id?: string): Promise<void> {
  expect([when, await outcome(store, checking(when, id))]).toEqual([when, { ok: true, items: [undefined] }])
}

async function expectHoldsNot(store: Store, when: Conditions, id?: string): Promise<void> {
  const refused = { ok: false, failed: 0, because: 'when' }
  expect([when, await outcome(store, checking(when, id))]).toEqual([when, refused])
}

const conditions: StorePromises = {
  'a condition compares values and their types': promise(async ({ store }) => {
    const values: Readonly<Record<string, Scalar>> = {
      zero: 0,
      one: 1,
      text: '1',
      empty: '',
      yes: true,
      no: false,
      none: null,
    }
    const every = Object.values(values)
    await put(store, things, { id: 'a', ...values })
    for (const [attribute, value] of Object.entries(values)) {
      await expectHolds(store, { [attribute]: { equals: value } })
      await expectHolds(store, { [attribute]: { oneOf: every } })
      for (const other of every.filter(each => each !== value)) {
        await expectHoldsNot(store, { [attribute]: { equals: other } })
      }
      await expectHoldsNot(store, { [attribute]: { oneOf: every.filter(each => each !== value) } })
      await expectHoldsNot(store, { [attribute]: { absent: true } })
    }
    await expectHoldsNot(store, { one: { oneOf: [] } })
    await expectHolds(store, { zero: { equals: -0 } })
  }),

  'texts are compared letter by letter': promise(async ({ store }) => {
    await put(store, things, { id: 'a', ...Object.fromEntries(hostileTexts.map((text, at) => [`t${at}`, text])) })
    for (const [at, text] of hostileTexts.entries()) {
      await expectHolds(store, { [`t${at}`]: { equals: text } })
      await expectHoldsNot(store, { [`t${at}`]: { oneOf: hostileTexts.filter(other => other !== text) } })
    }
  }),

  'what is absent is neither null nor empty, and an absent item has no attributes': promise(async ({ store }) => {
    await put(store, things, { id: 'a', none: null })
    for (const id of ['a', 'not there']) {
      await expectHolds(store, { missing: { absent: true } }, id)
      for (const value of [null, '', 0, false]) {
        await expectHoldsNot(store, { missing: { equals: value } }, id)
        await expectHoldsNot(store, { missing: { oneOf: [value] } }, id)
      }
    }
    await expectHoldsNot(store, { id: { absent: true } })
    await expectHolds(store, { id: { absent: true } }, 'not there')
    await expectHolds(store, {}, 'not there')
  }),

  'objects and lists equal nothing, but they are there': promise(async ({ store }) => {
    await put(store, things, { id: 'a', list: ['x'], object: { x: 1 } })
    for (const attribute of ['list', 'object']) {
      await expectHoldsNot(store, { [attribute]: { absent: true } })
      await expectHoldsNot(store, {
        [attribute]: { oneOf: ['x', '["x"]', '[object Object]', '{"x":1}', null, true, 1] },
      })
    }
    await expectHolds(store, { 'object.x': { absent: true } })
    await expectHolds(store, { 'list[0]': { absent: true } })
  }),

  'every condition must hold': promise(async ({ store }) => {
    await put(store, things, { id: 'a', n: 1, state: 'open' })
    await expectHolds(store, { n: { oneOf: [1, 2] }, state: { equals: 'open' }, end: { absent: true } })
    await expectHoldsNot(store, { n: { oneOf: [1, 2] }, state: { equals: 'closed' }, end: { absent: true } })
    await expectHoldsNot(store, { n: { equals: 2 }, state: { equals: 'open' } })
    await expectHoldsNot(store, { n: { equals: 1 }, state: { absent: true } })
  }),

  'a condition may be on an attribute of any name': promise(async ({ store }) => {
    for (const name of hostileTexts) {
      const when = (matcher: Conditions[string]): Conditions => ({ [name]: matcher })
      await put(store, things, { id: 'a' })
      await expectHolds(store, when({ absent: true }))
      await expectHoldsNot(store, when({ equals: 1 }))
      await put(
        store,
        things,
        withNames([
          ['id', 'a'],
          [name, 1],
        ]),
      )
      await expectHolds(store, when({ equals: 1 }))
      await expectHoldsNot(store, when({ absent: true }))
      await expectHoldsNot(store, when({ equals: '1' }))
    }
  }),

  'put, patch, add and remove are refused when their condition does not hold': promise(async ({ store }) => {
    const key = { id: 'a' }
    const writes = (when: Conditions): readonly Write[] => [
      { op: 'put', table: things, item: { id: 'a', state: 'put' }, when },
      { op: 'patch', table: things, key, set: { state: 'patched' }, unset: [], when },
      { op: 'add', table: things, key, by: { n: 1 }, when },
      { op: 'add', table: things, key, by: { n: 1 }, start: {}, when },
      { op: 'remove', table: things, key, when },
    ]
    const before: Item = { id: 'a', state: 'open', n: 1 }
    await put(store, things, before)
    for (const write of writes({ state: { equals: 'closed' } })) await expectRefused(store, [write], 'when')
    expect(await store.get(things, key)).toEqual(before)
    for (const write of writes({ state: { equals: 'open' } })) {
      await put(store, things, before)
      await commit(store, write)
      expect(await store.get(things, key)).not.toEqual(before)
    }
  }),

  'on an absent item, put and remove go by their condition alone': promise(async ({ store }) => {
    const key = { id: 'a' }
    const put = (when: Conditions): Write => ({ op: 'put', table: things, item: { id: 'a' }, when })
    await expectRefused(store, [put({ n: { equals: 1 } })], 'when')
    await expectRefused(store, [{ op: 'remove', table: things, key, when: { n: { equals: 1 } } }], 'when')
    await commit(store, { op: 'remove', table: things, key, when: { n: { absent: true } } })
    await commit(store, put({ id: { absent: true } }))
    await expectRefused(store, [put({ id: { absent: true } })], 'when')
  }),

  'where several reasons hold, absent comes before when, and when before bounds': promise(async ({ store }) => {
    const no: Conditions = { state: { equals: 'never' } }
    const add: Write = { op: 'add', table: things, key: { id: 'a' }, by: { n: -1 }, floor: 0, when: no }
    await expectRefused(store, [add], 'absent')
    await expectRefused(
      store,
      [{ op: 'patch', table: things, key: { id: 'a' }, set: {}, unset: [], when: no }],
      'absent',
    )
    await expectRefused(store, [{ ...add, start: {} }], 'when')
    await put(store, things, { id: 'a', n: 0 })
    await expectRefused(store, [add], 'when')
    await expectRefused(store, [{ ...add, when: {} }], 'bounds')
  }),

  'conditions see items as they were before the commit': promise(async ({ store }) => {
    await put(store, things, { id: 'a', n: 1 })
    const writes: Write[] = [
      { op: 'insert', table: documents, item: { id: 'a' } },
      { op: 'add', table: things, key: { id: 'a' }, by: { n: 1 }, when: { n: { equals: 1 } } },
      { op: 'check', table: sessions, key: { id: 'a' }, when: { id: { absent: true } } },
      {
        op: 'put',
        table: awkward,
        item: withNames([
          ['__proto__', 'a'],
          ['a.b', 'a'],
        ]),
        when: { n: { absent: true } },
      },
    ]
    await commit(store, ...writes)
    await expectRefused(store, writes, 'exists', 0)
  }),
}

export const commitPromises: StorePromises = { ...together, ...concurrent, ...conditions }
