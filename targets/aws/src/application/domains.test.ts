import { anyone, endpoint, gateway, nothing, plan, service } from 'groundplan'
import { describe, expect, it } from 'vitest'
import { synthesized, templatesOf } from '../synth.ts'
import { systemOf } from '../system.ts'
import { settings } from '../test/shop.ts'

const ask = endpoint('GET /things', { summary: 'Things', caller: anyone, returns: nothing, handle: () => undefined })
const shop = plan('shop', {
  gateways: { customer: gateway(service('front', { ask })), ops: gateway(service('back', { ask })) },
})
const named = { shop: { customer: 'buy.example.org' } }

interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

function templates(compute: 'functions' | 'containers') {
  const files = templatesOf(systemOf(shop, 'test', { ...settings, compute, domains: named }))
  const of = (part: string): Readonly<Record<string, Resource>> =>
    JSON.parse(files[`CloudFormation-${part}.json`] ?? '{}').Resources
  return { infra: of('infra'), application: of('application') }
}

describe('S2: a gateway with a domain name of its own', () => {
  it('of functions: API Gateway answers there, and at its own name for one that was given none', () => {
    const { infra, application } = templates('functions')
    const names = [application.DomainCustomer, application.DomainOps].map(each => each?.Properties.DomainName)
    expect(names).toEqual(['buy.example.org', 'ops.shop.example.org'])
    expect(JSON.stringify(application.AddressCustomer)).toContain('"Name":"buy.example.org"')
    expect(infra.Certificate?.Properties.SubjectAlternativeNames).toEqual(names)
  })

  it('of containers: the balancer leads its path there to it, and answers nothing else at that name', () => {
    const { infra, application } = templates('containers')
    const rules = Object.values(application)
      .filter(({ Type }) => Type.endsWith('ListenerRule'))
      .map(({ Properties }) => Properties)
      .sort((one, other) => Number(one.Priority) - Number(other.Priority))
      .map(({ Conditions, Actions }) => [shown(Conditions), (Actions as { Type: string }[])[0]?.Type])
    expect(rules).toEqual([
      [['buy.example.org', '/api/shop/customer /api/shop/customer/*'], 'forward'],
      [['buy.example.org'], 'fixed-response'],
      [['/api/shop/customer /api/shop/customer/*'], 'forward'],
      [['/api/shop/ops /api/shop/ops/*'], 'forward'],
    ])
    expect(infra.Certificate?.Properties.SubjectAlternativeNames).toEqual(['buy.example.org'])
    expect(JSON.stringify(application.Address)).toContain('"Name":"buy.example.org"')
  })

  it('is refused outside of the zone', () => {
    const outside = { ...settings, domains: { shop: { customer: 'shop.other.org' } } }
    expect(() => synthesized(shop, 'test', outside)).toThrow('not within "example.org"')
  })
})

function shown(conditions: unknown): readonly string[] {
  return (conditions as { HostHeaderConfig?: Values; PathPatternConfig?: Values }[]).map(
    ({ HostHeaderConfig, PathPatternConfig }) => (HostHeaderConfig ?? PathPatternConfig)?.Values.join(' ') ?? '',
  )
}

interface Values {
  readonly Values: readonly string[]
}
