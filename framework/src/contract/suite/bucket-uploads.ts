/** What buckets promise of uploads in parts: nothing is seen before they are joined, and nothing else is joined. */
import { expect } from 'vitest'
import type { Buckets, Part } from '../bucket.ts'
import { limits } from '../limits.ts'
import {
  type BucketNeeds,
  type BucketSubject,
  breakingOff,
  bytesOf,
  digest,
  expiring,
  files,
  heardBy,
  inChunks,
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

/** An upload of these parts, not yet joined. */
async function uploading(
  buckets: Buckets,
  key: string,
  contents: readonly Uint8Array[],
): Promise<{ readonly upload: string; readonly parts: readonly Part[] }> {
  const upload = await buckets.startUpload(files, key)
  const parts: Part[] = []
  for (const [index, content] of contents.entries()) {
    parts.push(await buckets.putPart(files, upload, index + 1, content))
  }
  return { upload, parts }
}

const full = limits.partBytes

async function refused(joining: Promise<unknown>): Promise<void> {
  await expect(joining).rejects.toMatchObject({ code: 'part-invalid' })
}

export const uploadPromises: Promises<BucketSubject, BucketNeeds> = {
  'ends an upload when its time is over, to the millisecond': promise(async ({ buckets, time }) => {
    const untilMs = time.clock.now() + 3_600_000
    const upload = await buckets.startUpload(files, 'film', { untilMs })
    const lasting = await buckets.startUpload(files, 'film')
    await time.advance(3_600_000 - 1)
    const part = await buckets.putPart(files, upload, 1, bytesOf('content'))
    await time.advance(1)
    await refused(buckets.putPart(files, upload, 1, bytesOf('content')))
    await refused(buckets.finishUpload(files, upload, [part]))
    await buckets.dropUpload(files, upload)
    expect(await buckets.head(files, 'film')).toBeUndefined()
    const late = await buckets.putPart(files, lasting, 1, bytesOf('content'))
    expect(await buckets.finishUpload(files, lasting, [late])).toMatchObject({ key: 'film', bytes: 7 })
  }),

  'holds the parts of an upload together to its size': promise(async ({ buckets }) => {
    const upload = await buckets.startUpload(files, 'film', { maxBytes: full + 10 })
    const first = await buckets.putPart(files, upload, 1, patterned(full))
    // Refused with the part, or when it is finished.
    const joining = async () => {
      const second = await buckets.putPart(files, upload, 2, patterned(11))
      await buckets.finishUpload(files, upload, [first, second])
    }
    await expect(joining()).rejects.toMatchObject({ code: 'object-too-large' })
    const second = await buckets.putPart(files, upload, 2, patterned(10))
    expect(await buckets.finishUpload(files, upload, [first, second])).toMatchObject({ bytes: full + 10 })
  }),

  'joins the parts of an upload, sent in any order and at the same time': promise(async ({ buckets, time }) => {
    const contents = [patterned(full, 1), patterned(full + 1, 2), patterned(12_345, 3)]
    const metadata = { by: 'renderer' }
    const upload = await buckets.startUpload(files, 'film', { type: 'video/mp4', metadata })
    const numbers = [7, 100, 10_000]
    const parts = await Promise.all(
      contents.map((content, index) =>
        buckets.putPart(files, upload, numbers[index] ?? 0, index % 2 ? inChunks(content) : content),
      ),
    )
    expect(parts.map(({ number }) => number)).toEqual(numbers)
    await time.advance(1_000)
    const film = await buckets.finishUpload(files, upload, parts)
    const bytes = 2 * full + 1 + 12_345
    expect(film).toMatchObject({ key: 'film', bytes, type: 'video/mp4', metadata, state: 'warm' })
    expect(film.storedAtMs).toBe(time.clock.now())
    expect(await buckets.head(files, 'film')).toEqual(film)
    expect(digest(await read(await buckets.get(files, 'film')))).toBe(digest(Buffer.concat(contents)))
    const across = await read(await buckets.get(files, 'film', { first: full - 5, last: full + 4 }))
    expect(digest(across)).toBe(digest(Buffer.concat(contents).subarray(full - 5, full + 5)))
  }),

  'joins an upload of one small part, and of one empty one': promise(async ({ buckets }) => {
    for (const text of ['small', '']) {
      const { upload, parts } = await uploading(buckets, 'a', [bytesOf(text)])
      expect(await buckets.finishUpload(files, upload, parts)).toMatchObject({ bytes: text.length })
      expect(await textAt(buckets, 'a')).toBe(text)
    }
  }),

  'shows nothing of an upload before it is finished': promise(async ({ buckets }) => {
    await putText(buckets, 'a', 'before')
    const { upload, parts } = await uploading(buckets, 'a', [bytesOf('after')])
    await uploading(buckets, 'b', [bytesOf('never')])
    expect(await textAt(buckets, 'a')).toBe('before')
    expect(await keysIn(buckets)).toEqual(['a'])
    await buckets.finishUpload(files, upload, parts)
    expect(await textAt(buckets, 'a')).toBe('after')
    expect(await keysIn(buckets)).toEqual(['a'])
  }),

  'refuses a part below 5 MB that is not the last, by a single byte': promise(async ({ buckets }) => {
    const short = await uploading(buckets, 'a', [patterned(full - 1), bytesOf('end')])
    await refused(buckets.finishUpload(files, short.upload, short.parts))
    expect(await buckets.head(files, 'a')).toBeUndefined()
    const enough = await uploading(buckets, 'a', [patterned(full), bytesOf('end')])
    expect(await buckets.finishUpload(files, enough.upload, enough.parts)).toMatchObject({ bytes: full + 3 })
  }),

  'joins the parts it is told to, as they were sent last': promise(async ({ buckets }) => {
    const { upload, parts } = await uploading(buckets, 'a', [patterned(full), bytesOf('left out'), bytesOf('old end')])
    const end = await buckets.putPart(files, upload, 3, bytesOf('new end'))
    await refused(buckets.finishUpload(files, upload, parts))
    const [first] = parts
    await buckets.finishUpload(files, upload, first ? [first, end] : [])
    const content = await read(await buckets.get(files, 'a'))
    expect(content.byteLength).toBe(full + 7)
    expect(content.subarray(full).toString()).toBe('new end')
  }),

  'refuses parts that are missing, changed, out of order, or none at all': promise(async ({ buckets }) => {
    await putText(buckets, 'a', 'before')
    const { upload, parts } = await uploading(buckets, 'a', [patterned(full), bytesOf('end')])
    const [first, last] = parts as [Part, Part]
    const wrong = [[], [last, first], [first, first], [first, { number: 3, etag: last.etag }]]
    for (const joined of wrong) await refused(buckets.finishUpload(files, upload, joined))
    await refused(buckets.finishUpload(files, upload, [first, { number: 2, etag: first.etag }]))
    expect(await textAt(buckets, 'a')).toBe('before')
    // What was refused has spoilt nothing.
    expect(await buckets.finishUpload(files, upload, parts)).toMatchObject({ bytes: full + 3 })
  }),

  'takes parts numbered from 1 to 10,000 only': promise(async ({ buckets }) => {
    const upload = await buckets.startUpload(files, 'a')
    for (const number of [0, -1, 10_001, 1.5, Number.NaN]) {
      await refused(buckets.putPart(files, upload, number, bytesOf('part')))
    }
    await buckets.putPart(files, upload, 1, bytesOf('part'))
    await buckets.putPart(files, upload, 10_000, bytesOf('part'))
  }),

  'knows no upload that was never started, is finished, dropped, or of another bucket': promise(async ({ buckets }) => {
    const { upload, parts } = await uploading(buckets, 'a', [bytesOf('part')])
    await refused(buckets.putPart(others, upload, 1, bytesOf('part')))
    await refused(buckets.finishUpload(others, upload, parts))
    await buckets.finishUpload(files, upload, parts)
    const dropped = await uploading(buckets, 'b', [bytesOf('part')])
    await buckets.dropUpload(files, dropped.upload)
    for (const gone of [upload, dropped.upload, 'never']) {
      await refused(buckets.putPart(files, gone, 1, bytesOf('part')))
      await refused(buckets.finishUpload(files, gone, parts))
      await buckets.dropUpload(files, gone)
    }
    expect(await keysIn(buckets)).toEqual(['a'])
  }),

  'keeps nothing of a part that breaks off, and does not replace one by it': promise(async ({ buckets }) => {
    const { upload, parts } = await uploading(buckets, 'a', [bytesOf('whole')])
    await expect(buckets.putPart(files, upload, 1, breakingOff(300_000))).rejects.toThrow('the sender went away')
    await expect(buckets.putPart(files, upload, 2, breakingOff(300_000))).rejects.toThrow('the sender went away')
    await buckets.finishUpload(files, upload, parts)
    expect(await textAt(buckets, 'a')).toBe('whole')
  }),

  'has uploads of one key beside each other; who finishes last stays': promise(async ({ buckets }) => {
    const one = await uploading(buckets, 'a', [bytesOf('one')])
    const other = await uploading(buckets, 'a', [bytesOf('other')])
    await buckets.finishUpload(files, other.upload, other.parts)
    await buckets.finishUpload(files, one.upload, one.parts)
    expect(await textAt(buckets, 'a')).toBe('one')
  }),

  'counts the age of an uploaded object from when it was finished': promise(async ({ buckets, time }) => {
    const upload = await buckets.startUpload(expiring, 'a')
    const part = await buckets.putPart(expiring, upload, 1, bytesOf('part'))
    await time.advance(86_400_000)
    const { storedAtMs } = await buckets.finishUpload(expiring, upload, [part])
    await time.advance(90 * 86_400_000 - 1)
    expect(await buckets.head(expiring, 'a')).toMatchObject({ storedAtMs })
    await time.advance(1)
    expect(await buckets.head(expiring, 'a')).toBeUndefined()
  }),

  'tells of an uploaded object when it is finished': promise(async ({ buckets, queues }) => {
    const upload = await buckets.startUpload(telling, 'a')
    const part = await buckets.putPart(telling, upload, 1, bytesOf('part'))
    const { etag } = await buckets.finishUpload(telling, upload, [part])
    for (const queue of heardBy) {
      const [heard] = await takeMany(queues, queue, 1)
      expect(JSON.parse(heard?.body ?? '')).toEqual({ bucket: telling, key: 'a', bytes: 4, etag })
    }
  }),
}
