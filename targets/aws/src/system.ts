/**
 * A system on AWS: what all parts of its templates are made from. Plain data, without the CDK.
 */
import { lettersTable, outboxTable } from '@groundplan/aws'
import {
  isHandler,
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
import { type AwsSettings, type Resolved, resolved } from './settings.ts'

export interface ServiceOnAws {
  readonly name: string
  readonly compute: 'containers' | 'functions'
  readonly rights: readonly Right[]
  /** Services it asks. */
  readonly asks: readonly string[]
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
  /** Rights of the function that carries on what waits; none where the only service does. */
  readonly carrier: readonly Right[] | undefined
}

/** Faults: `unsupported`, for what cannot run on AWS this way; the words say where it can. */
export function systemOf(plan: Plan, environment: string, given: AwsSettings): System {
  const parts = partsOf(plan)
  const shape = shapeOf(plan, [...runtimeTables, schedulesTable, mailTable])
  const settings = resolved(given, plan.name)
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
    names: namesOf(plan.name, environment, settings.host),
    carrier: alone ? undefined : carrying,
  }
}

function serviceOf(
  name: string,
  parts: Parts,
  settings: Resolved,
  tables: readonly TableShape[],
  carrying: readonly Right[] | undefined,
): ServiceOnAws {
  const own = parts.handlers.filter(named => named.service.name === name)
  const uses = parts.uses.filter(({ by }) => isHandler(by) && by.service.name === name)
  const asked = uses.flatMap(({ grant }) => (grant.resource.kind === 'service' ? [grant.resource.name] : []))
  const gateway = parts.gateways.find(each => each.gateway.service.name === name)
  const rights = rightsOf(parts, tables, name)
  return {
    name,
    compute: settings.computeOf(name),
    rights: [...rights, ...(carrying ?? [])],
    asks: [...new Set(asked)].sort(),
    usesDatabases: rights.some(({ on }) => on === 'database'),
    timeoutMs: Math.max(30_000, ...own.map(({ handler }) => handler.timeoutMs)),
    carries: carrying !== undefined,
    ...(gateway ? { gateway: gateway.name } : {}),
  }
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
export function imagesOf({ services, plan }: System): readonly string[] {
  const names = services.filter(({ compute }) => compute === 'containers').map(({ name }) => name)
  return names.length > 0 && plan.sites.length > 0 ? [...names, web] : names
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
