/** Services of one plan as containers, as functions, and as both: what each is told, and where it finds the others. */
import { anyone, endpoint, gateway, nothing, plan, service } from 'groundplan'
import type { Plan } from 'groundplan/target'
import { describe, expect, it } from 'vitest'
import type { Compute, SystemSettings } from '../settings.ts'
import { synthesized } from '../synth.ts'
import { imagesOf, systemOf } from '../system.ts'
import { settings, shop, stall } from '../test/shop.ts'

type Computed = NonNullable<SystemSettings['compute']>

interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

interface Variable {
  readonly Name: string
  readonly Value: unknown
}

function made(compute: Computed, of: Plan = shop()) {
  const given = { ...settings, systems: { [of.name]: { compute } } }
  const files = synthesized(of, 'test', given)
  const part = (name: string): Readonly<Record<string, Resource>> =>
    JSON.parse(files[`CloudFormation-${name}.json`] ?? '{"Resources":{}}').Resources
  const [application, infra] = [part('application'), part('infra')]
  const ofType = (type: string) => Object.keys(application).filter(id => application[id]?.Type === type)
  return { application, infra, ofType, files: Object.keys(files), images: imagesOf(systemOf(of, 'test', given)) }
}

/** The variables of a task that others do not have. */
function toldTo(resources: Readonly<Record<string, Resource>>, task: string): Readonly<Record<string, unknown>> {
  const containers = resources[task]?.Properties.ContainerDefinitions
  const [container] = (containers ?? []) as { readonly Environment: readonly Variable[] }[]
  const own = ['GROUNDPLAN_SERVICE', 'GROUNDPLAN_OTHERS', 'GROUNDPLAN_CARRIER']
  const told = (container?.Environment ?? []).filter(({ Name }) => own.includes(Name))
  return Object.fromEntries(told.map(({ Name, Value }) => [Name, Value]))
}

const text = (value: unknown): string => JSON.stringify(value)

describe('C9: several services as containers', () => {
  const { application, infra, ofType, files, images } = made('containers')

  it('are each told which service they are, where those are that they ask, and that somebody else carries', () => {
    expect(toldTo(application, 'TaskFront')).toEqual({
      GROUNDPLAN_SERVICE: 'front',
      GROUNDPLAN_OTHERS: 'backend=http://backend.shop-test.internal:7400',
      GROUNDPLAN_CARRIER: 'elsewhere',
    })
    expect(toldTo(application, 'TaskBackend')).toEqual({
      GROUNDPLAN_SERVICE: 'backend',
      GROUNDPLAN_CARRIER: 'elsewhere',
    })
    expect(toldTo(application, 'TaskWeb')).toEqual({})
  })

  it('are found by a name in the network where somebody asks them, which is forgotten soon', () => {
    expect(application.Neighbours?.Properties).toMatchObject({
      Name: 'shop-test.internal',
      Vpc: { 'Fn::ImportValue': 'shop-test-VpcId' },
    })
    expect(application.NeighbourBackend?.Properties).toMatchObject({
      Name: 'backend',
      NamespaceId: { 'Fn::GetAtt': ['Neighbours', 'Id'] },
      DnsConfig: { DnsRecords: [{ Type: 'A', TTL: 10 }] },
    })
    const registries = [{ RegistryArn: { 'Fn::GetAtt': ['NeighbourBackend', 'Arn'] } }]
    expect(application.ServiceBackend?.Properties.ServiceRegistries).toEqual(registries)
    for (const id of ['ServiceFront', 'ServiceWeb']) {
      expect(application[id]?.Properties.ServiceRegistries, id).toBeUndefined()
    }
    expect(ofType('AWS::ServiceDiscovery::Service')).toEqual(['NeighbourBackend'])
  })

  it('leave to one function what is done for all: nothing else of them is a function', () => {
    expect(ofType('AWS::Lambda::Function')).toEqual(['FunctionGroundplanCarrier'])
    expect(text(application.FunctionGroundplanCarrier)).not.toContain('VpcConfig')
    expect(text(infra)).toContain('"StreamSpecification"')
  })

  it('have pages and doors at the balancer, and no CloudFront', () => {
    expect(images).toEqual(['front', 'backend', 'web'])
    expect(files).not.toContain('CloudFormation-edge.json')
    expect(ofType('AWS::CloudFront::Distribution')).toEqual([])
    const rules = ofType('AWS::ElasticLoadBalancingV2::ListenerRule').map(id => text(application[id]?.Properties))
    expect(rules).toHaveLength(1)
    // Nobody outside reaches the address by which services ask each other.
    expect(rules[0]).toContain('"Values":["/api/shop","/api/shop/*"]')
  })
})

