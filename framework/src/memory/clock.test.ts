import { describe, expect, it } from 'vitest'
import { sleep } from '../contract/clock.ts'
import { memoryClock } from './clock.ts'

const startMs = Date.UTC(2030, 0, 1)

describe('a clock in memory', () => {
  it('stands still until it is told to go on, and then goes exactly so far', async () => {
    const clock = memoryClock(startMs)
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(clock.now()).toBe(startMs)
    await clock.advance(90 * 86_400_000)
    expect(clock.now()).toBe(startMs + 90 * 86_400_000)
  })

  it('runs timers of one time in the order they were set, each at its own time', async () => {
    const clock = memoryClock(startMs)
    const ran: string[] = []
    const note = (name: string) => () => void ran.push(`${name} ${clock.now() - startMs}`)
    clock.at(startMs + 20, note('c'))
    clock.at(startMs + 10, note('a'))
    clock.at(startMs + 20, note('d'))
    clock.at(startMs + 10, note('b'))
    clock.at(startMs + 31, note('not yet'))
    await clock.advance(30)
    expect(ran).toEqual(['a 10', 'b 10', 'c 20', 'd 20'])
    expect(clock.nextAt()).toBe(startMs + 31)
  })

  it('lets what a timer started run to its end before the next timer', async () => {
    const clock = memoryClock(startMs)
    const ran: string[] = []
    const chain = async (name: string): Promise<void> => {
      for (let step = 0; step < 100; step++) await Promise.resolve()
      await new Promise(resolve => setImmediate(resolve))
      ran.push(`${name} ${clock.now() - startMs}`)
    }
    clock.at(startMs + 1, () => void chain('one'))
    clock.at(startMs + 1, () => void chain('two'))
    clock.at(startMs + 2, () => void chain('three'))
    await clock.advance(10)
    expect(ran).toEqual(['one 1', 'two 1', 'three 2'])
  })

  it('runs timers that are set on the way, also by what a timer started', async () => {
    const clock = memoryClock(startMs)
    let beats = 0
    const beat = async (): Promise<void> => {
      await sleep(clock, 60_000)
      beats++
      await beat()
    }
    void beat()
    await clock.advance(3_600_000)
    expect(beats).toBe(60)
    expect(clock.nextAt()).toBe(startMs + 3_660_000)
  })

  it('begins with what is under way when it is told to go on', async () => {
    const clock = memoryClock(startMs)
    const ran: string[] = []
    void (async () => {
      await Promise.resolve()
      await sleep(clock, 10)
      ran.push('slept')
    })()
    await clock.advance(10)
    expect(ran).toEqual(['slept'])
  })

  it('knows when the next timer runs, and forgets those that were cancelled', async () => {
    const clock = memoryClock(startMs)
    expect(clock.nextAt()).toBeUndefined()
    const cancels = [30, 10, 20].map(ms => clock.at(startMs + ms, () => {}))
    expect(clock.nextAt()).toBe(startMs + 10)
    cancels[1]?.()
    expect(clock.nextAt()).toBe(startMs + 20)
    for (const cancel of cancels) cancel()
    expect(clock.nextAt()).toBeUndefined()
    clock.at(Number.POSITIVE_INFINITY, () => {})
    expect(clock.nextAt()).toBeUndefined()
    clock.at(startMs - 5, () => {})
    expect(clock.nextAt()).toBe(startMs)
  })

  it('goes on one call after the other', async () => {
    const clock = memoryClock(startMs)
    const ran: number[] = []
    for (const ms of [5, 15, 25]) clock.at(startMs + ms, () => void ran.push(clock.now() - startMs))
    await Promise.all([clock.advance(10), clock.advance(10), clock.advance(10)])
    expect(ran).toEqual([5, 15, 25])
    expect(clock.now()).toBe(startMs + 30)
  })

  it('stops where a timer throws, says so, and can go on', async () => {
    const clock = memoryClock(startMs)
    const ran: string[] = []
    clock.at(startMs + 10, () => {
      throw new Error('no luck')
    })
    clock.at(startMs + 20, () => void ran.push('later'))
    await expect(clock.advance(30)).rejects.toThrow('no luck')
    expect([clock.now(), ran]).toEqual([startMs + 10, []])
    await clock.advance(10)
    expect(ran).toEqual(['later'])
  })

  it('asks before each timer whether what the last one started is done with all else', async () => {
    let busy: Promise<void> | undefined
    const clock = memoryClock(startMs, { settled: () => busy })
    const ran: string[] = []
    clock.at(startMs + 1, () => {
      busy = new Promise(resolve => setTimeout(resolve, 5)).then(() => {
        ran.push('real input')
        busy = undefined
      })
    })
    clock.at(startMs + 2, () => void ran.push('next timer'))
    await clock.advance(10)
    expect(ran).toEqual(['real input', 'next timer'])
  })

  it('waits for promises alone where nothing else can have been started, and for the event loop now and then', async () => {
    const clock = memoryClock(startMs, { isOver: () => true })
    const ran: string[] = []
    const chain = async (name: string): Promise<void> => {
      for (let step = 0; step < 100; step++) await Promise.resolve()
      ran.push(name)
    }
    clock.at(startMs + 1, () => void chain('one'))
    clock.at(startMs + 2, () => void chain('two'))
    for (let at = 3; at < 2_000; at++) clock.at(startMs + at, () => {})
    let turns = 0
    const advanced = clock.advance(2_000).then(() => ran.push(`${turns > 3 && turns < 50}`))
    while (ran.length < 3) {
      await new Promise(resolve => setImmediate(resolve))
      turns++
    }
    await advanced
    expect(ran).toEqual(['one', 'two', 'true'])
  })

  it('refuses time that is none', () => {
    const clock = memoryClock(startMs)
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => clock.advance(ms)).toThrow(RangeError)
    expect(() => clock.at(Number.NaN, () => {})).toThrow(RangeError)
  })

  it('does not go round in circles for ever', async () => {
    const clock = memoryClock(startMs)
    const again = (): void => void clock.at(clock.now() + 1, same)
    const same = (): void => void clock.at(clock.now(), same)
    again()
    await expect(clock.advance(10)).rejects.toThrow('without end')
  })
})
