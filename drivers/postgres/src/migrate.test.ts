/** Bringing a schema that holds something, and is written to, up to another plan. */
import { fault, type Item, type MigrationProgress, type TableShape, type Write } from 'groundplan/driver'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Held } from './catalogue.ts'
import type { Engine } from './engine.ts'
import { migrate, pendingSteps } from './migrate.ts'
import { quotedSchema, schemaVersion, steps } from './schema.ts'
import { type Server, startServer } from './test/cluster.ts'
import { asked, type Live, live } from './test/live.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

const { clock } = realTime()
const parcels: TableShape = { name: 'parcels', key: ['id'], indexes: {}, changesTo: [] }
const indexed: TableShape = { ...parcels, indexes: { byTown: ['town', 'weight'] } }
const towns = ['Bonn', 'Ulm', 'Trier']

const put = (item: Item): Write => ({ op: 'put', table: 'parcels', item })

async function filled({ store }: Engine, count: number): Promise<void> {
  for (let at = 0; at < count; at += 100) {
    const items = Array.from({ length: 100 }, (_, n) => ({
      id: `p-${at + n}`,
      town: towns[(at + n) % 3],
      weight: at + n,
    }))
    await store.commit({ writes: items.map(put) })
  }
}

/** What an index gives, and what it should. */
async function compared({ store }: Engine): Promise<void> {
  const all: Item[] = []
  let after: string | undefined
  do {
    const page = await store.scan('parcels', { limit: 1_000, ...(after === undefined ? {} : { after }) })
    all.push(...page.items)
    after = page.after
  } while (after !== undefined)
  const byWeight = (one: Item, other: Item): number => Number(one.weight) - Number(other.weight)
  for (const partition of towns) {
    const found: Item[] = []
    do {
      const query = { index: 'byTown', partition, limit: 1_000 }
      const page = await store.query('parcels', after === undefined ? query : { ...query, after })
      found.push(...page.items)
      after = page.after
    } while (after !== undefined)
    const expected = all.filter(({ town, weight }) => town === partition && typeof weight === 'number')
    expect(found.map(({ id }) => id)).toEqual(expected.toSorted(byWeight).map(({ id }) => id))
  }
}

