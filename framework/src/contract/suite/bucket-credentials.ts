/** What buckets promise of credentials to upload: any S3 client puts with them, at one place, until they end; no more. */
import { expect } from 'vitest'
import type { Buckets, UploadScope } from '../bucket.ts'
import { limits } from '../limits.ts'
import {
  type BucketNeeds,
  type BucketSubject,
  breakingOff,
  bytesOf,
  digest,
  files,
  heardBy,
  hour,
  keysIn,
  others,
  patterned,
  promise,
  putText,
  read,
  telling,
  textAt,
} from './bucket-tools.ts'
import type { Promises } from './promises.ts'
import { takeMany } from './queue-tools.ts'
import { listOfParts, textIn, type UploadClient, uploadClient } from './upload-client.ts'

const minute = 60_000

async function credentialsOf(buckets: Buckets, scope: Partial<UploadScope>) {
  if (!buckets.uploadCredentials) throw new Error('there are no credentials to upload')
  return buckets.uploadCredentials({ bucket: files, place: 'film', forMs: 15 * minute, ...scope })
}

/** A client with credentials; without any by default for `film`. */
async function clientFor(subject: BucketSubject, scope: Partial<UploadScope> = {}): Promise<UploadClient> {
  const credentials = await credentialsOf(subject.buckets, scope)
  return uploadClient(
    credentials,
    request => subject.reach(request),
    () => subject.time.clock.now(),
  )
}

async function started(send: UploadClient, key: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await send({ method: 'POST', key, query: 'uploads=', headers })
  expect(response.status).toBe(200)
  return encodeURIComponent(textIn(await response.text(), 'UploadId'))
}

async function sentPart(send: UploadClient, key: string, upload: string, number: number, body: Uint8Array) {
  return send({ method: 'PUT', key, query: `partNumber=${number}&uploadId=${upload}`, body })
}

/** Refused, by the code of S3 where it matters. */
async function expectRefused(response: Response, code?: string): Promise<void> {
  const answer = await response.text()
  expect(response.ok, answer).toBe(false)
  if (code) expect(textIn(answer, 'Code')).toBe(code)
}

const uploading: Promises<BucketSubject, BucketNeeds> = {
  'keeps what an S3 client puts by credentials': promise(async subject => {
    const { buckets } = subject
    const send = await clientFor(subject, { place: 'a/' })
    const content = patterned(400_000)
    for (const key of ['a/film', 'a/b c/ü+(1)*.mp4', 'a//b', 'a/%2f']) {
      const headers = { 'content-type': 'video/mp4', 'x-amz-meta-by': 'renderer' }
      const response = await send({ method: 'PUT', key, body: content, headers })
      expect(response.status, key).toBe(200)
      const kept = await buckets.get(files, key)
      expect(kept?.object).toMatchObject({ key, bytes: 400_000, type: 'video/mp4', metadata: { by: 'renderer' } })
      expect(response.headers.get('ETag')).toBe(`"${kept?.object.etag}"`)
      expect(digest(await read(kept))).toBe(digest(content))
    }
  }),

  'joins the parts that an S3 client sends by credentials': promise(async subject => {
    const { buckets } = subject
    const send = await clientFor(subject)
    const upload = await started(send, 'film', { 'content-type': 'video/mp4' })
    const contents = [patterned(limits.partBytes, 1), patterned(1_000, 2)]
    const parts = await Promise.all(
      contents.map(async (content, index) => {
        const response = await sentPart(send, 'film', upload, index + 1, content)
        return { number: index + 1, etag: (response.headers.get('ETag') ?? '').replaceAll('"', '') }
      }),
    )
    expect(await keysIn(buckets)).toEqual([])
    const joined = await send({ method: 'POST', key: 'film', query: `uploadId=${upload}`, body: listOfParts(parts) })
    const kept = await buckets.get(files, 'film')
    expect(textIn(await joined.text(), 'ETag').replaceAll('&#34;', '')).toBe(kept?.object.etag)
    expect(kept?.object).toMatchObject({ bytes: limits.partBytes + 1_000, type: 'video/mp4' })
    expect(digest(await read(kept))).toBe(digest(Buffer.concat(contents)))
  }),

  'drops an upload for an S3 client': promise(async subject => {
    const send = await clientFor(subject)
    const upload = await started(send, 'film')
    expect((await sentPart(send, 'film', upload, 1, bytesOf('content'))).status).toBe(200)
    expect((await send({ method: 'DELETE', key: 'film', query: `uploadId=${upload}` })).status).toBe(204)
    await expectRefused(await sentPart(send, 'film', upload, 1, bytesOf('content')))
    expect(await keysIn(subject.buckets)).toEqual([])
  }),

  'tells of what was put by credentials': promise(async subject => {
    const send = await clientFor(subject, { bucket: telling })
    expect((await send({ method: 'PUT', key: 'film', body: bytesOf('content') })).status).toBe(200)
    for (const queue of heardBy) {
      const [heard] = await takeMany(subject.queues, queue, 1)
      expect(JSON.parse(heard?.body ?? '')).toMatchObject({ bucket: telling, key: 'film', bytes: 7 })
    }
  }),
}

