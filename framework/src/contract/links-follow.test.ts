import { describe, expect, it } from 'vitest'
import { memoryBuckets } from '../memory/bucket.ts'
import { memoryClock } from '../memory/clock.ts'
import type { Buckets, LinkTo, ObjectState } from './bucket.ts'
import { signedLinks } from './links.ts'
import { followLinks } from './links-follow.ts'
import { fault } from './problems.ts'

const bucket = 'files'
const coldAfterMs = 1_000

function bed(options: { readonly maxBytes?: number; readonly over?: Partial<Buckets> } = {}) {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const place = { clock, baseUrl: 'http://localhost/links', key: 'key' }
  const buckets = memoryBuckets({ ...place, buckets: [{ name: bucket, createdTo: [], coldAfterMs }] })
  const follow = followLinks({ ...buckets, ...options.over }, signedLinks(place), options)
  const answer = async (to: Partial<LinkTo>, init: RequestInit = {}): Promise<Response> => {
    const method = to.method ?? 'GET'
    const address = await buckets.link({ method, bucket, key: 'a', forMs: 60_000, ...to })
    return follow(new Request(address, { method, ...init }))
  }
  const put = (key: string, text: string, type?: string) =>
    buckets.put(bucket, key, new TextEncoder().encode(text), type === undefined ? {} : { type })
  return { clock, buckets, answer, put }
}

describe('following a link to get', () => {
  it('tells browsers to take the type as given, and caches to keep nothing', async () => {
    const { answer, put } = bed()
    await put('a', 'content', 'text/plain; charset=utf-8')
    const { headers } = await answer({})
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Cache-Control')).toBe('private, no-cache')
    expect(headers.get('Accept-Ranges')).toBe('bytes')
    expect(headers.get('Last-Modified')).toBe('Tue, 01 Jan 2030 00:00:00 GMT')
  })

  it('shows what cannot run a script, and offers everything else as a download', async () => {
    const { answer, put } = bed()
    const shown = ['text/plain', 'text/plain; charset=utf-8', 'image/png', 'VIDEO/mp4', 'audio/ogg', 'application/pdf']
    const offered = ['text/html', 'TEXT/HTML; charset=utf-8', 'image/svg+xml', 'application/xhtml+xml', 'text/xml']
    const more = ['application/xml', 'text/javascript', 'application/octet-stream', 'x', 'multipart/mixed', '']
    for (const [types, disposition] of [
      [shown, 'inline'],
      [[...offered, ...more], 'attachment'],
    ] as const) {
      for (const type of types) {
        await put('a', 'content', type)
        const { headers } = await answer({})
        expect(headers.get('Content-Disposition'), type).toMatch(new RegExp(`^${disposition};`))
      }
    }
  })

  it('names the file by the last part of its key, in any letters', async () => {
    const { answer, put } = bed()
    await put(`films/it's "ü" (1)*.mp4`, 'content')
    const { headers } = await answer({ key: `films/it's "ü" (1)*.mp4` })
    expect(headers.get('Content-Disposition')).toBe(
      "attachment; filename*=UTF-8''it%27s%20%22%C3%BC%22%20%281%29%2A.mp4",
    )
  })

  it('gives a type that no header can hold as bytes of any kind', async () => {
    const { answer, put } = bed()
    for (const type of ['text/plain\r\nSet-Cookie: a=b', 'ü', '']) {
      await put('a', 'content', type)
      expect((await answer({})).headers.get('Content-Type')).toBe('application/octet-stream')
    }
  })

  it('answers 304 to who has this content already', async () => {
    const { answer, put } = bed()
    const { etag } = await put('a', 'content')
    for (const known of [`"${etag}"`, `W/"${etag}"`, `"x", "${etag}"`, '*']) {
      const response = await answer({}, { headers: { 'If-None-Match': known } })
      expect(response.status).toBe(304)
      expect(await response.text()).toBe('')
    }
    expect((await answer({}, { headers: { 'If-None-Match': '"x"' } })).status).toBe(200)
  })

  it('gives the whole where a range is malformed, several, or of another content', async () => {
    const { answer, put } = bed()
    const { etag } = await put('a', '0123456789')
    for (const range of ['bytes=5-2', 'bytes=-', 'bytes=a-b', 'bytes=0-1,3-4', 'items=0-1', 'bytes=0x1-2']) {
      const response = await answer({}, { headers: { Range: range } })
      expect([response.status, await response.text()]).toEqual([200, '0123456789'])
    }
    const ranged = (ifRange: string) => answer({}, { headers: { Range: 'bytes=2-4', 'If-Range': ifRange } })
    expect((await ranged(`"${etag}"`)).status).toBe(206)
    expect((await ranged('"another"')).status).toBe(200)
  })

  it('refuses ranges outside with the size there is', async () => {
    const { answer, put } = bed()
    await put('a', '0123456789')
    await put('empty', '')
    for (const range of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) {
      const response = await answer({}, { headers: { Range: range } })
      expect(response.status).toBe(416)
      expect(response.headers.get('Content-Range')).toBe('bytes */10')
    }
    expect((await answer({ key: 'empty' }, { headers: { Range: 'bytes=0-0' } })).status).toBe(416)
  })

  it('gives the whole of what replaced the content between looking and reading', async () => {
    let before: ObjectState | undefined
    const { answer, put } = bed({ over: { head: async () => before } })
    before = await put('a', '0123456789')
    await put('a', 'replaced')
    const response = await answer({}, { headers: { Range: 'bytes=2-4' } })
    expect([response.status, await response.text()]).toEqual([200, 'replaced'])
    expect(response.headers.get('Content-Length')).toBe('8')
  })

  it('answers 404 where the object went away between looking and reading', async () => {
    const { answer, put } = bed({ over: { get: async () => undefined } })
    await put('a', 'content')
    expect((await answer({})).status).toBe(404)
  })

  it('answers 409 where the object is cold', async () => {
    const { answer, put, clock } = bed()
    await put('a', 'content')
    await clock.advance(coldAfterMs)
    const response = await answer({})
    expect(response.status).toBe(409)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'object-cold', status: 409 })
  })

  it('leaves what the engine fails with to the door', async () => {
    const failing = fault('engine-unavailable', 'no answer')
    const { answer } = bed({ over: { head: () => Promise.reject(failing) } })
    await expect(answer({})).rejects.toBe(failing)
  })
})

