/** What queues promise to the people who look after them: dead letters, redrive, purge, counts, and a look inside. */
import { expect } from 'vitest'
import type { Queues } from '../queue.ts'
import type { Promises } from './promises.ts'
import {
  day,
  hour,
  ids,
  message,
  messages,
  minute,
  other,
  promise,
  type QueueNeeds,
  type QueueSubject,
  second,
  steps,
  takeMany,
  takeOne,
  takeWhatIsDue,
  work,
} from './queue-tools.ts'

type QueuePromises = Promises<QueueSubject, QueueNeeds>

/** Sends messages and buries them, one after the other. */
async function bury(queues: Queues, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await queues.send([message(name)])
    const { lease } = await takeOne(queues, work)
    await queues.bury(work, lease, { reason: `broken: ${name}` })
  }
}

const burying: QueuePromises = {
  'keeps a dead letter with all it was, its reason and its trace': promise(async ({ queues, time }) => {
    const sentAtMs = time.clock.now()
    await queues.send([message('a', { headers: { trace: 't-1' } }), message('b', { queue: other })])
    const first = await takeOne(queues, work)
    await queues.again(work, first.lease, minute)
    await time.advance(minute)
    const second = await takeOne(queues, work)
    await queues.bury(work, second.lease, { reason: 'no such film: 🎞', trace: 't-2' })
    await time.advance(hour)
    const { lease: _, ...was } = second
    const dead = { ...was, buriedAtMs: sentAtMs + minute, reason: 'no such film: 🎞', trace: 't-2' }
    expect(await queues.deadLetters(work, 10)).toEqual([dead])
    expect(dead).toMatchObject({ queue: work, id: 'a', attempt: 2, sentAtMs, headers: { trace: 't-1' } })
    expect(await queues.deadLetters(other, 10)).toEqual([])
  }),

  'keeps a dead letter without a trace where there was none': promise(async ({ queues }) => {
    await bury(queues, 'a')
    const [dead] = await queues.deadLetters(work, 10)
    expect(dead).toMatchObject({ id: 'a', reason: 'broken: a' })
    expect(dead).not.toHaveProperty('trace')
    expect(dead).not.toHaveProperty('orderKey')
  }),

  'never gives a dead letter by itself': promise(async ({ queues, time }) => {
    await bury(queues, 'a')
    await time.advance(30 * day)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
    expect(ids(await queues.deadLetters(work, 10))).toEqual(['a'])
  }),

  'shows dead letters in the order they were buried, as many as asked for': promise(async ({ queues, time }) => {
    await queues.send(messages(4))
    const given = await takeMany(queues, work, 4)
    const order = [given[2], given[0], given[3], given[1]].flatMap(found => found ?? [])
    for (const { lease } of order) {
      await queues.bury(work, lease, { reason: 'broken' })
      await time.advance(second)
    }
    expect(ids(await queues.deadLetters(work, 10))).toEqual(ids(order))
    expect(ids(await queues.deadLetters(work, 2))).toEqual(ids(order.slice(0, 2)))
  }),

  'makes all dead letters wait again, attempts counted from zero': promise(async ({ queues, time }) => {
    const sentAtMs = time.clock.now()
    await bury(queues, 'a', 'b', 'c')
    await time.advance(day)
    expect(await queues.redrive(work)).toBe(3)
    expect(await queues.deadLetters(work, 10)).toEqual([])
    const given = await takeMany(queues, work, 3)
    expect(ids(given).slice().sort()).toEqual(['a', 'b', 'c'])
    for (const found of given) {
      expect(found).toMatchObject({ attempt: 1, sentAtMs, body: JSON.stringify({ of: found.id }) })
    }
    expect(await queues.redrive(work)).toBe(0)
  }),

  'makes the dead letters of the ids asked for wait again, and no others': promise(async ({ queues }) => {
    await bury(queues, 'a', 'b', 'c')
    expect(await queues.redrive(work, [])).toBe(0)
    expect(await queues.redrive(work, ['b', 'unknown'])).toBe(1)
    expect(ids(await queues.deadLetters(work, 10))).toEqual(['a', 'c'])
    expect(ids(await takeWhatIsDue(queues, work))).toEqual(['b'])
  }),

  'buries a redriven message that fails again anew': promise(async ({ queues, time }) => {
    await bury(queues, 'a', 'b')
    await time.advance(minute)
    await queues.redrive(work, ['a'])
    const again = await takeOne(queues, work)
    await queues.bury(work, again.lease, { reason: 'still broken' })
    const dead = await queues.deadLetters(work, 10)
    expect(dead.map(({ id, reason, attempt }) => [id, reason, attempt])).toEqual([
      ['b', 'broken: b', 1],
      ['a', 'still broken', 1],
    ])
  }),
}

