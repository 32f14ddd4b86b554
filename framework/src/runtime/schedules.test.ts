import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { shapeOf } from '../contract/plan-shape.ts'
import { memoryClock } from '../memory/clock.ts'
import { memoryDrivers } from '../memory/drivers.ts'
import { type Rhythm, type ScheduleCall, schedule } from '../plan/schedule.ts'
import { table } from '../plan/table.ts'
import { killedEverywhere, testbed } from '../targets/testbed.ts'
import { runtimeTables, startRuntime } from './runtime.ts'
import { backgroundPlan, latch, rejection } from './test/small.ts'

const notes = table('notes', { item: z.object({ id: z.string(), text: z.string().default('') }), key: ['id'] })

/** A bed with one schedule, and what it ticked. */
async function ticking(when: Rhythm, at: string, handle: (call: ScheduleCall) => unknown = () => {}) {
  const ticks: string[] = []
  const noting = schedule(when, {
    handle(call) {
      ticks.push(call.tick.toISOString().replace(':00.000Z', 'Z'))
      return handle(call)
    },
  })
  const bed = await testbed(backgroundPlan({ noting }), { at: new Date(at) })
  return Object.assign(bed, { ticks })
}

describe('A schedule', () => {
  it('begins with the first tick after it was first started, not with those before', async () => {
    await using bed = await ticking({ every: '1 hour' }, '2026-01-01T10:30:00Z')
    await bed.settled()
    expect(bed.ticks).toEqual([])
    await bed.advance('2 hours')
    expect(bed.ticks).toEqual(['2026-01-01T11:00Z', '2026-01-01T12:00Z'])
  })

  it('that begins at the very instant of a tick waits for the next one', async () => {
    await using bed = await ticking({ every: '1 hour' }, '2026-01-01T10:00:00Z')
    await bed.advance('1 hour')
    expect(bed.ticks).toEqual(['2026-01-01T11:00Z'])
  })

  it('follows the time of day of its zone through the changes of the clocks', async () => {
    const daily = { cron: '30 2 * * *', zone: 'Europe/Berlin' }
    await using spring = await ticking(daily, '2026-03-28T00:00:00Z')
    await spring.advance('3 days')
    // 2026-03-29: 02:00 becomes 03:00.
    expect(spring.ticks).toEqual(['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'])
    await using autumn = await ticking(daily, '2026-10-24T12:00:00Z')
    await autumn.advance('2 days')
    // 2026-10-25: 03:00 becomes 02:00.
    expect(autumn.ticks).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z'])
  })

  it('says when it is due next', async () => {
    await using bed = await ticking({ cron: '0 3 * * *', zone: 'Europe/Berlin' }, '2026-06-01T00:00:00Z')
    expect(await bed.settled()).toEqual([{ what: 'schedule main/noting', until: new Date('2026-06-01T01:00:00Z') }])
    await bed.advance('1 hour')
    expect(await bed.settled()).toEqual([{ what: 'schedule main/noting', until: new Date('2026-06-02T01:00:00Z') }])
  })

  it('runs the latest missed tick after a stop, once', async () => {
    await using bed = await ticking({ every: '1 hour' }, '2026-01-01T10:30:00Z')
    await bed.advance('1 hour')
    bed.dieAt(0)
    await bed.advance('5 hours')
    expect(bed.dead).toBe(true)
    await bed.restart()
    await bed.settled()
    await bed.restart()
    await bed.advance('1 hour')
    expect(bed.ticks).toEqual(['2026-01-01T11:00Z', '2026-01-01T16:00Z', '2026-01-01T17:00Z'])
  })

  it('runs nothing after a stop in which no tick was due', async () => {
    await using bed = await ticking({ every: '1 hour' }, '2026-01-01T10:30:00Z')
    await bed.advance('1 hour')
    await bed.restart()
    await bed.advance('10 minutes')
    expect(bed.ticks).toEqual(['2026-01-01T11:00Z'])
  })

  it('that fails is logged with its tick and its trace, and ticks again', async () => {
    await using bed = await ticking({ every: '1 hour' }, '2026-01-01T10:30:00Z', () => {
      throw new Error('no luck')
    })
    await bed.advance('2 hours')
    expect(bed.ticks).toHaveLength(2)
    expect(bed.logs[0]).toMatchObject({
      level: 'error',
      handler: 'main/noting',
      message: 'main/noting failed',
      fields: { tick: '2026-01-01T11:00:00.000Z', error: { message: 'no luck' } },
      trace: bed.traces.find(({ name }) => name === 'main/noting')?.traceId,
    })
    expect(await bed.drivers.schedules.last('main/noting')).toMatchObject({ state: 'done', failure: 'no luck' })
  })

  it('is cut off when it takes too long, and ticks again', async () => {
    const hanging = schedule({ every: '1 hour' }, { timeout: '30 seconds', handle: () => new Promise(() => {}) })
    await using bed = await testbed(backgroundPlan({ hanging }))
    await bed.advance('121 minutes')
    expect(bed.logs.map(({ fields }) => fields?.error)).toMatchObject([{ code: 'timed-out' }, { code: 'timed-out' }])
  })

  it('does not overlap itself: a tick that was due meanwhile runs afterwards', async () => {
    let running = 0
    let most = 0
    await using bed = await ticking({ every: '1 minute' }, '2026-01-01T10:00:30Z', async () => {
      most = Math.max(most, ++running)
      if (bed.ticks.length === 1) await new Promise(resolve => setTimeout(resolve, 90_000))
      running--
    })
    await bed.advance('4 minutes')
    expect(most).toBe(1)
    expect(bed.ticks[0]).toBe('2026-01-01T10:01Z')
    expect(bed.ticks).toContain('2026-01-01T10:04Z')
    expect([...bed.ticks].sort()).toEqual(bed.ticks)
  })

  it('makes the same ids when its tick is run again, and others at another tick', async () => {
    const ids: string[] = []
    await using bed = await ticking({ every: '1 hour' }, '2026-01-01T10:30:00Z', call => {
      ids.push(call.newId())
      return ids.length === 1 ? new Promise(() => {}) : undefined
    })
    await bed.advance('30 minutes')
    await bed.restart()
    await bed.advance('1 hour')
    expect(ids).toHaveLength(3)
    expect([ids[1], new Set(ids).size]).toEqual([ids[0], 2])
  })

  it('can be run by hand, whatever the time, and not by a wrong name', async () => {
    await using bed = await ticking({ every: '1 day' }, '2026-01-01T10:30:00Z')
    await bed.runtime.ticker?.runNow('main', 'noting')
    expect(bed.ticks).toEqual(['2026-01-01T10:30Z'])
    await bed.advance('1 day')
    expect(bed.ticks).toHaveLength(2)
    expect(await rejection(bed.runtime.ticker?.runNow('main', 'other') ?? Promise.resolve())).toMatchObject({
      code: 'no-such-route',
    })
  })

  it('run by hand tells whoever ran it that it failed', async () => {
    await using bed = await ticking({ every: '1 day' }, '2026-01-01T10:30:00Z', () =>
      Promise.reject(new Error('no luck')),
    )
    expect(await rejection(bed.runtime.ticker?.runNow('main', 'noting') ?? Promise.resolve())).toMatchObject({
      message: 'no luck',
    })
  })
})

