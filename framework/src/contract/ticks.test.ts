import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault } from './problems.ts'
import { latestTick, nextTick, rhythmMistake, type When } from './ticks.ts'

const at = Date.parse

function berlin(cron: string): When {
  return { cron, zone: 'Europe/Berlin' }
}

/** The next ticks after a time, as ISO texts in UTC. */
function following(when: When, after: string, count: number): readonly string[] {
  const ticks: string[] = []
  for (let ms = at(after); ticks.length < count; ) {
    ms = nextTick(when, ms)
    ticks.push(new Date(ms).toISOString().replace(':00.000Z', 'Z'))
  }
  return ticks
}

describe('ticks of a cron expression', () => {
  it('follow the time of day of the zone, through summer and winter', () => {
    expect(following(berlin('0 3 * * *'), '2030-01-15T12:00Z', 1)).toEqual(['2030-01-16T02:00Z'])
    expect(following(berlin('0 3 * * *'), '2030-07-15T12:00Z', 1)).toEqual(['2030-07-16T01:00Z'])
    const india: When = { cron: '30 9 * * MON-FRI', zone: 'Asia/Kolkata' }
    expect(following(india, '2030-01-18T12:00Z', 2)).toEqual(['2030-01-21T04:00Z', '2030-01-22T04:00Z'])
  })

  it('are due at their time of day also where clocks are changed long before it', () => {
    // 2030-03-31 and 2030-10-27.
    expect(following(berlin('0 12 * * MON'), '2030-03-26T12:00Z', 1)).toEqual(['2030-04-01T10:00Z'])
    expect(following(berlin('0 12 1 * *'), '2030-03-02T12:00Z', 1)).toEqual(['2030-04-01T10:00Z'])
    expect(following(berlin('0 12 * * MON'), '2030-10-22T12:00Z', 1)).toEqual(['2030-10-28T11:00Z'])
  })

  it('are due once, at the end of the gap, when clocks skip their time of day', () => {
    // 2030-03-31: 02:00 becomes 03:00.
    expect(following(berlin('30 2 * * *'), '2030-03-30T12:00Z', 2)).toEqual(['2030-03-31T01:00Z', '2030-04-01T00:30Z'])
    expect(following(berlin('*/15 2 * * *'), '2030-03-30T12:00Z', 2)).toEqual([
      '2030-03-31T01:00Z',
      '2030-04-01T00:00Z',
    ])
    expect(following(berlin('0 2-3 * * *'), '2030-03-30T12:00Z', 2)).toEqual(['2030-03-31T01:00Z', '2030-04-01T00:00Z'])
  })

  it('are due once, the first time, when clocks repeat their time of day', () => {
    // 2030-10-27: 03:00 becomes 02:00.
    expect(following(berlin('30 2 * * *'), '2030-10-26T12:00Z', 2)).toEqual(['2030-10-27T00:30Z', '2030-10-28T01:30Z'])
    expect(following(berlin('*/30 2 * * *'), '2030-10-26T12:00Z', 3)).toEqual([
      '2030-10-27T00:00Z',
      '2030-10-27T00:30Z',
      '2030-10-28T01:00Z',
    ])
  })

  it('go by elapsed time through both changes when they are for every hour', () => {
    expect(following(berlin('0 * * * *'), '2030-03-30T23:30Z', 3)).toEqual([
      '2030-03-31T00:00Z',
      '2030-03-31T01:00Z',
      '2030-03-31T02:00Z',
    ])
    expect(following(berlin('30 * * * *'), '2030-10-26T23:45Z', 3)).toEqual([
      '2030-10-27T00:30Z',
      '2030-10-27T01:30Z',
      '2030-10-27T02:30Z',
    ])
  })

  it('go by elapsed time through a change of half an hour', () => {
    // Lord Howe Island, 2030-04-07: 02:00 becomes 01:30.
    const island: When = { cron: '*/15 * * * *', zone: 'Australia/Lord_Howe' }
    expect(following(island, '2030-04-06T14:30Z', 4)).toEqual([
      '2030-04-06T14:45Z',
      '2030-04-06T15:00Z',
      '2030-04-06T15:15Z',
      '2030-04-06T15:30Z',
    ])
  })

  it('begin with the instant itself backwards, and after it forwards', () => {
    const noon = at('2030-01-15T12:00Z')
    const when: When = { cron: '0 12 * * *', zone: 'UTC' }
    expect(latestTick(when, noon)).toBe(noon)
    expect(latestTick(when, noon - 1)).toBe(at('2030-01-14T12:00Z'))
    expect(latestTick(when, noon + 999)).toBe(noon)
    expect(nextTick(when, noon)).toBe(at('2030-01-16T12:00Z'))
    expect(nextTick(when, noon - 1)).toBe(noon)
    expect(nextTick(when, noon - 500)).toBe(noon)
  })

  it('are the same forwards and backwards at any time, in any zone', () => {
    const crons = [
      '* * * * *',
      '*/7 * * * *',
      '30 2 * * *',
      '15 */5 * * *',
      '0 0 29 2 *',
      '59 23 L * *',
      '0 1-3 * * SUN',
    ]
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/Santiago',
      'Asia/Kathmandu',
      // Back and forth within weeks; a day that never was; an offset with seconds.
      'Africa/Casablanca',
      'Asia/Gaza',
      'Pacific/Apia',
      'Africa/Monrovia',
    ]
    const time = fc.oneof(
      fc.integer({ min: at('2026-01-01'), max: at('2036-01-01') }),
      fc.integer({ min: at('1971-12-01'), max: at('1972-02-01') }),
      fc.integer({ min: at('2011-12-20'), max: at('2012-01-10') }),
      ...['2030-03-31', '2030-10-27', '2030-04-06', '2030-09-08'].map(day =>
        fc.integer({ min: at(day) - 86_400_000, max: at(day) + 2 * 86_400_000 }),
      ),
    )
    fc.assert(
      fc.property(fc.constantFrom(...crons), fc.constantFrom(...zones), time, (cron, zone, ms) => {
        const when: When = { cron, zone }
        const next = nextTick(when, ms)
        expect(next).toBeGreaterThan(ms)
        expect(latestTick(when, next)).toBe(next)
        expect(latestTick(when, next - 1)).toBe(latestTick(when, ms))
        expect(latestTick(when, ms)).toBeLessThanOrEqual(ms)
      }),
    )
  })
})

