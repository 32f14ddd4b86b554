import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { BucketShape } from '../contract/bucket.ts'
import { memoryBuckets } from './bucket.ts'
import { memoryClock } from './clock.ts'

const hour = 3_600_000

function bed(shape: Partial<BucketShape> = {}) {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const shapes = [{ name: 'files', createdTo: [], ...shape }]
  return { clock, buckets: memoryBuckets({ clock, buckets: shapes, baseUrl: 'http://localhost', key: 'key' }) }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const md5 = (content: Uint8Array): Buffer => createHash('md5').update(content).digest()

describe('buckets in memory', () => {
  it('have the etags of S3: MD5 of the content, of an upload MD5 of the parts’ MD5s and their number', async () => {
    const { buckets } = bed()
    const content = bytes('content')
    expect(await buckets.put('files', 'a', content)).toMatchObject({ etag: md5(content).toString('hex') })
    const parts = [new Uint8Array(5 * 1_024 * 1_024).fill(1), content]
    const upload = await buckets.startUpload('files', 'b')
    const sent = [
      await buckets.putPart('files', upload, 1, parts[0] ?? content),
      await buckets.putPart('files', upload, 2, content),
    ]
    expect(sent.map(({ etag }) => etag)).toEqual(parts.map(part => md5(part).toString('hex')))
    const joined = md5(Buffer.concat(parts.map(md5))).toString('hex')
    expect(await buckets.finishUpload('files', upload, sent)).toMatchObject({ etag: `${joined}-2` })
  })

  it('take four hours to restore a cold object', async () => {
    const { buckets, clock } = bed({ coldAfterMs: 24 * hour })
    await buckets.put('files', 'a', bytes('content'))
    await clock.advance(24 * hour)
    await buckets.restore('files', 'a', hour)
    await clock.advance(4 * hour - 1)
    expect(await buckets.head('files', 'a')).toMatchObject({ state: 'restoring' })
    await clock.advance(1)
    expect(await buckets.head('files', 'a')).toMatchObject({ state: 'warm' })
    await clock.advance(hour - 1)
    expect(await buckets.head('files', 'a')).toMatchObject({ state: 'warm' })
    await clock.advance(1)
    expect(await buckets.head('files', 'a')).toMatchObject({ state: 'cold' })
  })

  it('set no timers: nothing happens to an object but by looking', async () => {
    const { buckets, clock } = bed({ coldAfterMs: hour, expireAfterMs: 2 * hour })
    await buckets.put('files', 'a', bytes('content'))
    expect(clock.nextAt()).toBeUndefined()
  })

  it('refuse to be made where nobody would take their messages', () => {
    expect(() => bed({ createdTo: ['heard'] })).toThrow(/nobody takes the messages of bucket "files"/)
  })

  it('know no bucket that was not declared', async () => {
    const { buckets } = bed()
    const unknown = [
      buckets.put('other', 'a', bytes('')),
      buckets.head('other', 'a'),
      buckets.link({ method: 'GET', bucket: 'other', key: 'a', forMs: hour }),
    ]
    for (const used of unknown) await expect(used).rejects.toThrow(/no bucket "other"/)
  })

  it('tell of objects with ids that differ, also of the same object at the same time', async () => {
    const ids: string[] = []
    const clock = memoryClock(0)
    const shapes = ['one', 'two'].map(name => ({ name, createdTo: ['heard'] }))
    const accept = (messages: readonly { readonly id: string }[]): void =>
      void ids.push(...messages.map(({ id }) => id))
    const buckets = memoryBuckets({ clock, buckets: shapes, baseUrl: 'http://localhost', key: 'key', accept })
    for (const name of ['one', 'one', 'two']) await buckets.put(name, 'a', bytes('content'))
    expect(new Set(ids).size).toBe(3)
  })
})
