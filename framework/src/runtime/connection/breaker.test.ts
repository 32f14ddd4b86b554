import { describe, expect, it } from 'vitest'
import { type Breaker, breaker, type Pass } from './breaker.ts'

function entered(one: Breaker, nowMs: number): Pass {
  const pass = one.enter(nowMs)
  if (!pass) throw new Error('refused')
  return pass
}

/** A breaker that opened at 0, for 1,000 ms. */
function opened(): Breaker {
  const one = breaker({ failures: 3, openMs: 1_000 })
  for (let n = 0; n < 3; n++) entered(one, 0).failed(0)
  return one
}

describe('a breaker', () => {
  it('opens after so many failures in a row', () => {
    const one = breaker({ failures: 3, openMs: 1_000 })
    entered(one, 0).failed(0)
    entered(one, 0).failed(0)
    entered(one, 0).succeeded()
    entered(one, 0).failed(0)
    entered(one, 0).failed(0)
    expect(one.enter(0)).toBeDefined()
    entered(one, 0).failed(0)
    expect(one.enter(0)).toBeUndefined()
  })

  it('counts the failures of those who asked at the same time', () => {
    const one = breaker({ failures: 3, openMs: 1_000 })
    const passes = [entered(one, 0), entered(one, 0), entered(one, 0)]
    for (const pass of passes) pass.failed(5)
    expect([one.enter(1_004), one.enter(1_005)].map(Boolean)).toEqual([false, true])
  })

  it('lets one through when its time is over, and closes when that one succeeds', () => {
    const one = opened()
    expect(one.enter(999)).toBeUndefined()
    const trial = entered(one, 1_000)
    expect(one.enter(1_000)).toBeUndefined()
    trial.succeeded()
    expect([one.isFresh(), one.enter(1_000), one.enter(1_000)].map(Boolean)).toEqual([true, true, true])
  })

  it('opens again for the whole time when that one fails', () => {
    const one = opened()
    entered(one, 1_500).failed(1_700)
    expect([one.enter(2_699), one.enter(2_700)].map(Boolean)).toEqual([false, true])
  })

  it('lets the next one try when that one gives up', () => {
    const one = opened()
    entered(one, 1_000).abandoned()
    expect([one.enter(1_000), one.enter(1_000)].map(Boolean)).toEqual([true, false])
  })

  it('hears nothing of what was asked before it changed', () => {
    const one = breaker({ failures: 2, openMs: 1_000 })
    const early = [entered(one, 0), entered(one, 0)]
    entered(one, 0).failed(0)
    entered(one, 0).failed(0)
    early[0]?.succeeded()
    expect(one.enter(0)).toBeUndefined()
    const trial = entered(one, 1_000)
    early[1]?.failed(1_000)
    trial.succeeded()
    expect(one.enter(1_000)).toBeDefined()
  })
})
