import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectCreatedMessage } from '../contract/bucket.ts'
import { limits } from '../contract/limits.ts'
import { memoryClock } from '../memory/clock.ts'
import { type EmbeddedBuckets, embeddedBuckets } from './bucket.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { blockBytes } from './object-files.ts'
import { contentAt, isRemoval, keys, openBuckets } from './test/bucket-steps.ts'
import { startChild } from './test/child.ts'
import { temporaryFolder } from './test/folder.ts'

const day = 24 * 3_600_000

/** All files of objects, as paths. */
function filesIn(folder: string): readonly string[] {
  const objects = join(folder, 'objects')
  if (!existsSync(objects)) return []
  const paths = readdirSync(objects, { recursive: true, encoding: 'utf8' }).map(name => join(objects, name))
  return paths.filter(path => statSync(path).isFile())
}

async function read(content: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function patterned(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + (at >> 8)) & 0xff)
}

describe('buckets on disk', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let clock = memoryClock(0)
  let environment: Environment
  let buckets: EmbeddedBuckets

  const open = (): void => {
    environment = openEnvironment(folder.path, { plan: 'test' })
    buckets = embeddedBuckets(environment, {
      clock,
      buckets: [
        { name: 'files', createdTo: [] },
        { name: 'expiring', createdTo: [], expireAfterMs: 90 * day },
        { name: 'soon', createdTo: [], expireAfterMs: day },
      ],
      baseUrl: 'http://localhost/links',
      key: 'signs links',
    })
  }
  const close = async (): Promise<void> => {
    await buckets.close()
    await environment.close()
  }
  const reopen = async (): Promise<void> => {
    await close()
    open()
    await buckets.cleaned
  }
  /** Resolves when all that was begun to be written before is on disk. */
  const written = () => environment.transactions.write(() => () => undefined)
  /** The files, once those that are left have been removed. */
  const settledFiles = async (): Promise<readonly string[]> => {
    await reopen()
    return filesIn(folder.path)
  }

  beforeEach(() => {
    clock = memoryClock(Date.UTC(2030, 0, 1))
    folder = temporaryFolder()
    open()
  })
  afterEach(async () => {
    await close()
    folder.remove()
  })

  describe('when a file was damaged', () => {
    const content = patterned(3 * blockBytes + 1_000)
    const damagedFile = (damage: (path: string) => void): string => {
      const [path = ''] = filesIn(folder.path)
      damage(path)
      return path
    }
    const flip = (path: string, at: number): void => {
      const bytes = readFileSync(path)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      writeFileSync(path, bytes)
    }

    beforeEach(async () => void (await buckets.put('files', 'a', content)))

    it.each<[string, (path: string) => void]>([
      ['cut off', path => truncateSync(path, content.byteLength - 1)],
      ['emptied', path => truncateSync(path, 0)],
      ['made longer', path => truncateSync(path, content.byteLength + 1)],
      ['removed', path => rmSync(path)],
    ])('do not begin to give one that was %s', async (_how, damage) => {
      const path = damagedFile(damage)
      await expect(buckets.get('files', 'a')).rejects.toMatchObject({
        code: 'data-damaged',
        detail: expect.stringContaining(path),
      })
      expect(await buckets.head('files', 'a')).toMatchObject({ bytes: content.byteLength })
      await buckets.put('files', 'a', content)
      expect((await read((await buckets.get('files', 'a'))?.content)).equals(content)).toBe(true)
    })

    it('give no byte of the block in which one bit was flipped', async () => {
      damagedFile(path => flip(path, 2 * blockBytes + 77))
      const given: Uint8Array[] = []
      const reading = async (range?: { first: number; last?: number }): Promise<void> => {
        for await (const chunk of (await buckets.get('files', 'a', range))?.content ?? []) given.push(chunk)
      }
      await expect(reading()).rejects.toMatchObject({ code: 'data-damaged' })
      expect(Buffer.concat(given).equals(content.subarray(0, 2 * blockBytes))).toBe(true)
      await expect(reading({ first: 3 * blockBytes - 1, last: 3 * blockBytes })).rejects.toMatchObject({
        code: 'data-damaged',
      })
      given.length = 0
      await reading({ first: 3 * blockBytes })
      expect(Buffer.concat(given).equals(content.subarray(3 * blockBytes))).toBe(true)
    })

    it('say so when the index lacks it', async () => {
      const files = [...environment.objects.getKeys()].filter(key => Buffer.from(key).toString().startsWith('f'))
      await environment.transactions.write(() => () => {
        for (const key of files) environment.objects.remove(key)
      })
      await expect(buckets.get('files', 'a')).rejects.toMatchObject({ code: 'data-damaged' })
    })
  })

  it('have one file for an object, and none for what was replaced, refused, removed or dropped', async () => {
    await buckets.put('files', 'a', patterned(10))
    await buckets.put('files', 'a', patterned(20))
    await expect(buckets.put('files', 'a', patterned(30), { ifAbsent: true })).rejects.toThrow('conflict')
    await expect(
      buckets.put(
        'files',
        'b',
        (async function* () {
          yield patterned(blockBytes + 1)
          throw new Error('broke off')
        })(),
      ),
    ).rejects.toThrow('broke off')
    await buckets.put('files', 'c', patterned(40))
    await buckets.remove('files', 'c')
    const upload = await buckets.startUpload('files', 'd')
    await buckets.putPart('files', upload, 1, patterned(50))
    await buckets.dropUpload('files', upload)
    await buckets.close()
    const paths = filesIn(folder.path)
    expect(paths.map(path => statSync(path).size)).toEqual([20])
  })

  it('keep the files of parts, and only those that were joined', async () => {
    const upload = await buckets.startUpload('files', 'film')
    const content = patterned(limits.partBytes)
    const first = await buckets.putPart('files', upload, 1, content)
    await buckets.putPart('files', upload, 2, patterned(7))
    await buckets.putPart('files', upload, 2, patterned(8))
    const last = await buckets.putPart('files', upload, 3, patterned(9))
    await buckets.finishUpload('files', upload, [first, last])
    expect((await settledFiles()).map(path => statSync(path).size).sort()).toEqual([limits.partBytes, 9].sort())
    const whole = await read((await buckets.get('files', 'film'))?.content)
    expect(whole.equals(Buffer.concat([content, patterned(9)]))).toBe(true)
    await buckets.remove('files', 'film')
    expect(await settledFiles()).toEqual([])
  })

  it('remove the file of a replaced object when its last reader has ended, or gone', async () => {
    const content = patterned(3 * blockBytes)
    await buckets.put('files', 'a', content)
    const readers = await Promise.all([1, 2].map(async () => (await buckets.get('files', 'a'))?.content))
    const [reading, leaving] = readers.map(each => each?.[Symbol.asyncIterator]())
    await Promise.all([reading?.next(), leaving?.next()])
    await buckets.put('files', 'a', patterned(1))
    await leaving?.return?.()
    expect(filesIn(folder.path)).toHaveLength(2)
    const rest: Uint8Array[] = []
    for (let step = await reading?.next(); step && !step.done; step = await reading?.next()) rest.push(step.value)
    expect(Buffer.concat(rest).equals(content.subarray(blockBytes))).toBe(true)
    await buckets.close()
    expect(filesIn(folder.path)).toHaveLength(1)
  })

  it('remove what a killed process left, and nothing else', async () => {
    await buckets.put('files', 'a', patterned(10))
    const upload = await buckets.startUpload('files', 'b')
    const part = await buckets.putPart('files', upload, 1, patterned(11))
    const [kept = []] = [filesIn(folder.path)]
    const objects = join(folder.path, 'objects')
    mkdirSync(join(objects, '0f'), { recursive: true })
    writeFileSync(join(objects, '0f', '0f'.repeat(16)), 'of a put that was not acknowledged')
    writeFileSync(join(objects, 'arriving', '1f'.repeat(16)), 'half of a content')
    writeFileSync(join(objects, '0f', 'notes.txt'), 'of somebody else')
    expect((await settledFiles()).toSorted()).toEqual([...kept, join(objects, '0f', 'notes.txt')].toSorted())
    await buckets.finishUpload('files', upload, [part])
    expect((await read((await buckets.get('files', 'b'))?.content)).byteLength).toBe(11)
  })

  it('remove the files of what has expired soon after, and at the next start', async () => {
    const some = Array.from({ length: 60 }, (_, at) => at)
    for (const ten of some) {
      await Promise.all(some.slice(0, 10).map(at => buckets.put('expiring', `k${ten}.${at}`, new Uint8Array())))
    }
    await buckets.put('soon', 'a', patterned(1))
    await buckets.put('files', 'stays', patterned(2))
    await clock.advance(2 * day)
    await written()
    expect((await settledFiles()).length).toBe(601)
    await clock.advance(89 * day)
    for (let waits = 0; environment.objects.getKeysCount({}) > 3 && waits < 100; waits++) {
      await written()
      await clock.advance(1_000)
    }
    expect((await settledFiles()).map(path => statSync(path).size)).toEqual([2])
    await buckets.put('soon', 'b', patterned(3))
    await close()
    await clock.advance(2 * day)
    open()
    await clock.advance(1_000)
    await written()
    expect((await settledFiles()).map(path => statSync(path).size)).toEqual([2])
  })

  it('remove the parts of an upload whose time is over, and at the next start', async () => {
    const untilMs = clock.now() + day
    const begun = async (key: string) => {
      const upload = await buckets.startUpload('files', key, { untilMs })
      await buckets.putPart('files', upload, 1, patterned(1_000))
      return upload
    }
    const finished = await begun('finished')
    const part = await buckets.putPart('files', finished, 1, patterned(2_000))
    await begun('left')
    await buckets.finishUpload('files', finished, [part])
    await expect.poll(() => filesIn(folder.path)).toHaveLength(2)
    await clock.advance(day - 1)
    expect(filesIn(folder.path)).toHaveLength(2)
    await clock.advance(1)
    await expect.poll(() => filesIn(folder.path)).toHaveLength(1)

    const upload = await buckets.startUpload('files', 'later', { untilMs: clock.now() + day })
    await buckets.putPart('files', upload, 1, patterned(1_000))
    await close()
    await clock.advance(2 * day)
    open()
    await clock.advance(1)
    await expect.poll(() => filesIn(folder.path)).toHaveLength(1)
    expect((await read((await buckets.get('files', 'finished'))?.content)).byteLength).toBe(2_000)
  })

  it('say so when the disk refuses, and keep nothing of it', async () => {
    await buckets.put('files', 'a', patterned(1))
    rmSync(join(folder.path, 'objects'), { recursive: true })
    writeFileSync(join(folder.path, 'objects'), 'no folder')
    await reopen()
    await expect(buckets.put('files', 'a', patterned(2))).rejects.toMatchObject({ code: 'engine-unavailable' })
    expect(await buckets.head('files', 'a')).toMatchObject({ bytes: 1 })
    rmSync(join(folder.path, 'objects'))
    await buckets.put('files', 'a', patterned(3))
    expect(await buckets.head('files', 'a')).toMatchObject({ bytes: 3 })
  })

  it('take nothing of a key into a path', async () => {
    const odd = ['/etc/passwd', '....//x', 'a\\..\\b', 'con', '%2e%2e/x', '日'.repeat(341), '\u202e', '-rf']
    for (const key of odd) await buckets.put('files', key, Buffer.from(key))
    const names = filesIn(folder.path).map(path => path.slice(join(folder.path, 'objects').length + 1))
    expect(names).toHaveLength(odd.length)
    for (const name of names) expect(name).toMatch(/^([0-9a-f]{2})\/\1[0-9a-f]{30}$/)
  })
})

