/**
 * Who reaches whom in the network, as the templates say it: the graph of the plan, and nothing beside it.
 */
import { anyone, endpoint, gateway, internal, plan, service, site, table } from 'groundplan'
import type { Plan } from 'groundplan/target'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { templatesOf } from '../synth.ts'
import { systemOf } from '../system.ts'
import { settings } from '../test/shop.ts'

const Item = z.object({ name: z.string(), left: z.number() })
const stock = table('stock', { item: Item, key: ['name'] })
const ledger = table('ledger', { item: Item, key: ['name'] })

const take = endpoint('POST /take', {
  summary: 'Takes one',
  caller: internal,
  returns: z.object({ taken: z.boolean() }),
  uses: { stock: stock.writer },
  handle: () => ({ taken: true }),
})
const warehouse = service('warehouse', { take })
const book = endpoint('POST /book', {
  summary: 'Writes it down',
  caller: internal,
  returns: z.object({ booked: z.boolean() }),
  uses: { ledger: ledger.writer },
  handle: () => ({ booked: true }),
})
const books = service('books', { book })
const order = endpoint('POST /orders', {
  summary: 'Orders one',
  caller: anyone,
  returns: z.object({ ordered: z.boolean() }),
  uses: { warehouse: warehouse.client },
  handle: () => ({ ordered: true }),
})
const shop = plan('shop', {
  gateways: { api: gateway(service('front', { order })) },
  services: [warehouse, books],
  sites: [site('pages', { path: '/shop' })],
})

interface Rule {
  readonly IpProtocol: string
  readonly FromPort: number
  readonly ToPort: number
  readonly GroupId: Reference
  readonly SourceSecurityGroupId?: Reference
  readonly DestinationSecurityGroupId?: Reference
  readonly SecurityGroupIngress?: readonly Open[]
  readonly SecurityGroupEgress?: readonly Open[]
}
interface Open {
  readonly FromPort: number
  readonly ToPort: number
}
interface Reference {
  readonly 'Fn::GetAtt': readonly [string, string]
}
type Typed = readonly [id: string, { readonly Type: string; readonly Properties: Rule }]

function resourcesOf(of: Plan, part: 'application' | 'infra'): readonly Typed[] {
  const files = templatesOf(systemOf(of, 'test', { ...settings, compute: 'containers' }))
  return Object.entries(JSON.parse(files[`CloudFormation-${part}.json`] ?? '{}').Resources)
}

const resources = resourcesOf(shop, 'application')
const of = (type: string) => resources.filter(([, { Type }]) => Type === type)
const group = (reference: Reference | undefined) => reference?.['Fn::GetAtt'][0].replace(/^Group/, '') ?? 'anybody'

/** Every way from group to group, as `source → target: port`. */
function ways(side: 'Ingress' | 'Egress'): readonly string[] {
  return of(`AWS::EC2::SecurityGroup${side}`)
    .map(([, { Properties: rule }]) => {
      const ports = rule.FromPort === rule.ToPort ? `${rule.FromPort}` : `${rule.FromPort}-${rule.ToPort}`
      return side === 'Ingress'
        ? `${group(rule.SourceSecurityGroupId)} → ${group(rule.GroupId)}: ${rule.IpProtocol} ${ports}`
        : `${group(rule.GroupId)} → ${group(rule.DestinationSecurityGroupId)}: ${rule.IpProtocol} ${ports}`
    })
    .sort()
}

describe('C9: the network of several services as containers', () => {
  it('lets each reach those that its grants name, on their port, and nobody else: on both sides of each way', () => {
    const said = [
      // The door of the plan, and its pages, by the balancer; pages ask at the balancer's address.
      'BalancerGroup → Front: tcp 7400',
      'BalancerGroup → Web: tcp 3000',
      'Front → Warehouse: tcp 7400',
    ]
    expect(ways('Ingress')).toEqual(said)
    expect(ways('Egress')).toEqual(said)
  })

  it('has no other way in: groups of tasks take nothing from addresses, and reach HTTPS alone', () => {
    for (const name of ['Front', 'Warehouse', 'Books', 'Web']) {
      const [, { Properties }] = resources.find(([id]) => id === `Group${name}`) ?? ['', { Properties: undefined }]
      expect(Properties?.SecurityGroupIngress, name).toEqual([])
      expect(
        Properties?.SecurityGroupEgress?.map(({ FromPort, ToPort }) => [FromPort, ToPort]),
        name,
      ).toEqual([[443, 443]])
    }
  })

  it('loses the way with the grant', () => {
    const alone = endpoint('POST /orders', {
      summary: 'Orders one, and asks nobody',
      caller: anyone,
      returns: z.object({ ordered: z.boolean() }),
      handle: () => ({ ordered: true }),
    })
    const without = plan('shop', {
      gateways: { api: gateway(service('front', { order: alone })) },
      services: [warehouse, books],
    })
    const left = resourcesOf(without, 'application').filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroupIngress')
    expect(left.map(([, { Properties }]) => group(Properties.GroupId))).toEqual(['Front'])
  })
})

describe('C9: each of several services as containers', () => {
  it('has its own task, service, role, log and registry', () => {
    for (const name of ['Front', 'Warehouse', 'Books']) {
      const ids = resources.map(([id]) => id)
      for (const kind of ['Task', 'Service', 'Role', 'StartingRole', 'Group']) expect(ids).toContain(kind + name)
      expect(resourcesOf(shop, 'infra').map(([id]) => id)).toContain(`Images${name}`)
    }
  })

  it('may touch what its own grants name: no table of another', () => {
    const role = (name: string) => JSON.stringify(resources.find(([id]) => id === `Role${name}`))
    expect(role('Warehouse')).toContain('table/shop-test-stock')
    expect(role('Warehouse')).not.toContain('shop-test-ledger')
    expect(role('Books')).not.toContain('shop-test-stock')
    expect(role('Front')).not.toMatch(/shop-test-(stock|ledger)/)
  })

  it('stands behind the balancer where a gateway leads to it, and nowhere else', () => {
    const doors = of('AWS::ElasticLoadBalancingV2::TargetGroup').map(([id]) => id)
    expect(doors.sort()).toEqual(['TargetFront', 'TargetWeb'])
  })
})
