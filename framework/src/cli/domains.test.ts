import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../plan/authorizer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { service } from '../plan/service.ts'
import { config } from './config.ts'
import { namedIn } from './domains.ts'

const show = endpoint('GET /', {
  summary: 'Shows something',
  caller: anyone,
  returns: z.object({}),
  handle: () => ({}),
})
const front = gateway(service('front', { show }))
const shop = plan('shop', { gateways: { customer: front, ops: front } })
const named = (domains: Readonly<Record<string, string>>) => namedIn(shop, domains, 'groundplan.config.ts')

describe('domain names of gateways', () => {
  it('lead each to its gateway, at the path it has everywhere', () => {
    expect(named({ customer: 'shop.example.org', ops: 'ops.example.org' })).toEqual([
      { domain: 'shop.example.org', path: '/api/shop/customer' },
      { domain: 'ops.example.org', path: '/api/shop/ops' },
    ])
    const alone = plan('counter', { gateways: { api: front } })
    expect(namedIn(alone, { api: 'counter.example.org' }, 'file')).toEqual([
      { domain: 'counter.example.org', path: '/api/counter' },
    ])
  })

  it('are refused for a gateway that is not there, and with them the one that was meant is named', () => {
    expect(() => named({ custmer: 'shop.example.org' })).toThrow(/gateway "custmer", and shop has none/)
  })

  it.each([
    '',
    'shop',
    'shop..org',
    '-a.org',
    'shop.example.org; deny all',
    'a b.org',
    'http://shop.org',
    '*.org',
    '1.2.3.4',
  ])('are refused where they are none: "%s"', domain => {
    expect(() => named({ customer: domain })).toThrow('is no domain name')
  })

  it('are refused where two gateways would have one', () => {
    expect(() => named({ customer: 'a.example.org', ops: 'a.example.org' })).toThrow(/have the name a\.example\.org/)
  })

  it('are told to the target of their environment', () => {
    const target = {
      ...{ kind: 'target' as const, name: 'there' },
      files: async () => ({}),
      compare: async () => ({ changes: [], widens: [], loses: [] }),
    }
    const told: unknown[] = []
    const named = (names: unknown) => {
      told.push(names)
      return target
    }
    const domains = { shop: { customer: 'shop.example.org' } }
    const environments = {
      production: { domains, target: { ...target, named } },
      test: { target: { ...target, named } },
    }
    config({ systems: { shop: './plan.ts' }, environments })
    expect(told).toEqual([domains])
  })
})
