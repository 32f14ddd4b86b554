/** An expired item is absent, removed or not. */
import { expect } from 'vitest'
import type { Item, Write } from '../store.ts'
import {
  commit,
  each,
  expectFault,
  expectRefused,
  indexed,
  insert,
  isoIn,
  minute,
  outcome,
  pagesOf,
  promise,
  put,
  queried,
  type StorePromises,
  type StoreSubject,
  scanned,
  second,
  sessions,
} from './store-tools.ts'

const key = { id: 'a' }

/** A session that is over after so long. */
function session(subject: StoreSubject, id: string, ms: number, more: Item = {}): Item {
  return { id, user: 'u', until: isoIn(subject, ms), ...more }
}

export const expiryPromises: StorePromises = {
  'an item is there until its time, and absent from then on': promise(async subject => {
    const { store, time } = subject
    await put(store, sessions, session(subject, 'a', minute))
    await time.advance(minute - second)
    expect(await store.get(sessions, key)).toBeDefined()
    await time.advance(second)
    expect(await store.get(sessions, key)).toBeUndefined()
    expect(await store.getMany(sessions, [key, key])).toEqual([undefined, undefined])
    expect(await queried(store, sessions, { partition: 'a' })).toEqual([])
    expect(await scanned(store, sessions)).toEqual([])
    await indexed(subject)
    expect(await queried(store, sessions, { index: 'user', partition: 'u' })).toEqual([])
  }),

  'an item that was written too late is absent at once': promise(async subject => {
    const { store } = subject
    await put(store, sessions, session(subject, 'a', 0), session(subject, 'b', -minute), session(subject, 'c', minute))
    await indexed(subject)
    expect(each(await scanned(store, sessions), 'id')).toEqual(['c'])
    expect(each(await queried(store, sessions, { index: 'user', partition: 'u' }), 'id')).toEqual(['c'])
  }),

  'pages leave out what has expired, and are full all the same': promise(async subject => {
    const { store, time } = subject
    const items = Array.from({ length: 20 }, (_, n) => session(subject, `s${n}`, n % 3 === 0 ? minute : 3 * minute))
    await put(store, sessions, ...items)
    await time.advance(2 * minute)
    const query = { index: 'user', partition: 'u', limit: 4 }
    const pages = await pagesOf(store, sessions, query)
    expect(pages.map(page => page.items.length)).toEqual([4, 4, 4, 1])
    expect((await scanned(store, sessions, 5)).length).toBe(13)
    await time.advance(minute)
    expect(await store.query(sessions, query)).toEqual({ items: [] })
    expect(await store.scan(sessions, { limit: 4 })).toEqual({ items: [] })
  }),

  'an expired item is absent for conditions': promise(async subject => {
    const { store, time } = subject
    await put(store, sessions, session(subject, 'a', minute, { n: 1 }))
    await time.advance(minute)
    const there = { n: { equals: 1 } }
    await expectRefused(store, [{ op: 'patch', table: sessions, key, set: { n: 2 }, unset: [] }], 'absent')
    await expectRefused(store, [{ op: 'add', table: sessions, key, by: { n: 1 } }], 'absent')
    await expectRefused(store, [{ op: 'check', table: sessions, key, when: there }], 'when')
    await expectRefused(store, [{ op: 'remove', table: sessions, key, when: there }], 'when')
    await expectRefused(store, [{ op: 'put', table: sessions, item: { id: 'a' }, when: there }], 'when')
    await commit(store, { op: 'check', table: sessions, key, when: { id: { absent: true }, until: { absent: true } } })
  }),

  'where an item has expired, a new one begins: nothing of the old is left, not its version': promise(async subject => {
    const { store, time } = subject
    const begin = async (write: Write, after: Item): Promise<void> => {
      await put(store, sessions, session(subject, 'a', minute, { old: true, n: 10 }))
      await time.advance(minute)
      expect(await commit(store, write)).toEqual([after])
      expect(await store.get(sessions, key)).toEqual(after)
      await commit(store, { op: 'remove', table: sessions, key })
    }
    await begin({ op: 'insert', table: sessions, item: { id: 'a', n: 1 } }, { id: 'a', n: 1, revision: 1 })
    await begin({ op: 'put', table: sessions, item: { id: 'a', n: 1 } }, { id: 'a', n: 1, revision: 1 })
    await begin({ op: 'add', table: sessions, key, by: { n: 1 }, start: {} }, { id: 'a', n: 1, revision: 1 })
  }),

  'a new item in the place of an expired one is in the indexes as it is': promise(async subject => {
    const { store, time } = subject
    await put(store, sessions, session(subject, 'a', minute, { n: 1 }))
    await time.advance(minute)
    expect(await insert(store, sessions, { id: 'a', user: 'v' })).toBe(true)
    await indexed(subject)
    expect(await queried(store, sessions, { index: 'user', partition: 'u' })).toEqual([])
    expect(await queried(store, sessions, { index: 'user', partition: 'v' })).toEqual([
      { id: 'a', user: 'v', revision: 1 },
    ])
  }),

  'the time can be moved, and taken away': promise(async subject => {
    const { store, time } = subject
    const patch = (set: Item, unset: readonly string[] = []): Write => ({
      op: 'patch',
      table: sessions,
      key,
      set,
      unset,
    })
    await put(store, sessions, session(subject, 'a', minute))
    await commit(store, patch({ until: isoIn(subject, 3 * minute) }))
    await time.advance(2 * minute)
    expect(await store.get(sessions, key)).toBeDefined()
    await commit(store, patch({}, ['until']))
    await time.advance(2 * minute)
    expect(await store.get(sessions, key)).toBeDefined()
    await commit(store, patch({ until: isoIn(subject, -1) }))
    expect(await store.get(sessions, key)).toBeUndefined()
  }),

  'an item without a time, or with null, never expires': promise(async ({ store, time }) => {
    await put(store, sessions, { id: 'a' }, { id: 'b', until: null })
    await time.advance(10 * minute)
    expect(each(await scanned(store, sessions), 'id').toSorted()).toEqual(['a', 'b'])
  }),

  'the time is one in ISO with its zone, or a day in UTC': promise(async ({ store, time }) => {
    const now = time.clock.now()
    const past = new Date(now - 25 * 60 * minute)
    const local = new Date(past.getTime() + 120 * minute).toISOString().replace('Z', '+02:00')
    const times = [
      past.toISOString(),
      local,
      past.toISOString().slice(0, 16).concat('Z'),
      past.toISOString().slice(0, 10),
    ]
    await put(store, sessions, ...times.map((until, n) => ({ id: `${n}`, until })))
    expect(await scanned(store, sessions)).toEqual([])
    for (const until of [
      'soon',
      '',
      '2030',
      '2030-01-01T00:00:00',
      '1 January 2030',
      '2030-13-01',
      1_893_456_000_000,
      true,
    ]) {
      await expectFault('item-invalid', outcome(store, { op: 'put', table: sessions, item: { id: 'a', until } }))
    }
  }),

  'a table whose items all expire does not grow for ever': promise(async ({ store, time }) => {
    for (let round = 0; round < 10; round++) {
      const until = new Date(time.clock.now() + second).toISOString()
      await put(store, sessions, ...Array.from({ length: 50 }, (_, n) => ({ id: `${round}/${n}`, user: 'u', until })))
      await time.advance(minute)
    }
    await time.advance(60 * minute)
    await put(store, sessions, ...Array.from({ length: 50 }, (_, n) => ({ id: `last ${n}` })))
    expect(await store.count(sessions)).toBeLessThan(250)
  }),
}
