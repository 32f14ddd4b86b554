/** Several processes on one server, what they see of each other, and how the server finds what they ask for. */
import { randomUUID } from 'node:crypto'
import type { Write } from 'groundplan/driver'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { catalogueOf } from './catalogue.ts'
import type { Engine } from './engine.ts'
import { messageColumns } from './message-columns.ts'
import { migrate } from './migrate.ts'
import { schemaVersion } from './schema.ts'
import { type Server, startServer } from './test/cluster.ts'
import { asked, type Live, live, needs } from './test/live.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

const { clock } = realTime()

function lease(engine: Engine, queue: string, max = 10, signal = new AbortController().signal) {
  return engine.queues.receive(queue, { max, leaseMs: 60_000, signal })
}

withPostgres('postgres: processes', () => {
  vi.setConfig({ testTimeout: 60_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  async function within(run: (system: Live, one: Engine, other: Engine) => Promise<void>): Promise<void> {
    const system = await live(server.url)
    try {
      await run(system, await system.open(), await system.open())
    } finally {
      await system.close()
    }
  }

  describe('commits of two processes', () => {
    it('on one item at the same time are all kept, or refused by what the others left', () =>
      within(async (_, ...engines) => {
        const add: Write = {
          op: 'add',
          table: 'counters',
          key: { id: 'c' },
          by: { n: -1 },
          floor: 0,
          start: { n: 150 },
        }
        // One after the other in each lane: what comes together would meet in one batch.
        const lane = async ({ store }: Engine): Promise<number> => {
          let kept = 0
          for (let n = 0; n < 50; n++) if ((await store.commit({ writes: [add] })).ok) kept++
          return kept
        }
        const all = await Promise.all([...engines, ...engines].map(lane))
        expect(all.reduce((sum, kept) => sum + kept)).toBe(150)
        expect(await engines[0]?.store.get('counters', { id: 'c' })).toEqual({ id: 'c', n: 0 })
      }))

    it('that both rely on an item not being there are never both kept', () =>
      within(async (_, one, other) => {
        const taking = (mine: string, theirs: string): readonly Write[] => [
          { op: 'insert', table: 'counters', item: { id: mine } },
          { op: 'check', table: 'counters', key: { id: theirs }, when: { id: { absent: true } } },
        ]
        for (let n = 0; n < 100; n++) {
          const [left, right] = [`left ${n}`, `right ${n}`]
          const kept = await Promise.all([
            one.store.commit({ writes: taking(left, right) }),
            other.store.commit({ writes: taking(right, left) }),
          ])
          expect(kept.filter(({ ok }) => ok)).toHaveLength(1)
        }
      }))

    it('that move amounts between the same items in all directions keep their sum', () =>
      within(async (_, ...engines) => {
        const ids = ['a', 'b', 'c', 'd', 'e']
        const start = ids.map((id): Write => ({ op: 'insert', table: 'counters', item: { id, n: 100 } }))
        await engines[0]?.store.commit({ writes: start })
        const move = (from: string, to: string): readonly Write[] => [
          { op: 'add', table: 'counters', key: { id: from }, by: { n: -30 }, floor: 0 },
          { op: 'add', table: 'counters', key: { id: to }, by: { n: 30 } },
        ]
        const moves = ids.flatMap(from => ids.filter(to => to !== from).map(to => move(from, to)))
        const rounds = Array.from({ length: 10 }, () => moves).flat()
        await Promise.all(rounds.map((writes, at) => engines[at % 2]?.store.commit({ writes })))
        const items = await engines[1]?.store.getMany(
          'counters',
          ids.map(id => ({ id })),
        )
        expect(items?.map(item => Number(item?.n)).reduce((sum, n) => sum + n)).toBe(500)
      }))
  })

  describe('queues of two processes', () => {
    it('wake each other without polling', () =>
      within(async (_, one, other) => {
        for (let n = 0; n < 5; n++) {
          const waiting = lease(other, 'work', 1)
          const beganMs = clock.now()
          await one.queues.send([{ queue: 'work', id: `m-${n}`, body: '1' }])
          const [message] = await waiting
          expect(message?.id).toBe(`m-${n}`)
          expect(clock.now() - beganMs).toBeLessThan(8_000)
          await other.queues.done('work', [message?.lease ?? ''])
        }
      }))

    it('wake each other again after the connection that listens was lost', () =>
      within(async (system, one, other) => {
        const waiting = lease(other, 'work', 1)
        const listening = `select count(*)::int as n from pg_stat_activity where query like 'listen %'`
        const bothListen = () =>
          vi.waitFor(async () => expect((await system.ask(listening))[0]?.n).toBe(2), { timeout: 20_000 })
        await bothListen()
        // Waits for their end: the signal alone may come after the next question.
        await system.ask(`select pg_terminate_backend(pid, 20000) from pg_stat_activity where query like 'listen %'`)
        await bothListen()
        const beganMs = clock.now()
        await one.queues.send([{ queue: 'work', id: 'm', body: '1' }])
        expect(await waiting).toHaveLength(1)
        expect(clock.now() - beganMs).toBeLessThan(8_000)
      }))

    it('give no message to two, and lose none', () =>
      within(async (_, ...engines) => {
        const ids = Array.from({ length: 2_000 }, (_, n) => `m-${n}`)
        const stop = new AbortController()
        const found: string[] = []
        const work = async (engine: Engine): Promise<void> => {
          while (!stop.signal.aborted) {
            const batch = await lease(engine, 'work', 10, stop.signal)
            found.push(...batch.map(({ id }) => id))
            await engine.queues.done(
              'work',
              batch.map(({ lease }) => lease),
            )
            if (found.length >= ids.length) stop.abort()
          }
        }
        const workers = Promise.all(engines.flatMap(engine => [1, 2, 3, 4].map(() => work(engine))))
        for (let at = 0; at < ids.length; at += 100) {
          const some = ids.slice(at, at + 100).map(id => ({ queue: 'work', id, body: '1' }))
          await engines[(at / 100) % 2]?.queues.send(some)
        }
        await workers
        expect(found.toSorted()).toEqual(ids.toSorted())
      }))

    it('let a message of a key wait for one that was put in before it and is not committed yet', () =>
      within(async (system, one, other) => {
        const message = (id: string) => ({ queue: 'steps', id, body: id, orderKey: 'k' })
        const catalogue = await catalogueOf(one.connections, system.shape.plan, system.shape)
        const values = [randomUUID(), true, ...Array.from({ length: 13 }, () => [])]
        const given = [...values, ...messageColumns([message('first')], catalogue), catalogue.edition, [], []]
        const places = given.map((_, at) => `$${at + 1}`).join(', ')
        const waits = `select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted`
        const sending = await one.connections.transaction(async ask => {
          await ask(`select ${one.schema}.groundplan_apply(${places})`, given)
          const second = other.queues.send([message('second')])
          await vi.waitFor(async () => expect((await system.ask(waits))[0]?.n).toBe(1), 20_000)
          return { second }
        })
        await sending.second
        expect((await other.queues.peek('steps', 10)).map(({ id }) => id)).toEqual(['first', 'second'])
        expect((await lease(other, 'steps')).map(({ id }) => id)).toEqual(['first'])
      }))

    it('keep the order of each key among senders and receivers of both', () =>
      within(async (_, ...engines) => {
        const keys = Array.from({ length: 12 }, (_, n) => `key ${n}`)
        const stop = new AbortController()
        const seen = new Map<string, number[]>()
        const held = new Set<string>()
        const total = keys.length * 25
        let count = 0
        const work = async (engine: Engine): Promise<void> => {
          while (!stop.signal.aborted) {
            for (const { orderKey = '', body, lease: held1 } of await lease(engine, 'steps', 5, stop.signal)) {
              expect(held.has(orderKey)).toBe(false)
              held.add(orderKey)
              seen.set(orderKey, [...(seen.get(orderKey) ?? []), Number(body)])
              await engine.queues.counts('steps')
              held.delete(orderKey)
              await engine.queues.done('steps', [held1])
              if (++count === total) stop.abort()
            }
          }
        }
        const workers = Promise.all(engines.flatMap(engine => [1, 2, 3].map(() => work(engine))))
        const send = async (orderKey: string): Promise<void> => {
          for (let n = 0; n < 25; n++) {
            await engines[n % 2]?.queues.send([{ queue: 'steps', id: `${orderKey}/${n}`, body: `${n}`, orderKey }])
          }
        }
        await Promise.all([...keys.map(send), workers])
        for (const key of keys) expect(seen.get(key)).toEqual(Array.from({ length: 25 }, (_, n) => n))
      }))
  })

  describe('the schema', () => {
    it('is made once by processes that start at the same moment', async () => {
      const shape = { plan: 'at-once', ...needs }
      const made = await Promise.all(Array.from({ length: 5 }, () => migrate(shape, { url: server.url, clock })))
      expect(made.filter(({ from }) => from === 0)).toHaveLength(1)
      expect(await migrate(shape, { url: server.url, clock })).toEqual({ from: schemaVersion, to: schemaVersion })
    })

    it('is refused when it is newer than the program, not made, or without a table of the plan', () =>
      within(async (system, { connections }) => {
        const { shape } = system
        const more = { ...shape, tables: [...shape.tables, { ...needs.tables[0], name: 'later' }] }
        await expect(catalogueOf(connections, shape.plan, more)).rejects.toThrow(/groundplan migrate/)
        await expect(catalogueOf(connections, 'nowhere', shape)).rejects.toThrow(/groundplan migrate/)
        await system.ask('update $schema.groundplan_schema set version = version + 1')
        await expect(system.open()).rejects.toThrow(/newer program/)
        await expect(migrate(shape, { url: server.url, clock })).rejects.toThrow(/newer program/)
      }))

    it('takes a table or queue that is declared otherwise while it is empty, and not when it holds something', () =>
      within(async (system, { store, queues }) => {
        const { shape } = system
        const url = server.url
        const otherKey = { ...shape, tables: [{ ...needs.tables[0], key: ['name'] }] }
        const otherQueue = { ...shape, tables: [], queues: [{ name: 'work', ordered: true }] }
        await store.commit({ writes: [{ op: 'put', table: 'counters', item: { id: 'a' } }] })
        await expect(migrate(otherKey, { url, clock })).rejects.toMatchObject({ code: 'plan-invalid' })
        await queues.send([{ queue: 'work', id: 'm', body: '1' }])
        await expect(migrate(otherQueue, { url, clock })).rejects.toMatchObject({ code: 'plan-invalid' })
        await store.commit({ writes: [{ op: 'remove', table: 'counters', key: { id: 'a' } }] })
        await queues.purge('work', 'waiting')
        await migrate(otherKey, { url, clock })
        await migrate(otherQueue, { url, clock })
      }))

    it('takes any name for tables, indexes and queues, and nothing but a word for itself', async () => {
      const name = `x"; drop schema public cascade; --'$$ü`
      const hostile = {
        tables: [{ name, key: ['id'], indexes: { [name]: [name] }, changesTo: [name] }],
        queues: [{ name, ordered: true }],
      }
      const system = await live(server.url, hostile)
      try {
        const { store, queues } = await system.open()
        await store.commit({ writes: [{ op: 'put', table: name, item: { id: name, [name]: name } }] })
        const { items } = await store.query(name, { index: name, partition: name, limit: 10 })
        expect(items).toEqual([{ id: name, [name]: name }])
        expect(await queues.peek(name, 10)).toHaveLength(1)
      } finally {
        await system.close()
      }
      for (const schema of [`a'b`, 'a"b', 'a$$b', 'a b', '']) {
        const made = migrate({ plan: 'p', ...needs }, { url: server.url, clock, schema })
        await expect(made).rejects.toMatchObject({ code: 'plan-invalid' })
      }
      const [found] = await asked(server.url, `select count(*)::int as n from pg_namespace where nspname = 'public'`)
      expect(found?.n).toBe(1)
    })
  })

  describe('what is asked by key', () => {
    it('by many at once gives each its own, as it was when they asked or later', () =>
      within(async (_, one, other) => {
        const items = Array.from({ length: 150 }, (_, n) => ({ id: `c-${n}`, n }))
        for (const half of [items.slice(0, 75), items.slice(75)]) {
          const writes = half.map((item): Write => ({ op: 'put', table: 'counters', item }))
          await one.store.commit({ writes })
        }
        const asking = Array.from({ length: 300 }, (_, n) => n % 200)
        const found = await Promise.all(asking.map(n => other.store.get('counters', { id: `c-${n}` })))
        expect(found).toEqual(asking.map(n => items[n]))
        // Each lane reads what it has just written, while all others read and write beside it.
        const lane = async (id: string): Promise<void> => {
          for (let n = 0; n < 10; n++) {
            await one.store.commit({ writes: [{ op: 'put', table: 'counters', item: { id, n } }] })
            expect(await other.store.get('counters', { id })).toEqual({ id, n })
          }
        }
        await Promise.all(items.slice(0, 60).map(({ id }) => lane(id)))
      }))

    it('as pages, by many at once, gives each its own: small ones that meet, and large ones alone', () =>
      within(async (_, one, other) => {
        const items = Array.from({ length: 600 }, (_, n) => ({
          ...{ customer: `c-${n % 3}`, order: n, state: n % 2 ? 'new' : 'old', placed: 600 - n },
        }))
        for (let at = 0; at < items.length; at += 100) {
          const writes = items.slice(at, at + 100).map((item): Write => ({ op: 'put', table: 'orders', item }))
          await one.store.commit({ writes })
        }
        const ofTable = async (n: number): Promise<void> => {
          const limit = n % 10 === 0 ? 150 : 1 + (n % 100)
          const [partition, from] = [`c-${n % 4}`, n % 7 === 0 ? undefined : n]
          const { items: found } = await other.store.query('orders', {
            ...{ partition, limit, reverse: n % 2 === 0 },
            ...(from === undefined ? {} : { from }),
          })
          const all = items.filter(({ customer, order }) => customer === partition && order >= (from ?? 0))
          expect(found).toEqual((n % 2 === 0 ? all.reverse() : all).slice(0, limit))
        }
        const ofIndex = async (n: number): Promise<void> => {
          const { items: found } = await other.store.query('orders', {
            index: 'byState',
            partition: 'new',
            limit: n,
            to: 300,
          })
          const all = items.filter(({ state, placed }) => state === 'new' && placed <= 300)
          expect(found).toEqual(all.sort((a, b) => a.placed - b.placed).slice(0, n))
        }
        const asking = Array.from({ length: 300 }, (_, n) => (n % 3 === 0 ? ofIndex(1 + (n % 120)) : ofTable(n)))
        await Promise.all(asking)
      }))

    it('is found by an index, on tables that were empty when the statements were planned too', () =>
      within(async (system, { store, queues }) => {
        const plans = await system.open({ connections: 1, listens: false })
        const askAll = async (): Promise<void> => {
          await plans.store.get('orders', { customer: 'c-1', order: 1 })
          await plans.store.getMany('orders', [{ customer: 'c-1', order: 31 }])
          await plans.store.query('orders', { partition: 'c-2', limit: 10 })
          // Two pages that meet, and one that goes alone.
          await Promise.all(['c-3', 'c-4'].map(partition => plans.store.query('orders', { partition, limit: 10 })))
          await plans.store.query('orders', { partition: 'c-5', from: 2_990, limit: 101 })
          await plans.store.query('orders', { index: 'byState', partition: 'new', from: 100, limit: 10 })
          await plans.store.query('orders', { index: 'byState', partition: 'new', limit: 10, reverse: true })
          await plans.store.scan('orders', { limit: 10 })
          await plans.store.commit({
            writes: [
              { op: 'patch', table: 'orders', key: { customer: 'c-1', order: 1 }, set: { state: 'paid' }, unset: [] },
            ],
          })
          const [message] = await lease(plans, 'work', 1)
          await plans.queues.done('work', [message?.lease ?? ''])
        }
        // The server plans a statement anew five times before it settles.
        for (let n = 0; n < 7; n++) {
          await plans.queues.send([{ queue: 'work', id: `before ${n}`, body: '1' }])
          await askAll()
        }
        const items = Array.from({ length: 3_000 }, (_, n) => ({
          customer: `c-${n % 30}`,
          order: n,
          state: 'new',
          placed: n,
        }))
        for (let at = 0; at < items.length; at += 100) {
          const writes = items.slice(at, at + 100).map((item): Write => ({ op: 'put', table: 'orders', item }))
          await store.commit({ writes })
        }
        await queues.send(items.slice(0, 1_000).map(({ order }) => ({ queue: 'work', id: `${order}`, body: '1' })))
        const read = await readDuring(system, plans, askAll)
        expect(read.map(({ relname, scans }) => [relname, scans])).toEqual(read.map(({ relname }) => [relname, 0]))
        for (const { rows, pages } of read) {
          expect(rows).toBeLessThan(200)
          expect(pages).toBeLessThan(120)
        }
      }))
  })
})

/** Scans of whole tables, and rows read, of a plan's tables while something runs on the one connection of a process. */
async function readDuring(system: Live, { connections }: Engine, run: () => Promise<void>) {
  const seen = async () => {
    // A session tells what it read when it is idle for a while, unless it is asked.
    await connections.once('select pg_stat_force_next_flush()')
    const tables = await system.ask(
      `select relname, seq_scan::int as scans, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows,
         (idx_blks_hit + idx_blks_read)::int as pages
       from pg_stat_user_tables join pg_statio_user_tables using (relid, schemaname, relname) where schemaname = $1 and relname in ('orders', 'groundplan_entries', 'groundplan_messages')`,
      [system.shape.plan],
    )
    return tables.map(({ relname, ...counts }) => ({
      relname,
      scans: Number(counts.scans),
      rows: Number(counts.rows),
      pages: Number(counts.pages),
    }))
  }
  const before = await seen()
  await run()
  const after = await seen()
  return after.map(({ relname, scans, rows, pages }) => {
    const was = before.find(each => each.relname === relname) ?? { scans: 0, rows: 0, pages: 0 }
    return { relname, scans: scans - was.scans, rows: rows - was.rows, pages: pages - was.pages }
  })
}
