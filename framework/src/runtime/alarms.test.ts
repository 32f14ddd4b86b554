/** Alarms: people are told once when an incident begins and once when it is over; reactions run once an incident. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sleep } from '../contract/clock.ts'
import type { Drivers } from '../contract/drivers.ts'
import type { SentMail } from '../contract/mail.ts'
import { type Alarm, alarm, backlog, deadLetters, errorShare, items, lag, oldestMessage } from '../plan/alarm.ts'
import { anyone } from '../plan/authorizer.ts'
import { consumer } from '../plan/consumer.ts'
import { endpoint, nothing } from '../plan/endpoint.ts'
import { mailbox } from '../plan/mailbox.ts'
import { queue } from '../plan/queue.ts'
import { type ReactionCall, reaction } from '../plan/reaction.ts'
import { type Handlers, service } from '../plan/service.ts'
import { table } from '../plan/table.ts'
import { view } from '../plan/view.ts'
import { killedEverywhere, testbed } from '../targets/testbed.ts'
import { backgroundPlan, latch, planOf } from './test/small.ts'

const duty = mailbox('duty', { from: 'system@example.org', to: 'duty@example.org' })
const jobs = queue('jobs', { message: z.object({ job: z.string() }), attempts: 1 })
const stuck = alarm('stuck', { when: deadLetters(jobs).above(1), tell: duty })

/** The first first, without the plan's name. */
const subjects = (mails: readonly SentMail[]) => mails.map(({ subject }) => subject.replace('[small] ', '')).reverse()

/** Messages that are dead letters at once: no consumer can read them. */
const unfit = (...ids: readonly string[]) => ids.map(id => ({ queue: 'jobs', id, body: '{}' }))

/** A bed with alarms on a queue, and what people were told. */
async function watched(alarms: readonly Alarm[] = [stuck], handlers: Handlers = {}) {
  const work = consumer(jobs, { handle: () => {} })
  const bed = await testbed(backgroundPlan({ work, ...handlers }, { alarms }))
  const told = async () => subjects(await bed.mails())
  const bury = async (...ids: readonly string[]) => {
    await bed.drivers.queues.send(unfit(...ids))
    await bed.settled({ deadLetters: 'expected' })
  }
  const clear = () => bed.drivers.queues.purge('jobs', 'dead')
  return Object.assign(bed, { told, bury, clear })
}

describe('An alarm', () => {
  it('tells once when it begins and once when it is over, with what was measured', async () => {
    await using bed = await watched()
    await bed.bury('a', 'b')
    await bed.advance('1 minute')
    expect(await bed.mails()).toMatchObject([
      {
        from: 'system@example.org',
        to: ['duty@example.org'],
        subject: '[small] Alarm: stuck',
        text: 'queue "jobs": 2 dead letters, the limit is 1.',
      },
    ])
    await bed.bury('c')
    await bed.advance('1 hour')
    expect(await bed.told()).toEqual(['Alarm: stuck'])
    await bed.clear()
    await bed.advance('1 hour')
    expect(await bed.told()).toEqual(['Alarm: stuck', 'Over: stuck'])
    expect((await bed.mails())[0]?.text).toBe('queue "jobs": 0 dead letters, the limit is 1.')
  })

  it('begins above its limit, not at it', async () => {
    await using bed = await watched()
    await bed.bury('a')
    await bed.advance('10 minutes')
    expect(await bed.told()).toEqual([])
  })

  it('tells of the next incident anew', async () => {
    await using bed = await watched()
    for (const incident of [1, 2, 3]) {
      await bed.bury(`${incident}-a`, `${incident}-b`)
      await bed.advance('2 minutes')
      await bed.clear()
      await bed.advance('2 minutes')
    }
    expect(await bed.told()).toEqual(Array.from({ length: 3 }, () => ['Alarm: stuck', 'Over: stuck']).flat())
  })

  it('that must hold for a while tells nobody of what passes sooner, and counts from the last time it began', async () => {
    const lasting = alarm('lasting', { when: deadLetters(jobs).above(0), for: '5 minutes', tell: duty })
    await using bed = await watched([lasting])
    await bed.bury('a')
    await bed.advance('4 minutes')
    await bed.clear()
    await bed.advance('1 minute')
    await bed.bury('b')
    // Seen at the sixth minute for the first time: due at the eleventh.
    await bed.advance('5 minutes')
    expect(await bed.told()).toEqual([])
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: lasting'])
  })

  it('remembers since when its condition holds, though the process dies', async () => {
    const lasting = alarm('lasting', { when: deadLetters(jobs).above(0), for: '5 minutes', tell: duty })
    await using bed = await watched([lasting])
    await bed.bury('a')
    await bed.advance('4 minutes')
    await bed.restart()
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual([])
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: lasting'])
    await bed.restart()
    await bed.advance('10 minutes')
    expect(await bed.told()).toEqual(['Alarm: lasting'])
  })

  it('that cannot be measured is logged, hides no other, and is measured again', async () => {
    const others = queue('others', { message: z.object({}) })
    const blind = alarm('blind', { when: deadLetters(others).above(0), tell: duty })
    await using bed = await watched([blind, stuck], { other: consumer(others, { handle: () => {} }) })
    const { counts } = bed.drivers.queues
    const away = (name: string) => (name === 'others' ? Promise.reject(new Error('no answer')) : counts(name))
    Object.assign(bed.drivers.queues, { counts: away })
    await bed.bury('a', 'b').catch(() => {})
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: stuck'])
    expect(bed.logs.some(({ handler, fields }) => handler === 'groundplan/alarms' && fields?.error)).toBe(true)
    Object.assign(bed.drivers.queues, { counts })
    await bed.drivers.queues.send([{ queue: 'others', id: 'x', body: '7' }])
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: stuck', 'Alarm: blind'])
  })

  it('leaves nothing behind while all is well: no tick is claimed, nothing is traced', async () => {
    await using bed = await watched()
    await bed.settled()
    const points = bed.points
    await bed.advance('10 minutes')
    expect(bed.traces).toEqual([])
    expect((await bed.drivers.store.scan('groundplan-alarms', { limit: 10 })).items).toEqual([])
    expect(await bed.drivers.schedules.last('groundplan/alarms')).toMatchObject({ state: 'done' })
    // It looks all the same.
    expect(bed.points).toBeGreaterThan(points)
  })
})

