import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../embedded/test/folder.ts'
import { seed } from '../plan/seed.ts'
import { saidBefore, seedInto, sownOnce } from './seeding.ts'

let folder: ReturnType<typeof temporaryFolder>
let times = 0
const seeded = seed({ uses: {}, handle: async () => [`time ${++times}`] })
/** Runs it at once, as a runtime does with clients. */
const runtime = { as: async (_name: string, _uses: unknown, handle: (...given: never[]) => unknown) => handle() }

beforeEach(() => {
  folder = temporaryFolder()
  times = 0
})
afterEach(() => folder.remove())

it('sows whenever it is asked', async () => {
  expect(await seedInto(runtime, seeded)).toEqual(['time 1'])
  expect(await seedInto(runtime, seeded)).toEqual(['time 2'])
})

it('sows once for a folder, and says again what was said', async () => {
  expect(await saidBefore(folder.path)).toBeUndefined()
  expect(await sownOnce(folder.path, runtime, seeded)).toEqual(['time 1'])
  expect(await sownOnce(folder.path, runtime, seeded)).toEqual(['time 1'])
  expect(await saidBefore(folder.path)).toEqual(['time 1'])
})

it('keeps the keys it says to the owner of the data', async () => {
  await sownOnce(folder.path, runtime, seeded)
  expect(statSync(join(folder.path, 'seeded.json')).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(join(folder.path, 'seeded.json'), 'utf8'))).toEqual({ said: ['time 1'] })
})

it('sows again where it does not know whether it did', async () => {
  await sownOnce(folder.path, runtime, seeded)
  writeFileSync(join(folder.path, 'seeded.json'), '{"sai')
  expect(await sownOnce(folder.path, runtime, seeded)).toEqual(['time 2'])
  rmSync(join(folder.path, 'seeded.json'))
  expect(await sownOnce(folder.path, runtime, seeded)).toEqual(['time 3'])
})

it('remembers nothing of a seed that failed', async () => {
  const failing = seed({ uses: {}, handle: () => Promise.reject(new Error('no')) })
  await expect(sownOnce(folder.path, runtime, failing)).rejects.toThrow('no')
  expect(await saidBefore(folder.path)).toBeUndefined()
})
