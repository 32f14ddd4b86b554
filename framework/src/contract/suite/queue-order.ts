/** What ordered queues promise: the messages of a key one at a time, in the order they were sent, whatever fails. */
import { setMaxListeners } from 'node:events'
import { expect } from 'vitest'
import type { Leased, Queues } from '../queue.ts'
import type { Promises } from './promises.ts'
import {
  hour,
  ids,
  message,
  minute,
  promise,
  type QueueNeeds,
  type QueueSubject,
  receiving,
  second,
  steps,
  takeOne,
  takeWhatIsDue,
} from './queue-tools.ts'

/** Sends messages with their key before a dot: `k.1`. */
function sendSteps(queues: Queues, ...names: readonly string[]): Promise<void> {
  return queues.send(names.map(name => message(name, { orderKey: keyOf(name) })))
}

function keyOf(name: string): string {
  return name.split('.')[0] ?? name
}

export const orderPromises: Promises<QueueSubject, QueueNeeds> = {
  'gives the messages of a key in the order sent, each after the one before is done': promise(async ({ queues }) => {
    await sendSteps(queues, 'k.1', 'k.2')
    await sendSteps(queues, 'k.3')
    for (const id of ['k.1', 'k.2', 'k.3']) {
      const found = await takeWhatIsDue(queues, steps)
      expect(found).toMatchObject([{ id, orderKey: 'k', attempt: 1 }])
      await queues.done(
        steps,
        found.map(({ lease }) => lease),
      )
    }
    expect(await takeWhatIsDue(queues, steps)).toEqual([])
  }),

  'gives one message of a key at once, and does not hold back other keys': promise(async ({ queues }) => {
    await sendSteps(queues, 'k.1', 'k.2', 'l.1', 'k.3', 'l.2', 'm.1')
    const found = await takeWhatIsDue(queues, steps)
    expect(ids(found).slice().sort()).toEqual(['k.1', 'l.1', 'm.1'])
    const second = found.find(({ id }) => id === 'l.1')
    await queues.done(steps, [second?.lease ?? ''])
    expect(ids(await takeWhatIsDue(queues, steps))).toEqual(['l.2'])
  }),

  'wakes a waiting receive for the next message of a key when the one before is done': promise(
    async ({ queues, time }) => {
      await sendSteps(queues, 'k.1', 'k.2')
      const first = await takeOne(queues, steps, hour)
      const waits = receiving(queues, steps)
      await time.advance(minute)
      expect(waits.hasGiven()).toBe(false)
      await queues.done(steps, [first.lease])
      expect(ids(await waits.given)).toEqual(['k.2'])
    },
  ),

  'holds back the rest of a key behind a postponed message': promise(async ({ queues, time }) => {
    await sendSteps(queues, 'k.1', 'k.2', 'l.1')
    const found = await takeWhatIsDue(queues, steps)
    for (const { lease } of found) await queues.again(steps, lease, minute)
    await sendSteps(queues, 'k.3')
    await time.advance(minute - 1)
    expect(await takeWhatIsDue(queues, steps)).toEqual([])
    await time.advance(1)
    const again = await takeWhatIsDue(queues, steps)
    expect(ids(again).slice().sort()).toEqual(['k.1', 'l.1'])
    expect(again.every(({ attempt }) => attempt === 2)).toBe(true)
  }),

  'gives a message whose lease ran out again before the next of its key': promise(async ({ queues, time }) => {
    await sendSteps(queues, 'k.1', 'k.2')
    const lost = await takeOne(queues, steps, second)
    await time.advance(second)
    await queues.done(steps, [lost.lease])
    const again = await takeWhatIsDue(queues, steps)
    expect(again).toMatchObject([{ id: 'k.1', attempt: 2 }])
    await queues.done(steps, [lost.lease])
    expect(await takeWhatIsDue(queues, steps)).toEqual([])
  }),

  'lets the next message of a key go when one is buried': promise(async ({ queues }) => {
    await sendSteps(queues, 'k.1', 'k.2')
    const first = await takeOne(queues, steps)
    const waits = receiving(queues, steps)
    await queues.bury(steps, first.lease, { reason: 'broken' })
    expect(ids(await waits.given)).toEqual(['k.2'])
    expect(ids(await queues.deadLetters(steps, 10))).toEqual(['k.1'])
  }),

  'puts redriven messages behind what waits of their key, in the order they were buried': promise(
    async ({ queues }) => {
      await sendSteps(queues, 'k.1', 'k.2', 'k.3')
      for (const reason of ['first', 'second']) {
        const found = await takeOne(queues, steps)
        await queues.bury(steps, found.lease, { reason })
      }
      expect(await queues.redrive(steps)).toBe(2)
      await sendSteps(queues, 'k.4')
      const order: Leased[] = []
      for (let count = 0; count < 4; count++) {
        const found = await takeOne(queues, steps)
        order.push(found)
        await queues.done(steps, [found.lease])
      }
      expect(ids(order)).toEqual(['k.3', 'k.1', 'k.2', 'k.4'])
      expect(order.every(({ attempt, orderKey }) => attempt === 1 && orderKey === 'k')).toBe(true)
    },
  ),

  'forgets a purged key, but not its leased message': promise(async ({ queues }) => {
    await sendSteps(queues, 'k.1', 'k.2', 'k.3', 'l.1')
    const held = await takeOne(queues, steps)
    expect(await queues.purge(steps, 'waiting')).toBe(3)
    await sendSteps(queues, `${keyOf(held.id)}.9`)
    expect(await takeWhatIsDue(queues, steps)).toEqual([])
    await queues.again(steps, held.lease, 0)
    const again = await takeWhatIsDue(queues, steps)
    expect(again).toMatchObject([{ id: held.id, attempt: 2 }])
    await queues.done(
      steps,
      again.map(({ lease }) => lease),
    )
    expect(ids(await takeWhatIsDue(queues, steps))).toEqual([`${keyOf(held.id)}.9`])
  }),

  'keeps the order of every key among 10 receivers of which many fail': promise(async ({ queues, time }) => {
    const names = Array.from({ length: 300 }, (_, index) => `key${index % 7}.${index}`)
    const track = tracker(names.length)
    const receivers = Array.from({ length: 10 }, (_, index) => failingReceiver(queues, track, 1 + index))
    for (let at = 0; at < names.length; at += 30) {
      await sendSteps(queues, ...names.slice(at, at + 30))
      await time.advance(second)
    }
    while (!track.stop.signal.aborted) await time.advance(second)
    await Promise.all(receivers)
    expect(track.twoAtOnce).toEqual([])
    for (let key = 0; key < 7; key++) {
      const ofKey = (name: string): boolean => keyOf(name) === `key${key}`
      expect(track.ended.filter(ofKey)).toEqual(names.filter(ofKey))
    }
  }),
}

