/** Live changes beyond the contract: other processes, streams that are busy or lost their place, shards that end. */
import { randomUUID } from 'node:crypto'
import type { ItemChange, Store, TableShape } from 'groundplan/driver'
import { describe, expect, it, vi } from 'vitest'
import { Dynamo } from './dynamo.ts'
import { LiveChanges } from './live-changes.ts'
import { recordOf } from './record.ts'
import { makeTables } from './setup.ts'
import { ServiceError } from './signed-calls.ts'
import { dynamoStore } from './store.ts'
import type { From, RecordChange, RecordChanges, Shard } from './streams.ts'
import { realClock } from './test/clock.ts'
import { against, credentials } from './test/engines.ts'
import { type Lossy, lossyWay } from './test/lossy.ts'
import { removeTables } from './test/tables.ts'

vi.setConfig({ testTimeout: 60_000 })

const stock: TableShape = { name: 'stock', key: ['id'], indexes: {}, changesTo: [], watched: true }
const quiet: TableShape = { name: 'quiet', key: ['id'], indexes: {}, changesTo: [] }

const put = (store: Store, n: number, table = 'stock') =>
  store.commit({ writes: [{ op: 'put', table, item: { id: 'tea', n } }] })

/** The numbers that a listener hears. */
function hearing(store: Store) {
  const numbers: unknown[] = []
  const leave = store.onChange('stock', ({ after }: ItemChange) => void numbers.push(after?.n))
  return { numbers, leave }
}

const soon = { timeout: 20_000, interval: 20 }

await against('dynamodb', ({ endpoint }) => {
  interface Bed {
    readonly way: Lossy
    process(): { readonly store: Store; readonly dynamo: Dynamo }
  }

  async function withTables(work: (bed: Bed) => Promise<void>): Promise<void> {
    const prefix = `test-${randomUUID()}`
    const tables = [stock, quiet]
    const way = await lossyWay(endpoint)
    const opened: Dynamo[] = []
    const process = () => {
      const options = { clock: realClock(), region: 'eu-central-1', credentials, endpoint: way.endpoint }
      const dynamo = new Dynamo(options)
      opened.push(dynamo)
      return { dynamo, store: dynamoStore({ dynamo, prefix, tables }) }
    }
    const first = process()
    await makeTables(first.dynamo, prefix, tables)
    try {
      await work({ way, process })
    } finally {
      await removeTables(first.dynamo, prefix)
      for (const dynamo of opened) dynamo.close()
      await way.close()
    }
  }

  describe('live changes on DynamoDB', () => {
    it('every process hears of the writes of all, in one order', () =>
      withTables(async ({ process }) => {
        const processes = [process(), process(), process()]
        const heard = processes.map(({ store }) => hearing(store).numbers)
        // A read waits until its process hears: what comes after it is not missed.
        for (const { store } of processes) await store.get('stock', { id: 'tea' })
        for (let n = 0; n < 12; n++) await put(processes[n % 3]?.store as Store, n)
        for (const numbers of heard) await vi.waitFor(() => expect(numbers).toHaveLength(12), soon)
        for (const numbers of heard) expect(numbers).toEqual(Array.from({ length: 12 }, (_, n) => n))
      }))

    it('who joins later is not told what he has read already', () =>
      withTables(async ({ process }) => {
        const { store } = process()
        hearing(store)
        for (let n = 0; n < 5; n++) await put(store, n)
        const late = hearing(store)
        expect(await store.get('stock', { id: 'tea' })).toMatchObject({ n: 4 })
        await put(store, 5)
        await vi.waitFor(() => expect(late.numbers).toContain(5), soon)
        expect(late.numbers).toEqual([5])
      }))

    it('go on where DynamoDB turned the readers away, and lose nothing', () =>
      withTables(async ({ process, way }) => {
        const { store } = process()
        for (const operation of ['DescribeTable', 'DescribeStream', 'GetShardIterator']) way.throttle.set(operation, 2)
        const { numbers } = hearing(store)
        await put(store, 0)
        way.throttle.set('GetRecords', 4)
        for (let n = 1; n < 5; n++) await put(store, n)
        await vi.waitFor(() => expect(numbers).toEqual([0, 1, 2, 3, 4]), soon)
        expect(way.throttle.get('GetRecords')).toBe(0)
      }))

    it('nobody reads the stream once nobody listens', () =>
      withTables(async ({ process, way }) => {
        const { store } = process()
        const { numbers, leave } = hearing(store)
        await put(store, 1)
        await vi.waitFor(() => expect(numbers).toEqual([1]), soon)
        leave()
        const before = way.asked.get('GetRecords') ?? 0
        await put(store, 2)
        // Longer than a reader pauses.
        const clock = realClock()
        await new Promise<void>(resolve => clock.at(clock.now() + 2_500, resolve))
        expect((way.asked.get('GetRecords') ?? 0) - before).toBeLessThanOrEqual(1)
        expect(numbers).toEqual([1])
      }))

    it('of a table without a stream are refused to its reader, and its writers are not held up', () =>
      withTables(async ({ process }) => {
        const { store } = process()
        store.onChange('quiet', () => {})
        await expect(store.get('quiet', { id: 'tea' })).rejects.toMatchObject({
          code: 'engine-unavailable',
          detail: expect.stringContaining('has no stream'),
        })
        expect(await put(store, 1, 'quiet')).toMatchObject({ ok: true })
      }))
  })
})

