/**
 * The promises of buckets: what is put is there, whole, under exactly its key, until its time is over. Listing, uploads
 * and links stand in files of their own; `bucketPromises` has them all.
 */
import { expect } from 'vitest'
import { credentialPromises } from './bucket-credentials.ts'
import { linkPromises } from './bucket-links.ts'
import { listPromises } from './bucket-list.ts'
import {
  type BucketNeeds,
  type BucketSubject,
  breakingOff,
  bytesOf,
  cooling,
  day,
  digest,
  expiring,
  files,
  heardBy,
  hour,
  inChunks,
  keysIn,
  others,
  patterned,
  promise,
  putText,
  read,
  telling,
  textAt,
  winners,
} from './bucket-tools.ts'
import { uploadPromises } from './bucket-uploads.ts'
import type { Promises } from './promises.ts'
import { takeMany, takeWhatIsDue } from './queue-tools.ts'

export type { BucketNeeds, BucketSubject } from './bucket-tools.ts'

type BucketPromises = Promises<BucketSubject, BucketNeeds>

const objects: BucketPromises = {
  'gives back what was put, with what is known of it': promise(async ({ buckets, time }) => {
    const nowMs = time.clock.now()
    const metadata = { 'made-by': 'backend', length: '12 minutes' }
    const put = await putText(buckets, 'a/film.txt', 'content', { type: 'text/plain', metadata })
    expect(put).toEqual({
      ...{ key: 'a/film.txt', bytes: 7, type: 'text/plain', metadata, state: 'warm', storedAtMs: nowMs },
      etag: expect.stringMatching(/^[^"]+$/),
    })
    expect(await buckets.head(files, 'a/film.txt')).toEqual(put)
    expect((await buckets.get(files, 'a/film.txt'))?.object).toEqual(put)
    expect((await buckets.list(files, { limit: 10 })).objects).toEqual([put])
    expect(await textAt(buckets, 'a/film.txt')).toBe('content')
  }),

  'has nothing where nothing was put': promise(async ({ buckets }) => {
    await putText(buckets, 'a/b', 'content')
    for (const key of ['a', 'a/', 'a/b/', 'a/b/c', 'b']) {
      expect(await buckets.head(files, key)).toBeUndefined()
      expect(await buckets.get(files, key)).toBeUndefined()
    }
    expect(await buckets.head(others, 'a/b')).toBeUndefined()
  }),

  'takes content as a stream, of any size, and none at all': promise(async ({ buckets }) => {
    const large = patterned(7_654_321)
    const { bytes } = await buckets.put(files, 'large', inChunks(large))
    expect(bytes).toBe(large.byteLength)
    expect(digest(await read(await buckets.get(files, 'large')))).toBe(digest(large))
    for (const empty of [new Uint8Array(), inChunks(new Uint8Array())]) {
      expect(await buckets.put(files, 'empty', empty)).toMatchObject({ bytes: 0 })
      expect(await textAt(buckets, 'empty')).toBe('')
    }
  }),

  'takes an unnamed type as bytes of any kind': promise(async ({ buckets }) => {
    expect(await putText(buckets, 'a', '1')).toMatchObject({ type: 'application/octet-stream', metadata: {} })
  }),

  'replaces an object with all that was known of it, and its etag with its content': promise(
    async ({ buckets, time }) => {
      const first = await putText(buckets, 'a', '1', { type: 'text/plain', metadata: { by: 'one' } })
      await time.advance(hour)
      const second = await putText(buckets, 'a', '22')
      expect(second).toMatchObject({ bytes: 2, type: 'application/octet-stream', metadata: {} })
      expect(second.storedAtMs).toBe(first.storedAtMs + hour)
      expect(second.etag).not.toBe(first.etag)
      expect(await textAt(buckets, 'a')).toBe('22')
      expect(await keysIn(buckets)).toEqual(['a'])
    },
  ),

  'shows every write to whoever looks after it': promise(async ({ buckets }) => {
    for (let round = 0; round < 20; round++) {
      const { etag } = await putText(buckets, 'a', `round ${round}`)
      expect(await textAt(buckets, 'a')).toBe(`round ${round}`)
      expect(await buckets.head(files, 'a')).toMatchObject({ etag })
      expect((await buckets.list(files, { limit: 10 })).objects).toMatchObject([{ etag }])
      if (round % 2 === 0) continue
      await buckets.remove(files, 'a')
      expect(await buckets.head(files, 'a')).toBeUndefined()
      expect(await keysIn(buckets)).toEqual([])
    }
  }),

  'removes an object, and nothing where nothing is': promise(async ({ buckets }) => {
    await putText(buckets, 'a', '1')
    await putText(buckets, 'a/b', '2')
    await buckets.remove(files, 'a')
    await buckets.remove(files, 'a')
    await buckets.remove(files, 'never')
    expect(await textAt(buckets, 'a')).toBeUndefined()
    expect(await textAt(buckets, 'a/b')).toBe('2')
  }),

  'gives a range of bytes, and leaves out what lies past the end': promise(async ({ buckets }) => {
    await putText(buckets, 'digits', '0123456789')
    await putText(buckets, 'empty', '')
    const rangeOf = async (first: number, last?: number, key = 'digits'): Promise<string> => {
      const got = await buckets.get(files, key, { first, ...(last === undefined ? {} : { last }) })
      expect(got?.object).toMatchObject({ key, bytes: key === 'digits' ? 10 : 0 })
      return (await read(got)).toString()
    }
    expect(await rangeOf(2, 5)).toBe('2345')
    expect(await rangeOf(0, 0)).toBe('0')
    expect(await rangeOf(7)).toBe('789')
    expect(await rangeOf(0)).toBe('0123456789')
    expect(await rangeOf(8, 100)).toBe('89')
    expect(await rangeOf(10, 12)).toBe('')
    expect(await rangeOf(99)).toBe('')
    expect(await rangeOf(0, 9, 'empty')).toBe('')
  }),

  'gives a range out of the middle of a large object': promise(async ({ buckets }) => {
    const large = patterned(1_000_000)
    await buckets.put(files, 'large', large)
    const middle = await read(await buckets.get(files, 'large', { first: 123_456, last: 654_321 }))
    expect(digest(middle)).toBe(digest(large.subarray(123_456, 654_322)))
  }),

  'keeps what it was given, whatever becomes of the bytes afterwards': promise(async ({ buckets }) => {
    const given = bytesOf('content')
    await buckets.put(files, 'a', given)
    given.fill(0)
    const got = await buckets.get(files, 'a')
    for await (const chunk of got?.content ?? []) chunk.fill(0)
    expect(await textAt(buckets, 'a')).toBe('content')
  }),

  'lets a reader go on with the content it began with': promise(async ({ buckets }) => {
    const before = patterned(3_000_000)
    await buckets.put(files, 'a', before)
    const replaced = await buckets.get(files, 'a')
    const removed = await buckets.get(files, 'a')
    await putText(buckets, 'a', 'other content')
    const later = read(replaced)
    await buckets.remove(files, 'a')
    expect(digest(await later)).toBe(digest(before))
    expect(digest(await read(removed))).toBe(digest(before))
  }),

  'keeps nothing of content that breaks off, and replaces nothing by it': promise(async ({ buckets }) => {
    await putText(buckets, 'there', 'before')
    for (const key of ['there', 'new']) {
      await expect(buckets.put(files, key, breakingOff(300_000))).rejects.toThrow('the sender went away')
    }
    expect(await textAt(buckets, 'there')).toBe('before')
    expect(await buckets.head(files, 'new')).toBeUndefined()
    expect(await keysIn(buckets)).toEqual(['there'])
  }),
}

const conditions: BucketPromises = {
  'puts only where nothing is, if asked to': promise(async ({ buckets }) => {
    await putText(buckets, 'a', '1', { ifAbsent: true })
    const again = putText(buckets, 'a', '2', { ifAbsent: true })
    await expect(again).rejects.toMatchObject({ code: 'conflict' })
    expect(await textAt(buckets, 'a')).toBe('1')
    await buckets.remove(files, 'a')
    await putText(buckets, 'a', '3', { ifAbsent: true })
    expect(await textAt(buckets, 'a')).toBe('3')
  }),

  'puts only where this is what is there, if asked to': promise(async ({ buckets }) => {
    const first = await putText(buckets, 'a', '1')
    const second = await putText(buckets, 'a', '2', { ifMatch: first.etag })
    await expect(putText(buckets, 'a', '3', { ifMatch: first.etag })).rejects.toMatchObject({ code: 'conflict' })
    await expect(putText(buckets, 'b', '3', { ifMatch: first.etag })).rejects.toMatchObject({ code: 'conflict' })
    expect(await buckets.head(files, 'a')).toMatchObject({ etag: second.etag })
    expect(await keysIn(buckets)).toEqual(['a'])
  }),

  'keeps one of 20 puts at the same moment that all want to be the first': promise(async ({ buckets }) => {
    const contents = Array.from({ length: 20 }, (_, index) => `content ${index}`)
    const won = await winners(
      contents.map((content, index) =>
        buckets.put(files, 'a', index % 2 ? bytesOf(content) : inChunks(bytesOf(content), 3), { ifAbsent: true }),
      ),
    )
    expect(won).toHaveLength(1)
    expect(await textAt(buckets, 'a')).toBe(contents[won[0] ?? -1])
  }),

  'keeps one of 20 puts at the same moment that all replace the same content': promise(async ({ buckets }) => {
    const { etag } = await putText(buckets, 'a', 'before')
    const contents = Array.from({ length: 20 }, (_, index) => `content ${index}`)
    const won = await winners(contents.map(content => putText(buckets, 'a', content, { ifMatch: etag })))
    expect(won).toHaveLength(1)
    expect(await textAt(buckets, 'a')).toBe(contents[won[0] ?? -1])
  }),

  'keeps one whole content of 20 puts at the same moment without a condition': promise(async ({ buckets }) => {
    const contents = Array.from({ length: 20 }, (_, index) => patterned(200_000, index + 1))
    const put = await Promise.all(contents.map(content => buckets.put(files, 'a', inChunks(content, 50_000))))
    const got = await buckets.get(files, 'a')
    const kept = digest(await read(got))
    const winner = contents.findIndex(content => digest(content) === kept)
    expect(winner).not.toBe(-1)
    expect(got?.object.etag).toBe(put[winner]?.etag)
  }),
}

/** Keys that something on the way might take for something else. */
const oddKeys = [
  ...['a', 'A', 'a/b', '/a', 'a/', '//a', 'a//b', 'a/b/', '/', '//'],
  ...['a..b', '...', '..a', 'a..', '.a', 'a.', '....//a', '%2e%2e', 'a%2fb', 'a%2Fb', '%', '%25', '%zz'],
  ...[
    ' a',
    'a ',
    ' ',
    'a+b',
    'a b',
    'a?b',
    'a#b',
    'a&b=c',
    `a'b`,
    'a"b',
    'a\\b',
    'a\\..\\b',
    'a:b',
    'a*b',
    'a|b',
    '<a>',
  ],
  ...['ü', 'u\u0308', 'İ', 'ß', 'SS', '日本語', '👩‍👩‍👧', '\u{10ffff}', '\uffff', '\u202e', '\u2028', '\ufeff'],
  ...['con', 'nul.txt', 'a.', '-rf', '~', '$HOME', '__proto__', 'constructor', 'x'.repeat(1_024), '日'.repeat(341)],
]

/** What is refused as a key, everywhere. */
const noKeys = [
  ...['', '.', '..', '../a', 'a/..', 'a/../b', './a', 'a/.', 'a/./b', '/..', '../../../etc/passwd'],
  ...['a\0', '\0', '\ud800', 'a\udc00b', 'x'.repeat(1_025), '日'.repeat(342)],
]

const keys: BucketPromises = {
  'keeps an object under exactly its key, whatever its letters': promise(async ({ buckets }) => {
    for (const key of oddKeys) await putText(buckets, key, `at ${key}`)
    for (const key of oddKeys) {
      expect(await textAt(buckets, key)).toBe(`at ${key}`)
      expect(await buckets.head(files, key)).toMatchObject({ key })
    }
    expect(new Set(await keysIn(buckets))).toEqual(new Set(oddKeys))
    for (const key of oddKeys) await buckets.remove(files, key)
    expect(await keysIn(buckets)).toEqual([])
  }),

  'takes control characters in keys': promise(async ({ buckets }) => {
    const controls = ['\u0001', 'a\nb', '\r\n', '\t', '\u007f', '\u001b[31m']
    for (const key of controls) await putText(buckets, key, JSON.stringify(key))
    for (const key of controls) expect(await textAt(buckets, key)).toBe(JSON.stringify(key))
    expect(new Set(await keysIn(buckets))).toEqual(new Set(controls))
  }),

  'refuses what is no key, and keeps nothing': promise(async ({ buckets }) => {
    for (const key of noKeys) {
      const uses = [
        putText(buckets, key, 'content'),
        buckets.get(files, key),
        buckets.head(files, key),
        buckets.remove(files, key),
        buckets.restore(files, key, hour),
        buckets.startUpload(files, key),
        buckets.link({ method: 'GET', bucket: files, key, forMs: hour }),
        buckets.link({ method: 'PUT', bucket: files, key, forMs: hour }),
      ]
      for (const used of await Promise.allSettled(uses)) {
        expect(used, `key ${JSON.stringify(key.slice(0, 20))}`).toMatchObject({ reason: { code: 'invalid-key' } })
      }
    }
    expect(await keysIn(buckets)).toEqual([])
  }),
}

const lifecycle: BucketPromises = {
  'has an object no more from the moment it expires': promise(async ({ buckets, time }) => {
    const { etag } = await buckets.put(expiring, 'a', bytesOf('1'))
    await time.advance(day)
    await buckets.put(expiring, 'b', bytesOf('2'))
    await time.advance(89 * day - 1)
    expect(await textAt(buckets, 'a', expiring)).toBe('1')
    await time.advance(1)
    expect(await buckets.head(expiring, 'a')).toBeUndefined()
    expect(await buckets.get(expiring, 'a')).toBeUndefined()
    expect(await keysIn(buckets, expiring)).toEqual(['b'])
    const matching = buckets.put(expiring, 'a', bytesOf('3'), { ifMatch: etag })
    await expect(matching).rejects.toMatchObject({ code: 'conflict' })
    await buckets.put(expiring, 'a', bytesOf('3'), { ifAbsent: true })
    expect(await textAt(buckets, 'a', expiring)).toBe('3')
  }),

  'counts the age of an object from when it was put last': promise(async ({ buckets, time }) => {
    await buckets.put(expiring, 'a', bytesOf('1'))
    await buckets.put(expiring, 'b', bytesOf('1'))
    await time.advance(60 * day)
    await buckets.put(expiring, 'a', bytesOf('2'))
    await time.advance(60 * day)
    expect(await keysIn(buckets, expiring)).toEqual(['a'])
    await time.advance(30 * day)
    expect(await keysIn(buckets, expiring)).toEqual([])
  }),

  'keeps objects of a bucket without a lifecycle': promise(async ({ buckets, time }) => {
    await putText(buckets, 'a', '1')
    await time.advance(4_000 * day)
    expect(await buckets.get(files, 'a')).toMatchObject({ object: { state: 'warm' } })
  }),

  'makes an object cold from the moment it has the age: known, and not to be read': promise(
    async ({ buckets, time }) => {
      await buckets.put(cooling, 'a', bytesOf('1'))
      await time.advance(30 * day - 1)
      expect(await textAt(buckets, 'a', cooling)).toBe('1')
      await time.advance(1)
      await expect(buckets.get(cooling, 'a')).rejects.toMatchObject({ code: 'object-cold' })
      expect(await buckets.head(cooling, 'a')).toMatchObject({ key: 'a', bytes: 1, state: 'cold' })
      expect((await buckets.list(cooling, { limit: 10 })).objects).toMatchObject([{ key: 'a', state: 'cold' }])
      await buckets.put(cooling, 'a', bytesOf('2'))
      expect(await textAt(buckets, 'a', cooling)).toBe('2')
      await time.advance(30 * day)
      await buckets.remove(cooling, 'a')
      expect(await buckets.head(cooling, 'a')).toBeUndefined()
    },
  ),

  'restores a cold object for a time, after a while': promise(async subject => {
    const { buckets, time } = subject
    await buckets.put(cooling, 'a', bytesOf('1'))
    await time.advance(30 * day)
    await buckets.restore(cooling, 'a', 3 * day)
    expect(await buckets.head(cooling, 'a')).toMatchObject({ state: 'restoring' })
    await expect(buckets.get(cooling, 'a')).rejects.toMatchObject({ code: 'object-cold' })
    await restored(subject, 'a')
    expect(await textAt(buckets, 'a', cooling)).toBe('1')
    await time.advance(3 * day - 2 * hour)
    expect(await textAt(buckets, 'a', cooling)).toBe('1')
    await time.advance(2 * hour)
    expect(await buckets.head(cooling, 'a')).toMatchObject({ state: 'cold' })
    await buckets.restore(cooling, 'a', day)
    await restored(subject, 'a')
  }),

  'refuses to restore what is not cold': promise(async ({ buckets, time }) => {
    const refused = async (): Promise<void> => {
      await expect(buckets.restore(cooling, 'a', day)).rejects.toMatchObject({ code: 'conflict' })
    }
    await refused()
    await buckets.put(cooling, 'a', bytesOf('1'))
    await refused()
    await time.advance(30 * day)
    await buckets.restore(cooling, 'a', day)
    await refused()
  }),

  'expires cold and restored objects too': promise(async subject => {
    const { buckets, time } = subject
    await buckets.put(cooling, 'cold', bytesOf('1'))
    await buckets.put(cooling, 'restored', bytesOf('1'))
    await time.advance(360 * day)
    await buckets.restore(cooling, 'restored', 30 * day)
    await restored(subject, 'restored')
    await time.advance(5 * day)
    expect(await keysIn(buckets, cooling)).toEqual([])
    expect(await buckets.get(cooling, 'restored')).toBeUndefined()
  }),
}

/** Lets time pass until an object is warm: in steps of an hour, at most two days. */
async function restored({ buckets, time }: BucketSubject, key: string): Promise<void> {
  for (let hours = 0; hours < 48; hours++) {
    await time.advance(hour)
    const state = (await buckets.head(cooling, key))?.state
    if (state === 'warm') return
    expect(state).toBe('restoring')
  }
  throw new Error('it was not restored within two days')
}

const messages: BucketPromises = {
  'tells every listener of every new and every replaced object': promise(async ({ buckets, queues }) => {
    const first = await buckets.put(telling, 'a/ü', bytesOf('1'))
    const second = await buckets.put(telling, 'a/ü', bytesOf('1'))
    const third = await buckets.put(telling, 'b', bytesOf('333'))
    const told = [first, second, third].map(({ key, bytes, etag }) => ({ bucket: telling, key, bytes, etag }))
    for (const queue of heardBy) {
      const heard = (await takeMany(queues, queue, 3)).map(({ body }) => JSON.parse(body) as unknown)
      expect(heard).toHaveLength(3)
      expect(heard).toEqual(expect.arrayContaining(told))
      expect(await takeWhatIsDue(queues, queue)).toEqual([])
    }
  }),

  'tells nobody of what was not kept, or removed': promise(async ({ buckets, queues }) => {
    const [queue] = heardBy
    await buckets.put(telling, 'a', bytesOf('1'))
    await takeMany(queues, queue, 1)
    await expect(buckets.put(telling, 'a', bytesOf('2'), { ifAbsent: true })).rejects.toThrow()
    await expect(buckets.put(telling, 'b', breakingOff(10))).rejects.toThrow()
    await buckets.remove(telling, 'a')
    const upload = await buckets.startUpload(telling, 'c')
    await buckets.putPart(telling, upload, 1, bytesOf('part'))
    await putText(buckets, 'elsewhere', '1')
    expect(await takeWhatIsDue(queues, queue)).toEqual([])
  }),
}

const durability: BucketPromises = {
  'keeps objects and uploads when its process is killed': promise(async subject => {
    const { buckets } = subject
    if (!subject.reopen) throw new Error('this engine keeps nothing')
    const put = await putText(buckets, 'a', 'content', { type: 'text/plain', metadata: { by: 'one' } })
    const upload = await buckets.startUpload(files, 'b')
    const part = await buckets.putPart(files, upload, 1, bytesOf('part'))
    const reopened = await subject.reopen()
    expect(await reopened.head(files, 'a')).toEqual(put)
    expect(await textAt(reopened, 'a')).toBe('content')
    await reopened.finishUpload(files, upload, [part])
    expect(await textAt(reopened, 'b')).toBe('part')
  }),
}

/** All promises of buckets. */
export const bucketPromises: BucketPromises = {
  ...objects,
  ...conditions,
  ...keys,
  ...listPromises,
  ...uploadPromises,
  ...lifecycle,
  ...messages,
  ...linkPromises,
  ...credentialPromises,
  ...durability,
}
