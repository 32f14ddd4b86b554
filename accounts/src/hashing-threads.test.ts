import { scryptSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, it } from 'vitest'
import { HashingThreads } from './hashing-threads.ts'

const wanted = { password: 'a long password', salt: Buffer.from('salt'), bytes: 32, options: { N: 1_024, r: 8, p: 1 } }
const key = scryptSync(wanted.password, wanted.salt, wanted.bytes, wanted.options).toString('hex')

/** Of every thread of this process, as the kernel has them. */
function priorities(): ReadonlyMap<string, number> {
  const stat = (thread: string) => readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').replace(/^.*\) /, '')
  return new Map(readdirSync('/proc/self/task').map(thread => [thread, Number(stat(thread).split(' ')[16])]))
}

it('makes the keys that scrypt makes, however many are wanted at once, with no more threads than it may have', async () => {
  const threads = new HashingThreads(2, 50)
  const keys = await Promise.all(Array.from({ length: 20 }, () => threads.derive(wanted)))
  expect(keys.map(made => made.toString('hex'))).toEqual(Array.from(keys, () => key))
  expect(threads.count).toBe(2)
  await expect.poll(() => threads.count).toBe(0)
})

it('says what could not be made, and goes on', async () => {
  const threads = new HashingThreads(1, 50)
  const odd = threads.derive({ ...wanted, options: { N: 1_000 } })
  const next = threads.derive(wanted)
  await expect(odd).rejects.toThrow('a password was not hashed')
  expect((await next).toString('hex')).toBe(key)
  await expect.poll(() => threads.count).toBe(0)
})

it('begins a thread anew when one was let go of', async () => {
  const threads = new HashingThreads(1, 20)
  for (let round = 0; round < 3; round++) {
    expect((await threads.derive(wanted)).toString('hex')).toBe(key)
    await expect.poll(() => threads.count).toBe(0)
  }
})

it.skipIf(process.platform !== 'linux')('gives way to the rest of its process, whose priority stays', async () => {
  const threads = new HashingThreads(1, 500)
  const [own, before] = [getPriority(), priorities()]
  await threads.derive(wanted)
  const begun = [...priorities()].filter(([thread]) => !before.has(thread)).map(([, priority]) => priority)
  expect(begun).toContain(Math.min(own + 5, 19))
  expect(getPriority()).toBe(own)
  await expect.poll(() => threads.count).toBe(0)
})
