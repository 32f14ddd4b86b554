/** What the contract cannot ask of every engine: S3's own time, its cold storage, and servers that keep less. */
import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Clock } from 'groundplan/driver'
import { memoryClock } from 'groundplan/memory/clock'
import { describe, expect, it, vi } from 'vitest'
import { s3Buckets } from './bucket.ts'
import { s3Client } from './objects.ts'
import { against, credentials, type Engine } from './test/engines.ts'

const shape = { name: 'files', createdTo: [] }

async function withBucket(
  { endpoint }: Engine,
  clock: Clock,
  work: (parts: {
    buckets: ReturnType<typeof s3Buckets>
    client: ReturnType<typeof s3Client>
    Bucket: string
  }) => Promise<void>,
): Promise<void> {
  const server = { region: 'us-east-1', endpoint, credentials }
  const prefix = `test-${randomUUID().slice(0, 8)}`
  const Bucket = `${prefix}-files`
  const client = s3Client(server)
  await client.send(new CreateBucketCommand({ Bucket }))
  const buckets = s3Buckets({ ...server, clock, prefix, buckets: [shape] })
  try {
    await work({ buckets, client, Bucket })
  } finally {
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
    await client.send(new DeleteBucketCommand({ Bucket }))
    buckets.close()
    client.destroy()
  }
}

await against('s3proxy', engine => {
  describe('S3Proxy', () => {
    it('ends a link when its seconds are over, by the clock of the server', () =>
      withBucket(engine, memoryClock(Date.now()), async ({ buckets }) => {
        await buckets.put('files', 'a', new TextEncoder().encode('content'))
        const linkFor = (forMs: number) => buckets.link({ method: 'GET', bucket: 'files', key: 'a', forMs })
        const [long, short] = [await linkFor(600_000), await linkFor(1_000)]
        await expect.poll(async () => (await fetch(short)).status, { interval: 200 }).toBe(403)
        expect(await (await fetch(long)).text()).toBe('content')
      }))

    it('is found out not to keep conditions, and refused', () =>
      withBucket(engine, memoryClock(Date.now()), async ({ buckets }) => {
        await expect(buckets.check()).rejects.toMatchObject({ code: 'unsupported' })
      }))

    it('refuses who has no key', async () => {
      const client = s3Client({
        region: 'us-east-1',
        endpoint: engine.endpoint,
        credentials: { ...credentials, secretAccessKey: 'no' },
      })
      await expect(client.send(new CreateBucketCommand({ Bucket: 'stranger' }))).rejects.toThrow()
      client.destroy()
    })
  })
})

await against('moto', engine => {
  describe('moto', () => {
    it('is found to keep the conditions of a put', () =>
      withBucket(engine, memoryClock(Date.now()), async ({ buckets }) => {
        await buckets.check()
        expect(await buckets.list('files', { limit: 10 })).toEqual({ objects: [] })
      }))

    it('gives no cold object before it was restored', () =>
      withBucket(engine, memoryClock(Date.now()), async ({ buckets, client, Bucket }) => {
        await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'content', StorageClass: 'GLACIER' }))
        expect(await buckets.head('files', 'a')).toMatchObject({ state: 'cold', bytes: 7 })
        await expect(buckets.get('files', 'a')).rejects.toMatchObject({ code: 'object-cold' })
        await buckets.restore('files', 'a', 86_400_000)
        await vi.waitFor(async () => expect((await buckets.head('files', 'a'))?.state).toBe('warm'), 20_000)
        const got = await buckets.get('files', 'a')
        expect(got?.object.bytes).toBe(7)
        await expect(buckets.restore('files', 'a', 1)).rejects.toMatchObject({ code: 'conflict' })
      }))
  })
})

describe('a server that does not answer', () => {
  it('is unavailable, after some attempts', async () => {
    const clock = memoryClock(0)
    const waiting = { region: 'us-east-1', endpoint: 'http://127.0.0.1:9', credentials }
    const buckets = s3Buckets({ ...waiting, clock, prefix: 'none', buckets: [shape] })
    const asked = buckets.head('files', 'a').catch((error: unknown) => error)
    let over = false
    void asked.then(() => {
      over = true
    })
    await vi.waitFor(async () => {
      await clock.advance(2_000)
      expect(over).toBe(true)
    }, 20_000)
    expect(await asked).toMatchObject({ code: 'engine-unavailable' })
    buckets.close()
  })
})
