/** What leaves with a commit: messages, changes, and what listeners hear. */
import { expect, vi } from 'vitest'
import { orderKeyOf } from '../keys.ts'
import type { ChangeMessage, Item, ItemChange, Store, Write } from '../store.ts'
import {
  commit,
  events,
  expectRefused,
  indexed,
  isoIn,
  leftFor,
  listeners,
  message,
  minute,
  promise,
  put,
  queried,
  type StorePromises,
  type StoreSubject,
  sessions,
  steps,
  storeNeeds,
  things,
  watched,
  work,
} from './store-tools.ts'

const good: Write = { op: 'put', table: things, item: { id: 'good' } }
const refused: Write = { op: 'patch', table: things, key: { id: 'none' }, set: {}, unset: [] }

const leaving: StorePromises = {
  'a message leaves with the commit that is kept, as it was given': promise(async subject => {
    const { store } = subject
    const body = '{"n": [1,  "ü\\u0000"]}'
    const headers = { trace: 't-1', sender: 'backend' }
    const messages = [message('m-1', { body, headers }), message('s-1', { queue: steps, orderKey: 'k' })]
    expect((await store.commit({ writes: [good], messages })).ok).toBe(true)
    expect(await leftFor(subject, work)).toEqual([expect.objectContaining({ id: 'm-1', body, headers })])
    expect(await leftFor(subject, steps)).toEqual([expect.objectContaining({ id: 's-1', orderKey: 'k' })])
  }),

  'a message leaves without a write as well': promise(async subject => {
    expect(await subject.store.commit({ writes: [], messages: [message('m')] })).toEqual({ ok: true, items: [] })
    expect((await leftFor(subject, work)).map(({ id }) => id)).toEqual(['m'])
  }),

  'no message of a refused commit leaves': promise(async subject => {
    const { store } = subject
    const messages = [message('m'), message('s', { queue: steps, orderKey: 'k' })]
    expect((await store.commit({ writes: [good, refused], messages })).ok).toBe(false)
    expect([...(await leftFor(subject, work)), ...(await leftFor(subject, steps))]).toEqual([])
    expect((await store.commit({ writes: [good], messages: [message('later')] })).ok).toBe(true)
    expect((await leftFor(subject, work)).map(({ id }) => id)).toEqual(['later'])
  }),

  'messages of one order key leave in the order of their commits': promise(async subject => {
    const { store } = subject
    for (let n = 0; n < 30; n++) {
      const two = [`${n} a`, `${n} b`].map(id => message(id, { queue: steps, orderKey: 'k' }))
      await store.commit({ writes: [], messages: two })
    }
    const wanted = Array.from({ length: 30 }, (_, n) => [`${n} a`, `${n} b`]).flat()
    expect((await leftFor(subject, steps)).map(({ id }) => id)).toEqual(wanted)
  }),
}

/** On stores that hold their queues themselves these do not apply. */
export const outboxPromises: StorePromises = {
  'the outbox gives the oldest messages first, in the order of their commits': promise(async ({ store }) => {
    for (let n = 0; n < 10; n++) await store.commit({ writes: [], messages: [message(`${n} a`), message(`${n} b`)] })
    const [first, second, third] = await store.outbox.peek(3)
    expect([first, second, third].map(entry => entry?.message.id)).toEqual(['0 a', '0 b', '1 a'])
    expect((await store.outbox.peek(3)).map(({ position }) => position)).toEqual(
      [first, second, third].map(entry => entry?.position),
    )
    expect(await store.outbox.peek(100)).toHaveLength(20)
  }),

  'the outbox keeps a message until it is forgotten': promise(async ({ store }) => {
    const dueAtMs = 1_900_000_000_000
    await store.commit({ writes: [], messages: [message('a', { dueAtMs }), message('b'), message('c')] })
    const [a, b] = await store.outbox.peek(2)
    expect(a?.message).toEqual(message('a', { dueAtMs }))
    await store.outbox.forget([b?.position ?? ''])
    expect((await store.outbox.peek(9)).map(entry => entry.message.id)).toEqual(['a', 'c'])
    await store.outbox.forget([a?.position ?? '', b?.position ?? '', 'nobody knows'])
    expect((await store.outbox.peek(9)).map(entry => entry.message.id)).toEqual(['c'])
  }),

  'the outbox tells of every commit that put something into it': promise(async ({ store }) => {
    const told = { one: 0, another: 0 }
    const silence = store.outbox.onEntry(() => told.one++)
    store.outbox.onEntry(() => told.another++)
    for (let n = 0; n < 3; n++) {
      const before = told.one
      await store.commit({ writes: [], messages: [message(`${n}`)] })
      expect(await store.outbox.peek(10)).toHaveLength(n + 1)
      await vi.waitFor(() => expect(told.one).toBeGreaterThan(before), 20_000)
    }
    const before = { ...told }
    // It leaves while a commit is under way.
    const under = store.commit({ writes: [], messages: [message('unheard')] })
    silence()
    await under
    await vi.waitFor(() => expect(told.another).toBeGreaterThan(before.another), 20_000)
    expect(told.one).toBe(before.one)
  }),

  'what is in the outbox does not change with what the sender does later': promise(async ({ store }) => {
    const headers: Record<string, string> = { trace: 't' }
    const sent = { ...message('a'), headers, body: '1' }
    await store.commit({ writes: [], messages: [sent] })
    sent.body = '2'
    headers.trace = 'u'
    expect((await store.outbox.peek(1))[0]?.message).toMatchObject({ body: '1', headers: { trace: 't' } })
  }),
}