describe('ticks at a fixed distance', () => {
  it('count from midnight UTC of 1970-01-01', () => {
    const when: When = { everyMs: 90_000 }
    expect(nextTick(when, 0)).toBe(90_000)
    expect(nextTick(when, 89_999)).toBe(90_000)
    expect(nextTick(when, 90_000)).toBe(180_000)
    expect(latestTick(when, 89_999)).toBe(0)
    expect(latestTick(when, 90_000)).toBe(90_000)
  })
})

describe('a rhythm', () => {
  it('is right when it is due some day', () => {
    for (const cron of ['* * * * *', '0 3 * * *', '0 0 29 2 *', '0 0 L * *', '0 9 * * MON#2', ' 5  4 * * * ']) {
      expect([cron, rhythmMistake(berlin(cron))]).toEqual([cron, undefined])
    }
    expect(rhythmMistake({ everyMs: 1_000 })).toBeUndefined()
  })

  it('is a mistake, said in words, when it can never be due', () => {
    const mistakes: readonly (readonly [When, RegExp])[] = [
      [berlin('* * * *'), /five fields/],
      [berlin('0 0 * * * *'), /five fields/],
      [berlin(''), /five fields/],
      [berlin('@daily'), /five fields/],
      [berlin('? ? * * *'), /five fields/],
      [berlin('60 * * * *'), /minute: 60/],
      [berlin('0 25 * * *'), /hour: 25/],
      [berlin('every day at three'), /"every day at three" is not a cron expression/],
      [berlin('0 0 30 2 *'), /never due/],
      [{ cron: '0 0 * * *', zone: 'Mars/Olympus' }, /"Mars\/Olympus" is not a time zone/],
      [{ cron: '0 0 * * *', zone: '' }, /"" is not a time zone/],
      [{ everyMs: 0 }, /at least a second/],
      [{ everyMs: 1_500.5 }, /whole milliseconds/],
    ]
    for (const [when, words] of mistakes) expect(rhythmMistake(when)).toMatch(words)
  })

  it('that is a mistake has no ticks', () => {
    const fails = (run: () => unknown): boolean => {
      try {
        run()
        return false
      } catch (error) {
        return isFault(error, 'plan-invalid')
      }
    }
    expect(fails(() => nextTick(berlin('60 * * * *'), 0))).toBe(true)
    expect(fails(() => latestTick(berlin('60 * * * *'), 0))).toBe(true)
    expect(fails(() => nextTick(berlin('0 0 30 2 *'), 0))).toBe(true)
  })
})
