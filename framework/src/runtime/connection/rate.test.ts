import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyed } from './keyed.ts'
import { rateLimit } from './rate.ts'

const never = Number.POSITIVE_INFINITY

describe('a rate limit', () => {
  it('lets so many go at once, and the next ones as soon as the window has room', () => {
    const rate = rateLimit({ requests: 2, perMs: 1_000 })
    expect([0, 0, 0, 100, 100].map(nowMs => rate.reserve(nowMs, never)?.atMs)).toEqual([0, 0, 1_000, 1_000, 2_000])
  })

  it('refuses whose turn would come too late, and keeps that turn for others', () => {
    const rate = rateLimit({ requests: 1, perMs: 1_000 })
    rate.reserve(0, never)
    expect(rate.reserve(0, 999)).toBeUndefined()
    expect(rate.reserve(0, 1_000)?.atMs).toBe(1_000)
  })

  it('gives a turn that was handed back to the next', () => {
    const rate = rateLimit({ requests: 1, perMs: 1_000 })
    const [, second] = [rate.reserve(0, never), rate.reserve(0, never)]
    second?.giveBack()
    expect(rate.reserve(0, never)?.atMs).toBe(1_000)
  })

  it('is fresh again when its window has passed', () => {
    const rate = rateLimit({ requests: 3, perMs: 1_000 })
    rate.reserve(0, never)
    expect([rate.isFresh(999), rate.isFresh(1_000)]).toEqual([false, true])
  })

  it('never lets more go in any window', () => {
    const gaps = fc.array(fc.nat(700), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), gaps, (requests, between) => {
        const rate = rateLimit({ requests, perMs: 1_000 })
        let nowMs = 0
        const turns = between.map(gap => {
          nowMs += gap
          return rate.reserve(nowMs, never)?.atMs ?? Number.NaN
        })
        for (const [at, turn] of turns.entries()) {
          expect((turns[at + requests] ?? never) - turn).toBeGreaterThanOrEqual(1_000)
          expect(turns[at + 1] ?? never).toBeGreaterThanOrEqual(turn)
        }
      }),
    )
  })
})

describe('one of something for each key', () => {
  it('is the same for the same key, and forgotten when it is fresh and there are many', () => {
    const made: { fresh: boolean }[] = []
    const of = keyed(
      () => {
        const one = { fresh: true }
        made.push(one)
        return one
      },
      one => one.fresh,
    )
    const kept = of('kept')
    kept.fresh = false
    const forgotten = of('forgotten')
    for (let n = 0; n < 2_000; n++) of(`${n}`)
    expect(of('kept')).toBe(kept)
    expect(of('forgotten')).not.toBe(forgotten)
  })
})
