import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { shapeOf } from '../contract/plan-shape.ts'
import type { Commit, Store } from '../contract/store.ts'
import { memoryClock } from '../memory/clock.ts'
import { memoryDrivers } from '../memory/drivers.ts'
import { anyone, authorizer } from '../plan/authorizer.ts'
import { consumer } from '../plan/consumer.ts'
import { answer, endpoint, nothing } from '../plan/endpoint.ts'
import { atomically } from '../plan/operation.ts'
import { problem } from '../plan/problem.ts'
import { queue } from '../plan/queue.ts'
import { table } from '../plan/table.ts'
import { killedEverywhere, testbed } from '../targets/testbed.ts'
import { onceTable } from './once.ts'
import { runtimeTables, startRuntime } from './runtime.ts'
import { asking, latch, rejection, routeOf, smallPlan } from './test/small.ts'

const Stock = z.object({ product: z.string(), left: z.int().default(10) })
const Sale = z.object({ saleId: z.string(), units: z.int() })
const stock = table('stock', { item: Stock, key: ['product'] })
const sales = table('sales', { item: Sale, key: ['saleId'] })
const jobs = queue('jobs', { message: Sale })
const tea = { product: 'tea' }
const once = { once: 'Idempotency-Key', summary: 'Once', caller: anyone } as const
const uses = { stock: stock.writer, sales: sales.writer, jobs: jobs.sender }
const tables = { stock: stock.writer, sales: sales.writer }
const Units = z.object({ units: z.int() })

/** The answer is the item that the one operation leaves. */
const take = endpoint('POST /take', {
  ...once,
  body: Units,
  returns: Stock,
  fails: { 'sold-out': 409 },
  uses,
  handle: ({ body }, { stock }) => stock.add(tea, { left: -body.units }, { floor: 0 }).or(problem('sold-out', 'Gone')),
})

/** The answer is kept with several effects, a message among them. */
const sell = endpoint('POST /sell', {
  ...once,
  body: Units,
  returns: { 201: Sale, 202: Sale },
  fails: { 'sold-out': 409 },
  uses,
  async handle({ body, newId }, { stock, sales, jobs }) {
    const sale = { saleId: newId(), units: body.units }
    return atomically({
      stock: stock.add(tea, { left: -body.units }, { floor: 0 }),
      sale: sales.insert(sale),
      job: jobs.send(sale),
    }).answer(answer(202, sale, { location: `/sales/${sale.saleId}` }), {
      stock: problem('sold-out'),
      sale: problem('sold-out'),
    })
  },
})

const drop = endpoint('DELETE /stock', {
  ...once,
  returns: nothing,
  uses,
  handle: (_call, { stock }) => stock.remove(tea) as never,
})
const tell = endpoint('POST /tell', {
  ...once,
  returns: nothing,
  uses,
  handle: (_call, { jobs }) => jobs.send({ saleId: 's', units: 1 }) as never,
})

const handled: string[] = []
const work = consumer(jobs, { handle: ({ message }) => void handled.push(message.saleId) })
const handlers = { take, sell, drop, tell, work }
const plan = smallPlan(handlers)
type OnceBed = Awaited<ReturnType<typeof booted>>

async function booted() {
  handled.length = 0
  return testbed(plan)
}

async function kept(bed: OnceBed) {
  const { stock: left, sales: sold } = bed.uses({ stock: stock.scanner, sales: sales.scanner })
  return { stock: (await left.scan()).items, sales: (await sold.scan()).items }
}

const records = async ({ drivers }: { drivers: { store: Store } }) =>
  (await drivers.store.scan(onceTable.name, { limit: 10 })).items

const raw = (bed: OnceBed, name: string, key: string, body?: unknown) =>
  bed.runtime.door.call(routeOf(bed.runtime, name), asking({ body, headers: { 'idempotency-key': key } }))

