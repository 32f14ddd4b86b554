import { randomUUID } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3'
import { memoryQueues } from 'groundplan/memory/queue'
import { type BucketNeeds, type BucketSubject, bucketPromises } from 'groundplan/suite/bucket'
import { provePromises, type Skips } from 'groundplan/suite/promises'
import { vi } from 'vitest'
import { s3Buckets } from './bucket.ts'
import { bucketName } from './names.ts'
import { s3Client } from './objects.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials, type Engine } from './test/engines.ts'

const untold = { reason: 'S3 tells of these itself, by its event notifications', tried: false }
const ownTime = { reason: 'what comes in parts has the time of S3, in whole seconds' }
const ownWarmth = { reason: 'S3 makes objects cold by its own clock, once a day: see bucket.test.ts' }

/** Of S3 itself. */
const always: Skips = {
  'tells of an object that was put by a link': untold,
  'joins the parts of an upload, sent in any order and at the same time': ownTime,
  'counts the age of an uploaded object from when it was finished': ownTime,
  'makes an object cold from the moment it has the age: known, and not to be read': ownWarmth,
  'restores a cold object for a time, after a while': ownWarmth,
  'refuses to restore what is not cold': ownWarmth,
  'expires cold and restored objects too': ownWarmth,
  'ends a link when its time is over, to the millisecond': {
    reason: 'links end by the clock of the server: see bucket.test.ts',
  },
}

const noConditions = { reason: 'this stand-in does not know conditions, which `check` finds out' }
const utf16 = { reason: 'this stand-in orders keys by units of UTF-16' }
const seenParts = { reason: 'this stand-in shows the parts of uploads' }
const otherRefusal = { reason: 'this stand-in answers a broken signature with 400' }

const s3proxySkips: Skips = {
  ...always,
  'puts only where nothing is, if asked to': noConditions,
  'puts only where this is what is there, if asked to': noConditions,
  'keeps one of 20 puts at the same moment that all want to be the first': noConditions,
  'keeps one of 20 puts at the same moment that all replace the same content': noConditions,
  'tells nobody of what was not kept, or removed': noConditions,
  'lists keys in the order of their bytes in UTF-8': utf16,
  'lists what is there, whatever was put and removed': { ...utf16, tried: false },
  'shows nothing of an upload before it is finished': seenParts,
  'takes the parts of an upload by links': seenParts,
  'joins the parts that an S3 client sends by credentials': seenParts,
  'holds the parts of an upload together to the size of its credentials': seenParts,
  'drops an upload for an S3 client': { reason: 'this stand-in takes parts of uploads that are none' },
  'knows no upload that was never started, is finished, dropped, or of another bucket': {
    reason: 'this stand-in takes parts of uploads that are none',
  },
  'refuses a link of which anything was changed': otherRefusal,
  'refuses a changed link to put, and keeps nothing': otherRefusal,
}

const unsigned = { reason: 'this stand-in checks no signatures: S3Proxy does' }

const motoSkips: Skips = {
  ...always,
  'takes control characters in keys': { reason: 'this stand-in cannot list them: S3Proxy can' },
  'lists 1,000 objects at once': { reason: 'this stand-in takes long: S3Proxy is asked', tried: false },
  'knows no upload that was never started, is finished, dropped, or of another bucket': {
    reason: 'this stand-in fails on uploads that are none',
  },
  'drops an upload for an S3 client': { reason: 'this stand-in fails on uploads that are none' },
  'refuses a link of which anything was changed': unsigned,
  'refuses a changed link to put, and keeps nothing': unsigned,
  'lets the holder of a link do nothing but what it is for': unsigned,
  'answers a wrong link alike, whether there is an object or not': unsigned,
  'refuses another type than the link names': unsigned,
}

// A thousand objects take a slow stand-in a while.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 })

function bucketsOn({ endpoint }: Engine) {
  return async (needs: BucketNeeds): Promise<BucketSubject> => {
    // Links are signed for now, and end by the server's clock.
    const time = standingTime(Date.now())
    const { clock } = time
    const prefix = `test-${randomUUID().slice(0, 8)}`
    const server = { region: 'us-east-1', endpoint, credentials }
    const client = s3Client(server)
    const names = needs.buckets.map(({ name }) => bucketName(prefix, name))
    for (const Bucket of names) await client.send(new CreateBucketCommand({ Bucket }))
    const queues = memoryQueues({ clock, queues: needs.queues })
    const tell = queues.send
    const uploads = { baseUrl: 'http://localhost', key: 'signs credentials' }
    const open = () => s3Buckets({ ...server, clock, prefix, buckets: needs.buckets, tell, uploads })
    let buckets = open()
    return {
      time,
      buckets,
      queues,
      reach: async request =>
        (request.url.startsWith(endpoint) ? undefined : buckets.upload?.(request)) ?? fetch(request),
      async reopen() {
        buckets.close()
        buckets = open()
        return buckets
      },
      async close() {
        buckets.close()
        for (const name of names) await removeBucket(client, name)
        client.destroy()
      },
    }
  }
}

async function removeBucket(client: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }))
    if (Contents.length === 0) break
    const keys = Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')))
    await Promise.all(keys.map(Key => client.send(new DeleteObjectCommand({ Bucket, Key }))))
  }
  await client.send(new DeleteBucketCommand({ Bucket }))
}

await against('s3proxy', engine =>
  provePromises('bucket', 'S3 (S3Proxy)', bucketPromises, bucketsOn(engine), s3proxySkips),
)
await against('moto', engine => provePromises('bucket', 'S3 (moto)', bucketPromises, bucketsOn(engine), motoSkips))