describe('buckets whose process is killed', { timeout: 60_000 }, () => {
  it('have each object as it was acknowledged, whole, its message once, and no file of nobody', async () => {
    const folder = temporaryFolder()
    const done = new Map(keys.map(key => [key, 0]))
    try {
      for (const lines of [1, 9, 30, 61, 100]) {
        const begin = keys.map(key => String((done.get(key) ?? 0) + 1))
        const child = startChild(new URL('./test/bucket-child.ts', import.meta.url), [folder.path, ...begin])
        await child.said((_line, count) => count >= lines)
        await child.kill()
        for (const line of child.lines) {
          const [, key, step] = /^(.*) (\d+)$/.exec(line) ?? []
          if (key !== undefined) done.set(key, Number(step))
        }
        await inspect(folder.path, done)
      }
      expect(Math.min(...done.values())).toBeGreaterThan(11)
    } finally {
      folder.remove()
    }
  })
})

/** Compares the folder with the last step acknowledged of each key; the one after it may have been done too. */
async function inspect(folder: string, done: Map<string, number>): Promise<void> {
  const { environment, queues, buckets } = await openBuckets(folder, memoryClock(Date.now()))
  try {
    const messages = await queues.peek('heard', 100_000)
    const heard = messages.map(({ body }) => JSON.parse(body) as ObjectCreatedMessage)
    for (const [key, last] of done) {
      const found = await buckets.get('files', key)
      const content = await read(found?.content)
      const step = Number(/ (\d+):/.exec(content.subarray(0, 30).toString())?.[1] ?? Number.NaN)
      const removed = isRemoval(last) || last === 0 ? last : last + 1
      expect(found ? [last, last + 1] : [removed], key).toContain(found ? step : removed)
      if (found) expect(content.equals(contentAt(key, step)), `${key} ${step}`).toBe(true)
      else expect(isRemoval(removed) || removed === 0, `${key} is gone after step ${last}`).toBe(true)
      done.set(key, found ? step : removed)
      expectMessages(
        heard.filter(message => message.key === key),
        key,
        done.get(key) ?? 0,
      )
    }
    await buckets.cleaned
    await buckets.close()
    const [named, kept] = [namedFiles(environment), keptFiles(environment)]
    expect(named.toSorted()).toEqual(kept.toSorted())
    expect(
      filesIn(folder)
        .map(path => path.slice(-32))
        .toSorted(),
    ).toEqual(kept.toSorted())
  } finally {
    await environment.close()
  }
}

