/**
 * Who reaches whom: a security group for the balancer, for each container, and for each function that reaches something in
 * the network. A task is reached by the balancer if it has a door, and by the services that the plan lets ask it, on its
 * port; it reaches those that it asks, and HTTPS: Amazon's own services (images, logs, what the plan keeps) and the plan's
 * connections are there. Nobody reaches a function by the network.
 */
import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2'
import { databasePort } from '../infra/database.ts'
import { imported, type Kit } from '../kit.ts'
import { idOf } from '../names.ts'
import { doorsInContainers, functionsInNetwork, imagesOf, type ServiceOnAws } from '../system.ts'
import { portOf } from './ports.ts'

export interface TaskGroups {
  /** None where nothing that runs as containers has a door. */
  readonly balancer: string | undefined
  /** Of a container, or of a function that is in the network. */
  of(name: string): string
}

const anywhere = '0.0.0.0/0'

export function taskGroups(kit: Kit): TaskGroups {
  const { system } = kit
  const containers = imagesOf(system)
  const names = [...containers, ...functionsInNetwork(system).map(({ name }) => name)]
  if (names.length === 0) return { balancer: undefined, of: () => '' }
  const vpcId = imported(kit, 'VpcId')
  const doors = doorsInContainers(system)
  const balancer = doors.length > 0 ? balancerGroup(kit, vpcId) : undefined
  const groups = new Map(names.map(name => [name, taskGroup(kit, vpcId, name)]))
  const between = (id: string, source: string, target: string, port: number, description: string): void =>
    path(kit, id, source, target, port, description)
  for (const [name, group] of groups) {
    if (balancer !== undefined && doors.includes(name)) {
      between(idOf('BalancerTo', name), balancer, group, portOf(name), `The balancer reaches ${name}`)
    }
    for (const asked of asksOf(system.services, name)) {
      const target = groups.get(asked)
      if (target) between(idOf('Path', name, 'to', asked), group, target, portOf(asked), `${name} asks ${asked}`)
    }
  }
  for (const [name, group] of groups) databasePath(kit, name, group)
  return { balancer, of: name => groups.get(name) ?? '' }
}

function balancerGroup({ stack }: Kit, vpcId: string): string {
  return new CfnSecurityGroup(stack, 'BalancerGroup', {
    vpcId,
    groupDescription: 'The balancer: HTTPS from everywhere, to the doors of services',
    securityGroupIngress: [from(443, 'HTTPS'), from(80, 'Is sent on to HTTPS')],
    securityGroupEgress: [],
  }).attrGroupId
}

/** Out of a service that uses databases, into their group. */
function databasePath(kit: Kit, name: string, group: string): void {
  if (!kit.system.services.some(each => each.name === name && each.usesDatabases)) return
  const target = imported(kit, 'DatabaseGroupId')
  path(kit, idOf('Path', name, 'to', 'database'), group, target, databasePort, `${name} uses the database`)
}

/** Pages ask at the system's own address, as everybody does. */
function asksOf(services: readonly ServiceOnAws[], name: string): readonly string[] {
  return services.find(each => each.name === name)?.asksContainers ?? []
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