describe('C9: a function before containers', () => {
  const { application, infra, ofType, files, images } = made({ backend: 'containers' })

  it('is in the network, and told where the container is that it asks, which nobody else reaches', () => {
    const { Environment, VpcConfig } = application.FunctionFront?.Properties ?? {}
    expect(Environment).toMatchObject({
      Variables: { GROUNDPLAN_SERVICE: 'front', GROUNDPLAN_OTHERS: 'backend=http://backend.shop-test.internal:7400' },
    })
    expect(text(Environment)).not.toMatch(/GROUNDPLAN_CARRIER|NODE_EXTRA_CA_CERTS/)
    expect(VpcConfig).toMatchObject({ SecurityGroupIds: [{ 'Fn::GetAtt': ['GroupFront', 'GroupId'] }] })
    const ways = ofType('AWS::EC2::SecurityGroupIngress').map(id => text(application[id]?.Properties))
    expect(ways).toHaveLength(1)
    expect(ways[0]).toMatch(/"FromPort":7400,.*GroupBackend.*"SourceSecurityGroupId".*GroupFront/)
    expect(Object.keys(infra)).toContain('Vpc')
  })

  it('may join the network, and calls no function', () => {
    expect(text(application.RoleFront)).toContain('ec2:CreateNetworkInterface')
    expect(text(application.RoleFront)).not.toContain('lambda:InvokeFunction')
    expect(text(application.RoleGroundplanCarrier)).not.toContain('ec2:CreateNetworkInterface')
  })

  it('is the door: by API Gateway and CloudFront, without a balancer, and with pages that are no container', () => {
    expect(images).toEqual(['backend'])
    expect(files).toContain('CloudFormation-edge.json')
    expect(ofType('AWS::CloudFront::Distribution')).toEqual(['Site'])
    expect(ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([])
    expect(Object.keys(application)).not.toContain('BalancerGroup')
  })
})

describe('C9: a container before functions', () => {
  const { application, ofType, images } = made({ front: 'containers' })

  it('calls the function that its grants name, and needs no name for it', () => {
    expect(toldTo(application, 'TaskFront')).toEqual({ GROUNDPLAN_SERVICE: 'front', GROUNDPLAN_CARRIER: 'elsewhere' })
    expect(text(application.RoleFront)).toMatch(/lambda:InvokeFunction.*function:shop-test-backend:live/)
    expect(ofType('AWS::ServiceDiscovery::Service')).toEqual([])
    expect(ofType('AWS::ServiceDiscovery::PrivateDnsNamespace')).toEqual([])
  })

  it('is the door: behind a balancer, with the pages', () => {
    expect(images).toEqual(['front', 'web'])
    expect(ofType('AWS::ElasticLoadBalancingV2::TargetGroup').sort()).toEqual(['TargetFront', 'TargetWeb'])
    expect(application.FunctionBackend?.Properties.VpcConfig).toBeUndefined()
  })
})

describe('C9: a service alone in a container', () => {
  it('is told nothing, and carries on by itself', () => {
    const { application, ofType } = made('containers', stall())
    expect(toldTo(application, 'TaskStall')).toEqual({})
    expect(ofType('AWS::Lambda::Function')).toEqual([])
  })
})

describe('C9: doors', () => {
  const ask = endpoint('GET /', { summary: 'Asks', caller: anyone, returns: nothing, handle: () => undefined })
  const two = plan('two', {
    gateways: { customer: gateway(service('front', { ask })), ops: gateway(service('back-office', { ask })) },
  })

  it.each<readonly [string, Record<string, Compute>]>([
    ['front', { front: 'containers' }],
    ['back-office', { 'back-office': 'containers' }],
  ])('of which %s alone is a container are refused with words, and a way out', (name, compute) => {
    expect(() => made(compute, two)).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringMatching(`two: services with a gateway would run .*${name} as containers`),
        more: { wayOut: expect.stringContaining(`compute: { 'front': 'containers', 'back-office': 'containers' }`) },
      }),
    )
  })

  it('and other services are known by their names: a misspelt one is refused', () => {
    expect(() => made({ backoffice: 'containers' }, two)).toThrow(/two has no service "backoffice"/)
  })

  it('that are none need no balancer', () => {
    const { ofType } = made('containers', plan('inner', { services: [service('one', {}), service('other', {})] }))
    expect(ofType('AWS::ECS::Service')).toHaveLength(2)
    expect(ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([])
  })
})
