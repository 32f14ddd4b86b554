/** What watchers in one process hear of what others change. */
import type { ItemChange, Write } from 'groundplan/driver'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Engine } from './engine.ts'
import { type Server, startServer } from './test/cluster.ts'
import { type Live, live } from './test/live.ts'
import { withPostgres } from './test/server.ts'

const watched = { name: 'watched', key: ['id'], indexes: {}, changesTo: [], watched: true }
const other = { name: 'other', key: ['id'], indexes: {}, changesTo: [] }
const needs = { tables: [watched, other], queues: [] }

const adding = (id: string): Write => ({ op: 'add', table: 'watched', key: { id }, by: { n: 1 }, start: {} })

async function add({ store }: Engine, id: string): Promise<void> {
  await store.commit({ writes: [adding(id)] })
}

/** Begun when it is given. */
async function hearing({ store }: Engine) {
  const heard: ItemChange[] = []
  const leave = store.onChange('watched', change => heard.push(change))
  await store.get('watched', { id: 'nothing' })
  return { heard, leave }
}

/** What became of one item, in the order it was heard. */
function states(heard: readonly ItemChange[], id = 'a'): readonly unknown[] {
  return heard.filter(({ key }) => key.id === id).map(({ after }) => after?.n)
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n + 1)

withPostgres('postgres: live changes', () => {
  vi.setConfig({ testTimeout: 60_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  async function within(run: (system: Live, one: Engine, other: Engine) => Promise<void>): Promise<void> {
    const system = await live(server.url, needs)
    try {
      await run(system, await system.open(), await system.open())
    } finally {
      await system.close()
    }
  }

  const count = async (system: Live): Promise<unknown> =>
    (await system.ask('select count(*)::int as n from $schema.groundplan_changes'))[0]?.n

  describe('a watcher', () => {
    it('hears what every process commits, each change once, in the order of each item', () =>
      within(async (_, one, other) => {
        const ears = [await hearing(one), await hearing(other)]
        const ids = ['a', 'b', 'c']
        const lane = async (engine: Engine, id: string) => {
          for (let n = 0; n < 40; n++) await add(engine, id)
        }
        await Promise.all([one, other].flatMap(engine => ids.map(id => lane(engine, id))))
        for (const { heard } of ears) {
          await vi.waitFor(() => expect(heard).toHaveLength(240), 20_000)
          for (const id of ids) expect(states(heard, id)).toEqual(upTo(80))
        }
      }))

    it('hears of another process within a second, by a notice', () =>
      within(async (_, one, other) => {
        const { heard } = await hearing(other)
        const took: number[] = []
        for (let n = 1; n <= 10; n++) {
          await add(one, 'a')
          const fromMs = performance.now()
          await vi.waitFor(() => expect(heard).toHaveLength(n), { timeout: 20_000, interval: 2 })
          took.push(performance.now() - fromMs)
        }
        // By polling alone, half a second would be usual.
        expect(took.toSorted((a, b) => a - b)[5]).toBeLessThan(250)
      }))

    it('hears of a process that told nobody, by looking once a second', () =>
      within(async (system, one) => {
        const deaf = await system.open({ listens: false })
        const { heard } = await hearing(deaf)
        await add(one, 'a')
        await vi.waitFor(() => expect(states(heard)).toEqual([1]), 20_000)
      }))

    it('misses nothing that took long to commit while others came before it', () =>
      within(async (system, one, other) => {
        const { heard } = await hearing(other)
        const text = `insert into $schema.groundplan_changes (at_ms, tbl, change)
          select $schema.groundplan_now(), id, $1 from $schema.groundplan_tables where name = 'watched'`
        const late = JSON.stringify({ key: { id: 'late' }, after: { id: 'late', n: 1 } })
        await one.connections.transaction(async ask => {
          await ask(text.replaceAll('$schema', one.schema), [late])
          for (let n = 1; n <= 3; n++) {
            await add(one, 'a')
            await vi.waitFor(() => expect(states(heard)).toEqual(upTo(n)), 20_000)
          }
        })
        await add(one, 'a')
        await vi.waitFor(() => expect(heard).toHaveLength(5), 20_000)
        expect(states(heard, 'late')).toEqual([1])
        expect(states(heard)).toEqual(upTo(4))
        expect(await count(system)).toBe(5)
      }))

    it('hears after a restart of the server what was changed meanwhile, each once', () =>
      within(async (_, one, other) => {
        const { heard } = await hearing(other)
        for (let round = 0; round < 3; round++) {
          const writing = (async () => {
            for (let n = 0; n < 20; n++) await add(one, 'a')
          })()
          await server.stop('immediate')
          await server.start()
          await writing
        }
        await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(60), 20_000)
        expect(states(heard)).toEqual(upTo(60))
      }))

    it('hears what comes after a crash, though it had seen transactions that the crash undid', async () => {
      // Nothing is flushed but what a commit waits for, so the numbers of undone transactions are given once more.
      const lazy = await startServer({ settings: ['wal_writer_delay=10s', 'full_page_writes=off'] })
      const system = await live(lazy.url, needs)
      try {
        const [one, other] = [await system.open(), await system.open()]
        const { heard } = await hearing(other)
        await add(one, 'a')
        let undone = 0
        for (let round = 1; round <= 3; round++) {
          const seen = `unflushed-${round}`
          await one.store.commit({ writes: [adding(seen)], durable: false })
          await vi.waitFor(() => expect(states(heard, seen)).toEqual([1]), 20_000)
          await lazy.stop('immediate')
          await lazy.start()
          if (!(await one.store.get('watched', { id: seen }))) undone++
          await add(one, 'a')
          await vi.waitFor(() => expect(states(heard)).toEqual(upTo(round + 1)), 20_000)
        }
        expect(undone).toBeGreaterThan(0)
      } finally {
        await system.close()
        await lazy.remove()
      }
    })

    it('hears nothing from before it came, though another of its process listened', () =>
      within(async (_, one, other) => {
        const first = await hearing(one)
        await add(other, 'a')
        const second = await hearing(one)
        await add(other, 'a')
        await vi.waitFor(() => expect(states(first.heard)).toEqual([1, 2]), 20_000)
        expect(states(second.heard)).toEqual([2])
        second.leave()
        await add(one, 'a')
        await vi.waitFor(() => expect(states(first.heard)).toEqual([1, 2, 3]), 20_000)
        expect(second.heard).toHaveLength(1)
      }))
  })

  it('changes of tables that nobody watches are written nowhere, and cannot be listened to', () =>
    within(async (system, one) => {
      await one.store.commit({ writes: [{ op: 'put', table: 'other', item: { id: 'a' } }] })
      expect(await count(system)).toBe(0)
      expect(() => one.store.onChange('other', () => {})).toThrow(/unsupported/)
    }))

  it('what was told is taken away after a while, by whoever commits', () =>
    within(async (system, one) => {
      await add(one, 'a')
      await system.ask('update $schema.groundplan_changes set at_ms = at_ms - 3600000')
      await vi.waitFor(async () => {
        await add(one, 'b')
        const [row] = await system.ask(
          'select min(at_ms) > $schema.groundplan_now() - 600000 as kept from $schema.groundplan_changes',
        )
        expect(row?.kept).toBe(true)
      }, 10_000)
    }))
})
