/** Callers who come again when their flush is over, by a clock that goes on when they make something, and when it is flushed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GroupCommit, type GroupedPages } from './group-commit.ts'
import { Pages } from './pages.ts'
import { temporaryFolder } from './test/folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let pages: Pages
beforeEach(() => {
  folder = temporaryFolder()
  pages = Pages.open({ folder: folder.path, check: () => {} })
})
afterEach(async () => {
  await pages.close(true)
  folder.remove()
})

const makingMs = 0.01

interface Crowd {
  /** Works of each transaction, and whether one before it was still being flushed. */
  readonly made: { readonly works: number; readonly overlaps: boolean }[]
  readonly flushes: number
}

/** So many callers, each so often, on a disk whose flush takes so long when so many transactions have been made. */
async function crowd(callers: number, times: number, flushMs: (transactions: number) => number): Promise<Crowd> {
  let nowMs = 0
  let works = 0
  let flushing = 0
  let flushes = 0
  const made: Crowd['made'][number][] = []
  const timed: GroupedPages = {
    change: work => pages.change(work),
    bringIn: () => pages.bringIn(),
    async flush() {
      const endMs = nowMs + flushMs(made.length)
      flushing++
      flushes++
      await pages.flush()
      flushing--
      nowMs = Math.max(nowMs, endMs)
    },
    get written() {
      return pages.written
    },
    get failure() {
      return pages.failure
    },
    get isDue() {
      return pages.isDue
    },
    get flushed() {
      return pages.flushed
    },
  }
  const commit = new GroupCommit(timed, () => nowMs)
  const catalogue = pages.texts('catalogue')
  commit.join({
    beforeCommit() {
      made.push({ works, overlaps: flushing > 0 })
      works = 0
    },
    reload() {},
  })
  const caller = async (_each: unknown, n: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      nowMs += makingMs
      await commit.write(() => () => {
        works++
        catalogue.put(Buffer.from(`${n}`), `${time}`)
      })
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  await commit.close()
  return { made, flushes }
}

describe('a crowd that moves in step', () => {
  it('is halved where making takes longer than flushing: half is made while the other is flushed', async () => {
    const { made } = await crowd(64, 25, () => 0.1)
    // The first transaction has all of them, and says how long a flush takes.
    const later = made.slice(2, -2)
    expect(later.map(({ works }) => works).filter(works => works !== 32)).toEqual([])
    expect(later.slice(1).every(({ overlaps }) => overlaps)).toBe(true)
  })

  it('stays together where flushing takes longer', async () => {
    const { made, flushes } = await crowd(64, 50, () => 5)
    expect(made.map(({ works }) => works)).toEqual(Array.from({ length: 50 }, () => 64))
    expect(flushes).toBe(50)
  })

  it('comes together again when the disk has become slow', async () => {
    const { made } = await crowd(64, 100, transactions => (transactions < 50 ? 0.1 : 5))
    expect(made.slice(10, 40).every(({ works }) => works === 32)).toBe(true)
    // Of two halves one waits for the other: they share a flush, and then a transaction.
    expect(made.slice(60, -2).every(({ works }) => works === 64)).toBe(true)
  })

  it('is not halved where it is small', async () => {
    const { made } = await crowd(8, 50, () => 0)
    expect(made.map(({ works }) => works)).toEqual(Array.from({ length: 50 }, () => 8))
  })
})
