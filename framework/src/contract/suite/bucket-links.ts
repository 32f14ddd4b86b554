/** What buckets promise of links: they let their holder do one thing, until they end, and nothing else. */
import { expect } from 'vitest'
import type { LinkTo } from '../bucket.ts'
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
  patterned,
  promise,
  putText,
  telling,
  textAt,
} from './bucket-tools.ts'
import type { Promises } from './promises.ts'
import { takeMany } from './queue-tools.ts'

const minute = 60_000

function toGet(key: string, forMs = 15 * minute): LinkTo {
  return { method: 'GET', bucket: files, key, forMs }
}

function toPut(key: string, more: Partial<LinkTo> = {}): LinkTo {
  return { method: 'PUT', bucket: files, key, forMs: 15 * minute, ...more }
}

function get({ reach }: BucketSubject, address: string, headers: Record<string, string> = {}): Promise<Response> {
  return reach(new Request(address, { headers }))
}

function put({ reach }: BucketSubject, address: string, body: Uint8Array, type?: string): Promise<Response> {
  const headers = type === undefined ? {} : { 'Content-Type': type }
  return reach(new Request(address, { method: 'PUT', body, headers }))
}

/** Refused, and without a word about the object. */
async function expectRefused(response: Response, secretText: string): Promise<void> {
  expect(response.status, 'a refusal').toBe(403)
  expect(await response.text()).not.toContain(secretText)
  expect(response.headers.get('ETag')).toBeNull()
  expect(response.headers.get('Last-Modified')).toBeNull()
}

/** The address with each part of it changed, lost, or taken from the link to something else. */
function tamperings(address: string, another: string): readonly string[] {
  const names = [...new URL(address).searchParams.keys()]
  const changed = names.flatMap(name => [
    withParameter(address, name, value => `${value}x`),
    withParameter(address, name, value => otherFirst(value)),
    withParameter(address, name, value => otherLast(value)),
    withParameter(address, name, () => ''),
    withParameter(address, name, () => undefined),
    withParameter(address, name, () => new URL(another).searchParams.get(name) ?? undefined),
  ])
  const elsewhere = new URL(address)
  elsewhere.pathname = new URL(another).pathname
  return [...changed, elsewhere.href].filter(each => each !== new URL(address).href)
}

function withParameter(address: string, name: string, change: (value: string) => string | undefined): string {
  const url = new URL(address)
  const value = change(url.searchParams.get(name) ?? '')
  if (value === undefined) url.searchParams.delete(name)
  else url.searchParams.set(name, value)
  return url.href
}

function otherFirst(value: string): string {
  return (value.startsWith('1') ? '2' : '1') + value.slice(1)
}

function otherLast(value: string): string {
  return value.slice(0, -1) + (value.endsWith('1') ? '2' : '1')
}

const getting: Promises<BucketSubject, BucketNeeds> = {
  'gives an object to whoever has its link': promise(async subject => {
    const { buckets } = subject
    const { etag } = await putText(buckets, 'a/film ü.txt', 'content', { type: 'text/plain' })
    const response = await get(subject, await buckets.link(toGet('a/film ü.txt')))
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('content')
    expect(response.headers.get('Content-Type')).toBe('text/plain')
    expect(response.headers.get('Content-Length')).toBe('7')
    expect(response.headers.get('ETag')).toBe(`"${etag}"`)
  }),

  'gives a range by a link': promise(async subject => {
    const { buckets } = subject
    const content = patterned(300_000)
    await buckets.put(files, 'film', content, { type: 'video/mp4' })
    const address = await buckets.link(toGet('film'))
    const ranges = [
      ['bytes=100000-199999', 100_000, 199_999],
      ['bytes=299990-', 299_990, 299_999],
      ['bytes=-10', 299_990, 299_999],
      ['bytes=299990-999999', 299_990, 299_999],
    ] as const
    for (const [range, first, last] of ranges) {
      const response = await get(subject, address, { Range: range })
      expect(response.status).toBe(206)
      expect(response.headers.get('Content-Range')).toBe(`bytes ${first}-${last}/300000`)
      expect(response.headers.get('Content-Length')).toBe(String(last - first + 1))
      const given = new Uint8Array(await response.arrayBuffer())
      expect(digest(given)).toBe(digest(content.subarray(first, last + 1)))
    }
    expect((await get(subject, address, { Range: 'bytes=300000-' })).status).toBe(416)
  }),

  'answers 404 to a good link where nothing is, and gives what is put there later': promise(async subject => {
    const { buckets } = subject
    const address = await buckets.link(toGet('later'))
    expect((await get(subject, address)).status).toBe(404)
    await putText(buckets, 'later', 'content')
    expect(await (await get(subject, address)).text()).toBe('content')
  }),

  'takes links to keys of any letters': promise(async subject => {
    const { buckets } = subject
    const odd = [
      'a/b',
      '/a',
      'a//b',
      '%2f',
      'a%20b',
      'a b+c',
      'a?b=c&d#e',
      'ü日👩‍👩‍👧',
      '%2e%2e',
      '...',
      'x'.repeat(1_024),
      'a"\\b',
    ]
    for (const key of odd) {
      await putText(buckets, key, `at ${key}`)
      const response = await get(subject, await buckets.link(toGet(key)))
      expect(await response.text()).toBe(`at ${key}`)
    }
  }),
}

