import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Leased, NewMessage } from '../contract/queue.ts'
import { type MemoryClock, memoryClock } from '../memory/clock.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { endOf, prefixOf } from './key-bytes.ts'
import { type EmbeddedQueues, embeddedQueues } from './queue.ts'
import { temporaryFolder } from './test/folder.ts'

const minute = 60_000

let folder: ReturnType<typeof temporaryFolder>
let environment: Environment
let clock: MemoryClock
beforeEach(() => {
  folder = temporaryFolder()
  clock = memoryClock(Date.UTC(2030, 0, 1))
})
afterEach(async () => {
  await environment.close()
  folder.remove()
})

async function opened(): Promise<EmbeddedQueues> {
  await environment?.close()
  environment = openEnvironment(folder.path, { plan: 'test' })
  return embeddedQueues(environment, { clock, queues: [{ name: 'work', ordered: false }] })
}

const messages = (count: number, more: Partial<NewMessage> = {}, from = 0): NewMessage[] =>
  Array.from({ length: count }, (_, n) => ({ queue: 'work', id: `${from + n}`, body: `{"n":${from + n}}`, ...more }))
const take = (queues: EmbeddedQueues, max = 10): Promise<readonly Leased[]> =>
  queues.receive('work', { max, leaseMs: minute, signal: new AbortController().signal })
const lease = (taken: readonly Leased[], at: number): string => taken[at]?.lease ?? ''
const ids = (taken: readonly { readonly id: string }[]): string[] => taken.map(({ id }) => id)
const kept = (letter: string): number =>
  environment.queues.getKeysCount({ start: prefixOf(1, letter), end: endOf(prefixOf(1, letter)) })

/** What each was sent by itself stands as it did then; the folder says so, in both heads of its file. */
async function asFormat3(): Promise<void> {
  const path = join(folder.path, 'data.mdb')
  const root = open<Buffer, Uint8Array>({ path, noSubdir: true, encoding: 'binary', keyEncoding: 'binary' })
  const meta = Buffer.from(JSON.stringify({ format: 3, plan: 'test' }))
  for (let heads = 0; heads < 2; heads++) root.putSync(Buffer.from('groundplan'), meta)
  await root.close()
}

/** Takes and is done with all there is. */
async function workedOff(queues: EmbeddedQueues): Promise<readonly Leased[]> {
  const all: Leased[] = []
  for (let { ready } = await queues.counts('work'); ready > 0; { ready } = await queues.counts('work')) {
    const taken = await take(queues)
    await queues.done(
      'work',
      taken.map(each => each.lease),
    )
    all.push(...taken)
  }
  return all
}

