/** Outside parties of a bed: a renderer with an S3 client of its own, and a browser with a link. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../../plan/authorizer.ts'
import { bucket } from '../../plan/bucket.ts'
import { endpoint } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import { plan } from '../../plan/plan.ts'
import { service } from '../../plan/service.ts'
import { subscriber } from '../../plan/subscriber.ts'
import { table } from '../../plan/table.ts'
import { testbed } from '../testbed.ts'

// #region plan
const films = bucket('films', { uploads: { maxSize: '2 GB', types: ['video/mp4'] } })

const Credentials = z.object({
  endpoint: z.url(),
  region: z.string(),
  bucket: z.string(),
  forcePathStyle: z.boolean(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiresAt: z.iso.datetime(),
})

const orderFilm = endpoint('POST /films/:film/order', {
  summary: 'Credentials for whoever renders the film: to upload it, and nothing else',
  caller: anyone,
  returns: Credentials,
  uses: { films: films.uploader },
  handle: ({ params }, { films }) => films.credentials(`films/${params.film}.mp4`, { for: '1 hour' }),
})
// #endregion plan

const arrivals = table('arrivals', { item: z.object({ film: z.string(), bytes: z.int() }), key: ['film'] })
const arrived = subscriber(films.created, {
  uses: { arrivals: arrivals.writer },
  handle: ({ event }, { arrivals }) => arrivals.put({ film: event.key, bytes: event.bytes }),
})
const cinema = plan('cinema', { gateways: { api: gateway(service('server', { orderFilm, arrived })) } })

describe('an outside party of a bed', { timeout: 30_000 }, () => {
  // #region upload
  it('uploads in parts with its own S3 client, and the system hears of it', async () => {
    await using bed = await testbed(cinema)
    const ordered = await bed.gateways.api.orderFilm({ params: { film: '1' } })
    const renderer = new S3Client(bed.s3(ordered.value))
    const place = { Bucket: ordered.value.bucket, Key: 'films/1.mp4' }
    const { UploadId } = await renderer.send(new CreateMultipartUploadCommand({ ...place, ContentType: 'video/mp4' }))
    const part = { ...place, UploadId, PartNumber: 1, Body: new Uint8Array(6_000_000) }
    const { ETag } = await renderer.send(new UploadPartCommand(part))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    await renderer.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }))
    await bed.settled()
    const { seen } = bed.uses({ seen: arrivals.reader })
    expect(await seen.get({ film: 'films/1.mp4' })).toEqual({ film: 'films/1.mp4', bytes: 6_000_000 })
    await expect(renderer.send(new GetObjectCommand(place))).rejects.toMatchObject({ name: 'AccessDenied' })
  })
  // #endregion upload

  it('can upload no more when the time of the bed has passed', async () => {
    await using bed = await testbed(cinema)
    const { uploader } = bed.uses({ uploader: films.uploader })
    const credentials = await uploader.credentials('films/', { for: '5 minutes' })
    expect(credentials.expiresAt).toBe('2026-01-01T00:05:00.000Z')
    const put = { Bucket: credentials.bucket, Key: 'films/2.mp4', Body: 'film', ContentType: 'video/mp4' }
    const early = new S3Client(bed.s3(credentials))
    await early.send(new PutObjectCommand(put))
    await bed.advance('5 minutes')
    const late = new S3Client(bed.s3(credentials))
    await expect(late.send(new PutObjectCommand(put))).rejects.toMatchObject({ name: 'ExpiredToken' })
    for (const client of [early, late]) client.destroy()
  })

  it('reads by a link, and finds nothing elsewhere', async () => {
    await using bed = await testbed(cinema)
    const { kept } = bed.uses({ kept: films.writer })
    await kept.put('a.txt', 'content')
    const link = await kept.link('a.txt')
    expect(await (await bed.reach(new Request(link))).text()).toBe('content')
    expect((await bed.reach(new Request('http://localhost/'))).status).toBe(403)
  })

  it('is refused a longer time than an hour, and a place that is none', async () => {
    await using bed = await testbed(cinema)
    const { uploader } = bed.uses({ uploader: films.uploader })
    await expect(uploader.credentials('films/', { for: '61 minutes' })).rejects.toMatchObject({ code: 'link-too-long' })
    await expect(uploader.credentials('')).rejects.toMatchObject({ code: 'invalid-key' })
  })
})
