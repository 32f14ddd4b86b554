/** Virtual time: `Date` and timers inside a bed follow its clock, in all their forms; outside nothing changes. */
import { executionAsyncId } from 'node:async_hooks'
import timers, { setTimeout as importedTimeout } from 'node:timers'
import { setInterval as promisedInterval, setTimeout as promisedTimeout, scheduler } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type MemoryClock, memoryClock } from '../../memory/clock.ts'
import { type VirtualTime, virtualTime } from './virtual-time.ts'
import type { HandlersClock, VirtualTimer } from './virtual-timer.ts'

const startMs = Date.UTC(2001, 1, 3, 4, 5, 6, 789)
const RealDate = Date
const opened: VirtualTime[] = []

afterEach(() => {
  for (const time of opened.splice(0)) time.release()
})

interface Bed {
  readonly clock: MemoryClock
  readonly handlers: HandlersClock
  readonly time: VirtualTime
  within<T>(run: () => T): T
}

function bedAt(atMs = startMs): Bed {
  const time = virtualTime()
  opened.push(time)
  const clock = memoryClock(atMs)
  const handlers: HandlersClock = {
    now: () => clock.now(),
    at: (atMs, run) => clock.at(atMs, run),
    timers: new Set<VirtualTimer>(),
    ran: 0,
  }
  return { clock, handlers, time, within: run => time.within(handlers, run) }
}

describe('Date in a bed', () => {
  it('is the time of the bed where it says now, in each form', async () => {
    const { within, clock } = bedAt()
    expect(within(() => [new Date().toISOString(), Date.now(), Date()])).toEqual([
      '2001-02-03T04:05:06.789Z',
      startMs,
      new RealDate(startMs).toString(),
    ])
    await clock.advance(1_000)
    expect(within(() => new Date().toISOString())).toBe('2001-02-03T04:05:07.789Z')
  })

  it('is what it always was for any given time', () => {
    const { within } = bedAt()
    const given: readonly unknown[][] = [
      [0],
      [-1],
      ['2020-02-29T12:00:00Z'],
      ['no date'],
      [undefined],
      [null],
      [new RealDate(5)],
      [2020, 1],
      [2020, 1, 29, 12, 30, 15, 7],
      [Number.NaN],
      [8.64e15 + 1],
    ]
    for (const each of given) {
      const real = new RealDate(...(each as [number])).getTime()
      expect(within(() => new Date(...(each as [number])).getTime())).toBe(real)
    }
    expect(within(() => [Date.UTC(2020, 0), Date.parse('2020-01-01'), Date.length, Date.name])).toEqual([
      RealDate.UTC(2020, 0),
      RealDate.parse('2020-01-01'),
      7,
      'Date',
    ])
  })

  it('is one type with the Date of before, and can be inherited from', () => {
    const { within } = bedAt()
    class Day extends Date {
      readonly day = this.toISOString().slice(0, 10)
    }
    within(() => {
      const now = new Date()
      expect([now instanceof Date, now instanceof RealDate, new RealDate() instanceof Date]).toEqual([true, true, true])
      expect(Object.getPrototypeOf(now)).toBe(RealDate.prototype)
      const [today, other] = [new Day(), new Day('2020-01-01')]
      expect([today.day, other.day, today instanceof Day, today instanceof Date]).toEqual([
        '2001-02-03',
        '2020-01-01',
        true,
        true,
      ])
      expect(structuredClone(now)).toEqual(now)
    })
  })
})

