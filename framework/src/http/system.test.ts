/** A plan with a table behind the door: the real runtime in memory, asked by the typed client. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../plan/authorizer.ts'
import { endpoint, stream } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { problem } from '../plan/problem.ts'
import { service } from '../plan/service.ts'
import { table } from '../plan/table.ts'
import { inMemory } from '../targets/in-memory.ts'
import { ClientError, client, type HttpClient } from './client.ts'
import { type Served, serve } from './node.ts'

const camera = { product: 'camera' }
const Counter = z.object({ product: z.string(), left: z.int().min(0).default(2) })
const stock = table('stock', { item: Counter, key: ['product'] })
const handlers = {
  sell: endpoint('POST /decrement', {
    summary: 'A camera was sold',
    caller: anyone,
    returns: Counter,
    fails: { 'sold-out': 409 },
    once: 'Idempotency-Key',
    uses: { stock: stock.writer },
    handle: (_call, { stock }) => stock.add(camera, { left: -1 }, { floor: 0 }).or(problem('sold-out')),
  }),
  live: endpoint('GET /live', {
    summary: 'How many are left, now and after each sale',
    caller: anyone,
    returns: stream(Counter),
    uses: { stock: stock.watcher },
    async *handle(_call, { stock }) {
      for await (const counter of stock.watch(camera)) yield counter ?? camera
    },
  }),
}
const till = plan('till', {
  gateways: { api: gateway(service('server', handlers), { throttle: { rate: 1, burst: 20 } }) },
})

const process = inMemory({ logs: () => {}, baseUrl: 'http://127.0.0.1' })
const reported: unknown[] = []
let served: Served
let shop: HttpClient<typeof handlers>

beforeAll(async () => {
  const { door } = await process.start(till, { settings: {}, secrets: {} })
  served = await serve([door], { clock: process.clock, report: error => reported.push(error) })
  shop = client(till.gateways.api, `${served.url}/api/till`)
})
afterAll(async () => {
  await served.close(0)
  await process.stop(0)
  expect(reported).toEqual([])
})

it('sales are streamed as they happen, and done once under one key', async () => {
  const seen: number[] = []
  const { value } = await shop.live()
  const selling = async (): Promise<void> => {
    expect((await shop.sell({ once: 'first' })).ok).toBe(true)
    expect(await shop.sell({ once: 'first' })).toEqual({ ok: true, value: { product: 'camera', left: 1 } })
    expect((await shop.sell()).ok).toBe(true)
    expect(await shop.sell()).toEqual({ ok: false, problem: { kind: 'problem', code: 'sold-out' } })
  }
  let sold: Promise<void> | undefined
  for await (const { left } of value) {
    seen.push(left)
    sold ??= selling()
    if (left === 0) break
  }
  await sold
  expect(seen).toEqual([2, 1, 0])
})

it('the throttle of the gateway is answered with when to come back', async () => {
  const many = await Promise.all(
    Array.from({ length: 30 }, () => fetch(`${served.url}/api/till/decrement`, { method: 'POST' })),
  )
  const throttled = many.find(({ status }) => status === 429)
  expect(Number(throttled?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await throttled?.json()).toMatchObject({ code: 'throttled' })
  const impatient = client(till.gateways.api, `${served.url}/api/till`, { tries: 1 })
  await expect(impatient.sell()).rejects.toBeInstanceOf(ClientError)
})
