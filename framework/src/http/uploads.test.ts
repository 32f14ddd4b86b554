/** Uploads by credentials, over HTTP, by S3 clients that others wrote: what they may do, and all that they may not. */
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { temporaryFolder } from '../embedded/test/folder.ts'
import { anyone } from '../plan/authorizer.ts'
import { bucket, type UploadCredentials } from '../plan/bucket.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { service } from '../plan/service.ts'
import { subscriber } from '../plan/subscriber.ts'
import { type EmbeddedTarget, embedded } from '../targets/embedded.ts'
import { linksTo } from './links.ts'
import { type Served, serve } from './node.ts'

const MB = 1_048_576
const films = bucket('films', { uploads: { maxSize: '12 MB', types: ['video/mp4'] } })
const drafts = bucket('drafts')

const order = endpoint('POST /orders/:film', {
  summary: 'Credentials for whoever renders a film',
  caller: anyone,
  returns: z.any(),
  uses: { films: films.uploader, drafts: drafts.uploader },
  handle: ({ params }, { films, drafts }) =>
    params.film === 'draft'
      ? drafts.credentials('of/them/', { for: '10 minutes' })
      : films.credentials(`films/${params.film}.mp4`),
})
const heard: string[] = []
const arrived = subscriber(films.created, {
  handle: async ({ event }) => {
    heard.push(`${event.key} ${event.bytes}`)
  },
})
const cinema = plan('cinema', { gateways: { api: gateway(service('server', { order, arrived })) } })

function content(bytes: number, seed = 7): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => (at * seed + (at >> 9)) & 0xff)
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function bucketsOf({ started: [system] }: EmbeddedTarget) {
  if (!system) throw new Error('nothing was started')
  return system.drivers.buckets
}

async function digestIn(target: EmbeddedTarget, bucket: string, key: string): Promise<string | undefined> {
  const found = await bucketsOf(target).get(bucket, key)
  if (!found) return undefined
  const pieces: Uint8Array[] = []
  for await (const piece of found.content) pieces.push(piece)
  return digest(Buffer.concat(pieces))
}

async function keysIn(target: EmbeddedTarget): Promise<readonly string[]> {
  const lists = await Promise.all(['films', 'drafts'].map(name => bucketsOf(target).list(name, { limit: 100 })))
  return lists.flatMap(({ objects }) => objects.map(({ key }) => key))
}