/** One message for each content that was put. */
function expectMessages(heard: readonly ObjectCreatedMessage[], key: string, last: number): void {
  const steps = Array.from({ length: last }, (_, at) => at + 1).filter(step => !isRemoval(step))
  const md5 = (content: Uint8Array): string => createHash('md5').update(content).digest('hex')
  const joined = (content: Uint8Array): string =>
    `${createHash('md5').update(createHash('md5').update(content).digest()).digest('hex')}-1`
  const etags = steps.map(step => (step % 5 === 0 ? joined : md5)(contentAt(key, step)))
  expect(heard.map(({ etag }) => etag).toSorted(), key).toEqual(etags.toSorted())
}

function entries(environment: Environment): readonly { readonly key: string; readonly value: string }[] {
  return [...environment.objects.getRange({})].map(({ key, value }) => ({
    key: Buffer.from(key).toString('latin1'),
    value: value.toString(),
  }))
}

/** The files that objects and parts name. */
function namedFiles(environment: Environment): readonly string[] {
  return entries(environment).flatMap(({ key, value }) => {
    if (key.startsWith('o')) return [(JSON.parse(value) as { file: string }).file]
    return key.startsWith('p') ? [value] : []
  })
}

/** The files that the index has. */
function keptFiles(environment: Environment): readonly string[] {
  return entries(environment).flatMap(({ key }) => (key.startsWith('f') ? [key.slice(1)] : []))
}
