/** A disk that is really full: a small one in memory, where this process may mount one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PlanShape } from '../contract/drivers.ts'
import { systemClock } from './clock.ts'
import { errorCode } from './disk.ts'
import { type EmbeddedDrivers, embeddedDrivers } from './drivers.ts'
import { temporaryFolder } from './test/folder.ts'

function mounted(path: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path]).status === 0
}

const trial = temporaryFolder()
const mayMount = mounted(trial.path)
if (mayMount) execFileSync('umount', [trial.path])
else console.warn('SKIPPED: this process may not mount a small disk')
trial.remove()

describe.skipIf(!mayMount)('a disk that is full', () => {
  let disk: ReturnType<typeof temporaryFolder>
  const data = () => join(disk.path, 'data')
  const filler = () => join(disk.path, 'filler')

  beforeEach(() => {
    disk = temporaryFolder()
    mounted(disk.path)
  })
  afterEach(() => {
    execFileSync('umount', ['-l', disk.path])
    disk.remove()
  })

  const shape: PlanShape = {
    plan: 'test',
    tables: [{ name: 'things', key: ['id'], indexes: {}, changesTo: [] }],
    queues: [],
    buckets: [{ name: 'files', createdTo: [] }],
    databases: [],
  }
  const opened = (): Promise<EmbeddedDrivers> =>
    embeddedDrivers(shape, { folder: data(), clock: systemClock(), baseUrl: 'http://localhost' })
  const put = ({ store }: EmbeddedDrivers, id: string, text = '') =>
    store.commit({ writes: [{ op: 'put', table: 'things', item: { id, text } }] })

  /** Takes all the room there is. */
  function fill(): void {
    for (let bytes = 2 ** 23; bytes >= 1; bytes = Math.floor(bytes / 2)) {
      try {
        appendFileSync(filler(), Buffer.alloc(bytes))
      } catch (error) {
        if (errorCode(error) !== 'ENOSPC') throw error
      }
    }
  }

  /** How many it kept. */
  async function putUntilRefused(drivers: EmbeddedDrivers, text: string): Promise<number> {
    for (let kept = 0; ; kept++) {
      try {
        await put(drivers, `kept ${kept}`, text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'engine-unavailable', message: expect.stringMatching(/space/i) })
        return kept
      }
    }
  }

  it('is told of at the start, and nothing is left that hinders the next one', async () => {
    fill()
    await expect(opened()).rejects.toMatchObject({
      code: 'engine-unavailable',
      message: expect.stringMatching(/space/i),
    })
    rmSync(filler())
    const drivers = await opened()
    await put(drivers, 'a')
    await drivers.close()
  })

  it('refuses tables and objects alike, keeps what was acknowledged, and takes more when there is room', async () => {
    const drivers = await opened()
    const [small, large] = [Buffer.alloc(1_000, 'x'), Buffer.alloc(300_000, 'x')]
    await put(drivers, 'before')
    await drivers.buckets.put('files', 'before', small)
    fill()
    const refused = { code: 'engine-unavailable' }
    // The journal has some room of its own.
    const kept = await putUntilRefused(drivers, large.toString())
    expect(kept).toBeLessThan(10)
    await expect(drivers.buckets.put('files', 'large', large)).rejects.toMatchObject(refused)
    await expect(drivers.buckets.put('files', 'before', large)).rejects.toMatchObject(refused)
    expect(await drivers.store.count('things')).toBe(1 + kept)
    expect((await drivers.buckets.head('files', 'before'))?.bytes).toBe(1_000)
    expect(await drivers.buckets.head('files', 'large')).toBeUndefined()
    rmSync(filler())
    await put(drivers, 'large', large.toString())
    await drivers.buckets.put('files', 'large', large)
    await drivers.close()
    const again = await opened()
    expect(await again.store.count('things')).toBe(2 + kept)
    expect(await again.store.get('things', { id: 'large' })).toEqual({ id: 'large', text: large.toString() })
    expect((await again.buckets.head('files', 'large'))?.bytes).toBe(300_000)
    await again.close()
  })
})