describe('A request with an idempotency key', () => {
  it('is done once and answered the same: the item a write leaves', async () => {
    await using bed = await booted()
    const first = await raw(bed, 'take', 'k', { units: 3 })
    expect(first).toMatchObject({ status: 200, json: '{"product":"tea","left":7}' })
    expect(await raw(bed, 'take', 'another', { units: 2 })).toMatchObject({ json: '{"product":"tea","left":5}' })
    expect(await raw(bed, 'take', 'k', { units: 3 })).toEqual(first)
    expect((await kept(bed)).stock).toMatchObject([{ left: 5 }])
  })

  it('is answered the same with its status and headers, and sends its message once', async () => {
    await using bed = await booted()
    const first = await raw(bed, 'sell', 'k', { units: 3 })
    expect(first).toMatchObject({ status: 202, headers: { location: expect.stringMatching(/^\/sales\/./) } })
    await bed.advance('1 hour')
    expect(await raw(bed, 'sell', 'k', { units: 3 })).toEqual(first)
    await bed.settled()
    expect([(await kept(bed)).sales.length, handled.length]).toEqual([1, 1])
  })

  it('is answered the same problem, also when it would go well by now', async () => {
    await using bed = await booted()
    const refused = await raw(bed, 'take', 'k', { units: 11 })
    expect(refused).toMatchObject({ kind: 'problem', status: 409, problem: { code: 'sold-out', detail: 'Gone' } })
    await bed.uses({ stock: stock.writer }).stock.put({ ...tea, left: 100 })
    expect(await raw(bed, 'take', 'k', { units: 11 })).toEqual(refused)
    expect(await raw(bed, 'take', 'k2', { units: 11 })).toMatchObject({ status: 200 })
  })

  it('is answered nothing twice: a removal, a message', async () => {
    await using bed = await booted()
    await bed.uses({ stock: stock.writer }).stock.put(tea)
    for (const name of ['drop', 'tell']) {
      const first = await raw(bed, name, 'k')
      expect(first).toEqual({ kind: 'nothing', status: 204, headers: {} })
      if (name === 'drop') await bed.uses({ stock: stock.writer }).stock.put({ ...tea, left: 1 })
      expect(await raw(bed, name, 'k')).toEqual(first)
    }
    await bed.settled()
    expect((await kept(bed)).stock).toMatchObject([{ left: 1 }])
    expect(handled).toEqual(['s'])
  })

  it('is answered what the table’s clients would read, though the item is kept in an older form', async () => {
    const Old = z.strictObject({ id: z.string(), name: z.string() })
    const New = z.strictObject({ id: z.string(), names: z.array(z.string()), hits: z.int().default(0) })
    const people = table('people', {
      item: [Old, old => ({ id: old.id, names: [old.name] }), New.extend({ hits: z.int().default(0) })],
      key: ['id'],
    })
    const hit = endpoint('POST /hit', {
      ...once,
      returns: New,
      uses: { people: people.writer },
      handle: (_call, { people }) => people.patch({ id: 'a' }, {}),
    })
    await using bed = await testbed(smallPlan({ hit }))
    await bed.drivers.store.commit({ writes: [{ op: 'put', table: 'people', item: { id: 'a', name: 'Ann' } }] })
    const first = await bed.gateways.api.hit({ once: 'k' })
    expect(first).toEqual({ ok: true, value: { id: 'a', names: ['Ann'], hits: 0 } })
    expect(await bed.gateways.api.hit({ once: 'k' })).toEqual(first)
  })

  it('may not be used for another request', async () => {
    await using bed = await booted()
    await raw(bed, 'take', 'k', { units: 1 })
    expect(await raw(bed, 'take', 'k', { units: 2 })).toMatchObject({
      status: 422,
      problem: { code: 'idempotency-key-reused' },
    })
    expect(await raw(bed, 'sell', 'k', { units: 1 })).toMatchObject({ status: 202 })
  })

  it('needs a key of 1 to 255 visible characters', async () => {
    await using bed = await booted()
    for (const key of ['', 'with space', 'ü', 'x'.repeat(256)]) {
      expect(await raw(bed, 'take', key, { units: 1 })).toMatchObject({
        status: 400,
        problem: { code: 'idempotency-key-invalid' },
      })
    }
    expect(await raw(bed, 'take', 'x'.repeat(255), { units: 1 })).toMatchObject({ status: 200 })
  })

  it('is remembered for 24 hours, and no longer', async () => {
    await using bed = await booted()
    const first = await raw(bed, 'take', 'k', { units: 1 })
    await bed.advance('86399 seconds')
    expect(await raw(bed, 'take', 'k', { units: 1 })).toEqual(first)
    await bed.advance('1 second')
    expect(await raw(bed, 'take', 'k', { units: 1 })).toMatchObject({ json: '{"product":"tea","left":8}' })
  })

  it('belongs to its caller: the same key of another is another request', async () => {
    const person = authorizer('person', {
      caller: z.object({ name: z.string() }),
      authorize: async request => ({ name: request.header('x-name') ?? '' }),
    })
    const mine = endpoint('POST /mine', {
      ...once,
      caller: person,
      returns: z.string(),
      handle: ({ caller, newId }) => `${caller.name} ${newId()}`,
    })
    await using bed = await testbed(smallPlan({ mine }))
    const ann = bed.with({ 'x-name': 'ann' }).api
    const ben = bed.with({ 'x-name': 'ben' }).api
    const first = await ann.mine({ once: 'k' })
    expect(first.value).toMatch(/^ann /)
    expect((await ben.mine({ once: 'k' })).value).toMatch(/^ben /)
    expect(await ann.mine({ once: 'k' })).toEqual(first)
  })
})