describe('What is measured', () => {
  const tellOf = (when: Alarm['when']) => [alarm('watch', { when, tell: duty })]

  it('is how many messages are due and not handled', async () => {
    const gate = latch()
    const slow = queue('slow', { message: z.object({ job: z.string() }) })
    const work = consumer(slow, { concurrency: 1, handle: () => gate.opened })
    await using bed = await watched(tellOf(backlog(slow).above(2)), { slow: work })
    const { sender } = bed.uses({ sender: slow.sender })
    for (const job of ['handled', 'b', 'c']) await sender.send({ job })
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual([])
    await sender.send({ job: 'd' })
    await sender.send({ job: 'later' }, { delay: '15 minutes' })
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: watch'])
    gate.open()
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: watch', 'Over: watch'])
  })

  it('is how long the oldest message has been due, not how long ago it was sent', async () => {
    const gate = latch()
    const slow = queue('slow', { message: z.object({ job: z.string() }), lease: '1 hour' })
    const work = consumer(slow, { concurrency: 1, handle: () => gate.opened })
    await using bed = await watched(tellOf(oldestMessage(slow).above('5 minutes')), { slow: work })
    const { sender } = bed.uses({ sender: slow.sender })
    await sender.send({ job: 'holds all up' })
    await sender.send({ job: 'late' }, { delay: '10 minutes' })
    await bed.advance('15 minutes')
    expect(await bed.told()).toEqual([])
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: watch'])
    gate.open()
    await bed.settled()
  })

  it('is how far a view is behind its source', async () => {
    const things = table('things', { item: z.object({ id: z.string(), name: z.string() }), key: ['id'] })
    const names = view('names', {
      from: things,
      item: z.object({ name: z.string() }),
      key: ['name'],
      project: ({ name }) => {
        if (name === 'bad') throw new Error('not this one')
        return { name }
      },
    })
    await using bed = await watched(tellOf(lag(names).above('20 seconds')), { names })
    const { kept } = bed.uses({ kept: things.writer })
    await kept.put({ id: '1', name: 'good' })
    await bed.advance('2 minutes')
    expect(await bed.told()).toEqual([])
    // Nobody takes what is in the view's queue while the engine gives nothing out.
    const { receive } = bed.drivers.queues
    Object.assign(bed.drivers.queues, {
      receive: (name: string, wanted: Parameters<typeof receive>[1]) =>
        name === 'main.names' ? Promise.reject(new Error('away')) : receive(name, wanted),
    })
    for (const id of ['2', '3', '4']) await kept.put({ id, name: id })
    await bed.advance('2 minutes')
    expect(await bed.told()).toEqual(['Alarm: watch'])
    Object.assign(bed.drivers.queues, { receive })
    await bed.advance('2 minutes')
    expect(await bed.told()).toEqual(['Alarm: watch', 'Over: watch'])
  })

  it('is the share of calls that failed over five minutes', async () => {
    const main = service('main', {
      work: endpoint('POST /work', {
        summary: 'Work',
        caller: anyone,
        body: z.object({ well: z.boolean() }),
        returns: nothing,
        handle: ({ body }) => {
          if (!body.well) throw new Error('no luck')
        },
      }),
    })
    const failing = alarm('failing', { when: errorShare(main).above(0.5), tell: duty })
    await using bed = await testbed(planOf(main, { alarms: [failing] }))
    const work = (well: boolean) => bed.gateways.api.work({ body: { well } }).catch(() => {})
    for (const well of [true, false]) await work(well)
    await bed.advance('1 minute')
    expect(await bed.mails()).toEqual([])
    await work(false)
    await bed.advance('1 minute')
    expect(await bed.mails()).toMatchObject([{ subject: '[small] Alarm: failing' }])
    await bed.advance('6 minutes')
    expect(subjects(await bed.mails())).toEqual(['Alarm: failing', 'Over: failing'])
  })

  it('is how many items a table has', async () => {
    const notes = table('notes', { item: z.object({ id: z.string() }), key: ['id'] })
    await using bed = await watched(tellOf(items(notes).above(2)), {
      keep: consumer(queue('unused', { message: z.object({}) }), { uses: { notes: notes.writer }, handle: () => {} }),
    })
    const { kept } = bed.uses({ kept: notes.writer })
    for (const id of ['a', 'b']) await kept.put({ id })
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual([])
    await kept.put({ id: 'c' })
    await bed.advance('1 minute')
    expect(await bed.told()).toEqual(['Alarm: watch'])
  })
})