/** The changes that left for a listener. */
async function changesFor(subject: StoreSubject, queue: string): Promise<readonly ItemChange[]> {
  const told = (await leftFor(subject, queue)).map(({ body }) => JSON.parse(body) as ChangeMessage)
  expect(new Set(told.map(({ table }) => table))).toEqual(new Set(told.length > 0 ? [watched] : []))
  return told.map(({ change }) => change)
}

const key = { group: 'g', id: 'a' }

const changes: StorePromises = {
  'each listener is told of every change of an item, with before and after': promise(async subject => {
    const { store } = subject
    const states = [
      { ...key, n: 1 },
      { ...key, n: 2 },
      { ...key, n: 3 },
      { ...key, n: 4, more: true },
    ] as const
    await commit(store, { op: 'insert', table: watched, item: states[0] })
    await commit(store, { op: 'put', table: watched, item: states[1] })
    await commit(store, { op: 'add', table: watched, key, by: { n: 1 } })
    await commit(store, { op: 'patch', table: watched, key, set: { n: 4, more: true }, unset: [] })
    await commit(store, { op: 'remove', table: watched, key })
    const wanted = [
      { key, after: states[0] },
      { key, before: states[0], after: states[1] },
      { key, before: states[1], after: states[2] },
      { key, before: states[2], after: states[3] },
      { key, before: states[3] },
    ]
    for (const queue of listeners) expect(await changesFor(subject, queue)).toStrictEqual(wanted)
  }),

  'changes of one item leave in their order, under its order key': promise(async subject => {
    const { store } = subject
    const ids = ['a', 'b', 'c']
    const add = (id: string): Promise<unknown> =>
      commit(store, { op: 'add', table: watched, key: { group: 'g', id }, by: { n: 1 }, start: {} })
    await Promise.all(Array.from({ length: 60 }, (_, n) => add(ids[n % 3] ?? 'a')))
    const shape = storeNeeds.tables.find(({ name }) => name === watched)
    if (!shape) throw new Error('the table is declared')
    for (const id of ids) {
      const told = await leftFor(subject, listeners[0])
      const own = told.filter(({ orderKey }) => orderKey === orderKeyOf(shape, { group: 'g', id }))
      const after = own.map(({ body }) => (JSON.parse(body) as ChangeMessage).change.after)
      expect(after).toEqual(Array.from({ length: 20 }, (_, n) => ({ group: 'g', id, n: n + 1 })))
    }
  }),

  'a commit of several items tells of each': promise(async subject => {
    const items: Item[] = ['a', 'b', 'c'].map(id => ({ group: 'g', id }))
    await put(subject.store, watched, ...items)
    const told = await changesFor(subject, listeners[1])
    expect(new Set(told.map(({ after }) => after?.id))).toEqual(new Set(['a', 'b', 'c']))
    expect(told).toHaveLength(3)
  }),

  'nothing is told of refused commits, checks, removals of nothing, and other tables': promise(async subject => {
    const { store } = subject
    await put(store, things, { id: 'a' })
    await expectRefused(store, [{ op: 'put', table: watched, item: key }, refused], 'absent', 1)
    await commit(store, { op: 'check', table: watched, key, when: { id: { absent: true } } })
    await commit(store, { op: 'remove', table: watched, key })
    for (const queue of listeners) expect(await changesFor(subject, queue)).toEqual([])
  }),

  'a change after an item expired has no before': promise(async subject => {
    const { store, time } = subject
    const until = isoIn(subject, minute)
    await put(store, watched, { ...key, until })
    await time.advance(minute)
    await commit(store, { op: 'remove', table: watched, key })
    await put(store, watched, { ...key, n: 2 })
    const told = (await changesFor(subject, listeners[0])).filter(
      ({ after, before }) => after?.n === 2 || before?.n === 2,
    )
    expect(told).toStrictEqual([{ key, after: { ...key, n: 2 } }])
  }),

  'messages and changes of one commit leave together or not at all': promise(async subject => {
    const { store } = subject
    const add = (n: number) =>
      store.commit({
        writes: [{ op: 'add', table: watched, key, by: { n: 1 }, ceiling: 10, start: {} }],
        messages: [message(`m ${n}`)],
      })
    const kept = (await Promise.all(Array.from({ length: 40 }, (_, n) => add(n)))).filter(({ ok }) => ok)
    expect(kept).toHaveLength(10)
    expect(await leftFor(subject, work)).toHaveLength(10)
    expect(await changesFor(subject, listeners[0])).toHaveLength(10)
  }),
}

