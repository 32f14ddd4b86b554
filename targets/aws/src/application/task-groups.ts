/**
 * Who reaches whom: a security group for the balancer and for each container. A task is reached by the balancer if it has
 * a door, and by the services that the plan lets ask it, on its port; it reaches those that it asks, and HTTPS: Amazon's
 * own services (images, logs, what the plan keeps) and the plan's connections are there.
 */
import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2'
import { databasePort } from '../infra/database.ts'
import { imported, type Kit } from '../kit.ts'
import { idOf } from '../names.ts'
import { imagesOf, type ServiceOnAws, web } from '../system.ts'
import { portOf } from './ports.ts'

export interface TaskGroups {
  readonly balancer: string
  of(container: string): string
}

const anywhere = '0.0.0.0/0'

export function taskGroups(kit: Kit): TaskGroups {
  const { stack, system } = kit
  const vpcId = imported(kit, 'VpcId')
  const balancer = new CfnSecurityGroup(stack, 'BalancerGroup', {
    vpcId,
    groupDescription: 'The balancer: HTTPS from everywhere, to the doors of services',
    securityGroupIngress: [from(443, 'HTTPS'), from(80, 'Is sent on to HTTPS')],
    securityGroupEgress: [],
  })
  const groups = new Map(imagesOf(system).map(name => [name, taskGroup(kit, vpcId, name)]))
  const between = (id: string, source: string, target: string, port: number, description: string): void =>
    path(kit, id, source, target, port, description)
  for (const [name, group] of groups) {
    const own = system.services.find(each => each.name === name)
    if (name === web || own?.gateway !== undefined) {
      between(idOf('BalancerTo', name), balancer.attrGroupId, group, portOf(name), `The balancer reaches ${name}`)
    }
    for (const asked of asksOf(system.services, name)) {
      const target = groups.get(asked)
      if (target) between(idOf('Path', name, 'to', asked), group, target, portOf(asked), `${name} asks ${asked}`)
    }
  }
  for (const [name, group] of groups) databasePath(kit, name, group)
  return { balancer: balancer.attrGroupId, of: name => groups.get(name) ?? '' }
}

/** Out of a service that uses databases, into their group. */
function databasePath(kit: Kit, name: string, group: string): void {
  if (!kit.system.services.some(each => each.name === name && each.usesDatabases)) return
  const target = imported(kit, 'DatabaseGroupId')
  path(kit, idOf('Path', name, 'to', 'database'), group, target, databasePort, `${name} uses the database`)
}

/** The group of a function that is in the network, since it uses databases there. */
export function functionGroup(kit: Kit, name: string): string {
  const group = taskGroup(kit, imported(kit, 'VpcId'), name)
  databasePath(kit, name, group)
  return group
}

/** The web front asks those that have a door. */
function asksOf(services: readonly ServiceOnAws[], name: string): readonly string[] {
  if (name !== web) return services.find(each => each.name === name)?.asks ?? []
  return services.filter(({ gateway }) => gateway !== undefined).map(each => each.name)
}

function taskGroup({ stack }: Kit, vpcId: string, name: string): string {
  return new CfnSecurityGroup(stack, idOf('Group', name), {
    vpcId,
    groupDescription: `What runs of ${name}`,
    securityGroupIngress: [],
    securityGroupEgress: [
      {
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        cidrIp: anywhere,
        description: 'Services of Amazon, connections',
      },
    ],
  }).attrGroupId
}

/** One way, on one port: out of one group, into the other. */
function path({ stack }: Kit, id: string, source: string, target: string, port: number, description: string): void {
  const on = { ipProtocol: 'tcp', fromPort: port, toPort: port, description }
  new CfnSecurityGroupEgress(stack, `${id}Out`, { ...on, groupId: source, destinationSecurityGroupId: target })
  new CfnSecurityGroupIngress(stack, `${id}In`, { ...on, groupId: target, sourceSecurityGroupId: source })
}

function from(port: number, description: string) {
  return { ipProtocol: 'tcp', fromPort: port, toPort: port, cidrIp: anywhere, description }
}