describe('Two processes', () => {
  function shared(handle: (process: string) => unknown) {
    const clock = memoryClock(Date.UTC(2030, 0, 1))
    const planOf = (process: string) =>
      backgroundPlan({ noting: schedule({ every: '1 hour' }, { handle: () => handle(process) }) })
    const drivers = memoryDrivers(shapeOf(planOf('any'), runtimeTables), { clock, linkKey: 'k' })
    const start = (process: string) => startRuntime(planOf(process), drivers, { logs: () => {} })
    return { clock, drivers, start }
  }

  it('run each tick once', async () => {
    const ran: string[] = []
    const { clock, start } = shared(process => ran.push(process))
    const processes = await Promise.all(['one', 'other'].map(start))
    await clock.advance(10 * 3_600_000)
    expect(ran).toHaveLength(10)
    await Promise.all(processes.map(process => process.stop(0)))
  })

  it('take over a tick from one that hangs frozen, when its claim is over', async () => {
    const ran: string[] = []
    const gate = latch()
    const { clock, drivers, start } = shared(process => {
      ran.push(`${process} ${new Date(clock.now()).toISOString().slice(11, 19)}`)
      return process === 'frozen' ? gate.opened : undefined
    })
    const frozen = await start('frozen')
    // A frozen process extends nothing.
    const { extend } = drivers.schedules
    Object.assign(drivers.schedules, { extend: () => new Promise(() => {}) })
    await clock.advance(3_600_000)
    const other = await start('other')
    await clock.advance(59_999)
    expect(ran).toEqual(['frozen 01:00:00'])
    await clock.advance(1)
    expect(ran).toEqual(['frozen 01:00:00', 'other 01:01:00'])
    gate.open()
    Object.assign(drivers.schedules, { extend })
    await Promise.all([frozen.stop(0), other.stop(0)])
  })
})