const bounded: Promises<BucketSubject, BucketNeeds> = {
  'lets the holder of credentials put, and nothing else': promise(async subject => {
    const { buckets } = subject
    await putText(buckets, 'film', 'secret content')
    await putText(buckets, 'other', 'secret content')
    const send = await clientFor(subject)
    for (const key of ['film', 'other']) {
      for (const method of ['GET', 'HEAD', 'DELETE'] as const) await expectRefused(await send({ method, key }))
      const source = { 'x-amz-copy-source': `/${files}/other` }
      await expectRefused(await send({ method: 'PUT', key, headers: source }))
      for (const query of ['acl=', 'tagging=', 'uploads=&acl=', 'partNumber=1']) {
        await expectRefused(await send({ method: 'PUT', key, query, body: bytesOf('x') }))
      }
    }
    await expectRefused(await send({ method: 'GET', key: '', query: 'list-type=2' }))
    for (const key of ['film', 'other']) expect(await textAt(buckets, key)).toBe('secret content')
  }),

  'lets the holder of credentials put at its place, and nowhere else': promise(async subject => {
    const [toKey, toFolder] = [await clientFor(subject), await clientFor(subject, { place: 'films/' })]
    const elsewhere = [
      ...['films', 'film/', 'film/x', 'filmx', '/film', 'x/film'].map(key => ({ send: toKey, key })),
      ...['films', 'filmsx', 'x', '/films/x'].map(key => ({ send: toFolder, key })),
      { send: toKey, key: 'film', bucket: others },
    ]
    for (const { send, ...place } of elsewhere) {
      await expectRefused(await send({ method: 'PUT', body: bytesOf('x'), ...place }), 'AccessDenied')
      await expectRefused(await send({ method: 'POST', query: 'uploads=', ...place }), 'AccessDenied')
    }
    expect(await keysIn(subject.buckets)).toEqual([])
    expect(await keysIn(subject.buckets, others)).toEqual([])
  }),

  'uses no upload of another key by credentials': promise(async subject => {
    const send = await clientFor(subject, { place: 'films/' })
    const upload = await started(send, 'films/1')
    await expectRefused(await sentPart(send, 'films/2', upload, 1, bytesOf('x')), 'NoSuchUpload')
    const ours = await subject.buckets.startUpload(files, 'films/2')
    await expectRefused(await sentPart(send, 'films/2', encodeURIComponent(ours), 1, bytesOf('x')), 'NoSuchUpload')
    expect((await sentPart(send, 'films/1', upload, 1, bytesOf('x'))).status).toBe(200)
  }),

  'holds uploads to the types of their credentials': promise(async subject => {
    const send = await clientFor(subject, { types: ['video/mp4', 'video/webm'] })
    for (const type of ['text/html', 'video/mp4x', 'video']) {
      const headers = { 'content-type': type }
      await expectRefused(await send({ method: 'PUT', key: 'film', body: bytesOf('x'), headers }), 'AccessDenied')
      await expectRefused(await send({ method: 'POST', key: 'film', query: 'uploads=', headers }), 'AccessDenied')
    }
    await expectRefused(await send({ method: 'PUT', key: 'film', body: bytesOf('x') }), 'AccessDenied')
    expect(await keysIn(subject.buckets)).toEqual([])
    const headers = { 'content-type': 'Video/WebM' }
    expect((await send({ method: 'PUT', key: 'film', body: bytesOf('x'), headers })).status).toBe(200)
  }),

  'holds uploads to the size of their credentials, also where they do not say how much comes': promise(
    async subject => {
      const send = await clientFor(subject, { maxBytes: 1_000 })
      const [fits, large] = [patterned(1_000), patterned(1_001)]
      await expectRefused(await send({ method: 'PUT', key: 'film', body: large }), 'EntityTooLarge')
      const body = ReadableStream.from<Uint8Array>([fits, new Uint8Array(1)])
      await expectRefused(await send({ method: 'PUT', key: 'film', body }), 'EntityTooLarge')
      expect(await keysIn(subject.buckets)).toEqual([])
      expect((await send({ method: 'PUT', key: 'film', body: fits })).status).toBe(200)
    },
  ),

  'holds the parts of an upload together to the size of its credentials': promise(async subject => {
    const maxBytes = limits.partBytes + 1_000
    const send = await clientFor(subject, { maxBytes })
    const upload = await started(send, 'film')
    const sent = async (number: number, bytes: number) => {
      const response = await sentPart(send, 'film', upload, number, patterned(bytes))
      return { ok: response.ok, number, etag: (response.headers.get('ETag') ?? '').replaceAll('"', '') }
    }
    const parts = [await sent(1, limits.partBytes), await sent(2, 1_001)]
    const list = listOfParts(parts)
    const finished = await send({ method: 'POST', key: 'film', query: `uploadId=${upload}`, body: list })
    // Refused with the part, or with all of them together.
    expect(parts.every(({ ok }) => ok) && finished.ok).toBe(false)
    expect(await keysIn(subject.buckets)).toEqual([])
    const good = [await sent(1, limits.partBytes), await sent(2, 1_000)]
    const query = `uploadId=${upload}`
    expect((await send({ method: 'POST', key: 'film', query, body: listOfParts(good) })).status).toBe(200)
    expect(await subject.buckets.head(files, 'film')).toMatchObject({ bytes: maxBytes })
  }),

  'ends credentials when their time is over, to the millisecond': promise(async subject => {
    const { buckets, time } = subject
    const send = await clientFor(subject, { forMs: minute })
    const upload = await started(send, 'film')
    await time.advance(minute - 1)
    expect((await send({ method: 'PUT', key: 'film', body: bytesOf('content') })).status).toBe(200)
    await time.advance(1)
    await expectRefused(await send({ method: 'PUT', key: 'film', body: bytesOf('late') }), 'ExpiredToken')
    await expectRefused(await sentPart(send, 'film', upload, 1, bytesOf('late')), 'ExpiredToken')
    expect(await textAt(buckets, 'film')).toBe('content')
  }),

  'makes credentials for an hour at most, and for a place': promise(async ({ buckets, time }) => {
    expect(await credentialsOf(buckets, { forMs: hour })).toMatchObject({ expiresAtMs: time.clock.now() + hour })
    for (const forMs of [hour + 1, 0, -1, Number.NaN]) {
      await expect(credentialsOf(buckets, { forMs })).rejects.toMatchObject({ code: 'link-too-long' })
    }
    for (const place of ['', '../', 'a/../b', 'x'.repeat(1_025)]) {
      await expect(credentialsOf(buckets, { place })).rejects.toMatchObject({ code: 'invalid-key' })
    }
  }),

  'takes no request by credentials whose time is 15 minutes off': promise(async subject => {
    const credentials = await credentialsOf(subject.buckets, { forMs: hour })
    const nowMs = subject.time.clock.now()
    for (const offMs of [-16 * minute, 16 * minute]) {
      const send = uploadClient(
        credentials,
        request => subject.reach(request),
        () => nowMs + offMs,
      )
      const response = await send({ method: 'PUT', key: 'film', body: bytesOf('x') })
      expect(Date.parse(response.headers.get('Date') ?? '')).toBe(Math.floor(nowMs / 1_000) * 1_000)
      await expectRefused(response, 'RequestTimeTooSkewed')
    }
  }),

  'keeps nothing of a put by credentials that breaks off': promise(async subject => {
    const { buckets } = subject
    await putText(buckets, 'film', 'before')
    const send = await clientFor(subject)
    const body = ReadableStream.from(breakingOff(200_000))
    const answered = await send({ method: 'PUT', key: 'film', body }).then(
      ({ ok }) => ok,
      () => false,
    )
    expect(answered).toBe(false)
    expect(await textAt(buckets, 'film')).toBe('before')
  }),

  'keeps nothing of a put by credentials whose body is not what was signed or summed': promise(async subject => {
    const send = await clientFor(subject)
    const body = bytesOf('content')
    const wrong: Record<string, string>[] = [
      { 'x-amz-content-sha256': '0'.repeat(64) },
      { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' },
      { 'x-amz-checksum-crc32': 'AAAAAA==' },
      { 'x-amz-checksum-sha256': 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
    ]
    for (const headers of wrong) {
      await expectRefused(await send({ method: 'PUT', key: 'film', body, headers }), 'BadDigest')
    }
    expect(await keysIn(subject.buckets)).toEqual([])
  }),
}

export const credentialPromises: Promises<BucketSubject, BucketNeeds> = { ...uploading, ...bounded }
