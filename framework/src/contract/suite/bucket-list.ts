/** What buckets promise of listing: every object once, in the order of the bytes of its key, page by page. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Buckets } from '../bucket.ts'
import { type BucketNeeds, type BucketSubject, bytesOf, files, keysIn, promise, putText } from './bucket-tools.ts'
import type { Promises } from './promises.ts'

/** All keys below a prefix, gathered page by page. */
async function paged(buckets: Buckets, prefix: string, limit: number): Promise<readonly string[]> {
  const found: string[] = []
  let after: string | undefined
  do {
    const page = await buckets.list(files, { prefix, limit, ...(after === undefined ? {} : { after }) })
    expect(page.objects.length).toBeLessThanOrEqual(limit)
    // A page with a cursor is full: nobody has to ask again for nothing.
    if (page.after !== undefined) expect(page.objects).toHaveLength(limit)
    found.push(...page.objects.map(({ key }) => key))
    after = page.after
  } while (after !== undefined)
  return found
}

function inByteOrder(keys: readonly string[]): readonly string[] {
  return [...keys].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
}

/** Letters whose order differs by UTF-16 units, by bytes and by language, and those that paths care about. */
const letters = fc.constantFrom(
  'a',
  'b',
  'B',
  'z',
  '/',
  '.',
  '-',
  '%',
  ' ',
  'ä',
  '日',
  '\ue000',
  '\uffff',
  '😀',
  '\u{10ffff}',
)
const names = fc
  .string({ unit: letters, minLength: 1, maxLength: 6 })
  .filter(name => !name.split('/').some(part => part === '.' || part === '..'))

export const listPromises: Promises<BucketSubject, BucketNeeds> = {
  'lists keys in the order of their bytes in UTF-8': promise(async ({ buckets }) => {
    const keys = ['b', 'a', 'a/b', 'a-b', 'a0', 'Z', 'ä', '\uffff', '😀', '\ue000', 'z', 'aa', '%', '/']
    for (const key of keys) await putText(buckets, key, key)
    const listed = await keysIn(buckets)
    expect(listed).toEqual(inByteOrder(keys))
    expect(listed.indexOf('\uffff')).toBeLessThan(listed.indexOf('😀'))
  }),

  'lists what begins with a prefix, letter by letter': promise(async ({ buckets }) => {
    for (const key of ['a', 'a/', 'a/1', 'a/2/3', 'ab', 'A/1', 'b', '%61/1']) await putText(buckets, key, key)
    expect(await paged(buckets, 'a/', 10)).toEqual(['a/', 'a/1', 'a/2/3'])
    expect(await paged(buckets, 'a', 10)).toEqual(['a', 'a/', 'a/1', 'a/2/3', 'ab'])
    expect(await paged(buckets, 'a/2', 10)).toEqual(['a/2/3'])
    expect(await paged(buckets, 'c', 10)).toEqual([])
    expect(await paged(buckets, 'x'.repeat(2_000), 10)).toEqual([])
  }),

  'lists page by page, and says when nothing follows': promise(async ({ buckets }) => {
    for (let index = 0; index < 6; index++) await putText(buckets, `k${index}`, '')
    const exactly = await buckets.list(files, { limit: 6 })
    expect(exactly).not.toHaveProperty('after')
    for (const limit of [1, 2, 3, 5, 6, 7]) {
      expect(await paged(buckets, '', limit)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5'])
    }
    expect(await buckets.list(files, { prefix: 'none', limit: 1 })).toEqual({ objects: [] })
  }),

  'lists on from a cursor, whatever was put and removed meanwhile': promise(async ({ buckets }) => {
    for (const key of ['b', 'd', 'f', 'h']) await putText(buckets, key, '')
    const first = await buckets.list(files, { limit: 2 })
    for (const key of ['b', 'd', 'f']) await buckets.remove(files, key)
    for (const key of ['a', 'c', 'e', 'g']) await putText(buckets, key, '')
    const rest = await buckets.list(files, { limit: 10, ...(first.after === undefined ? {} : { after: first.after }) })
    expect(rest.objects.map(({ key }) => key)).toEqual(['e', 'g', 'h'])
  }),

  'refuses cursors that are none, and pages of no or too many objects': promise(async ({ buckets }) => {
    await putText(buckets, 'a', '')
    for (const after of ['', 'a', '%%%', 'bm8', '\ud800', 'x'.repeat(5_000)]) {
      await expect(buckets.list(files, { limit: 1, after })).rejects.toMatchObject({ code: 'invalid-cursor' })
    }
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(buckets.list(files, { limit })).rejects.toMatchObject({ code: 'page-size-invalid' })
    }
  }),

  'refuses a cursor that comes from another prefix': promise(async ({ buckets }) => {
    for (const key of ['a/1', 'a/2', 'b/1', 'b/2']) await putText(buckets, key, '')
    const { after = '' } = await buckets.list(files, { prefix: 'a/', limit: 1 })
    expect(await buckets.list(files, { prefix: 'a/', limit: 1, after })).toMatchObject({ objects: [{ key: 'a/2' }] })
    const elsewhere = buckets.list(files, { prefix: 'b/', limit: 1, after })
    await expect(elsewhere).rejects.toMatchObject({ code: 'invalid-cursor' })
  }),

  'lists 1,000 objects at once': promise(async ({ buckets }) => {
    const keys = Array.from({ length: 1_001 }, (_, index) => `k${String(index).padStart(4, '0')}`)
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map(key => putText(buckets, key, '')))
    }
    const { objects, after } = await buckets.list(files, { limit: 1_000 })
    expect(objects.map(({ key }) => key)).toEqual(keys.slice(0, 1_000))
    expect(after).toBeDefined()
  }),

  'lists what is there, whatever was put and removed': promise(async ({ buckets }) => {
    const change = fc.record({ key: names, removed: fc.boolean() })
    const prefixes = fc.string({ unit: letters, maxLength: 3 })
    const property = fc.asyncProperty(
      fc.array(change, { maxLength: 25 }),
      prefixes,
      fc.integer({ min: 1, max: 9 }),
      async (changes, prefix, limit) => {
        const expected = new Set<string>()
        for (const { key, removed } of changes) {
          await (removed ? buckets.remove(files, key) : buckets.put(files, key, bytesOf(key)))
          if (removed) expected.delete(key)
          else expected.add(key)
        }
        const below = [...expected].filter(key => key.startsWith(prefix))
        const listed = await paged(buckets, prefix, limit)
        for (const key of await keysIn(buckets)) await buckets.remove(files, key)
        expect(listed).toEqual(inByteOrder(below))
      },
    )
    await fc.assert(property)
  }),
}