const ending: Promises<BucketSubject, BucketNeeds> = {
  'ends a link when its time is over, to the millisecond': promise(async subject => {
    const { buckets, time } = subject
    await putText(buckets, 'a', 'content')
    const reading = await buckets.link(toGet('a', minute))
    const writing = await buckets.link(toPut('a', { forMs: minute }))
    await time.advance(minute - 1)
    expect((await get(subject, reading)).status).toBe(200)
    expect((await put(subject, writing, bytesOf('content'))).status).toBe(200)
    await time.advance(1)
    await expectRefused(await get(subject, reading), 'content')
    await expectRefused(await put(subject, writing, bytesOf('late')), 'content')
    expect(await textAt(buckets, 'a')).toBe('content')
  }),

  'makes links for an hour, and none for longer': promise(async subject => {
    const { buckets, time } = subject
    await putText(buckets, 'a', 'content')
    const address = await buckets.link(toGet('a', hour))
    await time.advance(hour - 1)
    expect((await get(subject, address)).status).toBe(200)
    for (const link of [toGet('a', hour + 1), toPut('a', { forMs: hour + 1 }), toGet('a', Number.NaN)]) {
      await expect(buckets.link(link)).rejects.toMatchObject({ code: 'link-too-long' })
    }
  }),

  'refuses a link of which anything was changed': promise(async subject => {
    const { buckets } = subject
    await putText(buckets, 'wanted', 'secret content')
    await putText(buckets, 'allowed', 'content')
    const address = await buckets.link(toGet('allowed', minute))
    const another = await buckets.link(toGet('wanted', 2 * minute))
    const changed = tamperings(address, another)
    expect(changed.length).toBeGreaterThan(15)
    for (const each of changed) await expectRefused(await get(subject, each), 'content')
    expect((await get(subject, address)).status).toBe(200)
  }),

  'refuses a changed link to put, and keeps nothing': promise(async subject => {
    const { buckets } = subject
    const upload = await buckets.startUpload(files, 'parts')
    const links = [
      toPut('allowed', { type: 'text/plain' }),
      toPut('parts', { part: { upload, number: 1 } }),
      toPut('allowed'),
    ]
    const another = await buckets.link(
      toPut('wanted', { forMs: minute, type: 'text/html', part: { upload, number: 2 } }),
    )
    for (const link of links) {
      for (const each of tamperings(await buckets.link(link), another)) {
        await expectRefused(await put(subject, each, bytesOf('content'), 'text/plain'), 'content')
      }
    }
    expect(await keysIn(buckets)).toEqual([])
  }),

  'lets the holder of a link do nothing but what it is for': promise(async subject => {
    const { buckets, reach } = subject
    await putText(buckets, 'a', 'content')
    const reading = await buckets.link(toGet('a'))
    const writing = await buckets.link(toPut('a'))
    await expectRefused(await put(subject, reading, bytesOf('other')), 'content')
    await expectRefused(await get(subject, writing), 'content')
    for (const method of ['POST', 'DELETE', 'PATCH']) {
      for (const address of [reading, writing]) {
        await expectRefused(await reach(new Request(address, { method })), 'content')
      }
    }
    expect(await textAt(buckets, 'a')).toBe('content')
  }),

  'answers a wrong link alike, whether there is an object or not': promise(async subject => {
    const { buckets } = subject
    await putText(buckets, 'there', 'content')
    const answers = ['there', 'nowhere'].map(async key => {
      const link = await buckets.link(toGet(key))
      const signature = [...new URL(link).searchParams.keys()].find(name => /signature$/i.test(name)) ?? ''
      const address = withParameter(link, signature, otherFirst)
      const response = await get(subject, address)
      return { status: response.status, body: await response.text(), headers: [...response.headers] }
    })
    const [there, nowhere] = await Promise.all(answers)
    expect(there).toEqual(nowhere)
  }),
}