/** Hears every change of a table. `heard` waits until there were so many. */
function hearing({ store }: StoreSubject, table: string) {
  const list: ItemChange[] = []
  const silence = store.onChange(table, change => list.push(change))
  const heard = async (count: number): Promise<readonly ItemChange[]> => {
    await vi.waitFor(() => expect(list.length).toBeGreaterThanOrEqual(count), 20_000)
    return list
  }
  return { heard, silence }
}

/** Capability `liveChanges`. */
export const liveChangePromises: StorePromises = {
  'a listener hears each change from now on, in order per item': promise(async subject => {
    const { store } = subject
    await put(store, things, { id: 'a', n: 0 })
    const { heard } = hearing(subject, things)
    for (let n = 1; n <= 5; n++) await put(store, things, { id: 'a', n })
    await commit(store, { op: 'remove', table: things, key: { id: 'a' } })
    const list = await heard(6)
    expect(list.map(({ before, after }) => [before?.n, after?.n])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, undefined],
    ])
    expect(list.every(change => change.key.id === 'a')).toBe(true)
  }),

  'a listener hears nothing of other tables, refused commits and checks, nor after it left': promise(async subject => {
    const { store } = subject
    const one = hearing(subject, things)
    const another = hearing(subject, things)
    await put(store, events, { stream: 's', at: 1 })
    await expectRefused(store, [good, refused], 'absent', 1)
    await commit(store, { op: 'check', table: things, key: { id: 'a' }, when: {} })
    await commit(store, { op: 'remove', table: things, key: { id: 'a' } })
    await put(store, things, { id: 'a' })
    expect(await one.heard(1)).toEqual([{ key: { id: 'a' }, after: { id: 'a' } }])
    // It leaves while a commit is under way.
    const under = put(store, things, { id: 'b' })
    one.silence()
    await under
    await put(store, things, { id: 'c' })
    expect(await another.heard(3)).toHaveLength(3)
    expect(await one.heard(1)).toHaveLength(1)
  }),

  'every listener of a table hears all': promise(async subject => {
    const all = [1, 2, 3].map(() => hearing(subject, things))
    await put(subject.store, things, { id: 'a' }, { id: 'b' })
    for (const { heard } of all) expect(await heard(2)).toHaveLength(2)
  }),
}

async function reopened({ reopen }: StoreSubject): Promise<Store> {
  if (!reopen) throw new Error('this engine keeps nothing that could be opened again')
  return reopen()
}

/** Only where an engine keeps what it is given. */
export const lastingPromises: StorePromises = {
  'what was acknowledged is there after the process was killed': promise(async subject => {
    const { store } = subject
    await put(store, things, ...Array.from({ length: 50 }, (_, n) => ({ id: `${n}`, n })))
    await put(store, sessions, { id: 'a', user: 'u' })
    await commit(store, { op: 'remove', table: things, key: { id: '7' } })
    await store.commit({ writes: [{ op: 'put', table: watched, item: key }], messages: [message('m')] })
    const again = await reopened(subject)
    const now = { ...subject, store: again }
    expect(await again.count(things)).toBe(49)
    expect(await again.get(things, { id: '8' })).toEqual({ id: '8', n: 8 })
    expect(await again.get(things, { id: '7' })).toBeUndefined()
    await indexed(now)
    expect(await queried(again, sessions, { index: 'user', partition: 'u' })).toHaveLength(1)
    expect((await leftFor(now, work)).map(({ id }) => id)).toEqual(['m'])
    expect(await changesFor(now, listeners[0])).toHaveLength(1)
    expect((await commit(again, { op: 'put', table: sessions, item: { id: 'a' } }))[0]?.revision).toBe(2)
  }),

  'a cursor is good after the process was killed': promise(async subject => {
    const { store } = subject
    await put(store, events, ...[1, 2, 3, 4].map(at => ({ stream: 's', at })))
    const query = { partition: 's', limit: 2 }
    const { after = '' } = await store.query(events, query)
    const { after: scan = '' } = await store.scan(events, { limit: 3 })
    const again = await reopened(subject)
    expect((await again.query(events, { ...query, after })).items.map(({ at }) => at)).toEqual([3, 4])
    expect((await again.scan(events, { limit: 3, after: scan })).items).toHaveLength(1)
  }),

  'changes after the process was killed are not taken for those before': promise(async subject => {
    await put(subject.store, watched, { ...key, n: 1 })
    const again = await reopened(subject)
    await put(again, watched, { ...key, n: 2 })
    const told = await changesFor({ ...subject, store: again }, listeners[0])
    expect(told.map(({ after }) => after?.n)).toEqual([1, 2])
  }),
}

export const messagePromises: StorePromises = { ...leaving, ...changes }
