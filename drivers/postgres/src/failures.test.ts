/** What is lost when processes, connections and servers are: nothing that was acknowledged, and nothing happens twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Clock } from 'groundplan/driver'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Connections } from './connections.ts'
import { postgresDatabases } from './database.ts'
import type { Engine } from './engine.ts'
import { type Server, startServer } from './test/cluster.ts'
import { killed, writerCommand } from './test/kills.ts'
import { asked, type Live, live } from './test/live.ts'
import { type LossyProxy, proxyTo } from './test/proxy.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'
import { postgresVault } from './vault.ts'

/** One commit of all kinds: a sum, an item in an index, a message. */
async function write({ store }: Engine, n: number): Promise<void> {
  const committed = await store.commit({
    writes: [
      { op: 'add', table: 'counters', key: { id: 'all' }, by: { n: 1 }, start: {} },
      { op: 'insert', table: 'orders', item: { customer: 'c', order: n, state: 'placed', placed: n } },
    ],
    messages: [{ queue: 'work', id: `m-${n}`, body: String(n) }],
  })
  if (!committed.ok) throw new Error(`commit ${n} was refused: ${committed.because}`)
}

/** The sum, the items, the entries and the messages agree, and are as many. */
async function expectKept({ ask }: Live, atLeast: number, exactly?: number): Promise<number> {
  const [found] = await ask(`select (select coalesce((item->>'n')::int, 0) from $schema.counters) as sum,
    (select count(*)::int from $schema.orders) as items, (select count(*)::int from $schema.groundplan_entries) as entries,
    (select count(*)::int from $schema.groundplan_messages) as messages`)
  const sum = Number(found?.sum ?? 0)
  expect(found).toEqual({ sum, items: sum, entries: sum, messages: sum })
  expect(sum).toBeGreaterThanOrEqual(atLeast)
  if (exactly !== undefined) expect(sum).toBe(exactly)
  return sum
}