// ---------- what the stand-in does not do: shards that end, places that are forgotten

/** Shards as AWS has them, by script. */
class ScriptedStreams {
  readonly shards_: Shard[]
  readonly contents: Record<string, readonly (readonly RecordChange[])[]>
  readonly ended = new Set<string>()
  readonly began: [string, From][] = []
  failing: Error | undefined

  constructor(shards: readonly Shard[], contents: Record<string, readonly (readonly RecordChange[])[]>) {
    this.shards_ = [...shards]
    this.contents = contents
  }

  async of(): Promise<string> {
    return 'stream'
  }

  async shards(): Promise<readonly Shard[]> {
    return this.shards_
  }

  async iterator(_stream: string, shard: string, from: From): Promise<string> {
    this.began.push([shard, from])
    return `${shard} 0`
  }

  async records(iterator: string): Promise<RecordChanges> {
    const failing = this.failing
    this.failing = undefined
    if (failing) throw failing
    const [shard = '', at = ''] = iterator.split(' ')
    const pages = this.contents[shard] ?? []
    const changes = pages[Number(at)] ?? []
    const isOver = this.ended.has(shard) && Number(at) + 1 >= pages.length
    return { changes, ...(isOver ? {} : { next: `${shard} ${Math.min(pages.length, Number(at) + 1)}` }) }
  }

  close(): void {}
}

const change = (n: number): RecordChange => ({
  ...{ sequence: String(n), atMs: Date.now(), isExpiry: false },
  after: recordOf(stock, ['tea'], { id: 'tea', n }, { revision: String(n) }),
})

async function followed(streams: ScriptedStreams, work: (numbers: readonly unknown[]) => Promise<void>) {
  const dynamo = new Dynamo({ clock: realClock(), region: 'eu-central-1', credentials, endpoint: 'http://127.0.0.1:9' })
  Object.assign(dynamo, { streams })
  const live = new LiveChanges(dynamo, table => table)
  const numbers: unknown[] = []
  live.listen(stock, ({ after }) => void numbers.push(after?.n))
  try {
    await live.beforeRead('stock')
    await work(numbers)
  } finally {
    dynamo.close()
  }
}

describe('a stream whose shards end', () => {
  const open = (id: string, parent?: string): Shard => ({ id, isOpen: true, ...(parent ? { parent } : {}) })

  it('goes on with the shards that follow, from their beginnings, each after its parent', async () => {
    const streams = new ScriptedStreams([open('a')], {
      a: [[], [change(1)], [change(2)]],
      b: [[change(3)], [change(4)]],
      c: [[change(5)]],
    })
    await followed(streams, async numbers => {
      await vi.waitFor(() => expect(numbers).toEqual([1, 2]), soon)
      streams.shards_.push(open('b', 'a'), open('c', 'b'))
      await vi.waitFor(() => expect(streams.began).toEqual([['a', 'newest']]), soon)
      streams.ended.add('a')
      await vi.waitFor(() => expect(numbers).toEqual([1, 2, 3, 4]), soon)
      streams.ended.add('b')
      await vi.waitFor(() => expect(numbers).toEqual([1, 2, 3, 4, 5]), soon)
      expect(streams.began.slice(1)).toEqual([
        ['b', 'oldest'],
        ['c', 'oldest'],
      ])
    })
  })

  it('does not read shards that had ended before anybody listened', async () => {
    const ended = { id: 'old', isOpen: false }
    const streams = new ScriptedStreams([ended, open('a', 'old')], { old: [[change(1)]], a: [[], [change(2)]] })
    await followed(streams, async numbers => {
      await vi.waitFor(() => expect(numbers).toEqual([2]), soon)
      expect(streams.began).toEqual([['a', 'newest']])
    })
  })

  it('looks its place up again, behind the last change, when DynamoDB forgot it', async () => {
    const streams = new ScriptedStreams([open('a')], { a: [[], [change(1)]] })
    await followed(streams, async numbers => {
      await vi.waitFor(() => expect(numbers).toEqual([1]), soon)
      streams.failing = new ServiceError('ExpiredIteratorException', 'too old', 400)
      await vi.waitFor(() => expect(streams.began.at(-1)).toEqual(['a', { behind: '1' }]), soon)
    })
  })
})