interface Tracker {
  /** Done or buried, in that order. */
  readonly ended: string[]
  readonly heldKeys: Set<string>
  readonly twoAtOnce: string[]
  readonly stop: AbortController
  readonly count: number
}

function tracker(count: number): Tracker {
  const stop = new AbortController()
  // As many as wait with it at once.
  setMaxListeners(10, stop.signal)
  return { ended: [], heldKeys: new Set(), twoAtOnce: [], stop, count }
}

/** Takes messages until all have ended: some at once, some after further attempts, some as dead letters. */
async function failingReceiver(queues: Queues, track: Tracker, max: number): Promise<void> {
  while (!track.stop.signal.aborted) {
    const batch = await queues.receive(steps, { max, leaseMs: 12 * hour, signal: track.stop.signal })
    for (const { orderKey = '' } of batch) {
      if (track.heldKeys.has(orderKey)) track.twoAtOnce.push(orderKey)
      track.heldKeys.add(orderKey)
    }
    // Somebody else has time to go wrong.
    await queues.counts(steps)
    for (const message of batch) await answer(queues, track, message)
    if (track.ended.length >= track.count) track.stop.abort()
  }
}

async function answer(queues: Queues, track: Tracker, { id, orderKey = '', lease, attempt }: Leased): Promise<void> {
  const number = Number(id.split('.')[1])
  // Before the call: the next one may be handed out before the call returns.
  track.heldKeys.delete(orderKey)
  if (attempt <= number % 4) return queues.again(steps, lease, (number % 3) * 500)
  track.ended.push(id)
  if (number % 5 === 0) return queues.bury(steps, lease, { reason: 'broken' })
  return queues.done(steps, [lease])
}
