import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { memoryClock } from '../memory/clock.ts'
import { anyone } from '../plan/authorizer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway, type Throttle } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { service } from '../plan/service.ts'
import { testbed } from '../targets/testbed.ts'
import { asking } from './test/small.ts'
import { throttles } from './throttle.ts'

describe('A throttle', () => {
  it('lets a burst pass, then so many a second, and says how long to wait', async () => {
    const clock = memoryClock(0)
    const taken = throttles(clock)
    const rate = { perSecond: 4, burst: 2 }
    expect([taken.take('a', rate), taken.take('a', rate), taken.take('a', rate)]).toEqual([0, 0, 0.25])
    await clock.advance(249)
    expect(taken.take('a', rate)).toBeCloseTo(0.001)
    await clock.advance(1)
    expect([taken.take('a', rate), taken.take('a', rate)]).toEqual([0, 0.25])
  })

  it('saves no more than its burst', async () => {
    const clock = memoryClock(0)
    const taken = throttles(clock)
    const rate = { perSecond: 10, burst: 3 }
    taken.take('a', rate)
    await clock.advance(3_600_000)
    expect([1, 2, 3, 4].map(() => taken.take('a', rate) === 0)).toEqual([true, true, true, false])
  })

  it('keeps its pace over a long time', async () => {
    const clock = memoryClock(0)
    const taken = throttles(clock)
    let passed = 0
    for (let tick = 0; tick < 2_000; tick++) {
      await clock.advance(5)
      if (taken.take('a', { perSecond: 20, burst: 1 }) === 0) passed++
    }
    // Ten seconds at twenty a second, and the first one.
    expect(Math.abs(passed - 200)).toBeLessThanOrEqual(1)
  })

  it('knows its keys apart, and forgets the ones not used for longest when there are very many', () => {
    const taken = throttles(memoryClock(0))
    const rate = { perSecond: 1, burst: 1 }
    expect([taken.take('a', rate), taken.take('b', rate), taken.take('a', rate)]).toEqual([0, 0, 1])
    for (let key = 0; key < 100_000; key++) taken.take(`key ${key}`, rate)
    expect(taken.take('a', rate)).toBe(0)
    expect(taken.take('key 99999', rate)).toBe(1)
  })
})

describe('A gateway', () => {
  const ping = endpoint('GET /ping', { summary: 'Ping', caller: anyone, returns: z.string(), handle: () => 'pong' })
  const main = service('main', { ping })

  async function asked(throttle: Throttle, calls: readonly { readonly gateway: string; readonly address: string }[]) {
    const gateways = { one: gateway(main, { throttle }), other: gateway(main, { throttle }) }
    const bed = await testbed(plan('small', { gateways }))
    await using closing = bed
    const { door } = closing.runtime
    return Promise.all(
      calls.map(({ gateway, address }) => {
        const route = door.routes.find(each => each.gateway === gateway)
        if (!route) throw new Error(`no gateway ${gateway}`)
        return door.call(route, asking({ address }))
      }),
    )
  }

  const [here, there] = ['10.0.0.1', '10.0.0.2']

  it('is throttled as a whole, each gateway by itself', async () => {
    const answers = await asked({ rate: 1, burst: 2 }, [
      { gateway: 'one', address: here },
      { gateway: 'one', address: there },
      { gateway: 'one', address: here },
      { gateway: 'other', address: here },
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 200])
    expect(answers[2]).toMatchObject({ problem: { code: 'throttled' }, headers: { 'retry-after': '1' } })
  })

  it('can be throttled for each address', async () => {
    const answers = await asked({ rate: 1, burst: 1, per: 'address' }, [
      { gateway: 'one', address: here },
      { gateway: 'one', address: here },
      { gateway: 'one', address: there },
      { gateway: 'other', address: here },
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 200, 200])
  })

  it('is not throttled in a bed that lifts it', async () => {
    const gateways = { one: gateway(main, { throttle: { rate: 1, burst: 1 } }) }
    await using bed = await testbed(plan('small', { gateways }), { throttle: false })
    const answers = await Promise.all(Array.from({ length: 50 }, () => bed.gateways.one.ping()))
    expect(answers.every(({ ok }) => ok)).toBe(true)
  })
})
