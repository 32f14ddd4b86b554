/** The data file and the journal together: what is there after a power cut, and after writing that failed. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Bytes } from './kept.ts'
import { Pages } from './pages.ts'
import { temporaryFolder } from './test/folder.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const opened = (path = folder.path): Pages => Pages.open({ folder: path, check: () => {} })
const key = (n: number): Buffer => Buffer.from(`key ${n}`)
const journals = ['journal-0', 'journal-1', 'journal-2']

/** Small numbers by chance, the same each time. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A file of which some blocks are as they were flushed, and some as they were written since. */
function mixed(flushed: Buffer, written: Buffer, below: (n: number) => number): Buffer {
  const mix = Buffer.from(written)
  for (let at = 0; at < mix.length; at += 4_096) {
    if (below(2) === 0) mix.fill(0, at, at + 4_096).set(flushed.subarray(at, at + 4_096), at)
  }
  return mix
}

describe('the data file and its journal', () => {
  it('meet often enough that few pages are written at a time, however small what is changed', async () => {
    const pages = opened()
    const items = pages.bytes('items')
    let [changes, most] = [0, 0]
    for (let n = 0; n < 20_000; n++) {
      if (pages.isDue) {
        await pages.flush()
        pages.bringIn()
        await pages.flushed
        changes = 0
      }
      pages.change(() => items.put(key((n * 7_919) % 20_000), Buffer.of(n)))
      most = Math.max(most, ++changes)
    }
    expect(most).toBeLessThanOrEqual(2_000)
    await pages.close(true)
  })

  it('have everything that was durable, whatever of the data file a power cut has left', async () => {
    const below = chance(7)
    const pages = opened()
    const items = pages.bytes('items')
    const expected = new Map<number, number>()
    const data = join(folder.path, 'data.mdb')
    let flushed = readFileSync(data)
    let cuts = 0
    const allCuts = inject('thorough') ? 25 : 8
    for (let n = 0; cuts < allCuts; n++) {
      const broughtIn = pages.isDue
      if (broughtIn) {
        await pages.flushed
        flushed = readFileSync(data)
        pages.bringIn()
      }
      pages.change(() => {
        for (let each = 0; each < 20; each++) {
          const name = below(3_000)
          if (below(4) === 0) items.remove(key(name))
          else items.put(key(name), Buffer.alloc(300 + below(9_000), n))
          expected.set(name, items.getBinary(key(name)) ? n : -1)
        }
      })
      await pages.flush()
      if (broughtIn || below(60) === 0) {
        cut(`${cuts++}`, mixed(flushed, readFileSync(data), below))
        await inspect(`${cuts - 1}`, expected)
      }
    }
    await pages.close(true)
  }, 60_000)

  function cut(name: string, data: Buffer): void {
    mkdirSync(join(folder.path, name))
    writeFileSync(join(folder.path, name, 'data.mdb'), data)
    for (const journal of journals) cpSync(join(folder.path, journal), join(folder.path, name, journal))
  }

  async function inspect(name: string, expected: ReadonlyMap<number, number>): Promise<void> {
    // The second time nothing is left to be brought in.
    for (let times = 0; times < 2; times++) {
      const pages = opened(join(folder.path, name))
      const items = pages.bytes('items')
      const wrong = [...expected].filter(
        ([n, value]) => (items.getBinary(key(n))?.[0] ?? -1) !== (value < 0 ? -1 : value % 256),
      )
      expect(wrong).toEqual([])
      expect(items.getKeysCount()).toBe([...expected.values()].filter(value => value >= 0).length)
      await pages.close(true)
    }
  }

  it('take back what failed, and nothing else', async () => {
    const pages = opened()
    const items = pages.bytes('items')
    const put = (n: number) => pages.change(() => items.put(key(n), Buffer.from(`${n}`)))
    put(1)
    await pages.flush()
    put(2)
    const half = (): void => {
      items.put(key(1), Buffer.from('half'))
      items.put(key(3), Buffer.from('half'))
      throw new Error('a mistake')
    }
    expect(() => pages.change(half)).toThrow('a mistake')
    const texts = (from: Bytes) => [1, 2, 3].map(n => from.getBinary(key(n))?.toString())
    expect(texts(items)).toEqual(['1', '2', undefined])
    put(3)
    await pages.flush()
    expect(texts(items)).toEqual(['1', '2', '3'])
    await pages.close(true)
    const again = opened()
    expect(texts(again.bytes('items'))).toEqual(['1', '2', '3'])
    await again.close(true)
  })

  it('are written in transactions only', async () => {
    const pages = opened()
    expect(() => pages.bytes('items').put(key(1), key(1))).toThrow('in transactions only')
    await pages.close(true)
  })

  it('take over a file from before there was a journal', async () => {
    const root = open<Buffer, Uint8Array>({
      path: join(folder.path, 'data.mdb'),
      ...{ noSubdir: true, maxDbs: 16, pageSize: 8_192, encoding: 'binary', keyEncoding: 'binary' },
    })
    const before = root.openDB<Buffer, Uint8Array>({ name: 'items', encoding: 'binary', keyEncoding: 'binary' })
    for (let n = 0; n < 50; n++) await before.put(key(n), key(n))
    await root.close()
    const pages = opened()
    expect(pages.bytes('items').getKeysCount()).toBe(50)
    await pages.close(true)
  })
})
