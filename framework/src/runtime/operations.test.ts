import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../plan/authorizer.ts'
import { consumer } from '../plan/consumer.ts'
import { endpoint, nothing } from '../plan/endpoint.ts'
import type { Clients } from '../plan/grant.ts'
import { atomically } from '../plan/operation.ts'
import { problem } from '../plan/problem.ts'
import { queue } from '../plan/queue.ts'
import { table } from '../plan/table.ts'
import { testbed } from '../targets/testbed.ts'
import { rejection, smallPlan } from './test/small.ts'

const Stock = z.object({ product: z.string(), left: z.int().default(10), state: z.string().default('open') })
const stock = table('stock', { item: Stock, key: ['product'] })
const jobs = queue('jobs', { message: z.object({ job: z.string() }) })
const handled: string[] = []
const uses = { stock: stock.writer, jobs: jobs.sender }
type Used = Clients<typeof uses>

/** A bed with one endpoint that does this. */
async function doing(handle: (used: Used) => unknown) {
  handled.length = 0
  const act = endpoint('POST /act', {
    summary: 'Act',
    caller: anyone,
    returns: z.unknown(),
    fails: { 'sold-out': 409 },
    uses,
    handle: (_call, used) => handle(used) as Promise<unknown>,
  })
  const work = consumer(jobs, { handle: ({ message }) => void handled.push(message.job) })
  return testbed(smallPlan({ act, work }))
}

type DoingBed = Awaited<ReturnType<typeof doing>>

async function kept(bed: DoingBed) {
  return (await bed.uses({ stock: stock.scanner }).stock.scan()).items
}

describe('An operation', () => {
  it('does nothing before it is awaited, and is done once however often it is', async () => {
    await using bed = await doing(async ({ stock }) => {
      const operation = stock.add({ product: 'tea' }, { left: -1 })
      await Promise.all([operation, operation])
      return operation
    })
    expect(await bed.gateways.api.act()).toMatchObject({ value: { product: 'tea', left: 9 } })
    expect(await kept(bed)).toMatchObject([{ left: 9 }])
  })

  it('that was made and never run fails the call, and names its line', async () => {
    await using bed = await doing(async ({ stock }) => {
      stock.put({ product: 'forgotten' })
      return 'done'
    })
    expect(await rejection(bed.gateways.api.act())).toMatchObject({ code: 'operation-never-run' })
    const [line] = bed.logs
    expect(JSON.stringify(line?.fields)).toMatch(/stock\.put \([^)]*operations\.test\.ts:\d+\) was made and never run/)
    expect(await kept(bed)).toEqual([])
  })

  it('of atomically that was made and never run fails the call too', async () => {
    await using bed = await doing(async ({ stock, jobs }) => {
      atomically({ stock: stock.put({ product: 'tea' }), job: jobs.send({ job: 'a' }) })
    })
    expect(await rejection(bed.gateways.api.act())).toMatchObject({ code: 'operation-never-run' })
    expect(JSON.stringify(bed.logs)).toContain('atomically(stock, job)')
    expect(await kept(bed)).toEqual([])
  })

  it('cannot be handed on twice, nor run and handed on', async () => {
    const ways: ((used: Used) => unknown)[] = [
      async ({ stock }) => {
        const put = stock.put({ product: 'tea' })
        await put
        await atomically({ put })
      },
      async ({ stock }) => {
        const put = stock.put({ product: 'tea' })
        await atomically({ put })
        await put
      },
      ({ stock }) => {
        const put = stock.insert({ product: 'tea' })
        return [put.or(1), put.or(2)]
      },
    ]
    for (const way of ways) {
      await using bed = await doing(way)
      expect(await rejection(bed.gateways.api.act())).toMatchObject({ code: 'operation-run-twice' })
    }
  })

  it('belongs to its call: operations of two calls are no commit', async () => {
    let first: Used['stock'] | undefined
    await using bed = await doing(async ({ stock }) => {
      first ??= stock
      if (first === stock) return
      await atomically({ mine: stock.put({ product: 'tea' }), other: first.put({ product: 'coffee' }) })
    })
    await bed.gateways.api.act()
    expect(await rejection(bed.gateways.api.act())).toMatchObject({ code: 'operations-of-two-calls' })
    expect(await kept(bed)).toEqual([])
  })

  it('gives what its `or` says when it is refused, `undefined` too', async () => {
    await using bed = await doing(async ({ stock }) => {
      await stock.insert({ product: 'tea', left: 0 })
      return {
        value: await stock.insert({ product: 'tea' }).or('there'),
        nothing: (await stock.insert({ product: 'tea' }).or(undefined)) === undefined,
        bounds: await stock.add({ product: 'tea' }, { left: -1 }, { floor: 0 }).or('empty'),
      }
    })
    expect(await bed.gateways.api.act()).toMatchObject({ value: { value: 'there', nothing: true, bounds: 'empty' } })
  })

  it('can be returned without being awaited, from any handler', async () => {
    await using bed = await doing(({ stock }) => stock.put({ product: 'tea', left: 3 }))
    expect(await bed.gateways.api.act()).toMatchObject({ value: { product: 'tea', left: 3 } })
  })
})