describe('A reaction', () => {
  const quiet = alarm('quiet', { when: deadLetters(jobs).above(0) })

  function reacting(handle: (call: ReactionCall) => unknown = () => {}) {
    const calls: { measured: number; since: string; id: string; attempt: number }[] = []
    const react = reaction(quiet, {
      handle(call) {
        const since = call.since.toISOString().slice(11, 16)
        calls.push({ measured: call.measured, since, id: call.newId(), attempt: calls.length })
        return handle(call)
      },
    })
    return { calls, react }
  }

  it('runs once an incident, with what was measured and since when, also where nobody is told', async () => {
    const { calls, react } = reacting()
    await using bed = await watched([quiet], { react })
    await bed.bury('a', 'b')
    await bed.advance('10 minutes')
    expect(calls).toMatchObject([{ measured: 2, since: '00:01' }])
    await bed.clear()
    await bed.advance('1 minute')
    await bed.bury('c')
    await bed.advance('10 minutes')
    expect(calls).toMatchObject([{ since: '00:01' }, { measured: 1, since: '00:12' }])
    expect(await bed.told()).toEqual([])
  })

  it('is tried again like a message, with the same ids, and buried at last', async () => {
    const { calls, react } = reacting(() => {
      throw new Error('no luck')
    })
    await using bed = await watched([quiet], { react })
    await bed.bury('a')
    await bed.advance('1 hour')
    expect(calls).toHaveLength(5)
    expect(new Set(calls.map(({ id }) => id)).size).toBe(1)
    expect((await bed.deadLetters()).filter(({ queue }) => queue === 'main.react')).toMatchObject([
      { attempt: 5, reason: 'no luck' },
    ])
  })
})

/** The next claim comes a moment after its tick, as it does in life: when its time is up the next tick is due already. */
function claimedLate({ schedules, clock }: Drivers): void {
  const { claim } = schedules
  Object.assign(schedules, {
    claim: async (...given: Parameters<typeof claim>) => {
      Object.assign(schedules, { claim })
      await sleep(clock, 10)
      return claim(...given)
    },
  })
}

it('Killed at every point, incidents are told, each once; their reactions are the same work each time', async () => {
  const notes = table('notes', { item: z.object({ id: z.string() }), key: ['id'] })
  const [first, second] = ['first', 'second'].map(name => alarm(name, { when: items(notes).above(0), tell: duty }))
  if (!first || !second) return
  const stopped = table('stopped', { item: z.object({ id: z.string() }), key: ['id'] })
  const reactionTo = (to: Alarm) =>
    reaction(to, {
      uses: { notes: notes.reader, stopped: stopped.writer },
      handle: ({ newId }, { stopped }) => stopped.put({ id: newId() }),
    })
  const handlers = { one: reactionTo(first), other: reactionTo(second) }
  const write = (bed: { readonly drivers: Drivers }, op: 'put' | 'remove') =>
    bed.drivers.store.commit({
      writes: [op === 'put' ? { op, table: 'notes', item: { id: 'a' } } : { op, table: 'notes', key: { id: 'a' } }],
    })
  const points = await killedEverywhere({
    boot: async () => {
      const bed = await testbed(backgroundPlan(handlers, { alarms: [first, second] }))
      await bed.settled()
      await write(bed, 'put')
      claimedLate(bed.drivers)
      return bed
    },
    act: bed => bed.advance('61 seconds'),
    async check(bed, { point }) {
      const begun = subjects(await bed.mails()).toSorted()
      expect(begun, `point ${point}`).toEqual(['Alarm: first', 'Alarm: second'])
      const { items } = await bed.uses({ all: stopped.scanner }).all.scan()
      expect(items, `point ${point}`).toHaveLength(2)
      await write(bed, 'remove')
      await bed.advance('2 minutes')
      const over = subjects(await bed.mails()).toSorted()
      expect(over, `point ${point}`).toEqual([...begun, 'Over: first', 'Over: second'])
    },
  })
  expect(points).toBeGreaterThan(20)
})
