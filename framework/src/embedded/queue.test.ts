import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NewMessage } from '../contract/queue.ts'
import { type MemoryClock, memoryClock } from '../memory/clock.ts'
import { type Environment, type EnvironmentOptions, openEnvironment } from './environment.ts'
import { countedKey, endOf, prefixOf } from './key-bytes.ts'
import { leasesIn } from './leases.ts'
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

async function opened(ordered = false, more: Partial<EnvironmentOptions> = {}): Promise<EmbeddedQueues> {
  await environment?.close()
  environment = openEnvironment(folder.path, { plan: 'test', ...more })
  return embeddedQueues(environment, { clock, queues: [{ name: 'work', ordered }] })
}

const message = (id: number | string, more: Partial<NewMessage> = {}): NewMessage => ({
  queue: 'work',
  id: `${id}`,
  body: '{}',
  ...more,
})
const take = (queues: EmbeddedQueues, max = 10) =>
  queues.receive('work', { max, leaseMs: minute, signal: new AbortController().signal })

/** A lease stood apart from what waits, with its message, its attempt and its end: `l` and the position. */
function asInFormat2({ queues }: Environment): void {
  const [taken] = queues.getRange({ start: prefixOf(1, 't'), end: endOf(prefixOf(1, 't')) })
  const [lease] = leasesIn(taken?.value ?? Buffer.alloc(0))
  if (!taken || !lease) throw new Error('nothing is leased')
  const key = countedKey(prefixOf(1, 'w'), lease.dueAtMs, lease.position)
  const record = queues.getBinary(key)
  if (!record) throw new Error('its message is not there')
  record.writeUInt32BE(lease.attempt, 0)
  record.writeDoubleBE(lease.untilMs, 4)
  queues.remove(key)
  queues.remove(taken.key)
  queues.put(countedKey(prefixOf(1, 'l'), lease.position), record)
}

