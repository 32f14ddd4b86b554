/** What `start --service` takes and refuses. That it divides a system is shown by processes, in `drivers/postgres`. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { embeddedCapabilities as capabilities } from '../embedded/capabilities.ts'
import { anyone } from '../plan/authorizer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { service } from '../plan/service.ts'
import { dividedIn } from './dividing.ts'
import { failureOf } from './errors.ts'

const show = endpoint('GET /', {
  summary: 'Shows something',
  caller: anyone,
  returns: z.object({}),
  handle: () => ({}),
})
const shop = plan('shop', {
  gateways: { api: gateway(service('front', { show })) },
  services: [service('books', {})],
})
const bank = plan('bank', { services: [service('vault', {})] })
const loaded = (...plans: readonly (typeof shop | typeof bank)[]) =>
  plans.map(each => ({ plan: each, file: '', version: '', files: [] }))
const there = { name: 'production', engines: [], text: () => '', capabilities, masterKey: new Uint8Array(32) }

type Asked = Parameters<typeof dividedIn>

const refusal = (flags: Asked[0], systems = loaded(shop)): unknown => {
  try {
    return dividedIn(flags, {}, systems, there)
  } catch (error) {
    return failureOf(error)
  }
}

describe('the services of a process', () => {
  it('are all, where nobody says otherwise', () => {
    expect(dividedIn({}, {}, loaded(shop), undefined)).toBeUndefined()
    expect(dividedIn({}, { GROUNDPLAN_SERVICE: '' }, loaded(shop), undefined)).toBeUndefined()
  })

  it('are said by flags, else by variables, which containers have', () => {
    const told = { GROUNDPLAN_SERVICE: 'front', GROUNDPLAN_OTHERS: 'books=http://books:7400' }
    const others = new Map([['books', 'http://books:7400']])
    expect(dividedIn({}, told, loaded(shop), there)).toEqual({ services: ['front'], others, carries: true })
    const flags = { service: 'front, books', others: 'x=http://10.0.0.1' } as const
    expect(dividedIn(flags, told, loaded(shop), there)).toEqual({
      services: ['front', 'books'],
      others: new Map([['x', 'http://10.0.0.1']]),
      carries: true,
    })
  })

  it('carry on what waits, unless a carrier does', () => {
    const told = { GROUNDPLAN_SERVICE: 'books', GROUNDPLAN_CARRIER: 'elsewhere' }
    expect(dividedIn({}, told, loaded(shop), there)).toMatchObject({ carries: false })
  })

  it.each([
    [{ service: 'font' }, 'there is no service "font"', 'perhaps --service front'],
    [{ service: 'zzzzzz' }, 'there is no service "zzzzzz"', 'there are: front, books'],
    [{ others: 'books=http://x' }, '--others says where other services run, and all run here', 'groundplan start'],
    [{ service: 'front', others: 'books' }, '"books" does not say where a service runs', 'groundplan start'],
    [{ service: 'front', seed: true as const }, '--seed fills in whole systems', 'groundplan seed'],
  ])('%j is refused with a way out', (flags, message, wayOut) => {
    const told = refusal(flags)
    expect(told).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) })
    expect(told).toMatchObject({ wayOut: expect.stringContaining(wayOut) })
  })

  it('need engines that several processes share', () => {
    expect(() => dividedIn({ service: 'front' }, {}, loaded(shop), undefined)).toThrow(/the disk is for one/)
  })

  it('are of every system that is started', () => {
    const told = refusal({ service: 'front' }, loaded(shop, bank))
    expect(told).toMatchObject({ exitCode: 2, message: 'none of these is a service of bank' })
  })
})
