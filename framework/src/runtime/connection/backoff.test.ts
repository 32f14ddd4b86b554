import { describe, expect, it } from 'vitest'
import { backoffMs, retryAfterMs } from './backoff.ts'

describe('the wait before the next attempt', () => {
  it('doubles its span up to 20 seconds, and is anywhere in it', () => {
    expect([1, 2, 3, 7, 8, 50].map(attempt => backoffMs(attempt, 0.5))).toEqual([100, 200, 400, 6_400, 10_000, 10_000])
    expect([0, 0.25, 0.999].map(fraction => backoffMs(1, fraction))).toEqual([0, 50, 200])
  })

  it('is never shorter than the other side asked for', () => {
    expect([0, 0.5, 0.999].map(fraction => backoffMs(9, fraction, 3_000))).toEqual([3_000, 3_100, 3_200])
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2030, 0, 1)
  const after = (asked: string, date?: string): number | undefined =>
    retryAfterMs(new Headers({ 'retry-after': asked, ...(date ? { date } : {}) }), now)

  it('is a number of seconds', () => {
    expect([after('0'), after('120'), after(' 7 ')]).toEqual([0, 120_000, 7_000])
  })

  it('is a date, compared with the answer’s own where it has one', () => {
    expect(after('Tue, 01 Jan 2030 00:00:05 GMT')).toBe(5_000)
    expect(after('Thu, 21 Nov 2026 10:00:30 GMT', 'Thu, 21 Nov 2026 10:00:00 GMT')).toBe(30_000)
    expect(after('Mon, 31 Dec 2029 23:00:00 GMT')).toBe(0)
  })

  it('is nothing where it cannot be read', () => {
    expect([after('soon'), after('-5'), after('1e9999'), retryAfterMs(new Headers(), now)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
