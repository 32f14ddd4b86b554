/**
 * A system on AWS: what all parts of its templates are made from. Plain data, without the CDK.
 */
import { lettersTable, outboxTable } from '@groundplan/aws'
import {
  fault,
  mailTable,
  type Parts,
  type Plan,
  partsOf,
  type QueueShape,
  resourcesOf,
  runtimeTables,
  schedulesTable,
  shapeOf,
  type TableShape,
} from 'groundplan/target'
import { type Names, namesOf } from './names.ts'
import { carrierRights, type Right, rightsOf } from './rights.ts'
import { type AwsSettings, type Compute, type Resolved, resolved } from './settings.ts'

export interface ServiceOnAws {
  readonly name: string
  readonly compute: Compute
  readonly rights: readonly Right[]
  /** Services it asks. */
  readonly asks: readonly string[]
  /** Those of them that run as containers: they are asked over the network. */
  readonly asksContainers: readonly string[]
  /** Whether it uses databases, which are in the network. */
  readonly usesDatabases: boolean
  /** The gateway whose door it is. */
  readonly gateway?: string
  /** How long the longest of its handlers may run. */
  readonly timeoutMs: number
  /** Whether it also carries on what waits: it is a system's only service. */
  readonly carries: boolean
}

export interface System {
  readonly plan: Plan
  readonly environment: string
  readonly parts: Parts
  readonly tables: readonly TableShape[]
  readonly queues: readonly QueueShape[]
  readonly names: Names
  readonly settings: Resolved
  readonly services: readonly ServiceOnAws[]
  /** What its doors are, the services that have a gateway: all are the same. */
  readonly doors: Compute
  /** Rights of the function that carries on what waits; none where the only service does. */
  readonly carrier: readonly Right[] | undefined
}

/** Faults: `unsupported`, for what cannot run on AWS this way; the words say where it can. */
export function systemOf(plan: Plan, environment: string, given: AwsSettings): System {
  const parts = partsOf(plan)
  const shape = shapeOf(plan, [...runtimeTables, schedulesTable, mailTable])
  const settings = resolved(given, plan.name)
  refuseStrangers(parts, settings)
  const own = { key: ['p', 's'], indexes: {}, changesTo: [] }
  const tables = [...shape.tables, { name: outboxTable, ...own }, { name: lettersTable, ...own }]
  const alone =
    parts.services.length === 1 && parts.services.every(({ name }) => settings.computeOf(name) === 'containers')
  const queues = shape.queues.map(({ name }) => name)
  const carrying = carrierRights(parts, queues, !alone)
  const services = parts.services.map(({ name }) =>
    serviceOf(name, parts, settings, tables, alone ? carrying : undefined),
  )
  return {
    ...{ plan, environment, parts, tables, queues: shape.queues, settings, services },
    doors: doorsOf(plan, services),
    names: namesOf(plan.name, environment, settings.host),
    carrier: alone ? undefined : carrying,
  }
}

/** A misspelt name would ship a service in the other form, without a word. */
function refuseStrangers({ plan, services }: Parts, { computed }: Resolved): void {
  const names = services.map(({ name }) => name)
  const stranger = computed.find(name => !names.includes(name))
  if (stranger === undefined) return
  throw fault('unsupported', `${plan.name} has no service "${stranger}", for which its settings have a \`compute\``, {
    wayOut: `there are: ${names.join(', ')}`,
  })
}

function serviceOf(
  name: string,
  parts: Parts,
  settings: Resolved,
  tables: readonly TableShape[],
  carrying: readonly Right[] | undefined,
): ServiceOnAws {
  const own = parts.handlers.filter(named => named.service.name === name)
  const gateway = parts.gateways.find(each => each.gateway.service.name === name)
  const rights = rightsOf(parts, tables, name)
  const asks = rights.flatMap(right => (right.on === 'service' ? [right.name] : [])).sort()
  return {
    name,
    compute: settings.computeOf(name),
    rights: [...rights, ...(carrying ?? [])],
    asks,
    asksContainers: asks.filter(asked => settings.computeOf(asked) === 'containers'),
    usesDatabases: rights.some(({ on }) => on === 'database'),
    timeoutMs: Math.max(30_000, ...own.map(({ handler }) => handler.timeoutMs)),
    carries: carrying !== undefined,
    ...(gateway ? { gateway: gateway.name } : {}),
  }
}

/**
 * The balancer and CloudFront stand at the same name, so one of them has all doors. Where there is none, a balancer gives
 * the pages if anything runs as containers. Faults: `unsupported`.
 */
function doorsOf(plan: Plan, services: readonly ServiceOnAws[]): Compute {
  const doors = services.filter(({ gateway }) => gateway !== undefined)
  const [kind, other] = new Set(doors.map(({ compute }) => compute))
  if (other !== undefined) throw mixedDoors(plan, doors)
  return kind ?? (services.some(isContainer) ? 'containers' : 'functions')
}

function mixedDoors({ name: plan }: Plan, doors: readonly ServiceOnAws[]): Error {
  const are = doors.map(({ name, compute }) => `${name} as ${compute}`).join(', ')
  const could = doors.map(({ name }) => `'${name}': 'containers'`).join(', ')
  return fault('unsupported', `${plan}: services with a gateway would run ${are}, and all of them stand at one name`, {
    wayOut: `let them be of one kind, in its settings: compute: { ${could} }, or none of these; services without a gateway may be either`,
  })
}

function isContainer({ compute }: Pick<ServiceOnAws, 'compute'>): boolean {
  return compute === 'containers'
}

/** Room for what begins and ends around a handler. */
const spareS = 5
/** Lambda lets none run longer. */
const longestS = 900

/** How long the function of a service may run. */
export function functionTimeoutS({ timeoutMs }: Pick<ServiceOnAws, 'timeoutMs'>): number {
  return Math.min(longestS, timeoutMs / 1_000 + spareS)
}

/** The web front, where it runs as a container of its own beside the services. */
export const web = 'web'

/** What runs as containers: each has a registry of images. */
export function imagesOf({ services, plan, doors }: System): readonly string[] {
  const names = services.filter(isContainer).map(({ name }) => name)
  return doors === 'containers' && plan.sites.length > 0 ? [...names, web] : names
}

/** The containers that the world reaches, by a balancer. */
export function doorsInContainers(system: System): readonly string[] {
  const open = new Set(system.services.filter(({ gateway }) => gateway !== undefined).map(({ name }) => name))
  return imagesOf(system).filter(name => name === web || open.has(name))
}

/** Functions that reach what is in the network are in it, too; others need none. */
export function functionsInNetwork({ services }: System): readonly ServiceOnAws[] {
  return services.filter(each => !isContainer(each) && (each.usesDatabases || each.asksContainers.length > 0))
}

/** Where a gateway of functions stands: under the name it was given, or one of its own below the system's. */
export function hostOf({ settings }: System, gateway: string): string {
  return settings.domains[gateway] ?? `${gateway}.${settings.host}`
}

/** The names that gateways of containers were given: behind the balancer all else is at the system's. */
export function namedDoors({ parts, settings, services }: System): readonly { gateway: string; host: string }[] {
  return parts.gateways.flatMap(({ name, gateway }) => {
    const host = settings.domains[name]
    const inContainers = services.some(each => each.name === gateway.service.name && each.compute === 'containers')
    return host !== undefined && inContainers ? [{ gateway: name, host }] : []
  })
}

/** The databases of a plan: one cluster has them all. */
export function databasesOf({ parts }: System): readonly string[] {
  return resourcesOf(parts, 'database').map(({ name }) => name)
}