describe('an S3 client with credentials to upload', { timeout: 60_000 }, () => {
  let folder: ReturnType<typeof temporaryFolder>
  let target: EmbeddedTarget
  let served: Served
  let clients: S3Client[] = []

  beforeEach(async () => {
    heard.length = 0
    folder = temporaryFolder()
    served = await serve([], {
      clock: { now: Date.now } as never,
      report: error => {
        throw error
      },
      extra: {
        '/': linksTo({ isLink: path => target.isLink(path), follow: request => target.follow(request) }),
      },
    })
    target = embedded({ folder: folder.path, baseUrl: served.url, logs: () => {} })
    const runtime = await target.start(cinema, { settings: {}, secrets: {} })
    served.replace([runtime.door])
  })
  afterEach(async () => {
    for (const client of clients) client.destroy()
    clients = []
    await served.close(1_000)
    await target.stop(1_000)
    folder.remove()
  })

  async function credentialsFor(film: string): Promise<UploadCredentials> {
    const response = await fetch(`${served.url}/api/cinema/orders/${film}`, { method: 'POST' })
    return (await response.json()) as UploadCredentials
  }

  function clientOf(given: UploadCredentials, more: object = {}): S3Client {
    const { endpoint, region, forcePathStyle, ...credentials } = given
    const client = new S3Client({ endpoint, region, forcePathStyle, credentials, maxAttempts: 1, ...more })
    clients.push(client)
    return client
  }

  const stored = () => bucketsOf(target)
  const digestAt = (key: string, of = 'films') => digestIn(target, of, key)
  const everything = () => keysIn(target)

  it('puts one object at its key, and who waits for it hears of it', async () => {
    const given = await credentialsFor('1')
    const client = clientOf(given)
    const body = content(300_000)
    const put = { Bucket: given.bucket, Key: 'films/1.mp4', Body: body, ContentType: 'video/mp4' }
    const { ETag } = await client.send(new PutObjectCommand({ ...put, Metadata: { by: 'renderer' } }))
    const object = await stored().head('films', 'films/1.mp4')
    expect(object).toMatchObject({ bytes: 300_000, type: 'video/mp4', metadata: { by: 'renderer' } })
    expect(ETag).toBe(`"${object?.etag}"`)
    expect(await digestAt('films/1.mp4')).toBe(digest(body))
    await expect.poll(() => heard).toEqual(['films/1.mp4 300000'])
  })

  it('uploads in parts, in any order, and sees them joined', async () => {
    const given = await credentialsFor('1')
    const client = clientOf(given)
    const place = { Bucket: given.bucket, Key: 'films/1.mp4' }
    const begun = await client.send(new CreateMultipartUploadCommand({ ...place, ContentType: 'video/mp4' }))
    expect(begun).toMatchObject({ Bucket: given.bucket, Key: 'films/1.mp4' })
    const bodies = [content(5 * MB, 3), content(5 * MB, 5), content(1_000, 11)]
    const upload = { ...place, UploadId: begun.UploadId }
    const parts = await Promise.all(
      [...bodies.entries()].reverse().map(async ([at, Body]) => {
        const PartNumber = at + 1
        const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }))
        return { PartNumber, ETag }
      }),
    )
    expect(await everything()).toEqual([])
    const Parts = parts.sort((one, other) => one.PartNumber - other.PartNumber)
    const { ETag, Location } = await client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }),
    )
    expect(ETag).toMatch(/^"[\da-f]{32}-3"$/)
    expect(Location).toBe(`${served.url}/cinema_films/films/1.mp4`)
    expect(await digestAt('films/1.mp4')).toBe(digest(Buffer.concat(bodies)))
    await expect.poll(() => heard).toEqual([`films/1.mp4 ${10 * MB + 1_000}`])
  })

  it('streams a body whose checksum comes after it', async () => {
    const given = await credentialsFor('draft')
    const client = clientOf(given)
    const body = content(2 * MB + 17)
    const pieces = [body.subarray(0, 70_000), body.subarray(70_000)]
    const Body = Readable.from(pieces.map(piece => Buffer.from(piece)))
    const place = { Bucket: given.bucket, Key: 'of/them/ü ber (1)+*.bin' }
    await client.send(new PutObjectCommand({ ...place, Body, ContentLength: body.byteLength }))
    expect(await digestAt(place.Key, 'drafts')).toBe(digest(body))
  })

  it('drops an upload, whose parts are gone then', async () => {
    const given = await credentialsFor('1')
    const client = clientOf(given)
    const place = { Bucket: given.bucket, Key: 'films/1.mp4' }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...place, ContentType: 'video/mp4' }))
    const upload = { ...place, UploadId }
    const part = new UploadPartCommand({ ...upload, PartNumber: 1, Body: content(1_000) })
    const { ETag } = await client.send(part)
    await client.send(new AbortMultipartUploadCommand(upload))
    await expect(client.send(part)).rejects.toMatchObject({ name: 'InvalidPart' })
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    await expect(client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }))).rejects.toThrow()
    expect(await everything()).toEqual([])
  })

  it('reads, lists, removes, copies and marks nothing, at its own key or elsewhere', async () => {
    const given = await credentialsFor('1')
    const client = clientOf(given)
    await stored().put('films', 'films/1.mp4', content(10))
    await stored().put('films', 'films/2.mp4', content(10))
    const Bucket = given.bucket
    const CopySource = `${Bucket}/films/2.mp4`
    for (const Key of ['films/1.mp4', 'films/2.mp4']) {
      const place = { Bucket, Key }
      const upload = { ...place, UploadId: 'x', PartNumber: 1 }
      const attempts = [
        client.send(new GetObjectCommand(place)),
        client.send(new HeadObjectCommand(place)),
        client.send(new DeleteObjectCommand(place)),
        client.send(new CopyObjectCommand({ ...place, CopySource, ContentType: 'video/mp4' })),
        client.send(new UploadPartCopyCommand({ ...upload, CopySource })),
        client.send(new PutObjectTaggingCommand({ ...place, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })),
        client.send(new PutObjectAclCommand({ ...place, ACL: 'public-read' })),
        client.send(new PutObjectCommand({ ...place, Body: 'x', ContentType: 'video/mp4', ACL: 'public-read' })),
        client.send(new ListPartsCommand(upload)),
        client.send(new ListObjectsV2Command({ Bucket })),
        client.send(new ListMultipartUploadsCommand({ Bucket })),
        client.send(new HeadBucketCommand({ Bucket })),
      ]
      const outcomes = await Promise.allSettled(attempts)
      expect(outcomes.map(({ status }) => status)).toEqual(attempts.map(() => 'rejected'))
    }
    expect(await digestAt('films/1.mp4')).toBe(digest(content(10)))
    expect(await digestAt('films/2.mp4')).toBe(digest(content(10)))
  })

  it('puts nothing at another key, in another bucket, or beside its folder', async () => {
    const [film, draft] = await Promise.all([credentialsFor('1'), credentialsFor('draft')])
    const attempts: [UploadCredentials, string, string][] = [
      [film, film.bucket, 'films/2.mp4'],
      [film, film.bucket, 'films/1.mp4x'],
      [film, film.bucket, 'films/1.mp4/x'],
      [film, film.bucket, '/films/1.mp4'],
      [film, draft.bucket, 'films/1.mp4'],
      [draft, film.bucket, 'of/them/x'],
      [draft, draft.bucket, 'of/them'],
      [draft, draft.bucket, 'of/thems/x'],
      [draft, draft.bucket, 'x'],
    ]
    for (const [given, Bucket, Key] of attempts) {
      const put = new PutObjectCommand({ Bucket, Key, Body: 'x', ContentType: 'video/mp4' })
      await expect(clientOf(given).send(put), Key).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
      const start = new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'video/mp4' })
      await expect(clientOf(given).send(start), Key).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    }
    expect(await everything()).toEqual([])
  })

  it('uses no upload of another key, nor one whose name it made up', async () => {
    const given = await credentialsFor('draft')
    const client = clientOf(given)
    const Bucket = given.bucket
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'of/them/a' }))
    const bare = UploadId?.split('.')[0] ?? ''
    for (const upload of [
      { Bucket, Key: 'of/them/b', UploadId },
      { Bucket, Key: 'of/them/a', UploadId: bare },
      { Bucket, Key: 'of/them/a', UploadId: `${bare}.${'a'.repeat(43)}` },
    ]) {
      const part = new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' })
      await expect(client.send(part)).rejects.toMatchObject({ name: 'NoSuchUpload' })
      await expect(client.send(new AbortMultipartUploadCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' })
    }
    const place = { Bucket, Key: 'of/them/a', UploadId }
    await client.send(new UploadPartCommand({ ...place, PartNumber: 1, Body: 'x' }))
  })

  it('brings no other type and no more bytes than the bucket takes', async () => {
    const given = await credentialsFor('1')
    const client = clientOf(given)
    const place = { Bucket: given.bucket, Key: 'films/1.mp4' }
    const html = new PutObjectCommand({ ...place, Body: '<script>', ContentType: 'text/html' })
    await expect(client.send(html)).rejects.toMatchObject({ name: 'AccessDenied', message: /video\/mp4/ })
    const untyped = new CreateMultipartUploadCommand({ ...place, ContentType: 'text/html' })
    await expect(client.send(untyped)).rejects.toMatchObject({ name: 'AccessDenied' })
    const large = new PutObjectCommand({ ...place, Body: content(12 * MB + 1), ContentType: 'video/mp4' })
    await expect(client.send(large)).rejects.toMatchObject({ name: 'EntityTooLarge' })

    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...place, ContentType: 'video/mp4' }))
    const part = (PartNumber: number, bytes: number) =>
      client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: content(bytes) }))
    await part(1, 6 * MB)
    await part(2, 6 * MB)
    await part(2, 5 * MB)
    await expect(part(3, MB + 1)).rejects.toMatchObject({ name: 'EntityTooLarge' })
    await part(3, MB)
    expect(await everything()).toEqual([])
  })

  it('sends nothing that was changed on the way', async () => {
    const given = await credentialsFor('1')
    const place = { Bucket: given.bucket, Key: 'films/1.mp4', ContentType: 'video/mp4' }
    const changes: Record<string, (sent: Sent) => Partial<Sent>> = {
      body: () => ({ body: 'another' }),
      path: ({ path }) => ({ path: path.replace('1.mp4', '2.mp4') }),
      query: ({ query }) => ({ query: { ...query, uploads: '' } }),
      header: ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-more': 'x' } }),
      signature: ({ headers }) => ({
        headers: { ...headers, authorization: `${headers.authorization?.slice(0, -4)}0000` },
      }),
      token: ({ headers }) => ({
        headers: { ...headers, 'x-amz-security-token': `${headers['x-amz-security-token']}AA` },
      }),
      'no token': ({ headers: { 'x-amz-security-token': _, ...headers } }) => ({ headers }),
      'no signature': ({ headers: { authorization: _, ...headers } }) => ({ headers }),
      date: ({ headers }) => ({ headers: { ...headers, 'x-amz-date': '20200101T000000Z' } }),
    }
    for (const [what, change] of Object.entries(changes)) {
      const client = clientOf(given)
      client.middlewareStack.add(
        next => async step => {
          Object.assign(step.request as Sent, change(step.request as Sent))
          return next(step)
        },
        { step: 'deserialize', priority: 'low' },
      )
      await expect(client.send(new PutObjectCommand({ ...place, Body: 'content' })), what).rejects.toThrow()
    }
    const strange = clientOf({ ...given, secretAccessKey: 'guessed' })
    await expect(strange.send(new PutObjectCommand({ ...place, Body: 'content' }))).rejects.toThrow()
    expect(await everything()).toEqual([])
  })

  it('is not served without a signature, and is told nothing of what is there', async () => {
    await stored().put('films', 'films/1.mp4', content(10))
    const answers = ['films/1.mp4', 'films/none.mp4', ''].map(async key => {
      const response = await fetch(`${served.url}/cinema_films/${key}`)
      return [response.status, await response.text()]
    })
    const [there, absent, list] = await Promise.all(answers)
    expect(there?.[0]).toBe(403)
    expect(absent).toEqual(there)
    expect(list).toEqual(there)
    expect((await fetch(`${served.url}/cinema_unknown/x`)).status).toBe(404)
  })

  const hasBoto = spawnSync('python3', ['-c', 'import boto3']).status === 0
  if (!hasBoto) console.warn('SKIPPED: boto3 is not installed here; the SDK of Python was not tried')
  it.skipIf(!hasBoto)('is any client: the one of Python, in parts', async () => {
    const given = await credentialsFor('draft')
    const script = `
import boto3, io, sys, json
from boto3.s3.transfer import TransferConfig
g = json.load(sys.stdin)
s3 = boto3.client('s3', endpoint_url=g['endpoint'], region_name=g['region'], aws_access_key_id=g['accessKeyId'],
  aws_secret_access_key=g['secretAccessKey'], aws_session_token=g['sessionToken'])
small = TransferConfig(multipart_threshold=5*1024*1024, multipart_chunksize=5*1024*1024)
s3.upload_fileobj(io.BytesIO(bytes(12*1024*1024)), g['bucket'], 'of/them/large', Config=small)
s3.upload_fileobj(io.BytesIO(b'small'), g['bucket'], 'of/them/small')
try:
  s3.get_object(Bucket=g['bucket'], Key='of/them/small')
  print('read')
except Exception as e:
  print(e.response['Error']['Code'])
`
    const running = promisify(execFile)('python3', ['-c', script], { timeout: 50_000 })
    running.child.stdin?.end(JSON.stringify(given))
    expect((await running).stdout.trim()).toBe('AccessDenied')
    expect(await digestAt('of/them/large', 'drafts')).toBe(digest(new Uint8Array(12 * MB)))
    expect(await digestAt('of/them/small', 'drafts')).toBe(digest(Buffer.from('small')))
  })
})

/** What the SDK is about to send. */
interface Sent {
  body: unknown
  path: string
  query: Record<string, string>
  headers: Record<string, string>
}
