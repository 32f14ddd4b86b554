/** The relay: what a commit sends leaves the outbox, in order, whoever dies on the way. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { NewMessage } from '../contract/queue.ts'
import type { Store } from '../contract/store.ts'
import { consumer } from '../plan/consumer.ts'
import { atomically } from '../plan/operation.ts'
import { queue } from '../plan/queue.ts'
import { table } from '../plan/table.ts'
import { killedEverywhere, testbed } from '../targets/testbed.ts'
import { still, systemOf } from './test/processes.ts'
import { backgroundPlan } from './test/small.ts'

const Step = z.object({ key: z.string(), step: z.int() })
const steps = queue('steps', { message: Step, orderBy: step => step.key })
const loose = queue('loose', { message: Step })
const notes = table('notes', { item: z.object({ id: z.string(), count: z.int() }), key: ['id'] })

/** A plan whose consumers note what they handle, and on engines with an outbox. */
function noting() {
  const seen: string[] = []
  const handle = ({ message: { key, step } }: { message: z.output<typeof Step> }) => void seen.push(`${key}${step}`)
  const plan = backgroundPlan({ steps: consumer(steps, { handle }), loose: consumer(loose, { handle }) })
  return { ...systemOf(plan, { outbox: true }), plan, seen }
}

function message(queue: 'steps' | 'loose', key: string, step: number): NewMessage {
  const more = queue === 'steps' ? { orderKey: key } : {}
  return { queue, id: `${queue}-${key}${step}`, body: JSON.stringify({ key, step }), ...more }
}

const commit = (store: Store, ...messages: readonly NewMessage[]) => store.commit({ writes: [], messages })

const waiting = async (store: Store) => (await store.outbox.peek(10_000)).length

