import { describe, expect, it } from 'vitest'
import { sinceMs } from './since.ts'

const now = Date.UTC(2030, 0, 2, 12)

describe('A point in time', () => {
  it.each([
    ['10m', 600_000],
    ['90s', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1.5 hours', 5_400_000],
    ['1 minute', 60_000],
    ['30 seconds', 30_000],
    ['2 days', 172_800_000],
  ])('%s ago is so many milliseconds before now', (text, ms) => {
    expect(sinceMs(text, now)).toBe(now - ms)
  })

  it('may be a date and time', () => {
    expect(sinceMs('2030-01-02T03:04:05Z', now)).toBe(Date.UTC(2030, 0, 2, 3, 4, 5))
    expect(sinceMs('2030-01-02', now)).toBe(Date.UTC(2030, 0, 2))
  })

  it.each(['', 'm', '10', '10x', '10 mins', 'yesterday', '2030-13-45', '-5m'])('is not "%s"', text => {
    expect(() => sinceMs(text, now)).toThrow('is no time')
  })
})