describe('While it runs', () => {
  const gate = { current: latch() }
  let runs = 0
  const ids: string[] = []
  const slow = endpoint('POST /slow', {
    ...once,
    returns: Sale,
    uses: tables,
    async handle({ newId }, { sales }) {
      runs++
      ids.push(newId())
      await gate.current.opened
      const sale = { saleId: ids.at(-1) ?? '', units: runs }
      return atomically({ sale: sales.insert(sale) }).answer(sale, { sale: problem('conflict') as never })
    },
  })
  const slowPlan = smallPlan({ slow })

  function begin(): void {
    gate.current = latch()
    runs = 0
    ids.length = 0
  }

  it('the same request is told to come again, and finds the answer then', async () => {
    begin()
    await using bed = await testbed(slowPlan)
    const first = bed.gateways.api.slow({ once: 'k' })
    await bed.settled()
    const again = await bed.runtime.door.call(
      routeOf(bed.runtime, 'slow'),
      asking({ headers: { 'idempotency-key': 'k' } }),
    )
    expect(again).toMatchObject({ status: 409, problem: { code: 'call-in-flight' }, headers: { 'retry-after': '2' } })
    gate.current.open()
    await first
    expect(await bed.gateways.api.slow({ once: 'k' })).toEqual(await first)
    expect(runs).toBe(1)
  })

  it('two processes share the claim, and the answer', async () => {
    begin()
    const clock = memoryClock(Date.UTC(2030, 0, 1))
    const drivers = memoryDrivers(shapeOf(slowPlan, runtimeTables), { clock, linkKey: 'k' })
    const one = await startRuntime(slowPlan, drivers, { logs: () => {} })
    const other = await startRuntime(slowPlan, drivers, { logs: () => {} })
    const ask = (runtime: typeof one) =>
      runtime.door.call(routeOf(runtime, 'slow'), asking({ headers: { 'idempotency-key': 'k' } }))
    const [first, second] = [ask(one), ask(other)]
    expect(await Promise.race([first, second])).toMatchObject({ problem: { code: 'call-in-flight' } })
    gate.current.open()
    const answered = (await Promise.all([first, second])).find(({ kind }) => kind === 'json')
    expect([await ask(one), await ask(other)]).toEqual([answered, answered])
    expect(runs).toBe(1)
    await Promise.all([one.stop(0), other.stop(0)])
  })

  it('a claim of another opening of the data is taken over at once, where one process at a time has it', async () => {
    begin()
    const clock = memoryClock(Date.UTC(2030, 0, 1))
    const drivers = memoryDrivers(shapeOf(slowPlan, runtimeTables), { clock, linkKey: 'k' })
    const before = await startRuntime(slowPlan, { ...drivers, opening: 'before' }, { logs: () => {} })
    const now = await startRuntime(slowPlan, { ...drivers, opening: 'now' }, { logs: () => {} })
    const ask = (runtime: typeof now) =>
      runtime.door.call(routeOf(runtime, 'slow'), asking({ headers: { 'idempotency-key': 'k' } }))
    const lost = ask(before)
    expect(await ask(before)).toMatchObject({ problem: { code: 'call-in-flight' } })
    const taken = ask(now)
    expect(await ask(now)).toMatchObject({ problem: { code: 'call-in-flight' } })
    gate.current.open()
    expect(await taken).toMatchObject({ kind: 'json' })
    expect(await lost).toMatchObject({ problem: { code: 'call-overtaken' } })
    expect(ids[1]).toBe(ids[0])
    await Promise.all([before.stop(0), now.stop(0)])
  })

  it('a process that died is followed by the next run, which makes the same ids', async () => {
    begin()
    await using bed = await testbed(slowPlan)
    const dying = rejection(bed.gateways.api.slow({ once: 'k' }))
    await bed.settled()
    await bed.restart()
    expect(await dying).toMatchObject({ name: 'ProcessDied' })
    gate.current.open()
    expect(await rejection(bed.gateways.api.slow({ once: 'k' }))).toMatchObject({ code: 'call-in-flight' })
    await bed.advance('34 seconds')
    expect(await bed.gateways.api.slow({ once: 'k' })).toMatchObject({ ok: true, value: { units: 2 } })
    expect(ids[1]).toBe(ids[0])
    const [record] = await records(bed)
    expect(record).toMatchObject({ atMs: Date.parse('2026-01-01T00:00:00Z') })
  })

  it('its commit is refused once another run has taken over', async () => {
    begin()
    await using bed = await testbed(slowPlan)
    const first = bed.runtime.door.call(routeOf(bed.runtime, 'slow'), asking({ headers: { 'idempotency-key': 'k' } }))
    await bed.settled()
    // As the other run's conditional write leaves it.
    const [record] = await records(bed)
    await bed.drivers.store.commit({
      writes: [{ op: 'put', table: onceTable.name, item: { ...record, holder: 'another' } }],
    })
    gate.current.open()
    expect(await first).toMatchObject({ status: 503, problem: { code: 'call-overtaken' } })
    expect((await bed.uses({ sales: sales.scanner }).sales.scan()).items).toEqual([])
    expect(await records(bed)).toMatchObject([{ holder: 'another' }])
  })

  it('a claim that a crash of the engine lost costs nothing: nothing was done, and the next request does it', async () => {
    begin()
    await using bed = await testbed(slowPlan)
    const first = rejection(bed.gateways.api.slow({ once: 'k' }))
    await bed.settled()
    const [record] = await records(bed)
    await bed.drivers.store.commit({
      writes: [{ op: 'remove', table: onceTable.name, key: { id: String(record?.id) } }],
    })
    gate.current.open()
    expect(await first).toMatchObject({ code: 'call-overtaken' })
    expect(await bed.gateways.api.slow({ once: 'k' })).toMatchObject({ ok: true })
    expect((await bed.uses({ sales: sales.scanner }).sales.scan()).items).toHaveLength(1)
  })

  it('a former holder that answers at the last moment is not overwritten by the one that takes over', async () => {
    begin()
    await using bed = await testbed(slowPlan)
    const { store } = bed.drivers
    const first = bed.gateways.api.slow({ once: 'k' })
    await bed.settled()
    const [record] = await records(bed)
    await store.commit({ writes: [{ op: 'put', table: onceTable.name, item: { ...record, until: 0 } }] })
    const commit = store.commit.bind(store)
    const lateAnswer = async (given: Commit) => {
      const [write] = given.writes
      const takesOver = write?.op === 'put' && write.table === onceTable.name && write.item.answer === undefined
      if (takesOver) {
        // The former holder's commit comes between the look at the record and the take-over.
        Object.assign(store, { commit })
        gate.current.open()
        await first
      }
      return commit(given)
    }
    Object.assign(store, { commit: lateAnswer })
    expect(await rejection(bed.gateways.api.slow({ once: 'k' }))).toMatchObject({ code: 'call-in-flight' })
    expect(await bed.gateways.api.slow({ once: 'k' })).toEqual(await first)
    expect(runs).toBe(1)
  })

  it('running out of time lets go, and a retry runs it again', async () => {
    begin()
    await using bed = await testbed(slowPlan)
    const first = rejection(bed.gateways.api.slow({ once: 'k' }))
    await bed.advance('29 seconds')
    expect(await first).toMatchObject({ code: 'timed-out' })
    gate.current.open()
    await bed.settled()
    expect(await bed.gateways.api.slow({ once: 'k' })).toMatchObject({ ok: true, value: { units: 2 } })
  })
})