describe('The relay', () => {
  it('sends everything on in the order of the commits, more than it takes at once, and leaves nothing', async () => {
    const { drivers, process, seen } = noting()
    for (let at = 0; at < 1_050; at += 3) {
      await commit(drivers.store, ...[at, at + 1, at + 2].map(step => message('steps', 'a', step)))
    }
    expect(await waiting(drivers.store)).toBe(1_050)
    const { runtime } = await process()
    await runtime.activity.idle()
    await still()
    await runtime.activity.idle()
    expect(seen).toEqual(Array.from({ length: 1_050 }, (_each, step) => `a${step}`))
    expect(await waiting(drivers.store)).toBe(0)
    await runtime.stop(0)
  })

  it('keeps the order of what waits for a queue that takes nothing for a while', async () => {
    const { drivers, process, seen, clock } = noting()
    const { send } = drivers.queues
    const refusing = (messages: readonly NewMessage[]) =>
      messages.some(({ queue }) => queue === 'steps') ? Promise.reject(new Error('away')) : send(messages)
    Object.assign(drivers.queues, { send: refusing })
    const { runtime, logs } = await process()
    for (let step = 0; step < 250; step++) {
      await commit(drivers.store, message('steps', 'a', step), message('loose', 'b', step))
    }
    await clock.advance(1_000)
    expect(seen).toHaveLength(250)
    expect(seen.every(each => each.startsWith('b'))).toBe(true)
    expect(logs[0]?.message).toContain('cannot send on from the outbox: Error: away')
    Object.assign(drivers.queues, { send })
    for (let step = 250; step < 300; step++) await commit(drivers.store, message('steps', 'a', step))
    await clock.advance(10_000)
    expect(seen.slice(250)).toEqual(Array.from({ length: 300 }, (_each, step) => `a${step}`))
    await runtime.stop(0)
  })

  it('of another process takes over what a dead one left', async () => {
    const { drivers, process, seen, clock } = noting()
    const first = await process()
    const second = await process()
    await still()
    // The first one dies when it has sent, and has not yet forgotten.
    const { forget } = drivers.store.outbox
    Object.assign(drivers.store.outbox, { forget: () => new Promise(() => {}) })
    await commit(drivers.store, message('loose', 'a', 1))
    await still()
    expect(await waiting(drivers.store)).toBe(1)
    first.kill()
    second.kill()
    Object.assign(drivers.store.outbox, { forget })
    const third = await process()
    await commit(drivers.store, message('loose', 'a', 2))
    await clock.advance(1_000)
    expect(await waiting(drivers.store)).toBe(0)
    // Handed to processes that are dead by now, or handled: once all leases are over each was handled once.
    await clock.advance(60_000)
    expect(seen.toSorted()).toEqual(['a1', 'a2'])
    await third.runtime.stop(0)
  })

  it('twice at once is harmless: each message is sent on by both, and is one', async () => {
    const { drivers, process, seen, clock } = noting()
    const processes = [await process(), await process(), await process()]
    let sent = 0
    const { send } = drivers.queues
    Object.assign(drivers.queues, {
      send: (messages: readonly NewMessage[]) => {
        sent += messages.length
        return send(messages)
      },
    })
    for (let step = 0; step < 300; step++)
      await commit(drivers.store, message('loose', 'a', step), message('steps', 'b', step))
    await clock.advance(1_000)
    expect(sent).toBeGreaterThan(600)
    expect(new Set(seen).size).toBe(600)
    expect(seen).toHaveLength(600)
    expect(seen.filter(each => each.startsWith('b'))).toEqual(Array.from({ length: 300 }, (_each, step) => `b${step}`))
    await Promise.all(processes.map(({ runtime }) => runtime.stop(0)))
  })

  it('repeats after its queue has forgotten the id: the message is handled again, as the same work', async () => {
    const ids: string[] = []
    const plan = backgroundPlan({ loose: consumer(loose, { handle: ({ newId }) => void ids.push(newId()) }) })
    const { drivers, process, clock } = systemOf(plan, { outbox: true })
    const { forget } = drivers.store.outbox
    Object.assign(drivers.store.outbox, { forget: () => new Promise(() => {}) })
    const first = await process()
    await first.runtime.as('test', { loose: loose.sender }, (_call, uses) => {
      const { loose } = uses as { loose: { send(message: object): PromiseLike<unknown> } }
      return loose.send({ key: 'a', step: 1 })
    })
    await clock.advance(1_000)
    first.kill()
    Object.assign(drivers.store.outbox, { forget })
    await clock.advance(10 * 60_000)
    const second = await process()
    await clock.advance(1_000)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
    await second.runtime.stop(0)
  })

  it('stops at once, also while its engine fails, and leaves no timer', async () => {
    const { drivers, process, clock } = noting()
    Object.assign(drivers.queues, { send: () => Promise.reject(new Error('away')) })
    const { runtime } = await process()
    await commit(drivers.store, message('loose', 'a', 1))
    await still()
    let stopped = false
    void runtime.stop(60_000).then(() => {
      stopped = true
    })
    await still()
    expect(stopped).toBe(true)
    expect(clock.nextAt()).toBeUndefined()
    expect(await waiting(drivers.store)).toBe(1)
  })
})

it('Killed at every point of a commit and what follows, its messages are handled if, and only if, it was kept', async () => {
  const first = queue('first', { message: z.object({ id: z.string() }) })
  const relayed = consumer(first, {
    uses: { notes: notes.writer, loose: loose.sender },
    handle: ({ message: { id } }, { notes, loose }) =>
      atomically({ note: notes.insert({ id, count: 0 }), sent: loose.send({ key: id, step: 1 }) }),
  })
  const counted = consumer(loose, {
    uses: { notes: notes.writer },
    handle: ({ message: { key } }, { notes }) => notes.add({ id: key }, { count: 1 }),
  })
  const points = await killedEverywhere({
    boot: () => testbed(backgroundPlan({ relayed, counted })),
    async act(bed) {
      await bed.drivers.queues.send([{ queue: 'first', id: 'once', body: '{"id":"a"}' }])
      await bed.advance('1 second')
    },
    async check(bed, { point }) {
      const note = await bed.uses({ notes: notes.reader }).notes.get({ id: 'a' })
      // A consumer that died after its write counts again: at least once. Never without the note, never not at all.
      expect([1, 2], `point ${point}`).toContain(note?.count)
      expect(await waiting(bed.drivers.store), `point ${point}`).toBe(0)
    },
  })
  expect(points).toBeGreaterThan(10)
})