describe('Timers in a bed', () => {
  it('run in its time, however they were come by, and not before', async () => {
    const { within, clock } = bedAt()
    const ran: string[] = []
    const note = (name: string) => void ran.push(`${name} ${clock.now() - startMs}`)
    within(() => {
      setTimeout(note, 1_000, 'global')
      timers.setTimeout(note, 2_000, 'module')
      importedTimeout(note, 3_000, 'imported')
      void promisify(setTimeout)(4_000).then(() => note('promisified'))
      void promisedTimeout(5_000, 'promised').then(note)
      void scheduler.wait(6_000).then(() => note('scheduler'))
      AbortSignal.timeout(7_000).addEventListener('abort', ({ target }) => {
        note((target as AbortSignal).reason.name)
      })
      setTimeout(() => note('bare'))
    })
    await clock.advance(999)
    expect(ran).toEqual(['bare 1'])
    await clock.advance(10_000)
    expect(ran.slice(1)).toEqual([
      'global 1000',
      'module 2000',
      'imported 3000',
      'promisified 4000',
      'promised 5000',
      'scheduler 6000',
      'TimeoutError 7000',
    ])
  })

  it('can be repeated, begun anew, and cleared', async () => {
    const { within, clock, handlers } = bedAt()
    const ran: string[] = []
    const every = within(() => setInterval(() => ran.push(`every ${clock.now() - startMs}`), 300))
    const late = within(() => setTimeout(() => ran.push(`late ${clock.now() - startMs}`), 500))
    const never = within(() => setTimeout(() => ran.push('never'), 500))
    clearTimeout(never)
    await clock.advance(400)
    late.refresh()
    await clock.advance(400)
    expect(ran).toEqual(['every 300', 'every 600'])
    clearInterval(every)
    await clock.advance(400)
    expect(ran).toEqual(['every 300', 'every 600', 'late 900'])
    expect([handlers.timers.size, clock.nextAt()]).toEqual([0, undefined])
  })

  it('that are promises end with their signal', async () => {
    const { within, clock } = bedAt()
    const stop = new AbortController()
    const waiting = within(() => promisedTimeout(1_000, 'late', { signal: stop.signal })).catch(error => error.name)
    stop.abort()
    expect(await waiting).toBe('AbortError')
    expect(await within(() => promisedTimeout(1, 0, { signal: stop.signal })).catch(error => error.code)).toBe(
      'ABORT_ERR',
    )
    expect(clock.nextAt()).toBeUndefined()
    const ticks: number[] = []
    const ticking = within(async () => {
      for await (const _tick of promisedInterval(10)) if (ticks.push(clock.now() - startMs) === 3) return
    })
    await clock.advance(100)
    await ticking
    expect(ticks).toEqual([10, 20, 30])
  })
})

describe('Beds', () => {
  it('side by side have each its own time, through promises, timers and events', async () => {
    const beds = [bedAt(Date.UTC(1999, 0)), bedAt(Date.UTC(2050, 0))]
    const seen = beds.map(({ within }) =>
      within(async () => {
        const years = [new Date().getUTCFullYear()]
        await null
        years.push(new Date().getUTCFullYear())
        await new Promise(resolve => setTimeout(resolve, 10))
        years.push(new Date().getUTCFullYear())
        await new Promise(resolve => setImmediate(resolve))
        years.push(new Date().getUTCFullYear())
        return years
      }),
    )
    await Promise.all(beds.map(({ clock }) => clock.advance(10)))
    expect(await Promise.all(seen)).toEqual([Array(4).fill(1999), Array(4).fill(2050)])
  })

  it('change nothing outside of them, nor for what is run outside from within', async () => {
    const { within, time } = bedAt()
    expect(Math.abs(Date.now() - (performance.timeOrigin + performance.now()))).toBeLessThan(10_000)
    expect(within(() => time.outside(() => Date.now()))).toBeGreaterThan(startMs + 1e11)
    await new Promise(resolve => setTimeout(resolve, 1))
    await within(() => time.outside(() => promisedTimeout(1)))
  })

  it('give the globals back with the last of them, and every promise is as cheap as before', async () => {
    const before = [Date, setTimeout, setInterval, clearTimeout, AbortSignal.timeout, timers.setTimeout]
    for (let at = 0; at < 5; at++) {
      const [first, second] = [bedAt(), bedAt()]
      await first.within(async () => new Date())
      first.time.release()
      expect(second.within(() => Date.now())).toBe(startMs)
      expect(globalThis.Date).not.toBe(before[0])
      second.time.release()
      second.time.release()
    }
    expect([Date, setTimeout, setInterval, clearTimeout, AbortSignal.timeout, timers.setTimeout]).toEqual(before)
    // Promises have ids while anybody follows them: each storage left on would make all of them dearer, for good.
    const idAfterPromise = async () => {
      await null
      return executionAsyncId()
    }
    const [one, other] = await Promise.all([idAfterPromise(), idAfterPromise()])
    expect(one).toBe(other)
  })
})