describe('A claim that was lost', () => {
  it('aborts the call, and the fence refuses its writes, even those already on their way', async () => {
    const gate = latch()
    const seen: unknown[] = []
    const writing = schedule(
      { every: '1 hour' },
      {
        uses: { notes: notes.writer },
        async handle({ signal }, { notes }) {
          if (seen.length > 0) return
          seen.push('begun')
          signal.addEventListener('abort', () => seen.push(signal.reason.code))
          await gate.opened
          // Before this process has noticed: the engine knows.
          seen.push(await rejection(notes.put({ id: 'late' })))
        },
      },
    )
    await using bed = await testbed(backgroundPlan({ writing }))
    await bed.advance('1 hour')
    const { schedules } = bed.drivers
    // Another process claims the next tick, as when this one was frozen until its claim was over.
    const [claimed] = (await bed.drivers.store.scan('groundplan-schedules', { limit: 10 })).items
    await bed.drivers.store.commit({
      writes: [{ op: 'put', table: 'groundplan-schedules', item: { ...claimed, untilMs: 0 } }],
    })
    expect(await schedules.claim('main/writing', bed.now.getTime(), 60_000)).toBeDefined()
    gate.open()
    await bed.settled()
    expect(seen).toMatchObject(['begun', { code: 'claim-lost' }])
    expect((await bed.uses({ notes: notes.scanner }).notes.scan()).items).toEqual([])
  })

  it('is noticed at the next extension', async () => {
    const seen: unknown[] = []
    const hanging = schedule(
      { every: '1 hour' },
      {
        handle: ({ signal }) =>
          new Promise(() => signal.addEventListener('abort', () => seen.push(signal.reason.code))),
      },
    )
    await using bed = await testbed(backgroundPlan({ hanging }))
    await bed.advance('1 hour')
    const [claimed] = (await bed.drivers.store.scan('groundplan-schedules', { limit: 10 })).items
    await bed.drivers.store.commit({
      writes: [{ op: 'put', table: 'groundplan-schedules', item: { ...claimed, fence: 99 } }],
    })
    await bed.advance('30 seconds')
    expect(seen).toEqual(['claim-lost'])
  })
})

it('Killed at every point, each tick is run, and what it writes is written once', async () => {
  const daily = schedule(
    { every: '1 day' },
    {
      uses: { notes: notes.writer },
      handle: ({ newId, tick }, { notes }) => notes.put({ id: newId(), text: tick.toISOString() }),
    },
  )
  const points = await killedEverywhere({
    boot: () => testbed(backgroundPlan({ daily }), { at: new Date('2026-01-01T23:59:00Z') }),
    act: async bed => {
      await bed.advance('2 minutes')
    },
    async check(bed, { point }) {
      const { items } = await bed.uses({ notes: notes.scanner }).notes.scan()
      expect(items, `point ${point}`).toMatchObject([{ text: '2026-01-02T00:00:00.000Z' }])
    },
  })
  expect(points).toBeGreaterThan(4)
})