withPostgres('postgres: migrations', () => {
  vi.setConfig({ testTimeout: 60_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  async function within(run: (system: Live, engine: Engine, later: Held) => Promise<void>): Promise<void> {
    const system = await live(server.url, { tables: [parcels], queues: [] })
    try {
      await run(system, await system.open(), { ...system.shape, tables: [indexed] })
    } finally {
      await system.close()
    }
  }

  const options = () => ({ url: server.url, clock })
  const words = async (shape: Held) => (await pendingSteps(shape, options())).map(({ what }) => what)

  it('are told before they are done, and change nothing by being told', async () => {
    const shape = { plan: 'told', tables: [indexed], queues: [{ name: 'work', ordered: true }] }
    const all = [
      `make the schema "told", version ${schemaVersion}`,
      'make the table "parcels"',
      'make the queue "work"',
    ]
    expect(await words(shape)).toEqual(all)
    expect(await words(shape)).toEqual(all)
    const done: MigrationProgress[] = []
    await migrate(shape, { ...options(), told: progress => done.push(progress) })
    expect(done.map(({ step }) => step.what)).toEqual(all)
    expect(await words(shape)).toEqual([])
    expect(await words({ ...shape, queues: [{ name: 'work', ordered: false }] })).toEqual([
      'make the empty queue "work" one without order',
    ])
  })

  describe('a new index of a table that holds something', () => {
    it('has every item at the end, while processes of the version before write on', () =>
      within(async (system, before, later) => {
        const another = await system.open()
        await filled(before, 3_000)
        let stopped = false
        let written = 0
        const lane = async (engine: Engine, lane: number): Promise<void> => {
          for (let n = lane; !stopped; n += 7) {
            const id = `p-${(n * 37) % 3_500}`
            if (n % 5 === 0) await engine.store.commit({ writes: [{ op: 'remove', table: 'parcels', key: { id } }] })
            else await engine.store.commit({ writes: [put({ id, town: towns[n % 3], weight: n })] })
            written++
          }
        }
        const lanes = Promise.all([before, another, before, another].map(lane))
        await vi.waitFor(() => expect(written).toBeGreaterThan(50), 20_000)
        const beganAt = written
        await migrate(later, options())
        const during = written - beganAt
        await vi.waitFor(() => expect(written).toBeGreaterThan(beganAt + during + 50), 20_000)
        stopped = true
        await lanes
        expect(during).toBeGreaterThan(0)
        await compared(await system.open({}, later))
      }))

    it('goes on where it was interrupted; until it is whole, the new version is refused', () =>
      within(async (system, engine, later) => {
        await filled(engine, 2_200)
        const stopAfter =
          (items: number) =>
          ({ done }: MigrationProgress) => {
            if (done >= items) throw fault('stopping', 'killed')
          }
        await expect(migrate(later, { ...options(), told: stopAfter(1_000) })).rejects.toThrow(/killed/)
        expect(await pendingSteps(later, options())).toEqual([
          { what: 'fill the index "byTown" of the table "parcels"', of: 1_200 },
        ])
        await expect(system.open({}, later)).rejects.toThrow(/groundplan migrate/)
        const done: number[] = []
        await migrate(later, { ...options(), told: progress => done.push(progress.done) })
        expect(done).toEqual([500, 1_000, 1_200])
        await compared(await system.open({}, later))
      }))

    it('is kept by processes that know nothing of it, also where their items do not fit it', () =>
      within(async (system, engine, later) => {
        await filled(engine, 200)
        await engine.store.commit({ writes: [put({ id: 'odd', town: { name: 'Ulm' }, weight: 1 })] })
        const told: MigrationProgress[] = []
        await migrate(later, { ...options(), told: progress => told.push(progress) })
        expect(told.at(-1)).toMatchObject({ done: 201, unfit: 1 })
        const next = await system.open({}, later)
        await compared(next)
        await engine.store.commit({ writes: [put({ id: 'p-0', town: 'Ulm', weight: 5_000 })] })
        await engine.store.commit({ writes: [put({ id: 'p-1', town: ['Ulm'], weight: 1 })] })
        await engine.store.commit({ writes: [{ op: 'remove', table: 'parcels', key: { id: 'p-2' } }] })
        await compared(next)
        await next.store.commit({ writes: [put({ id: 'odd', town: 'Bonn', weight: 7_000 })] })
        await compared(next)
      }))

    it('is refused where one of the same name had another key', () =>
      within(async (system, engine, later) => {
        await filled(engine, 100)
        await migrate(later, options())
        const other = { ...later, tables: [{ ...parcels, indexes: { byTown: ['town'] } }] }
        await expect(migrate(other, options())).rejects.toThrow(/its index "byTown"/)
        await expect(pendingSteps(other, options())).rejects.toMatchObject({ code: 'plan-invalid' })
        await compared(await system.open({}, later))
      }))
  })

  it('bring a schema of the first version to this one, with what it holds', async () => {
    const shape = { plan: 'first', tables: [indexed], queues: [] }
    const s = quotedSchema('first')
    await asked(
      server.url,
      `create schema ${s}; create table ${s}.groundplan_schema (version integer not null);
      insert into ${s}.groundplan_schema values (1); ${steps[0]?.(s)};
      insert into ${s}.groundplan_tables (name, key) values ('parcels', '["id"]');
      insert into ${s}.groundplan_indexes (tbl, name, key) values (1, 'byTown', '["town", "weight"]');
      create table ${s}.parcels partition of ${s}.groundplan_items for values in (1)`,
    )
    expect(await words(shape)).toEqual([`bring the schema "first" from version 1 to ${schemaVersion}`])
    expect(await migrate(shape, options())).toEqual({ from: 1, to: schemaVersion })
    expect(await words(shape)).toEqual([])
    const system = await live(server.url, shape, 'first')
    const engine = await system.open()
    await filled(engine, 100)
    await compared(engine)
    await system.close()
  })

  it('bring leases of the third version to this one: who has a message keeps it, what had run out is free', async () => {
    const shape = { plan: 'leased', tables: [], queues: [{ name: 'work', ordered: false }] }
    const s = quotedSchema('leased')
    const minute = 60_000
    const message = (id: string, atMs: number, attempt: number, lease: number | null): string =>
      `(1, '${id}', '${id}', '{}', 0, ${s}.groundplan_now() + ${atMs}, ${attempt}, ${lease})`
    const messages = [message('due', -1, 0, null), message('later', minute, 0, null)]
    const leased = [message('over', -1, 1, 6), message('held', minute, 1, 7)]
    await asked(
      server.url,
      `create schema ${s}; create table ${s}.groundplan_schema (version integer not null);
      insert into ${s}.groundplan_schema values (3); ${steps
        .slice(0, 3)
        .map(step => step(s))
        .join(';')};
      insert into ${s}.groundplan_queues (name, ordered) values ('work', false);
      insert into ${s}.groundplan_messages (queue, id, body, headers, sent_at_ms, at_ms, attempt, lease)
        values ${[...messages, ...leased].join()}`,
    )
    expect(await migrate(shape, options())).toEqual({ from: 3, to: schemaVersion })
    const system = await live(server.url, shape, 'leased')
    const { queues } = await system.open()
    expect(await queues.counts('work')).toMatchObject({ ready: 2, delayed: 1, leased: 1 })
    const free = await queues.receive('work', { max: 10, leaseMs: minute, signal: new AbortController().signal })
    expect(free.map(({ id, attempt }) => `${id} ${attempt}`).toSorted()).toEqual(['due 1', 'over 2'])
    const [held] = await system.ask(`select seq from $schema.groundplan_messages where id = 'held'`)
    await queues.done('work', [...free.map(({ lease }) => lease), `${held?.seq}.7`])
    expect(await queues.counts('work')).toMatchObject({ ready: 0, delayed: 1, leased: 0 })
    await system.close()
  })
})
