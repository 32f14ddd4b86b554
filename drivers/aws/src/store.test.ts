/** What the contract does not ask of every store: calls that are saved, answers that are lost, processes side by side. */
import { randomUUID } from 'node:crypto'
import type { ChangeMessage, Clock, Item, Store, TableShape, Write } from 'groundplan/driver'
import { memoryClock } from 'groundplan/memory/clock'
import { describe, expect, it, vi } from 'vitest'
import type { Spending } from './client.ts'
import { Dynamo } from './dynamo.ts'
import { makeTables } from './setup.ts'
import { dynamoStore } from './store.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials } from './test/engines.ts'
import { type Lossy, lossyWay } from './test/lossy.ts'
import { removeTables } from './test/tables.ts'

vi.setConfig({ testTimeout: 60_000 })

const things = 'things'
const watched = 'watched'
const tables: readonly TableShape[] = [
  { name: things, key: ['id'], indexes: { state: ['state'] }, expires: 'until', changesTo: [] },
  { name: watched, key: ['id'], indexes: {}, version: 'revision', changesTo: ['heard'] },
]

const insert = (id: string, more: Item = {}): Write => ({ op: 'insert', table: things, item: { id, ...more } })
const put = (id: string, more: Item = {}): Write => ({ op: 'put', table: things, item: { id, ...more } })
const add = (id: string, by: number): Write => ({ op: 'add', table: things, key: { id }, by: { n: by } })
const remove = (id: string): Write => ({ op: 'remove', table: things, key: { id } })
const message = (id: string) => ({ queue: 'work', id, body: '{}' })

interface Bed {
  readonly store: Store
  readonly prefix: string
  readonly dynamo: Dynamo
  readonly way: Lossy
  readonly spent: readonly Spending[]
  /** Another process's. */
  other(clock: Clock): Store
}

