/**
 * How services find each other: containers by names in a zone of the network, which ECS keeps up to date as tasks come and
 * go; functions by Lambda's own. Tasks and functions use the same names, since both ask the network's own server for them.
 * Who is asked by nobody has none.
 */
import { CfnPrivateDnsNamespace, CfnService } from 'aws-cdk-lib/aws-servicediscovery'
import { imported, type Kit } from '../kit.ts'
import { idOf } from '../names.ts'
import type { System } from '../system.ts'
import { portOf } from './ports.ts'

/** How long others remember where a task is: it is about as long as a task that ends goes on. */
const rememberedS = 10

/** @returns by container, where it is written down; none for those that nobody asks */
export function neighbours(kit: Kit): ReadonlyMap<string, CfnService> {
  const asked = askedContainers(kit.system)
  if (asked.length === 0) return new Map()
  const namespace = new CfnPrivateDnsNamespace(kit.stack, 'Neighbours', {
    name: zoneOf(kit.system),
    vpc: imported(kit, 'VpcId'),
    description: 'Where tasks are that others ask',
  })
  return new Map(asked.map(name => [name, neighbour(kit, name, namespace)] as const))
}

function neighbour({ stack }: Kit, name: string, namespace: CfnPrivateDnsNamespace): CfnService {
  return new CfnService(stack, idOf('Neighbour', name), {
    name,
    namespaceId: namespace.attrId,
    dnsConfig: { routingPolicy: 'MULTIVALUE', dnsRecords: [{ type: 'A', ttl: rememberedS }] },
    // ECS says how a task is, by its own health check.
    healthCheckCustomConfig: { failureThreshold: 1 },
  })
}

function askedContainers({ services }: System): readonly string[] {
  return [...new Set(services.flatMap(({ asksContainers }) => asksContainers))].sort()
}

function zoneOf({ names }: System): string {
  return `${names.prefix}.internal`
}

/** Where the containers are that a service asks, as a process reads it; nothing where it asks none. */
export function othersVariables(system: System, service: string): Readonly<Record<string, string>> {
  const own = system.services.find(({ name }) => name === service)
  const others = (own?.asksContainers ?? []).map(name => `${name}=http://${name}.${zoneOf(system)}:${portOf(name)}`)
  return others.length > 0 ? { GROUNDPLAN_OTHERS: others.join(',') } : {}
}

/** What a task is told that runs one of several services; who is alone runs all, and is told nothing. */
export function shareVariables(system: System, service: string): Readonly<Record<string, string>> {
  if (system.carrier === undefined) return {}
  return {
    GROUNDPLAN_SERVICE: service,
    ...othersVariables(system, service),
    GROUNDPLAN_CARRIER: 'elsewhere',
  }
}
