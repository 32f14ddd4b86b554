import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'

const day = 86_400_000
const start = Date.UTC(2030, 0, 1)

beforeEach(() => void vi.useFakeTimers({ now: start, toFake: ['Date', 'setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** The system's clock is set, while time itself goes on as before. */
function setSystemTime(ms: number): void {
  vi.setSystemTime(ms)
}

describe("the system's clock", () => {
  it('follows the clock of the machine', () => {
    const clock = systemClock()
    expect(clock.now()).toBe(start)
    vi.advanceTimersByTime(1_234)
    expect(clock.now()).toBe(start + 1_234)
    setSystemTime(start + day)
    expect(clock.now()).toBe(start + day)
  })

  it('goes on at half its pace when the clock of the machine is set back, until that has caught up', () => {
    const clock = systemClock()
    setSystemTime(start - 60_000)
    expect(clock.now()).toBe(start)
    vi.advanceTimersByTime(10_000)
    expect(clock.now()).toBe(start + 5_000)
    vi.advanceTimersByTime(110_000)
    expect(clock.now()).toBe(start + 60_000)
    vi.advanceTimersByTime(10_000)
    expect(clock.now()).toBe(start + 70_000)
  })

  it('runs a timer farther away than 2^31 ms at its time', () => {
    const clock = systemClock()
    const ran: number[] = []
    clock.at(start + 25 * day, () => void ran.push(clock.now()))
    vi.advanceTimersByTime(25 * day - 1)
    expect(ran).toEqual([])
    vi.advanceTimersByTime(1)
    expect(ran).toEqual([start + 25 * day])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('cancels a timer farther away, however long it has waited', () => {
    const clock = systemClock()
    const cancel = clock.at(start + 25 * day, () => expect.unreachable())
    vi.advanceTimersByTime(20 * day)
    cancel()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(20 * day)
  })

  it('notices within a minute that the machine slept', () => {
    const clock = systemClock()
    let ran = false
    clock.at(start + day, () => {
      ran = true
    })
    vi.advanceTimersByTime(30_000)
    setSystemTime(start + 2 * day)
    vi.advanceTimersByTime(60_000)
    expect(ran).toBe(true)
  })

  it('keeps the process alive for its timers, unless it is told not to', () => {
    vi.useRealTimers()
    const refs = (unref: boolean): readonly boolean[] => {
      const timers: NodeJS.Timeout[] = []
      const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementationOnce((run, ms) => {
        spy.mockRestore()
        const timer = setTimeout(run, ms)
        timers.push(timer)
        return timer
      })
      const cancel = systemClock({ unref }).at(Date.now() + 60_000, () => {})
      const held = timers.map(timer => timer.hasRef())
      cancel()
      return held
    }
    expect(refs(false)).toEqual([true])
    expect(refs(true)).toEqual([false])
  })
})
