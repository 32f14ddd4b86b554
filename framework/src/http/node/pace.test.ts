import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
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
import { mostInOneTurn, Pace } from './pace.ts'

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

describe('a pace', () => {
  it('begins so many at once, and the others turn by turn, in their order', async () => {
    const pace = new Pace(3)
    const begun: number[] = []
    for (let n = 0; n < 8; n++) pace.run(() => begun.push(n))
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
    for (const name of ['a', 'b', 'c', 'd', 'e']) pace.run(() => begun.push(name))
    await turn()
    pace.run(() => begun.push('later'))
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
      begun.push(ms)
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

async function opened(shortWay: boolean) {
  const seen = { crowd: 0, crowdBeforeReader: Number.NaN }
  const small = endpoint('PUT /small', {
    summary: 'What the crowd wants',
    caller: anyone,
    body: z.object({ text: z.string() }),
    returns: nothing,
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
