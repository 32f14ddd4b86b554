/** The whole set together: what a commit sends arrives, objects tell their queues, mail goes out once. */
import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { bucketName, s3Client } from '@groundplan/s3'
import type { Drivers, PlanShape } from 'groundplan/driver'
import { describe, expect, it, vi } from 'vitest'
import type { Spending } from './client.ts'
import { awsDrivers, makeMissing } from './drivers.ts'
import { Dynamo } from './dynamo.ts'
import { Sqs } from './sqs.ts'
import { realClock } from './test/clock.ts'
import { allOf, credentials, type Engine } from './test/engines.ts'
import { removeQueues } from './test/queues.ts'
import { removeTables } from './test/tables.ts'

vi.setConfig({ testTimeout: 60_000 })

const shape: PlanShape = {
  plan: 'shop',
  tables: [{ name: 'orders', key: ['id'], indexes: {}, changesTo: ['backend.tell'] }],
  queues: [
    { name: 'work', ordered: false },
    { name: 'backend.tell', ordered: true },
  ],
  buckets: [{ name: 'films', createdTo: ['work'] }],
  databases: [],
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000)

/** As the runtime's relay does. */
async function relayed({ store, queues }: Drivers): Promise<void> {
  const entries = await store.outbox.peek(100)
  await queues.send(entries.map(({ message }) => message))
  await store.outbox.forget(entries.map(({ position }) => position))
}

await allOf(['dynamodb', 'elasticmq', 'moto'], (dynamodb: Engine, sqs: Engine, moto: Engine) => {
  const prefix = `test-${randomUUID().slice(0, 8)}`
  const region = 'eu-central-1'
  const uploadRole = 'arn:aws:iam::123456789012:role/uploads'
  const spent: Spending[] = []
  const endpoints = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, s3: moto.endpoint, vault: moto.endpoint }
  const options = { clock: realClock(), region, credentials, prefix, endpoints, tellOfObjects: true, uploadRole }

  async function withDrivers(work: (drivers: Drivers) => Promise<void>): Promise<void> {
    const s3 = s3Client({ region: 'us-east-1', endpoint: moto.endpoint, credentials })
    const Bucket = bucketName(prefix, 'films')
    await s3.send(new CreateBucketCommand({ Bucket }))
    await makeMissing(shape, options)
    const drivers = awsDrivers(shape, { ...options, region: 'us-east-1', spent: each => spent.push(each) })
    try {
      await work(drivers)
    } finally {
      await drivers.close()
      await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
      await s3.send(new DeleteBucketCommand({ Bucket }))
      s3.destroy()
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

  describe('the drivers of AWS together', () => {
    it('give credentials to upload by a role', () =>
      withDrivers(async ({ buckets }) => {
        const made = await buckets.uploadCredentials?.({ bucket: 'films', place: 'a', forMs: 60_000 })
        if (!made) throw new Error('there are no credentials')
        expect(made.accessKeyId).not.toBe(credentials.accessKeyId)
        const outside = s3Client({ region: made.region, endpoint: made.endpoint, credentials: made })
        await outside.send(new PutObjectCommand({ Bucket: made.bucket, Key: 'a', Body: 'film' }))
        expect(await buckets.head('films', 'a')).toMatchObject({ bytes: 4 })
        outside.destroy()
      }))

    it('carry what a commit sends, what its changes tell, and what an object tells', () =>
      withDrivers(async drivers => {
        const { store, queues, buckets, schedules, vault } = drivers
        const writes = [{ op: 'insert', table: 'orders', item: { id: 'o-1' } }] as const
        await store.commit({ writes, messages: [{ queue: 'work', id: 'm-1', body: '"do it"' }] })
        await relayed(drivers)
        await relayed(drivers)
        const [told] = await queues.receive('backend.tell', { max: 10, leaseMs: 30_000, signal: signal() })
        expect(JSON.parse(told?.body ?? '')).toEqual({
          table: 'orders',
          change: { key: { id: 'o-1' }, after: { id: 'o-1' } },
        })
        const [work] = await queues.receive('work', { max: 10, leaseMs: 30_000, signal: signal() })
        expect(work).toMatchObject({ id: 'm-1', body: '"do it"', attempt: 1 })
        expect(await store.outbox.peek(10)).toEqual([])
        await buckets.put('films', 'a', new TextEncoder().encode('film'))
        const [created] = await queues.receive('work', { max: 10, leaseMs: 30_000, signal: signal() })
        expect(JSON.parse(created?.body ?? '')).toMatchObject({ bucket: 'films', key: 'a', bytes: 4 })
        expect(await schedules.claim('nightly', 0, 30_000)).toMatchObject({ fence: 1 })
        await vault.set('shop/settings/colour', 'red')
        expect((await vault.get('shop/settings/colour'))?.value).toBe('red')
        await vault.remove('shop/settings/colour')
        expect(new Set(spent.map(({ service }) => service))).toEqual(new Set(['dynamodb', 'sqs', 'ssm']))
      }))
  })
})

describe('the drivers of AWS', () => {
  it('offer credentials to upload where there is a role for them, and hold them to no size', async () => {
    const options = { clock: realClock(), region: 'eu-central-1', prefix: 'shop-test', credentials }
    const without = awsDrivers(shape, options)
    expect(without.capabilities.uploads).toBeUndefined()
    expect(without.buckets.uploadCredentials).toBeUndefined()
    const uploadRole = 'arn:aws:iam::123456789012:role/uploads'
    const drivers = awsDrivers(shape, { ...options, uploadRole })
    expect(drivers.capabilities.uploads).toBe('unbounded')
    const scope = { bucket: 'films', place: 'films/', forMs: 60_000, maxBytes: 1 }
    await expect(drivers.buckets.uploadCredentials?.(scope)).rejects.toMatchObject({ code: 'unsupported' })
    for (const each of [without, drivers]) await each.close()
  })

  it('refuse a plan with a database, for which nobody gave a driver', () => {
    const options = { clock: realClock(), region: 'eu-central-1', prefix: 'shop-test' }
    const withDatabase: PlanShape = { ...shape, databases: [{ name: 'accounts' }] }
    expect(() => awsDrivers(withDatabase, options)).toThrow(/unsupported.*"accounts"/)
  })
})