describe('messages that were sent together', () => {
  it('stand in one record, until the last of them is done', async () => {
    const queues = await opened()
    await queues.send(messages(8))
    expect(kept('w')).toBe(1)
    const taken = await take(queues)
    expect(ids(taken)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
    for (let at = 0; at < 7; at++) await queues.done('work', [lease(taken, at)])
    expect([kept('w'), kept('g')]).toEqual([1, 1])
    await queues.done('work', [lease(taken, 7)])
    expect([kept('w'), kept('g'), kept('t')]).toEqual([0, 0, 0])
  })

  it('stand in several records where one would outgrow its page, short ones and long ones', async () => {
    const queues = await opened()
    const bodies = [10, 1_900, 3_000, 20, 1_999, 100_000, 30].map(length => JSON.stringify('é'.repeat(length)))
    await queues.send([...bodies.map((body, n) => ({ queue: 'work', id: `long ${n}`, body })), ...messages(500)])
    expect(kept('w')).toBeGreaterThan(5)
    expect(kept('w')).toBeLessThan(30)
    const all = await workedOff(queues)
    expect(all.slice(0, bodies.length).map(({ body }) => body)).toEqual(bodies)
    expect(ids(all.slice(bodies.length))).toEqual(ids(messages(500)))
    expect(['w', 'g', 't', 'b'].map(kept)).toEqual([0, 0, 0, 0])
  })

  it('are seen by whoever looks before any of them is taken, and after', async () => {
    const queues = await opened()
    await queues.send(messages(5))
    expect(ids(await queues.peek('work', 3))).toEqual(['0', '1', '2'])
    const taken = await take(queues, 2)
    await queues.done('work', [lease(taken, 0)])
    expect(ids(await queues.peek('work', 9))).toEqual(['2', '3', '4'])
    expect(await queues.counts('work')).toMatchObject({ ready: 3, leased: 1, dead: 0 })
  })

  it('are done, leased and waiting after the process has begun anew, each as it was', async () => {
    const before = await opened()
    await before.send(messages(20))
    const taken = await take(before)
    await before.done('work', [lease(taken, 1), lease(taken, 4)])
    const queues = await opened()
    expect(await queues.counts('work')).toMatchObject({ ready: 10, leased: 8 })
    await queues.done('work', [lease(taken, 0), lease(taken, 9)])
    await clock.advance(minute)
    const all = await workedOff(queues)
    expect(ids(all).toSorted()).toEqual(
      ids(messages(20).filter(({ id }) => !['0', '1', '4', '9'].includes(id))).toSorted(),
    )
    expect(all.filter(({ attempt }) => attempt === 2)).toHaveLength(6)
    expect(['w', 'g', 't'].map(kept)).toEqual([0, 0, 0])
  })

  it('keep their places when the first of them is given back in the instant they were sent', async () => {
    const queues = await opened()
    await queues.send(messages(3))
    const taken = await take(queues)
    await queues.again('work', lease(taken, 0), 0)
    // Its lease has ended, by whatever name it goes now.
    await queues.done('work', [lease(taken, 0)])
    expect(await take(queues)).toMatchObject([{ id: '0', attempt: 2, body: '{"n":0}' }])
    const again = await opened()
    expect(await again.counts('work')).toMatchObject({ ready: 0, leased: 3 })
    await clock.advance(minute)
    expect((await workedOff(again)).map(({ id, attempt }) => `${id}: ${attempt}`).toSorted()).toEqual([
      '0: 3',
      '1: 2',
      '2: 2',
    ])
  })

  it('are purged, but for what is leased', async () => {
    const queues = await opened()
    await queues.send([...messages(6), { queue: 'work', id: 'long', body: JSON.stringify('x'.repeat(9_000)) }])
    const taken = await take(queues, 2)
    expect(await queues.purge('work', 'waiting')).toBe(5)
    expect(kept('b')).toBe(0)
    expect(await queues.counts('work')).toMatchObject({ ready: 0, leased: 2 })
    await queues.again('work', lease(taken, 1), 0)
    await queues.done('work', [lease(taken, 0)])
    expect(ids(await workedOff(queues))).toEqual(['1'])
    expect(['w', 'g', 't'].map(kept)).toEqual([0, 0, 0])
  })

  it('become dead letters one by one, and come back as they were', async () => {
    const queues = await opened()
    await queues.send([...messages(3), { queue: 'work', id: 'long', body: JSON.stringify('x'.repeat(9_000)) }])
    const taken = await take(queues)
    for (const at of [1, 3]) await queues.bury('work', lease(taken, at), { reason: `broken ${at}` })
    expect(await queues.deadLetters('work', 9)).toMatchObject([
      { id: '1', reason: 'broken 1', attempt: 1 },
      { id: 'long', reason: 'broken 3', attempt: 1 },
    ])
    await queues.done('work', [lease(taken, 0), lease(taken, 2)])
    expect(await queues.redrive('work')).toBe(2)
    const all = await workedOff(await opened())
    expect(all).toMatchObject([
      { id: '1', body: '{"n":1}', attempt: 1 },
      { id: 'long', attempt: 1 },
    ])
    expect(all[1]?.body).toHaveLength(9_002)
    expect(['w', 'g', 't', 'b', 'd'].map(kept)).toEqual([0, 0, 0, 0, 0])
  })

  it('wait by themselves where they are due later', async () => {
    const queues = await opened()
    const dueAtMs = clock.now() + minute
    const [one, two, three, four] = messages(4)
    await queues.send([one, { ...two, dueAtMs }, { ...three, dueAtMs }, four] as NewMessage[])
    expect(await queues.counts('work')).toMatchObject({ ready: 2, delayed: 2, nextAtMs: dueAtMs })
    expect(ids(await workedOff(queues))).toEqual(['0', '3'])
    await clock.advance(minute)
    expect(ids(await workedOff(queues))).toEqual(['1', '2'])
  })

  it('are taken over from a program of format 3, where each stood alone', async () => {
    const before = await opened()
    for (const message of messages(4)) await before.send([message])
    const taken = await take(before, 2)
    await environment.close()
    await asFormat3()
    const queues = await opened()
    await queues.send(messages(4, {}, 4))
    await queues.done('work', [lease(taken, 0)])
    expect(ids(await workedOff(queues))).toEqual(['2', '3', '4', '5', '6', '7'])
    await clock.advance(minute)
    expect(await workedOff(queues)).toMatchObject([{ id: '1', attempt: 2 }])
  })
})
