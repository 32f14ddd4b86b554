import { gateway, plan, service } from 'groundplan'
import { describe, expect, it } from 'vitest'
import { synthesized } from './synth.ts'
import { settings, shop } from './test/shop.ts'

describe('several services as containers', () => {
  it('are refused with a way out: each container runs the whole plan, and would do the work of all', () => {
    const synth = (given: object) => () => synthesized(shop(), 'test', { ...settings, ...given })
    expect(synth({ compute: 'containers' })).toThrow(
      /shop has 2 services, of which front, backend would run as containers/,
    )
    const one = { systems: { shop: { compute: { backend: 'containers' } } } }
    expect(synth(one)).toThrow(/of which backend would run as containers: each would do the work of all/)
  })

  it('are written where there is one', () => {
    const small = plan('small', { gateways: { api: gateway(service('only', {})) } })
    const files = synthesized(small, 'test', { ...settings, compute: 'containers' })
    expect(files['CloudFormation-application.json']).toContain('"TaskOnly"')
  })
})