describe('atomically', () => {
  it('keeps all or nothing, messages included, and names what was refused', async () => {
    let outcome: unknown
    await using bed = await doing(async ({ stock, jobs }) => {
      outcome = await atomically({
        job: jobs.send({ job: 'a' }),
        coffee: stock.put({ product: 'coffee' }),
        tea: stock.add({ product: 'tea' }, { left: -11 }, { floor: 0 }),
      })
    })
    await bed.gateways.api.act()
    expect(outcome).toEqual({ ok: false, failed: 'tea' })
    await bed.settled()
    expect([await kept(bed), handled]).toEqual([[], []])
  })

  it('sends messages if, and only if, the writes are kept', async () => {
    await using bed = await doing(async ({ stock, jobs }) =>
      atomically({ stock: stock.insert({ product: 'tea' }), job: jobs.send({ job: 'a' }) }),
    )
    expect(await bed.gateways.api.act()).toMatchObject({ value: { ok: true } })
    expect(await bed.gateways.api.act()).toMatchObject({ value: { ok: false, failed: 'stock' } })
    await bed.settled()
    expect(handled).toEqual(['a'])
  })

  it('answers with the problem of the operation that was refused', async () => {
    await using bed = await doing(({ stock }) =>
      atomically({ tea: stock.add({ product: 'tea' }, { left: -6 }, { floor: 0 }) }).answer('sold', {
        tea: problem('sold-out', 'Too late'),
      }),
    )
    expect(await bed.gateways.api.act()).toMatchObject({ ok: true, value: 'sold' })
    expect(await bed.gateways.api.act()).toMatchObject({ ok: false, problem: { code: 'sold-out', detail: 'Too late' } })
  })

  it('refuses two operations on one item, and more than a hundred', async () => {
    await using twice = await doing(async ({ stock }) =>
      atomically({ a: stock.put({ product: 'tea' }), b: stock.add({ product: 'tea' }, { left: 1 }) }),
    )
    expect(await rejection(twice.gateways.api.act())).toMatchObject({ code: 'item-twice-in-commit' })
    await using many = await doing(async ({ stock }) => {
      const names = Array.from({ length: 101 }, (_, at) => `p${at}`)
      return atomically(Object.fromEntries(names.map(product => [product, stock.put({ product })])))
    })
    expect(await rejection(many.gateways.api.act())).toMatchObject({ code: 'too-many-operations' })
  })

  it('cannot have nothing to do', async () => {
    await using bed = await doing(async () => atomically({}))
    expect(await rejection(bed.gateways.api.act())).toMatchObject({ code: 'handler-failed' })
    expect(JSON.stringify(bed.logs)).toContain('name at least one operation')
  })
})

describe('A write', () => {
  it('that does not fit its table is the author’s fault, before anything is kept', async () => {
    const write = endpoint('POST /write', {
      summary: 'Write',
      caller: anyone,
      returns: nothing,
      uses,
      handle: async (_call, { stock }) => void (await stock.put({ product: 'tea', left: 1.5 })),
    })
    await using bed = await testbed(smallPlan({ write, work: consumer(jobs, { handle: () => {} }) }))
    expect(await rejection(bed.gateways.api.write())).toMatchObject({ problem: { code: 'item-invalid', status: 500 } })
    expect(JSON.stringify(bed.logs)).toContain('/left')
  })
})