describe('A handler with once', () => {
  it('that failed lets go: the retry runs it again, with the same ids', async () => {
    const ids: string[] = []
    const flaky = endpoint('POST /flaky', {
      ...once,
      returns: z.string(),
      async handle({ newId }) {
        ids.push(newId())
        if (ids.length === 1) throw new Error('no luck')
        return 'done'
      },
    })
    await using bed = await testbed(smallPlan({ flaky }))
    expect(await rejection(bed.gateways.api.flaky({ once: 'k' }))).toMatchObject({ code: 'handler-failed' })
    expect(await records(bed)).toEqual([])
    expect(await bed.gateways.api.flaky({ once: 'k' })).toEqual({ ok: true, value: 'done' })
    expect(await bed.gateways.api.flaky({ once: 'k' })).toEqual({ ok: true, value: 'done' })
    expect(ids).toHaveLength(2)
  })

  it('makes the same ids again within a day only for the same work', async () => {
    const id = endpoint('POST /id', {
      ...once,
      returns: z.array(z.string()),
      handle: ({ newId }) => [newId(), newId()],
    })
    await using bed = await testbed(smallPlan({ id }))
    const [a, b, anonymous] = [
      await bed.gateways.api.id({ once: 'a' }),
      await bed.gateways.api.id({ once: 'b' }),
      await bed.gateways.api.id(),
    ]
    expect(new Set([...a.value, ...b.value, ...anonymous.value]).size).toBe(6)
    expect([...a.value].sort()).toEqual(a.value)
  })

  it('that writes outside of its answer is refused with a way out, with a key and without', async () => {
    const early = endpoint('POST /early', {
      ...once,
      returns: Stock,
      uses: tables,
      async handle(_call, { stock }) {
        return await stock.put(tea)
      },
    })
    const bare = endpoint('POST /bare', {
      ...once,
      returns: nothing,
      uses: tables,
      handle: async (_call, { stock }) => void (await atomically({ stock: stock.put(tea) })),
    })
    await using bed = await testbed(smallPlan({ early, bare }))
    for (const request of [{ once: 'k' }, {}]) {
      expect(await rejection(bed.gateways.api.early(request))).toMatchObject({ code: 'write-outside-answer' })
      expect(await rejection(bed.gateways.api.bare(request))).toMatchObject({ code: 'write-outside-answer' })
    }
    const logs = JSON.stringify(bed.logs)
    expect(logs).toContain(
      'stock.put was awaited in an endpoint with `once`: return it from a handler that is not async',
    )
    expect(logs).toContain('end it with .answer(…)')
    expect((await bed.uses({ stock: stock.scanner }).stock.scan()).items).toEqual([])
  })

  it('that forgets an operation keeps nothing of its answer either', async () => {
    const forgetful = endpoint('POST /forgetful', {
      ...once,
      returns: Stock,
      uses: tables,
      handle(_call, { stock, sales }) {
        sales.insert({ saleId: 's', units: 1 })
        return stock.put(tea)
      },
    })
    await using bed = await testbed(smallPlan({ forgetful }))
    expect(await rejection(bed.gateways.api.forgetful({ once: 'k' }))).toMatchObject({ code: 'operation-never-run' })
    expect((await bed.uses({ stock: stock.scanner }).stock.scan()).items).toEqual([])
    expect(await records(bed)).toEqual([])
  })

  it('whose answer does not fit keeps nothing', async () => {
    const unfit = endpoint('POST /unfit', {
      ...once,
      returns: Sale,
      uses: tables,
      handle: (_call, { stock }) => atomically({ stock: stock.put(tea) }).answer({ saleId: 1 } as never),
    })
    await using bed = await testbed(smallPlan({ unfit }))
    expect(await rejection(bed.gateways.api.unfit({ once: 'k' }))).toMatchObject({ code: 'answer-invalid' })
    expect((await bed.uses({ stock: stock.scanner }).stock.scan()).items).toEqual([])
    expect(await records(bed)).toEqual([])
  })
})