describe('following a link to put', () => {
  const body = '0123456789'
  const put = (more: Partial<LinkTo> = {}): Partial<LinkTo> => ({ method: 'PUT', ...more })

  it('takes the type in any case and spacing, and no other', async () => {
    const { answer } = bed()
    const type = 'text/plain; charset=UTF-8'
    const typed = (given: string) => answer(put({ type }), { body, headers: { 'Content-Type': given } })
    expect((await typed('Text/Plain;charset=utf-8')).status).toBe(200)
    const refused = await typed('text/html')
    expect(refused.status).toBe(415)
    expect(await refused.json()).toMatchObject({ code: 'unsupported-media-type' })
  })

  it('keeps the type that is sent where the link names none', async () => {
    const { answer, buckets } = bed()
    await answer(put(), { body, headers: { 'Content-Type': 'image/png' } })
    expect(await buckets.head(bucket, 'a')).toMatchObject({ type: 'image/png' })
  })

  it('refuses what says it is too large before it reads it', async () => {
    const { answer, buckets } = bed({ maxBytes: 9 })
    let read = 0
    const stream = ReadableStream.from(
      (async function* () {
        read++
        yield new TextEncoder().encode(body)
      })(),
    )
    const response = await answer(put(), { body: stream, duplex: 'half', headers: { 'Content-Length': '10' } })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ code: 'object-too-large' })
    expect(await buckets.head(bucket, 'a')).toBeUndefined()
    expect(read).toBeLessThanOrEqual(1)
  })

  it('stops reading what turns out to be too large, and keeps nothing', async () => {
    const { answer, buckets } = bed({ maxBytes: 100_000 })
    let chunks = 0
    const endless = ReadableStream.from(
      (async function* () {
        for (;;) {
          chunks++
          yield new Uint8Array(30_000)
        }
      })(),
    )
    expect((await answer(put(), { body: endless, duplex: 'half' })).status).toBe(413)
    expect(chunks).toBeLessThan(10)
    expect(await buckets.head(bucket, 'a')).toBeUndefined()
  })

  it('takes exactly as much as it may', async () => {
    const { answer } = bed({ maxBytes: 10 })
    expect((await answer(put(), { body })).status).toBe(200)
    expect((await answer(put(), { body: `${body}0` })).status).toBe(413)
  })

  it('answers 400 to a body that broke off', async () => {
    const { answer } = bed()
    const broken = ReadableStream.from(
      (async function* () {
        yield new Uint8Array(10)
        throw new Error('the sender went away')
      })(),
    )
    const response = await answer(put(), { body: broken, duplex: 'half' })
    expect(response.status).toBe(400)
    expect(await response.text()).not.toContain('the sender went away')
  })

  it('answers 409 for a part of an upload that is over', async () => {
    const { answer } = bed()
    const response = await answer(put({ part: { upload: 'gone', number: 1 } }), { body })
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({ code: 'part-invalid' })
  })
})