const putting: Promises<BucketSubject, BucketNeeds> = {
  'keeps what is put by a link': promise(async subject => {
    const { buckets } = subject
    const content = patterned(400_000)
    const address = await buckets.link(toPut('a/film', { type: 'video/mp4' }))
    const response = await put(subject, address, content, 'video/mp4')
    expect(response.status).toBe(200)
    const kept = await buckets.get(files, 'a/film')
    expect(kept?.object).toMatchObject({ key: 'a/film', bytes: 400_000, type: 'video/mp4' })
    expect(response.headers.get('ETag')).toBe(`"${kept?.object.etag}"`)
    // More than once, until it ends.
    expect((await put(subject, address, bytesOf('again'), 'video/mp4')).status).toBe(200)
    expect(await textAt(buckets, 'a/film')).toBe('again')
  }),

  'takes an empty object by a link': promise(async subject => {
    const response = await put(subject, await subject.buckets.link(toPut('empty')), new Uint8Array())
    expect(response.status).toBe(200)
    expect(await textAt(subject.buckets, 'empty')).toBe('')
  }),

  'refuses another type than the link names': promise(async subject => {
    const { buckets } = subject
    const address = await buckets.link(toPut('a', { type: 'video/mp4' }))
    for (const type of ['text/html', 'video/mp4x', 'video/webm', undefined]) {
      const { status } = await put(subject, address, bytesOf('content'), type)
      expect([403, 415]).toContain(status)
    }
    expect(await keysIn(buckets)).toEqual([])
  }),

  'keeps nothing of a put by a link that breaks off': promise(async subject => {
    const { buckets, reach } = subject
    await putText(buckets, 'a', 'before')
    const body = ReadableStream.from(breakingOff(200_000))
    const request = new Request(await buckets.link(toPut('a')), { method: 'PUT', body, duplex: 'half' })
    // Who went away gets an answer or none; either way it is no good one.
    const answered = await reach(request).then(
      ({ ok }) => ok,
      () => false,
    )
    expect(answered).toBe(false)
    expect(await textAt(buckets, 'a')).toBe('before')
  }),

  'takes the parts of an upload by links': promise(async subject => {
    const { buckets } = subject
    const contents = [patterned(limits.partBytes, 1), patterned(1_000, 2)]
    const upload = await buckets.startUpload(files, 'film', { type: 'video/mp4' })
    const parts = await Promise.all(
      contents.map(async (content, index) => {
        const number = index + 1
        const response = await put(subject, await buckets.link(toPut('film', { part: { upload, number } })), content)
        expect(response.status).toBe(200)
        return { number, etag: (response.headers.get('ETag') ?? '').replaceAll('"', '') }
      }),
    )
    expect(await keysIn(buckets)).toEqual([])
    expect(await buckets.finishUpload(files, upload, parts)).toMatchObject({ bytes: limits.partBytes + 1_000 })
  }),

  'tells of an object that was put by a link': promise(async subject => {
    const { buckets, queues } = subject
    const address = await buckets.link(toPut('a', { bucket: telling }))
    await put(subject, address, bytesOf('content'))
    for (const queue of heardBy) {
      const [heard] = await takeMany(queues, queue, 1)
      expect(JSON.parse(heard?.body ?? '')).toMatchObject({ bucket: telling, key: 'a', bytes: 7 })
    }
  }),
}

export const linkPromises: Promises<BucketSubject, BucketNeeds> = { ...getting, ...ending, ...putting }
