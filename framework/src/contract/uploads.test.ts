/** Credentials of our own endpoint: what one who has some cannot make of them. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { memoryBuckets } from '../memory/bucket.ts'
import { memoryClock } from '../memory/clock.ts'
import type { UploadCredentials } from './bucket.ts'
import { uploadClient } from './suite/upload-client.ts'

const clock = memoryClock(Date.UTC(2026, 0, 1))
let buckets = bucketsWith('our key')

function bucketsWith(key: string) {
  const shapes = ['films', 'others'].map(name => ({ name, createdTo: [] }))
  return memoryBuckets({ clock, buckets: shapes, baseUrl: 'http://localhost', key })
}

/** Signs well, with what it was given or has made of it. */
function put(credentials: UploadCredentials, key: string, change = (request: Request): Request => request) {
  const send = uploadClient(
    credentials,
    request => buckets.upload(change(request)),
    () => clock.now(),
  )
  return send({ method: 'PUT', key, bucket: credentials.bucket, body: new TextEncoder().encode('film') })
}

/** Another token, under the secret that is known, with the name that belongs to it. */
function withToken(credentials: UploadCredentials, change: (allowed: unknown[]) => unknown): UploadCredentials {
  const allowed: unknown[] = JSON.parse(Buffer.from(credentials.sessionToken, 'base64url').toString())
  const sessionToken = Buffer.from(JSON.stringify(change(allowed))).toString('base64url')
  const accessKeyId = `GP${createHash('sha256').update(sessionToken).digest('hex').slice(0, 18).toUpperCase()}`
  return { ...credentials, sessionToken, accessKeyId }
}

describe('who has credentials to upload', () => {
  let credentials: UploadCredentials

  beforeEach(async () => {
    buckets = bucketsWith('our key')
    credentials = await buckets.uploadCredentials({ bucket: 'films', place: 'films/1', forMs: 60_000, maxBytes: 10 })
  })

  it('can write no token of their own: of another place, bucket, time or size', async () => {
    expect(
      (
        await put(
          withToken(credentials, allowed => allowed),
          'films/1',
        )
      ).status,
    ).toBe(200)
    const wider: ((allowed: unknown[]) => unknown)[] = [
      ([bucket, , ...rest]) => [bucket, 'films/', ...rest],
      ([, ...rest]) => ['others', ...rest],
      ([bucket, place, until, ...rest]) => [bucket, place, Number(until) + 1, ...rest],
      ([bucket, place, until]) => [bucket, place, until, null, null],
      () => [],
      () => ({}),
      () => null,
    ]
    for (const change of wider) {
      const response = await put(withToken(credentials, change), 'films/1')
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('AccessDenied')])
    }
  })

  it('have what no other key makes, and are known to every process that has the same', async () => {
    buckets = bucketsWith('another key')
    expect((await put(credentials, 'films/1')).status).toBe(403)
    buckets = bucketsWith('our key')
    expect((await put(credentials, 'films/1')).status).toBe(200)
  })

  it('are given away by no request: what was not signed is not taken', async () => {
    const added = (name: string, value: string) => (request: Request) => {
      request.headers.set(name, value)
      return request
    }
    expect((await put(credentials, 'films/1', added('x-amz-meta-by', 'another'))).status).toBe(403)
    expect((await put(credentials, 'films/1', added('x-amz-decoded-content-length', '4'))).status).toBe(403)
    expect((await put(credentials, 'films/1', added('accept', '*/*'))).status).toBe(200)
  })

  it('cannot be told by their name', async () => {
    const again = await buckets.uploadCredentials({ bucket: 'films', place: 'films/2', forMs: 60_000 })
    expect(again.accessKeyId).not.toBe(credentials.accessKeyId)
    expect(again.secretAccessKey).not.toBe(credentials.secretAccessKey)
    expect((await put({ ...again, secretAccessKey: credentials.secretAccessKey }, 'films/2')).status).toBe(403)
    expect((await put({ ...again, accessKeyId: credentials.accessKeyId }, 'films/2')).status).toBe(403)
  })
})
