import { database, endpoint, gateway, internal, nothing, plan, service } from 'groundplan'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { containerEngines } from './container-engines.ts'
import { stall } from './test/shop.ts'

const people = database('people', {
  rows: { person: z.object({ id: z.string() }) },
  migrations: [{ name: '001-person', up: 'create table person (id text)' }],
})
const count = endpoint('GET /', {
  summary: 'Counts',
  caller: internal,
  returns: nothing,
  uses: { people: people.reader },
  handle: () => undefined,
})
const registry = plan('registry', { gateways: { api: gateway(service('registry', { count })) } })

describe('what an image keeps things with on AWS', () => {
  it('knows the certificates of Aurora where a plan has a database: its connections are refused without', () => {
    const { engines, certificates, packages } = containerEngines([registry])
    expect(engines.join('\n')).toMatch(/aws\(.*\n.*postgres\(.*auroraPassword/)
    expect(packages).toEqual(['@groundplan/aws', '@groundplan/postgres'])
    expect(certificates).toMatch(/^https:\/\/truststore\.pki\.rds\.amazonaws\.com\//)
    expect(containerEngines([stall()])).not.toHaveProperty('certificates')
  })
})