await against('dynamodb', ({ endpoint }) => {
  async function withStore(work: (bed: Bed) => Promise<void>): Promise<void> {
    const prefix = `test-${randomUUID()}`
    const spent: Spending[] = []
    const way = await lossyWay(endpoint)
    const options = { region: 'eu-central-1', endpoint: way.endpoint, credentials }
    const dynamo = new Dynamo({ ...options, clock: standingTime().clock, spent: each => spent.push(each) })
    await makeTables(dynamo, prefix, tables)
    const others: Dynamo[] = []
    const other = (clock: Clock): Store => {
      const own = new Dynamo({ ...options, clock })
      others.push(own)
      return dynamoStore({ dynamo: own, prefix, tables })
    }
    way.asked.clear()
    try {
      await work({ store: dynamoStore({ dynamo, prefix, tables }), prefix, dynamo, way, spent, other })
    } finally {
      await removeTables(dynamo, prefix)
      for (const each of [dynamo, ...others]) each.close()
      await way.close()
    }
  }

  /** The calls that some work takes. */
  async function callsOf({ way }: Bed, work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
    way.asked.clear()
    await work()
    return Object.fromEntries(way.asked)
  }

  describe('calls to DynamoDB', () => {
    it('are one for a write that needs no look before, and one for a commit of several', () =>
      withStore(async bed => {
        const { store } = bed
        const commit = (...writes: readonly Write[]) => callsOf(bed, () => store.commit({ writes }))
        expect(await commit(insert('a', { n: 1 }))).toEqual({ PutItem: 1 })
        expect(await commit(put('b'))).toEqual({ PutItem: 1 })
        expect(await commit(add('a', 1))).toEqual({ UpdateItem: 1 })
        expect(await commit(remove('b'))).toEqual({ DeleteItem: 1 })
        const check: Write = { op: 'check', table: things, key: { id: 'a' }, when: { n: { equals: 2 } } }
        expect(await commit(insert('c'), put('d'), remove('b'), check)).toEqual({ TransactWriteItems: 1 })
        const sending = () => store.commit({ writes: [insert('e')], messages: [message('m-1'), message('m-2')] })
        expect(await callsOf(bed, sending)).toEqual({ TransactWriteItems: 1 })
        expect(await callsOf(bed, () => store.commit({ writes: [], messages: [message('m-3')] }))).toEqual({
          PutItem: 1,
        })
      }))

    it('are one to read, and two for a write that needs a look before', () =>
      withStore(async bed => {
        const { store } = bed
        await store.commit({ writes: [put('a'), put('b')] })
        const patch: Write = { op: 'patch', table: things, key: { id: 'a' }, set: { n: 1 }, unset: [] }
        expect(await callsOf(bed, () => store.get(things, { id: 'a' }))).toEqual({ GetItem: 1 })
        expect(await callsOf(bed, () => store.getMany(things, [{ id: 'a' }, { id: 'b' }, { id: 'a' }]))).toEqual({
          BatchGetItem: 1,
        })
        expect(await callsOf(bed, () => store.commit({ writes: [patch] }))).toEqual({ GetItem: 1, PutItem: 1 })
      }))

    it('tell what they used', () =>
      withStore(async ({ store, spent }) => {
        await store.commit({ writes: [put('a', { text: 'x'.repeat(3_500) })] })
        await store.get(things, { id: 'a' })
        const [written, gotten] = spent.slice(-2)
        expect(written).toMatchObject({ service: 'dynamodb', operation: 'PutItem', units: 4 })
        expect(gotten).toMatchObject({ operation: 'GetItem', units: 1 })
        expect(written?.resource).toMatch(/-things$/)
      }))

    it('are made again when DynamoDB is too busy', () =>
      withStore(async ({ store, way }) => {
        for (const operation of ['PutItem', 'GetItem', 'UpdateItem', 'TransactWriteItems', 'Query', 'Scan']) {
          way.throttle.set(operation, 3)
        }
        await store.commit({ writes: [insert('a', { n: 1, state: 'open' })] })
        await store.commit({ writes: [add('a', 1)] })
        await store.commit({ writes: [insert('b'), insert('c')], messages: [message('m')] })
        expect(await store.get(things, { id: 'a' })).toMatchObject({ n: 2 })
        expect((await store.query(things, { index: 'state', partition: 'open', limit: 9 })).items).toHaveLength(1)
        expect((await store.scan(things, { limit: 9 })).items).toHaveLength(3)
        expect([...way.throttle.values()].every(left => left === 0)).toBe(true)
      }))

    it('end in a clear fault when nobody answers', async () => {
      const { clock } = standingTime()
      const dynamo = new Dynamo({ clock, region: 'eu-central-1', endpoint: 'http://127.0.0.1:9', credentials })
      const store = dynamoStore({ dynamo, prefix: 'none', tables })
      await expect(store.get(things, { id: 'a' })).rejects.toMatchObject({ code: 'engine-unavailable' })
      dynamo.close()
    })

    it('say which table is missing', async () => {
      const { clock } = standingTime()
      const dynamo = new Dynamo({ clock, region: 'eu-central-1', endpoint, credentials })
      const store = dynamoStore({ dynamo, prefix: 'nobody-made', tables })
      await expect(store.commit({ writes: [put('a')] })).rejects.toMatchObject({ code: 'engine-unavailable' })
      dynamo.close()
    })
  })

  describe('a write whose answer is lost', () => {
    it('is kept once, and known to be', () =>
      withStore(async ({ store, way }) => {
        way.lose.set('PutItem', 1)
        expect(await store.commit({ writes: [insert('a', { n: 1 })] })).toMatchObject({ ok: true })
        way.lose.set('UpdateItem', 1)
        expect(await store.commit({ writes: [add('a', 5)] })).toEqual({ ok: true, items: [{ id: 'a', n: 6 }] })
        const patch: Write = { op: 'patch', table: things, key: { id: 'a' }, set: { state: 'x' }, unset: [] }
        way.lose.set('PutItem', 2)
        expect(await store.commit({ writes: [patch] })).toMatchObject({ ok: true })
        way.lose.set('DeleteItem', 1)
        expect(await store.commit({ writes: [remove('a')] })).toMatchObject({ ok: true })
        expect(await store.get(things, { id: 'a' })).toBeUndefined()
      }))

    it('is kept once where it is a transaction, with its messages', () =>
      withStore(async ({ store, way }) => {
        await store.commit({ writes: [put('a', { n: 0 })] })
        way.lose.set('TransactWriteItems', 3)
        expect(await store.commit({ writes: [add('a', 1), insert('b')], messages: [message('m')] })).toMatchObject({
          ok: true,
        })
        expect(way.asked.get('TransactWriteItems')).toBe(4)
        expect(await store.get(things, { id: 'a' })).toMatchObject({ n: 1 })
        expect(await store.outbox.peek(10)).toHaveLength(1)
      }))

    it('is a fault, not a guess, when somebody else has written since', () =>
      withStore(async ({ store, way, other, dynamo }) => {
        await store.commit({ writes: [put('a', { n: 0 })] })
        const another = other(dynamo.clock)
        way.lose.set('UpdateItem', 1)
        way.throttle.set('GetItem', 2)
        const added = store.commit({ writes: [add('a', 1)] }).catch((error: unknown) => error)
        while ((way.asked.get('GetItem') ?? 0) < 1) await another.commit({ writes: [put('b')] })
        await another.commit({ writes: [put('a', { n: 100 })] })
        expect(await added).toMatchObject({ code: 'engine-unavailable' })
        expect(await store.get(things, { id: 'a' })).toMatchObject({ n: 100 })
      }))
  })

  describe('two processes on the same tables', () => {
    it('lose no sum and no transfer to each other', () =>
      withStore(async ({ store, other, dynamo }) => {
        const stores = [store, other(dynamo.clock)]
        await store.commit({ writes: ['a', 'b', 'c'].map(id => put(id, { n: 100 })) })
        const transfers = Array.from({ length: 60 }, (_, n) => {
          const [from, to] = [
            ['a', 'b'],
            ['b', 'c'],
            ['c', 'a'],
          ][n % 3] as [string, string]
          return stores[n % 2]?.commit({ writes: [add(from, -1), add(to, 1)], messages: [message(`${n}`)] })
        })
        const sums = Array.from({ length: 60 }, (_, n) => stores[n % 2]?.commit({ writes: [add('a', 1)] }))
        for (const committed of await Promise.all([...transfers, ...sums])) expect(committed?.ok).toBe(true)
        const items = await store.getMany(things, [{ id: 'a' }, { id: 'b' }, { id: 'c' }])
        expect(items.map(item => item?.n)).toEqual([160, 100, 100])
        expect(await store.outbox.peek(100)).toHaveLength(60)
      }))

    it('tell the changes of an item in their order, also when the clock of one is an hour behind', () =>
      withStore(async ({ store, other, dynamo }) => {
        const late = other(memoryClock(dynamo.clock.now() - 3_600_000))
        const change: Write = { op: 'add', table: watched, key: { id: 'a' }, by: { n: 1 }, start: {} }
        for (let n = 0; n < 10; n++) await [store, late][n % 2]?.commit({ writes: [change] })
        const told = (await store.outbox.peek(100)).map(({ message }) => JSON.parse(message.body) as ChangeMessage)
        expect(told.map(({ change }) => change.after?.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        expect(new Set((await store.outbox.peek(100)).map(({ message }) => message.id)).size).toBe(10)
      }))
  })

  describe('what DynamoDB keeps', () => {
    it('is removed by DynamoDB some time after it has expired', () =>
      withStore(async ({ dynamo, prefix }) => {
        const table = `${prefix}-things`
        const { TimeToLiveDescription } = await dynamo.once('DescribeTimeToLive', table, { TableName: table })
        expect(TimeToLiveDescription).toMatchObject({ AttributeName: 't', TimeToLiveStatus: 'ENABLED' })
      }))

    it('is an item of 400 KB, whatever it is made of', () =>
      withStore(async ({ store }) => {
        const lists = { id: 'lists', list: Array.from({ length: 200_000 }, (_, n) => n % 10) }
        const text = {
          id: 'text',
          text: Array.from({ length: 130_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7_919) % 20_000))).join(
            '',
          ),
        }
        for (const item of [lists, text]) {
          expect(await store.commit({ writes: [put(item.id, item)] })).toMatchObject({ ok: true })
          expect(await store.get(things, { id: item.id })).toEqual(item)
        }
        expect(await store.commit({ writes: [add('text', 1)] })).toMatchObject({ ok: true, items: [{ n: 1 }] })
      }))
  })
})