describe('Killed at every point and tried again, a request is done once', () => {
  it('with the item its write leaves', async () => {
    const points = await killedEverywhere({
      boot: booted,
      act: bed => bed.gateways.api.take({ body: { units: 3 }, once: 'k' }),
      async check(bed, { first, again, point }) {
        expect(again, `point ${point}`).toEqual({ ok: true, value: { product: 'tea', left: 7 } })
        if (first) expect(again, `point ${point}`).toEqual(first)
        expect((await kept(bed)).stock, `point ${point}`).toMatchObject([{ left: 7 }])
      },
    })
    expect(points).toBeGreaterThanOrEqual(4)
  })

  it('with several effects and a message', async () => {
    const points = await killedEverywhere({
      boot: booted,
      act: bed => bed.gateways.api.sell({ body: { units: 3 }, once: 'k' }),
      async check(bed, { first, again, point }) {
        const { stock, sales } = await kept(bed)
        expect(again, `point ${point}`).toMatchObject({ ok: true, value: sales[0] })
        if (first) expect(again, `point ${point}`).toEqual(first)
        expect([stock, sales.length], `point ${point}`).toMatchObject([[{ left: 7 }], 1])
        expect(new Set(handled), `point ${point}`).toEqual(new Set([sales[0]?.saleId]))
      },
    })
    expect(points).toBeGreaterThan(10)
  })

  it('with a problem', async () => {
    await killedEverywhere({
      boot: booted,
      act: bed => bed.gateways.api.take({ body: { units: 11 }, once: 'k' }),
      async check(bed, { first, again, point }) {
        expect(again, `point ${point}`).toMatchObject({ ok: false, problem: { code: 'sold-out' } })
        if (first) expect(again, `point ${point}`).toEqual(first)
        expect((await kept(bed)).stock, `point ${point}`).toEqual([])
      },
    })
  })
})