describe('queues on disk', () => {
  it('leave nothing behind of what is done, not even its id once its time is up', async () => {
    const queues = await opened()
    await queues.send([message('small'), message('large', { body: JSON.stringify('x'.repeat(200_000)) })])
    const taken = await take(queues)
    await queues.again('work', taken[1]?.lease ?? '', 0)
    const [large] = await take(queues)
    expect(large?.body).toHaveLength(200_002)
    await queues.bury('work', large?.lease ?? '', { reason: 'broken' })
    await queues.redrive('work')
    const [again] = await take(queues)
    expect(again?.body).toHaveLength(200_002)
    await queues.done('work', [taken[0]?.lease ?? '', again?.lease ?? ''])
    expect(environment.queues.getKeysCount()).toBe(1)
    await clock.advance(6 * minute)
    await expect.poll(() => environment.queues.getKeysCount()).toBe(0)
  })

  it.each([
    ['in halves, so that one is handled while the other is flushed', 1, 2],
    ['together, where flushing takes longer than sending', 0, 1],
  ])('serve a crowd that waits %s', async (_, sendingMs, transactions) => {
    let nowMs = 0
    const queues = await opened(false, { nowMs: () => nowMs })
    // Flushes take no time here.
    await queues.send([message('first')])
    const crowd = Array.from({ length: 21 }, () => take(queues, 1))
    const before = environment.transactions.begun
    const ids = Array.from({ length: 20 }, (_each, at) => `${at}`)
    const sent = queues.send(ids.map(id => message(id)))
    nowMs += sendingMs
    await sent
    const given = await Promise.all(crowd)
    expect(given.flat().map(({ id }) => id)).toEqual(['first', ...ids])
    expect(environment.transactions.begun - before).toBe(transactions)
  })

  it('know ids again after they were opened anew, as long as before', async () => {
    await (await opened()).send([message('a')])
    await clock.advance(4 * minute)
    const queues = await opened()
    await queues.send([message('a'), message('b')])
    expect(await queues.counts('work')).toMatchObject({ ready: 2 })
    await clock.advance(minute)
    await queues.send([message('a'), message('b')])
    expect(await queues.counts('work')).toMatchObject({ ready: 3 })
  })

  it('forget ids as fast as they came, however many', async () => {
    const queues = await opened()
    for (let at = 0; at < 100_000; at += 5_000) {
      await queues.send(Array.from({ length: 5_000 }, (_, n) => message(`id ${at + n}`)))
    }
    await queues.purge('work', 'waiting')
    expect(environment.queues.getKeysCount()).toBeGreaterThan(900)
    await clock.advance(5 * minute + 10_000)
    await expect.poll(() => clock.advance(0).then(() => environment.queues.getKeysCount())).toBe(0)
  })

  it('tell ids apart that have one hash', async () => {
    const queues = await opened()
    // Among so many, some share thirty bits.
    const ids = Array.from({ length: 60_000 }, (_, n) => message(`id ${n}`))
    for (let at = 0; at < ids.length; at += 5_000) await queues.send(ids.slice(at, at + 5_000))
    await queues.send(ids.slice(0, 5_000))
    expect(await queues.counts('work')).toMatchObject({ ready: 60_000 })
  })

  it('go on with the leases and attempts there were, by their names from before', async () => {
    const before = await opened()
    await before.send([message(1), message(2)])
    const [first, second] = await take(before)
    const queues = await opened()
    expect(await queues.extend('work', [first?.lease ?? ''], 10 * minute)).toEqual([first?.lease])
    await queues.done('work', [second?.lease ?? ''])
    expect(await queues.counts('work')).toMatchObject({ ready: 0, leased: 1, nextAtMs: clock.now() + 10 * minute })
    await clock.advance(10 * minute)
    expect(await take(queues)).toMatchObject([{ id: '1', attempt: 2 }])
  })

  it.each([false, true])('hand out again what a program of format 2 had leased, ordered: %s', async ordered => {
    const more = ordered ? { orderKey: 'k' } : {}
    const before = await opened(ordered)
    for (const id of [1, 2]) await before.send([message(id, more)])
    await take(before, 1)
    await environment.transactions.write(() => () => asInFormat2(environment))
    const queues = await opened(ordered)
    // Of an ordered queue the second waits for the first.
    expect(await queues.counts('work')).toMatchObject({ ready: 1, delayed: 1, nextAtMs: clock.now() + minute })
    await clock.advance(minute)
    const again = await take(queues)
    const [first, second] = [
      { id: '1', attempt: 2 },
      { id: '2', attempt: 1 },
    ]
    expect(again).toMatchObject(ordered ? [first] : [second, first])
    await queues.done(
      'work',
      again.map(({ lease }) => lease),
    )
    if (ordered) expect(await take(queues)).toMatchObject([second])
  })

  it('give what is sent after a purge of thousands of one key', async () => {
    const queues = await opened(true)
    const many = Array.from({ length: 2_500 }, (_, n) => message(n, { orderKey: n % 2 ? 'k' : `k${n}` }))
    await queues.send(many)
    const purged = queues.purge('work', 'waiting')
    await queues.send([message('new', { orderKey: 'k' })])
    expect(await purged).toBe(2_500)
    expect((await take(queues)).map(({ id }) => id)).toEqual(['new'])
  })

  it('refuse to become ordered while they hold messages', async () => {
    const queues = await opened()
    await queues.send([message(1)])
    await expect(opened(true)).rejects.toThrow(/plan-invalid: queue "work" holds 1 messages and was not ordered/)
    const again = await opened()
    const [taken] = await take(again)
    await again.done('work', [taken?.lease ?? ''])
    await (await opened(true)).send([message(2, { orderKey: 'k' })])
  })

  it('give nothing to those who wait when they are closed', async () => {
    const waits = take(await opened())
    await environment.close()
    expect(await waits).toEqual([])
  })

  it('keep a body that no UTF-8 can carry', async () => {
    const queues = await opened()
    await queues.send([message(1, { body: '"\ud800 half"' })])
    expect(await take(queues)).toMatchObject([{ body: '"\ud800 half"' }])
  })
})
