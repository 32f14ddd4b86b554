import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { memoryClock } from '../../memory/clock.ts'
import { anyone } from '../../plan/authorizer.ts'
import { endpoint, nothing } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import { plan } from '../../plan/plan.ts'
import { service } from '../../plan/service.ts'
import { serve } from '../node.ts'
import { doorOf } from '../test/door.ts'
import { jsonRequest, request, Wire } from '../test/wire.ts'
import { EvenPace, mostInOneTurn, Pace } from './pace.ts'

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

describe('a pace', () => {
  it('begins so many at once, and the others turn by turn, in their order', async () => {
    const pace = new Pace(3)
    const begun: number[] = []
    for (let n = 0; n < 8; n++) pace.run(() => begun.push(n) > 0)
    const counts = [begun.length]
    while (begun.length < 8) {
      await turn()
      counts.push(begun.length)
    }
    expect(counts).toEqual([3, 6, 8])
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('lets nobody who comes later go before those that wait', async () => {
    const pace = new Pace(2)
    const begun: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e']) pace.run(() => begun.push(name) > 0)
    await turn()
    pace.run(() => begun.push('later') > 0)
    while (begun.length < 6) await turn()
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'later'])
  })
})

describe('a pace of what takes long', () => {
  it('ends the turns of those that wait after a millisecond, and begins one in each at least', async () => {
    let nowMs = 0
    const pace = new Pace(4, () => nowMs)
    const begun: number[] = []
    const takes = (ms: number) => () => {
      nowMs += ms
      return begun.push(ms) > 0
    }
    for (const ms of [0, 0, 0, 0, 0.4, 0.4, 0.4, 0.4, 5, 5, 0, 0, 0, 0]) pace.run(takes(ms))
    const counts = [begun.length]
    while (begun.length < 14) {
      await turn()
      counts.push(begun.length)
    }
    expect(counts).toEqual([4, 7, 9, 10, 14])
  })
})

