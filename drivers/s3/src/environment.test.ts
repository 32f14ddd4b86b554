/** A server that speaks S3 as the engine of an environment. */
import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3'
import { uploadClient } from 'groundplan/suite/upload-client'
import { expect, it } from 'vitest'
import { s3 } from './config.ts'
import { s3Client } from './objects.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials } from './test/engines.ts'

const shape = { name: 'films', createdTo: [] }
const role = 'arn:aws:iam::123456789012:role/uploads'
const scope = { bucket: 'films', place: 'films/1.mp4', forMs: 600_000 }

await against('moto', ({ endpoint }) => {
  it('moto as the engine of an environment takes uploads that come to the system itself', async () => {
    const { clock } = standingTime(Date.now())
    const server = { region: 'us-east-1', endpoint, ...credentials }
    const environment = randomUUID().slice(0, 8)
    const Bucket = `cinema-${environment}-films`
    const owner = s3Client({ ...server, credentials })
    await owner.send(new CreateBucketCommand({ Bucket }))
    const plan = { plan: 'cinema', buckets: [shape], tables: [], queues: [], databases: [] }
    const text = (value: string | { readonly variable: string }) => (typeof value === 'string' ? value : '')
    const opening = { clock, masterKey: new Uint8Array(32), parts: ['buckets' as const], others: {}, text }
    const engine = s3({ ...server, environment })
    expect(engine.capabilities.uploads).toBe('bounded')
    expect(s3({ ...server, environment, uploadRole: role }).capabilities.uploads).toBe('unbounded')
    const { buckets, close } = await engine.open(plan, { ...opening, baseUrl: 'http://localhost:7400/links/cinema' })
    const made = await buckets?.uploadCredentials?.({ ...scope, maxBytes: 100 })
    const door = buckets?.upload
    if (!made || !door) throw new Error('there is no door')
    expect(made).toMatchObject({ endpoint: 'http://localhost:7400', bucket: 'cinema_films' })
    const send = uploadClient(made, door, () => clock.now())
    const body = new TextEncoder().encode('film')
    expect((await send({ method: 'PUT', key: scope.place, body })).status).toBe(200)
    expect(await buckets?.head('films', scope.place)).toMatchObject({ bytes: 4 })
    await owner.send(new DeleteObjectCommand({ Bucket, Key: scope.place }))
    await owner.send(new DeleteBucketCommand({ Bucket }))
    owner.destroy()
    await close()
  })
})
