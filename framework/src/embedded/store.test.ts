import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Item, Store, TableShape } from '../contract/store.ts'
import { type MemoryClock, memoryClock } from '../memory/clock.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { embeddedQueues } from './queue.ts'
import { embeddedStore } from './store.ts'
import type { FillProgress } from './tables.ts'
import { temporaryFolder } from './test/folder.ts'

const orders: TableShape = { name: 'orders', key: ['id'], indexes: {}, changesTo: [] }
const byState: TableShape = { ...orders, indexes: { state: ['state'] } }

let folder: ReturnType<typeof temporaryFolder>
let environment: Environment
let clock: MemoryClock
beforeEach(() => {
  folder = temporaryFolder()
  clock = memoryClock(Date.UTC(2030, 0, 1))
})
afterEach(async () => {
  await environment.close()
  folder.remove()
})

async function opened(shape: TableShape, onProgress?: (progress: FillProgress) => void): Promise<Store> {
  await environment?.close()
  environment = openEnvironment(folder.path, { plan: 'test' })
  return embeddedStore(environment, { clock, tables: [shape], ...(onProgress ? { onProgress } : {}) })
}

async function put(store: Store, ...items: readonly Item[]): Promise<void> {
  for (let at = 0; at < items.length; at += 100) {
    const writes = items.slice(at, at + 100).map(item => ({ op: 'put', table: 'orders', item }) as const)
    await store.commit({ writes })
  }
}

const many = Array.from({ length: 2_500 }, (_, n) => ({ id: `${n}`, state: n % 5 ? 'paid' : 'placed', n }))

async function placed(store: Store, index = 'state'): Promise<readonly Item[]> {
  return (await store.query('orders', { index, partition: 'placed', limit: 1_000 })).items
}

describe('a table that is there already', () => {
  it('fills an index that is added, with progress, before it is read', async () => {
    await put(await opened(orders), ...many, { id: 'bare' }, { id: 'no key', state: 0.5 })
    const heard: FillProgress[] = []
    const store = await opened(byState, progress => heard.push(progress))
    expect(await placed(store)).toHaveLength(500)
    const whole = { table: 'orders', index: 'state', total: 2_502 }
    expect(heard.map(({ done }) => done)).toEqual([1_000, 2_000, 2_502])
    expect(heard.at(-1)).toEqual({ ...whole, done: 2_502, left: 2 })
    await put(store, { id: '0', state: 'paid' })
    expect(await placed(store)).toHaveLength(499)
  })

  it('is filled once', async () => {
    await put(await opened(orders), ...many)
    await opened(byState)
    const heard: FillProgress[] = []
    const store = await opened(byState, progress => heard.push(progress))
    expect(heard).toEqual([])
    expect(await placed(store)).toHaveLength(500)
  })

  it('drops an index that is removed, and fills it anew when it comes back', async () => {
    const first = await opened(byState)
    await put(first, ...many)
    const without = await opened(orders)
    expect(environment.indexes.getKeysCount()).toBe(0)
    await put(without, { id: '0', state: 'paid' }, { id: 'new', state: 'placed' })
    const back = await placed(await opened(byState))
    expect(back).toHaveLength(500)
    expect(back.some(({ id }) => id === '0')).toBe(false)
  })

  it('fills an index anew whose attributes changed', async () => {
    await put(await opened(byState), ...many)
    const store = await opened({ ...orders, indexes: { state: ['state', 'n'] } })
    expect((await placed(store)).map(({ n }) => n)).toEqual(Array.from({ length: 500 }, (_, n) => n * 5))
    expect(environment.indexes.getKeysCount()).toBe(2_500)
  })

  it('goes on filling an index whose process died', async () => {
    await put(await opened(orders), ...many)
    const dying = opened(byState, () => {
      throw new Error('killed')
    })
    await expect(dying).rejects.toThrow('killed')
    expect(await placed(await opened(byState))).toHaveLength(500)
  })

  it('learns which attribute expires', async () => {
    const until = new Date(clock.now() + 60_000).toISOString()
    await put(await opened(orders), ...many.map(item => ({ ...item, until })))
    const store = await opened({ ...orders, expires: 'until' })
    expect(await store.count('orders')).toBe(2_500)
    await clock.advance(60_000)
    expect(await store.get('orders', { id: '1' })).toBeUndefined()
    const left = async (): Promise<number> => {
      await clock.advance(1_000)
      return store.count('orders')
    }
    await expect.poll(left).toBe(0)
  })

  it('refuses another key, and says what to do; an empty table takes it', async () => {
    await put(await opened(orders), { id: 'a' })
    const other = { ...orders, key: ['id', 'at'] }
    await expect(opened(other)).rejects.toThrow(
      /plan-invalid: table "orders" holds 1 items under \(id\), the plan says \(id,at\).*migration/,
    )
    const store = await opened(orders)
    await store.commit({ writes: [{ op: 'remove', table: 'orders', key: { id: 'a' } }] })
    await put(await opened(other), { id: 'a', at: 1 })
  })

  it('is there again when the plan lacked it for a while', async () => {
    await put(await opened(orders), { id: 'a' })
    await opened({ ...orders, name: 'others' })
    expect(await (await opened(orders)).get('orders', { id: 'a' })).toEqual({ id: 'a' })
  })
})

describe('a commit', () => {
  it('is what it was when it was made, whatever its caller does to its objects meanwhile', async () => {
    const store = await opened(orders)
    const item = { id: 'a', list: [{ n: 1 }] }
    const committed = store.commit({ writes: [{ op: 'put', table: 'orders', item }] })
    item.list.push({ n: 2 })
    item.id = 'b'
    await committed
    expect(await store.get('orders', { id: 'a' })).toEqual({ id: 'a', list: [{ n: 1 }] })
  })

  it('shares its transaction with others of the moment, and takes none of them with it when it is refused', async () => {
    const store = await opened(orders)
    const before = environment.transactions.begun
    const insert = (id: string) => store.commit({ writes: [{ op: 'insert', table: 'orders', item: { id } }] })
    const wrongKey = store.commit({ writes: [{ op: 'put', table: 'orders', item: { id: 'x'.repeat(400_000) } }] })
    const large = { id: 'large', text: 'x'.repeat(500_000) }
    const refused = store.commit({ writes: [{ op: 'put', table: 'orders', item: large }] })
    const faults = Promise.allSettled([wrongKey, refused])
    const all = await Promise.all([...Array.from({ length: 100 }, (_, n) => insert(`${n}`)), insert('7')])
    const reasons = (await faults).map(outcome => outcome.status === 'rejected' && outcome.reason.code)
    expect(reasons).toEqual(['invalid-key', 'item-too-large'])
    expect(all.filter(({ ok }) => ok)).toHaveLength(100)
    expect(environment.transactions.begun - before).toBeLessThan(5)
    expect(await store.count('orders')).toBe(100)
  })

  it('sends nowhere but to queues of its environment', async () => {
    const store = await opened(orders)
    const messages = [{ queue: 'none', id: 'm', body: '{}' }]
    await expect(store.commit({ writes: [], messages })).rejects.toThrow('there is no queue "none"')
    const queues = await embeddedQueues(environment, { clock, queues: [] })
    const with_ = await embeddedStore(environment, { clock, tables: [orders], queues })
    await expect(with_.commit({ writes: [], messages })).rejects.toThrow('there is no queue "none"')
  })
})
