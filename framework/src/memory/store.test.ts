import { describe, expect, it } from 'vitest'
import type { NewMessage } from '../contract/queue.ts'
import type { Item, TableShape } from '../contract/store.ts'
import { memoryClock } from './clock.ts'
import { memoryStore } from './store.ts'

const orders: TableShape = { name: 'orders', key: ['id'], indexes: { state: ['state'] }, changesTo: [] }
const sessions: TableShape = { ...orders, name: 'sessions', expires: 'until' }

function lagging(indexLagMs: number, table: TableShape = orders) {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const store = memoryStore({ clock, tables: [table], indexLagMs })
  const put = (item: Item) => store.commit({ writes: [{ op: 'put', table: table.name, item }] })
  const placed = async (): Promise<readonly Item[]> =>
    (await store.query(table.name, { index: 'state', partition: 'placed', limit: 10 })).items
  return { clock, store, put, placed }
}

describe('a store in memory', () => {
  it('shows through an index the table exactly as it was so long ago', async () => {
    const { clock, put, placed, store } = lagging(20)
    await put({ id: 'a', state: 'placed', n: 1 })
    await clock.advance(10)
    await put({ id: 'a', state: 'placed', n: 2 })
    await clock.advance(9)
    expect(await placed()).toEqual([])
    await clock.advance(1)
    expect(await placed()).toEqual([{ id: 'a', state: 'placed', n: 1 }])
    await store.commit({ writes: [{ op: 'remove', table: 'orders', key: { id: 'a' } }] })
    await clock.advance(10)
    expect(await placed()).toEqual([{ id: 'a', state: 'placed', n: 2 }])
    expect(await store.get('orders', { id: 'a' })).toBeUndefined()
    await clock.advance(9)
    expect(await placed()).toHaveLength(1)
    await clock.advance(1)
    expect(await placed()).toEqual([])
  })

  it('hides what has expired from an index at once, whatever the lag', async () => {
    const { clock, put, placed } = lagging(20, sessions)
    const until = new Date(clock.now() + 25).toISOString()
    await put({ id: 'a', state: 'placed', until })
    await clock.advance(24)
    expect(await placed()).toHaveLength(1)
    await clock.advance(1)
    expect(await placed()).toEqual([])
  })

  it('keeps an index right through many changes behind its time', async () => {
    const { clock, put, placed } = lagging(20)
    for (let n = 0; n < 500; n++) {
      await put({ id: `${n % 7}`, state: n % 3 ? 'placed' : 'paid', n })
      await clock.advance(n % 4)
    }
    await clock.advance(20)
    const last = Array.from({ length: 7 }, (_, n) => 493 + n).filter(n => n % 3)
    expect((await placed()).map(item => item.n).sort()).toEqual(last)
  })

  it('keeps nothing of a commit whose messages its queues refuse', async () => {
    const clock = memoryClock(0)
    const accept = (): void => {
      throw new Error('no such queue')
    }
    const store = memoryStore({ clock, tables: [orders], queues: { accept } })
    const message: NewMessage = { queue: 'none', id: 'm', body: '1' }
    const commit = store.commit({ writes: [{ op: 'put', table: 'orders', item: { id: 'a' } }], messages: [message] })
    await expect(commit).rejects.toThrow('no such queue')
    expect(await store.get('orders', { id: 'a' })).toBeUndefined()
  })

  it('gives items that nobody can change', async () => {
    const { store, put } = lagging(0)
    await put({ id: 'a', list: [{ n: 1 }] })
    const { list, ...item } = (await store.get('orders', { id: 'a' })) ?? {}
    expect(item).toEqual({ id: 'a' })
    expect(Object.isFrozen(list)).toBe(true)
    expect(Object.isFrozen(Array.isArray(list) && list[0])).toBe(true)
    expect(Object.isFrozen(await store.get('orders', { id: 'a' }))).toBe(true)
  })

  it('rejects what nobody declared', async () => {
    const { store } = lagging(0)
    await expect(store.get('none', { id: 'a' })).rejects.toThrow('plan-invalid: there is no table "none"')
    await expect(store.query('orders', { index: 'none', partition: 'a', limit: 1 })).rejects.toThrow(
      'plan-invalid: table "orders" has no index "none"',
    )
  })
})