withPostgres('postgres: failures', () => {
  vi.setConfig({ testTimeout: 90_000 })
  let server: Server
  let system: Live
  beforeAll(async () => {
    // What does not wait for its flush is lost for sure.
    server = await startServer({ safe: true, settings: ['wal_writer_delay=10s'] })
  }, 60_000)
  afterAll(() => server.remove())

  async function within(run: () => Promise<void>): Promise<void> {
    system = await live(server.url)
    try {
      await run()
    } finally {
      await system.close()
    }
  }

  /** Writers that go on until they are told to stop; gives how many commits were acknowledged. */
  function writers(engine: Engine): { stop(): Promise<number>; readonly acknowledged: () => number } {
    let stopped = false
    let acknowledged = 0
    const lane = async (first: number): Promise<void> => {
      for (let n = first; !stopped; n += 8) {
        await write(engine, n)
        acknowledged++
      }
    }
    const lanes = Promise.all(Array.from({ length: 8 }, (_, at) => lane(at)))
    lanes.catch(() => {})
    return {
      acknowledged: () => acknowledged,
      async stop() {
        stopped = true
        await lanes
        return acknowledged
      },
    }
  }

  describe('a process', () => {
    it('that is killed while it writes leaves each commit whole or not at all, and none that it acknowledged is lost', () =>
      within(async () => {
        for (let round = 0; round < 3; round++) {
          await system.ask(
            'truncate $schema.groundplan_items, $schema.groundplan_entries, $schema.groundplan_messages, $schema.groundplan_sent',
          )
          // No messages are taken: they are counted.
          const args = [...writerCommand, server.url, system.shape.plan, '0', '0']
          const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
          let said = ''
          child.stdout.on('data', data => {
            said += data
            if (said.split('\n').length > 200 + round * 37) child.kill('SIGKILL')
          })
          await once(child, 'exit')
          await expectKept(system, said.split('\n').length - 1)
        }
      }))
  })

  for (const what of ['process', 'server'] as const) {
    it(`a ${what} that is killed under load, again and again, loses nothing acknowledged, and no message`, async () => {
      const survived = await killed(server, what, 4)
      expect(survived).toMatchObject({ kills: 4, lost: 0, torn: 0, unheard: 0 })
      expect(survived.acknowledged).toBeGreaterThan(60)
    })
  }

  describe('a server', () => {
    it('that stops at once and comes back loses nothing acknowledged, and nothing is written twice', () =>
      within(async () => {
        const writing = writers(await system.open())
        for (let round = 0; round < 3; round++) {
          const before = writing.acknowledged()
          await vi.waitFor(() => expect(writing.acknowledged()).toBeGreaterThan(before + 50), 30_000)
          await server.stop('immediate')
          await server.start()
        }
        const before = writing.acknowledged()
        await vi.waitFor(() => expect(writing.acknowledged()).toBeGreaterThan(before + 50), 30_000)
        const acknowledged = await writing.stop()
        await expectKept(system, acknowledged, acknowledged)
      }))

    it('that ends connections again and again, in the middle of commits, loses nothing and writes nothing twice', () =>
      within(async () => {
        const writing = writers(await system.open())
        for (let round = 0; round < 30; round++) {
          const before = writing.acknowledged()
          await vi.waitFor(() => expect(writing.acknowledged()).toBeGreaterThan(before + 5), 30_000)
          const end = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'groundplan'`
          await asked(server.url, end)
        }
        const acknowledged = await writing.stop()
        await expectKept(system, acknowledged, acknowledged)
      }))

    for (const [queue, lost] of [
      ['work', 1],
      ['steps', 0],
    ] as const) {
      it(`that each delivery of a message of "${queue}" brings down counts all of them but ${lost}`, () =>
        within(async () => {
          const engine = await system.open({ listens: false })
          const orderKey = queue === 'steps' ? { orderKey: 'k' } : {}
          await engine.queues.send([{ queue, id: 'deadly', body: '{}', ...orderKey }])
          const wanted = { max: 10, leaseMs: 500, signal: new AbortController().signal }
          const attempts: (number | undefined)[] = []
          for (let round = 0; round < 3; round++) {
            const [message] = await engine.queues.receive(queue, wanted)
            attempts.push(message?.attempt)
            await server.kill()
            await server.start()
          }
          expect(attempts.at(-1)).toBeGreaterThanOrEqual(3 - lost)
        }))
    }

    it('that each delivery of a message brings down, and the process with it, counts all of them but one', () =>
      within(async () => {
        const sender = await system.open({ listens: false })
        await sender.queues.send([{ queue: 'work', id: 'deadly', body: '1' }])
        const attempts: (number | undefined)[] = []
        for (let round = 0; round < 3; round++) {
          const engine = await system.open({ listens: false })
          const wanted = { max: 1, leaseMs: 100, signal: AbortSignal.timeout(20_000) }
          const [message] = await engine.queues.receive('work', wanted)
          attempts.push(message?.attempt)
          await server.kill()
          await server.start()
          await engine.close()
        }
        expect(attempts.at(-1)).toBeGreaterThanOrEqual(2)
      }))

    it('that crashes is noticed by a process that has nothing but a connection that waits', () =>
      within(async () => {
        const connections = new Connections({ url: server.url, clock: realTime().clock })
        const waiting = await connections.apart()
        expect(connections.lostAtMs).toBe(Number.NEGATIVE_INFINITY)
        await server.kill()
        await server.start()
        await vi.waitFor(() => expect(connections.lostAtMs).toBeGreaterThan(0), 20_000)
        await waiting.end()
        await connections.close()
      }))

    it('that crashes never gives a revision again which somebody may have read of what is lost', async () => {
      // Nothing is flushed but what a commit waits for.
      const lazy = await startServer({ settings: ['wal_writer_delay=10s', 'full_page_writes=off'] })
      const system = await live(lazy.url)
      try {
        const { store } = await system.open({ listens: false })
        const revisions = async () => await system.ask('select rev from $schema.counters')
        const given = async (): Promise<unknown> => {
          await store.commit({ writes: [{ op: 'put', table: 'counters', item: { id: 'all' } }], durable: false })
          return (await revisions())[0]?.rev
        }
        let lost = 0
        for (let round = 0; round < 3; round++) {
          const read = await given()
          await lazy.kill()
          await lazy.start()
          if ((await revisions())[0]?.rev !== read) lost++
          expect(await given()).not.toEqual(read)
        }
        expect(lost).toBeGreaterThan(0)
      } finally {
        await system.close()
        await lazy.remove()
      }
    })

    it('with no connection left is waited for, and is a clear problem after a while', () =>
      within(async () => {
        const [{ free } = {}] = await asked(
          server.url,
          `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as free`,
        )
        await asked(server.url, 'create role guest login')
        await system.ask('grant usage on schema $schema to guest')
        await system.ask('grant all on all tables in schema $schema to guest')
        await system.ask('grant all on all sequences in schema $schema to guest')
        const url = server.url.replace('test@', 'guest@')
        const engine = await system.open({ url, connections: 2, listens: false, patienceMs: 15_000 })
        const hasty = await system.open({ url, connections: 2, listens: false, patienceMs: 300 })
        await system.ask(`select pg_terminate_backend(pid, 20000) from pg_stat_activity where usename = 'guest'`)
        const taken = await Promise.all(Array.from({ length: Number(free) }, () => taking(url)))
        await expect(hasty.store.get('counters', { id: 'all' })).rejects.toMatchObject({ code: 'engine-unavailable' })
        await expect(write(hasty, 1)).rejects.toMatchObject({ code: 'engine-unavailable' })
        const written = write(engine, 2)
        for (const client of taken) await client.end()
        await written
        await expectKept(system, 1, 1)
      }))
  })

  describe('a connection', () => {
    const throughProxy = (run: (engine: Engine, proxy: LossyProxy) => Promise<void>) =>
      within(async () => {
        const proxy = await proxyTo(server.port)
        try {
          const url = server.url.replace(String(server.port), String(proxy.port))
          const engine = await system.open({ url, listens: false })
          await write(engine, 0)
          await run(engine, proxy)
        } finally {
          await proxy.close()
        }
      })

    for (const what of ['question', 'answer'] as const) {
      it(`that is lost with the ${what} of a commit does not make it happen twice, or not at all`, () =>
        throughProxy(async (engine, proxy) => {
          for (let n = 1; n <= 5; n++) {
            proxy.lose(what, String.raw`\"order\":${n}`)
            await write(engine, n)
          }
          expect(proxy.lost).toBe(5)
          await expectKept(system, 6, 6)
        }))

      it(`that is lost with the ${what} of a commit, and once more when one asks what became of it, does neither`, () =>
        throughProxy(async (engine, proxy) => {
          for (let n = 1; n <= 5; n++) {
            proxy.lose(what, String.raw`\"order\":${n}`)
            proxy.lose('answer', 'groundplan_commits as known')
            await write(engine, n)
          }
          expect(proxy.lost).toBe(10)
          await expectKept(system, 6, 6)
        }))
    }

    it('that is lost with the answer to a take loses no time and counts no attempt: it is asked for what was taken', () =>
      throughProxy(async (engine, proxy) => {
        proxy.lose('answer', 'for update of m skip locked')
        const wanted = { max: 1, leaseMs: 3_600_000, signal: AbortSignal.timeout(30_000) }
        expect(await engine.queues.receive('work', wanted)).toMatchObject([{ id: 'm-0', attempt: 1 }])
        expect(proxy.lost).toBe(1)
      }))

    it('that is lost with the answer to the removal of a secret does not remove what was set meanwhile', () =>
      within(async () => {
        const proxy = await proxyTo(server.port)
        const masterKey = Buffer.alloc(32, 7)
        const other = await postgresVault({ ...(await system.open({ listens: false })), masterKey })
        const { clock } = realTime()
        // In the pause before it is asked again.
        const slow: Clock = { ...clock, at: (_, run) => clock.at(0, () => void other.set('key', 'new').then(run)) }
        const url = server.url.replace(String(server.port), String(proxy.port))
        const vault = await postgresVault({ ...(await system.open({ url, listens: false, clock: slow })), masterKey })
        await vault.set('key', 'old')
        proxy.lose('answer', 'delete from')
        await vault.remove('key')
        expect(proxy.lost).toBe(1)
        expect(await other.get('key')).toMatchObject({ value: 'new' })
        await proxy.close()
      }))

    it('that is lost for good makes a commit fail by saying that its outcome is not known', () =>
      within(async () => {
        const proxy = await proxyTo(server.port)
        const url = server.url.replace(String(server.port), String(proxy.port))
        const engine = await system.open({ url, listens: false, patienceMs: 300 })
        await write(engine, 0)
        proxy.lose('answer', String.raw`\"order\":1`, 'for good')
        const written = write(engine, 1)
        await expect(written).rejects.toMatchObject({ code: 'engine-unavailable' })
        await expect(written).rejects.toThrow(/not known/)
        await proxy.close()
      }))
  })

  describe('a database', () => {
    /** Ends them and waits for their end: the signal alone may come later than the next question. */
    const end = `select pg_terminate_backend(pid, 20000) from pg_stat_activity
      where application_name = 'groundplan' and datname = 'main'`

    it('whose connections are ended says so to what runs, keeps nothing of it, and goes on', async () => {
      await asked(server.url, 'create database main')
      const databases = postgresDatabases({ clock: realTime().clock, urlOf: name => server.urlOf(name) })
      const db = await databases.open('main')
      await db.script('create table kept (id integer)')
      for (let round = 0; round < 5; round++) {
        const transaction = db.transaction(async sql => {
          await sql.query('insert into kept values (1)')
          await asked(server.url, end)
          await sql.query('insert into kept values (2)')
        })
        await expect(transaction).rejects.toMatchObject({ code: 'engine-unavailable' })
        const locked = db.alone('lock', () => asked(server.url, end))
        await expect(locked).rejects.toMatchObject({ code: 'engine-unavailable' })
        expect((await db.query('select count(*) as n from kept')).rows).toEqual([{ n: 0 }])
      }
      expect(await db.alone('lock', async () => 'free')).toBe('free')
      await databases.close()
    })

    it('that a server does not have is a clear problem', async () => {
      const databases = postgresDatabases({ clock: realTime().clock, urlOf: name => server.urlOf(name) })
      await expect(databases.open('nowhere')).rejects.toThrow(/nowhere/)
      await databases.close()
    })
  })
})

/** A connection that somebody else has, as soon as there is one: of those that were closed a moment ago, some are still there. */
function taking(url: string): Promise<pg.Client> {
  return vi.waitFor(async () => {
    const client = new pg.Client(url)
    client.on('error', () => {})
    await client.connect()
    return client
  }, 20_000)
}