describe('an even pace', () => {
  afterEach(() => vi.useRealTimers())

  /** Begins what notes a name, for whoever asks. */
  function asker(pace: EvenPace, begun: string[]) {
    return (name: string, who = 'someone') =>
      pace.run(
        () => {
          begun.push(name)
          return true
        },
        () => who,
      )
  }

  it('begins one at once, and those that wait one after the other, in their order', () => {
    vi.useFakeTimers()
    const begun: string[] = []
    const asks = asker(new EvenPace(100), begun)
    for (const name of ['a', 'b', 'c']) asks(name)
    expect(begun).toEqual(['a'])
    vi.advanceTimersByTime(9)
    expect(begun).toEqual(['a'])
    vi.advanceTimersByTime(1)
    expect(begun).toEqual(['a', 'b'])
    asks('d')
    vi.advanceTimersByTime(20)
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
    vi.advanceTimersByTime(10)
    asks('e')
    expect(begun.at(-1)).toBe('e')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('begins a few that fell due while the thread was busy, and does not make up for the others', () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    let nowMs = 0
    const begun: string[] = []
    const asks = asker(new EvenPace(1_000, () => nowMs), begun)
    for (let n = 0; n < 20; n++) asks(String(n))
    nowMs = 10
    vi.advanceTimersToNextTimer()
    expect(begun).toHaveLength(5)
    nowMs = 11
    vi.advanceTimersToNextTimer()
    expect(begun.length).toBeLessThanOrEqual(7)
  })

  it('passes over those who have left, at no cost for those behind them', () => {
    vi.useFakeTimers()
    const pace = new EvenPace(1)
    const begun: string[] = []
    const asks = asker(pace, begun)
    asks('first')
    for (let n = 0; n < 5; n++) {
      pace.run(
        () => false,
        () => 'someone',
      )
    }
    asks('behind them')
    vi.advanceTimersByTime(1_000)
    expect(begun).toEqual(['first', 'behind them'])
  })

  it('refuses who would wait longer than ten seconds', () => {
    vi.useFakeTimers()
    const begun: string[] = []
    const asks = asker(new EvenPace(3), begun)
    const taken = Array.from({ length: 40 }, () => asks('again')).filter(Boolean)
    expect(taken).toHaveLength(1 + 30)
    vi.advanceTimersByTime(10_000)
    expect(begun).toHaveLength(31)
    expect(asks('later')).toBe(true)
  })

  it('takes turns by who asks: a crowd waits for itself, and cannot keep another out', () => {
    vi.useFakeTimers()
    const begun: string[] = []
    const asks = asker(new EvenPace(10), begun)
    const taken = Array.from({ length: 500 }, () => asks('crowd', 'one')).filter(Boolean)
    expect(taken).toHaveLength(1 + 100)
    expect([asks('owner', 'two'), asks('other', 'three'), asks('crowd', 'one')]).toEqual([true, true, false])
    vi.advanceTimersByTime(300)
    expect(begun).toEqual(['crowd', 'crowd', 'owner', 'other'])
  })
})

describe('a crowd at one endpoint', () => {
  it.each([
    { way: 'the short way', shortWay: true },
    { way: 'Node’s own HTTP', shortWay: false },
  ])(
    'is begun piece by piece: who asks for something else does not wait for all of it ($way)',
    async ({ shortWay }) => {
      const { port, seen } = await opened(shortWay)
      const crowd = await Promise.all(Array.from({ length: 300 }, () => connected(port)))
      const reader = await connected(port)
      // All in one moment: the server finds them together, the reader behind the others.
      for (const each of crowd) each.send(jsonRequest('PUT /api/shop/small', '{"text":"x"}'))
      reader.send(request('GET /api/shop/hello'))
      expect((await reader.reply())?.status).toBe(200)
      expect(seen.crowdBeforeReader).toBeLessThanOrEqual(2 * mostInOneTurn)
      const answers = await Promise.all(crowd.map(each => each.reply()))
      expect(answers.every(answer => answer?.status === 204)).toBe(true)
      expect(seen.crowd).toBe(300)
    },
  )
})

describe('a crowd at an endpoint with a pace of its own', () => {
  it.each([
    { way: 'the short way', shortWay: true },
    { way: 'Node’s own HTTP', shortWay: false },
  ])('is begun no faster than that, and others do not wait for it ($way)', async ({ shortWay }) => {
    const { port, seen } = await opened(shortWay, 250)
    const crowd = await Promise.all(Array.from({ length: 60 }, () => connected(port)))
    const reader = await connected(port)
    const began = performance.now()
    for (const each of crowd) each.send(jsonRequest('PUT /api/shop/small', '{"text":"x"}'))
    reader.send(request('GET /api/shop/hello'))
    expect((await reader.reply())?.status).toBe(200)
    const answers = await Promise.all(crowd.map(each => each.reply()))
    expect(answers.every(answer => answer?.status === 204)).toBe(true)
    // Never faster: however slow this machine is, the reader came before the last.
    expect(performance.now() - began).toBeGreaterThanOrEqual((60 - 1) * 4 - 5)
    expect(seen.crowdBeforeReader).toBeLessThan(60)
  })

  it('is told to come again where it would wait too long, and the endpoints beside it go on', async () => {
    const { port } = await opened(true, 1)
    const crowd = await Promise.all(Array.from({ length: 20 }, () => connected(port)))
    for (const each of crowd) each.send(jsonRequest('PUT /api/shop/small', '{"text":"x"}'))
    const refused = (await Promise.race(crowd.slice(11).map(each => each.reply()))) ?? { status: 0 }
    expect(refused).toMatchObject({ status: 503 })
    const reader = await connected(port)
    reader.send(request('GET /api/shop/hello'))
    expect((await reader.reply())?.status).toBe(200)
  })
})

async function opened(shortWay: boolean, pace?: number) {
  const seen = { crowd: 0, crowdBeforeReader: Number.NaN }
  const small = endpoint('PUT /small', {
    summary: 'What the crowd wants',
    caller: anyone,
    body: z.object({ text: z.string() }),
    returns: nothing,
    ...(pace === undefined ? {} : { pace }),
    handle: () => {
      seen.crowd += 1
    },
  })
  const hello = endpoint('GET /hello', {
    summary: 'What somebody else wants',
    caller: anyone,
    returns: z.object({}),
    handle: () => {
      seen.crowdBeforeReader = seen.crowd
      return {}
    },
  })
  const shop = plan('shop', { gateways: { api: gateway(service('front', { small, hello })) } })
  const served = await serve([doorOf(shop)], { clock: memoryClock(0), report: console.error, shortWay })
  open.push(() => served.close(0))
  return { port: served.port, seen }
}

/** Connected, and known to the server: it has answered once. */
async function connected(port: number): Promise<Wire> {
  const wire = new Wire(port)
  open.push(() => wire.destroy())
  wire.send(request('GET /api/shop/hello'))
  await wire.reply()
  return wire
}