const purging: QueuePromises = {
  'purges what waits, due or not, and nothing that is leased or dead': promise(async ({ queues, time }) => {
    await bury(queues, 'dead')
    await queues.send([message('leased')])
    const held = await takeOne(queues, work, minute)
    await queues.send([...messages(20), message('delayed', { dueAtMs: time.clock.now() + hour })])
    await queues.send([message('elsewhere', { queue: other })])
    expect(await queues.purge(work, 'waiting')).toBe(21)
    expect(await queues.purge(work, 'waiting')).toBe(0)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
    expect(ids(await queues.deadLetters(work, 10))).toEqual(['dead'])
    expect(ids(await takeWhatIsDue(queues, other))).toEqual(['elsewhere'])
    await queues.again(work, held.lease, 0)
    expect(ids(await takeWhatIsDue(queues, work))).toEqual(['leased'])
    await time.advance(day)
    expect(ids(await takeWhatIsDue(queues, work))).toEqual(['leased'])
  }),

  'purges dead letters, and nothing that waits': promise(async ({ queues }) => {
    await bury(queues, 'a', 'b')
    await queues.send([message('waits')])
    expect(await queues.purge(work, 'dead')).toBe(2)
    expect(await queues.deadLetters(work, 10)).toEqual([])
    expect(await queues.redrive(work)).toBe(0)
    expect(ids(await takeWhatIsDue(queues, work))).toEqual(['waits'])
  }),
}

const looking: QueuePromises = {
  'counts what is ready, delayed, leased and dead': promise(async ({ queues, time }) => {
    const empty = { ready: 0, delayed: 0, leased: 0, dead: 0 }
    expect(await queues.counts(work)).toEqual(empty)
    await bury(queues, 'dead')
    const nowMs = time.clock.now()
    await queues.send([...messages(3), message('delayed', { dueAtMs: nowMs + hour })])
    const held = await takeOne(queues, work, minute)
    expect(await queues.counts(work)).toEqual({
      ...{ ready: 2, delayed: 1, leased: 1, dead: 1 },
      nextAtMs: nowMs + minute,
      oldestDueAtMs: nowMs,
    })
    await queues.done(work, [held.lease])
    expect(await queues.counts(work)).toMatchObject({ ready: 2, leased: 0, nextAtMs: nowMs + hour })
    expect(await queues.counts(other)).toEqual(empty)
  }),

  'counts by the time it is, without anybody receiving': promise(async ({ queues, time }) => {
    const nowMs = time.clock.now()
    await queues.send([message('leased')])
    await takeOne(queues, work, minute)
    await queues.send([message('delayed', { dueAtMs: nowMs + hour })])
    await time.advance(minute)
    expect(await queues.counts(work)).toMatchObject({ ready: 1, delayed: 1, leased: 0, nextAtMs: nowMs + hour })
    await time.advance(hour)
    const counts = await queues.counts(work)
    expect(counts).toEqual({ ready: 2, delayed: 0, leased: 0, dead: 0, oldestDueAtMs: nowMs + minute })
  }),

  'says since when the message has been due that waits longest': promise(async ({ queues, time }) => {
    const nowMs = time.clock.now()
    await queues.send([message('a', { dueAtMs: nowMs + minute }), message('b', { dueAtMs: nowMs + hour })])
    await time.advance(2 * hour)
    expect(await queues.counts(work)).toMatchObject({ oldestDueAtMs: nowMs + minute })
    const { lease } = await takeOne(queues, work)
    await queues.again(work, lease, minute)
    await time.advance(minute)
    // Whichever was taken, it has been due anew for no time at all.
    const left = await queues.peek(work, 10)
    expect(left).toHaveLength(2)
    const due = left.find(({ attempt }) => attempt === 0)?.id === 'a' ? minute : hour
    expect(await queues.counts(work)).toMatchObject({ oldestDueAtMs: nowMs + due })
  }),

  'counts messages behind others of their key as ready, and a postponed one as delayed': promise(
    async ({ queues, time }) => {
      await queues.send(messages(5, { orderKey: 'k' }))
      expect(await queues.counts(steps)).toMatchObject({ ready: 5, leased: 0 })
      const { lease } = await takeOne(queues, steps, minute)
      expect(await queues.counts(steps)).toMatchObject({ ready: 4, leased: 1 })
      await queues.again(steps, lease, hour)
      const nextAtMs = time.clock.now() + hour
      expect(await queues.counts(steps)).toMatchObject({ ready: 4, delayed: 1, leased: 0, nextAtMs })
    },
  ),

  'shows what waits, the longest due first, and changes nothing by it': promise(async ({ queues, time }) => {
    const nowMs = time.clock.now()
    await queues.send([message('third', { dueAtMs: nowMs + hour }), message('second', { dueAtMs: nowMs + minute })])
    await queues.send([message('leased', { dueAtMs: 0 })])
    await takeOne(queues, work, day)
    await time.advance(second)
    await queues.send([message('first', { headers: { trace: 't' } })])
    const shown = { queue: work, id: 'first', body: '{"of":"first"}', headers: { trace: 't' }, attempt: 0 }
    for (let looks = 0; looks < 3; looks++) {
      const found = await queues.peek(work, 10)
      expect(ids(found)).toEqual(['first', 'second', 'third'])
      expect(found[0]).toEqual({ ...shown, sentAtMs: nowMs + second })
    }
    expect(ids(await queues.peek(work, 2))).toEqual(['first', 'second'])
    expect(await queues.counts(work)).toMatchObject({ ready: 1, delayed: 2, leased: 1 })
    expect(await takeOne(queues, work)).toMatchObject({ id: 'first', attempt: 1 })
  }),

  'shows the order keys of what waits': promise(async ({ queues }) => {
    await queues.send([message('a', { orderKey: 'k' }), message('b', { orderKey: 'l' })])
    const found = await queues.peek(steps, 10)
    expect(found.map(({ id, orderKey }) => [id, orderKey])).toEqual([
      ['a', 'k'],
      ['b', 'l'],
    ])
  }),
}

export const deadLetterPromises: QueuePromises = { ...burying, ...purging, ...looking }
