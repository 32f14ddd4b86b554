/** A whole system on the drivers of AWS: the runtime, a plan, and what its handlers did in the end. */
import { randomUUID } from 'node:crypto'
import { atomically, consumer, plan, queue, service, subscriber, table } from 'groundplan'
import { type Drivers, shapeOf } from 'groundplan/driver'
import { runtimeTables, startRuntime } from 'groundplan/runtime/runtime'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { awsDrivers, makeMissing } from './drivers.ts'
import { Dynamo } from './dynamo.ts'
import { Sqs } from './sqs.ts'
import { realClock } from './test/clock.ts'
import { allOf, credentials } from './test/engines.ts'
import { removeQueues } from './test/queues.ts'
import { removeTables } from './test/tables.ts'

vi.setConfig({ testTimeout: 60_000 })

const orders = table('orders', { item: z.object({ id: z.string(), state: z.string() }), key: ['id'] })
const heard = table('heard', { item: z.object({ id: z.string(), states: z.array(z.string()) }), key: ['id'] })
const stock = table('stock', { item: z.object({ id: z.string(), left: z.int() }), key: ['id'] })
const jobs = queue('jobs', {
  message: z.object({ id: z.string(), fail: z.int().default(0) }),
  attempts: 3,
  backoff: { first: '1 second', most: '1 second' },
})

const work = consumer(jobs, {
  uses: { orders: orders.writer, stock: stock.writer },
  async handle({ message, attempt }, { orders, stock }) {
    if (attempt <= message.fail) throw new Error('not yet')
    await atomically({
      order: orders.put({ id: message.id, state: `done at attempt ${attempt}` }),
      stock: stock.add({ id: 'camera' }, { left: -1 }, { floor: 0 }),
    })
  },
})

const tell = subscriber(orders.changes, {
  uses: { heard: heard.writer },
  async handle({ event }, { heard }) {
    const id = event.after?.id ?? event.before?.id ?? ''
    const before = await heard.get({ id })
    await heard.put({ id, states: [...(before?.states ?? []), event.after?.state ?? 'gone'] })
  },
})

const shop = plan('shop', { services: [service('backend', { work, tell })] })
interface Kept {
  put(item: Readonly<Record<string, unknown>>): PromiseLike<unknown>
  get(key: { readonly id: string }): PromiseLike<unknown>
}

/** What a test does with its clients. */
interface Used {
  readonly orders: Kept
  readonly stock: Kept
  readonly heard: Pick<Kept, 'get'>
  readonly jobs: { send(job: { readonly id: string; readonly fail: number }): PromiseLike<unknown> }
}

const uses = { orders: orders.writer, stock: stock.writer, jobs: jobs.sender, heard: heard.reader }

await allOf(['dynamodb', 'elasticmq', 'moto'], (dynamodb, sqs, moto) => {
  const prefix = `test-${randomUUID().slice(0, 8)}`
  const endpoints = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, s3: moto.endpoint, vault: moto.endpoint }
  const options = { clock: realClock(), region: 'eu-central-1', credentials, prefix, endpoints }

  async function withSystem(work: (clients: Used, drivers: Drivers) => Promise<void>): Promise<void> {
    const shape = shapeOf(shop, runtimeTables)
    await makeMissing(shape, options)
    const drivers = awsDrivers(shape, options)
    const runtime = await startRuntime(shop, drivers, { logs: () => {} })
    try {
      await work(runtime.clients('test', uses) as Used, drivers) // what was asked for
    } finally {
      await runtime.stop(5_000)
      await drivers.close()
      await removeAll()
    }
  }

  async function removeAll(): Promise<void> {
    const dynamo = new Dynamo({ ...options, endpoint: dynamodb.endpoint })
    await removeTables(dynamo, prefix)
    dynamo.close()
    const calls = new Sqs({ ...options, endpoint: sqs.endpoint })
    await removeQueues(calls, prefix)
    calls.close()
  }

  describe('a system on the drivers of AWS', () => {
    it('handles its queue, tries again, buries what fails, and tells of changes in their order', () =>
      withSystem(async ({ orders, stock, jobs, heard }, { queues }) => {
        await stock.put({ id: 'camera', left: 2 })
        await orders.put({ id: 'a', state: 'placed' })
        await orders.put({ id: 'b', state: 'placed' })
        await jobs.send({ id: 'a', fail: 1 })
        await jobs.send({ id: 'b', fail: 99 })
        const done = async (): Promise<void> => {
          expect(await orders.get({ id: 'a' })).toMatchObject({ state: 'done at attempt 2' })
          expect(await heard.get({ id: 'a' })).toMatchObject({ states: ['placed', 'done at attempt 2'] })
          expect(await heard.get({ id: 'b' })).toMatchObject({ states: ['placed'] })
          expect(await queues.deadLetters('jobs', 10)).toMatchObject([{ attempt: 3, reason: 'not yet' }])
        }
        await vi.waitFor(done, { timeout: 40_000, interval: 200 })
        expect(await stock.get({ id: 'camera' })).toMatchObject({ left: 1 })
      }))
  })
})
