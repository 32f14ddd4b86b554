/**
 * Addresses: where the gateways of one or several plans stand on one server, and what answers at each path: the
 * endpoints by method, the gateway's own pages, the handlers mounted in it.
 */
import { limits } from '../contract/limits.ts'
import type { FetchHandler } from '../plan/gateway.ts'
import type { Door, DoorRoute } from '../runtime/door.ts'
import { type CorsRules, corsRulesOf } from './cors.ts'
import { decodedText } from './percent.ts'
import { type Found, type Routes, routeTable, segmentsOf } from './routes.ts'

/** A gateway at its address. */
export interface Standing {
  readonly door: Door
  readonly gateway: string
  /** Such as `/api/counter`; empty at the root. */
  readonly base: string
  readonly maxBodyBytes: number
  readonly cors: CorsRules | undefined
  readonly mounts: readonly Mount[]
}

/** A Fetch handler below a path of its gateway. */
export interface Mount {
  readonly path: string
  readonly handler: FetchHandler
}

/** One endpoint, ready to be called. */
export interface Target {
  readonly standing: Standing
  readonly route: DoorRoute
  /** The parameters, in the order of the path. */
  readonly names: readonly string[]
  readonly maxBodyBytes: number
  /** Whether its answers are written at once: no file, no stream. */
  readonly atOnce: boolean
}

/** What stands at one path: an endpoint for each method. */
export interface Spot {
  readonly standing: Standing
  readonly targets: ReadonlyMap<string, Target>
  /** For the header `Allow`. */
  readonly allow: string
}

export interface Addresses {
  readonly standings: readonly Standing[]
  readonly routes: Routes<Spot>
  /** The gateway whose address a path is below: the one with the longest. */
  standingOf(path: string): Standing | undefined
}

export interface Layout {
  /** The only gateway that is open stands at the root. */
  readonly atRoot?: boolean
  /** The gateways that are open; a closed one has no address, and the others keep theirs. Default: all. */
  readonly only?: readonly string[] | undefined
}

/**
 * Lays out doors: a plan with one gateway stands at `/api/<plan>`, with several at `/api/<plan>/<gateway>`.
 * @throws Error when two gateways would stand at one address, or `atRoot` is asked for more than one
 */
export function addressesOf(doors: readonly Door[], { atRoot = false, only }: Layout = {}): Addresses {
  const all = doors.flatMap(door => standingsOf(door, atRoot))
  const standings = only ? all.filter(({ gateway }) => only.includes(gateway)) : all
  refuseDouble(standings, atRoot)
  const routes = routesOf(standings)
  const longestFirst = standings.toSorted((left, right) => right.base.length - left.base.length)
  return {
    standings,
    routes,
    standingOf: path => longestFirst.find(({ base }) => isBelow(path, base)),
  }
}

/** What answers at each path of them. */
export function routesOf(standings: readonly Standing[]): Routes<Spot> {
  return routeTable(new Map(standings.flatMap(spotsOf)))
}

/** Whether a path is the base itself or stands below it. */
export function isBelow(path: string, base: string): boolean {
  if (!path.startsWith(base)) return false
  return path.length === base.length || base === '' || path.charCodeAt(base.length) === 0x2f
}

/** The gateways of a door, each at its address. */
export function standingsOf(door: Door, atRoot: boolean): readonly Standing[] {
  const gateways = Object.entries(door.gateways)
  return gateways.map(([name, gateway]) => ({
    door,
    gateway: name,
    base: baseOf(door.plan, name, gateways.length, atRoot),
    maxBodyBytes: Math.min(gateway.maxBodyBytes, limits.requestBytes),
    cors: gateway.cors && corsRulesOf(gateway.cors, endpointsOf(door, name)),
    mounts: Object.entries(gateway.mounts)
      .map(([path, handler]) => ({ path, handler }))
      .sort((left, right) => right.path.length - left.path.length),
  }))
}

export function baseOf(plan: string, gateway: string, gateways: number, atRoot: boolean): string {
  if (atRoot) return ''
  return gateways === 1 ? `/api/${plan}` : `/api/${plan}/${gateway}`
}

function endpointsOf(door: Door, gateway: string) {
  return door.routes.filter(route => route.gateway === gateway).map(({ endpoint }) => endpoint)
}

function refuseDouble(standings: readonly Standing[], atRoot: boolean): void {
  if (atRoot && standings.length !== 1) {
    throw new Error(`Only one gateway can stand at the root, and there are ${standings.length}`)
  }
  const bases = standings.map(({ base }) => base)
  const double = bases.find((base, at) => bases.indexOf(base) < at)
  if (double !== undefined) throw new Error(`Two gateways stand at ${double}: give their plans different names`)
}

function spotsOf(standing: Standing): readonly (readonly [string, Spot])[] {
  const byShape = new Map<string, DoorRoute[]>()
  for (const route of standing.door.routes) {
    if (route.gateway !== standing.gateway) continue
    const shape = fullPath(standing, route).replace(/:[^/]*/g, ':')
    byShape.set(shape, [...(byShape.get(shape) ?? []), route])
  }
  return [...byShape].map(([shape, routes]) => [shape, spotOf(standing, routes)] as const)
}

function fullPath({ base }: Standing, { endpoint }: DoorRoute): string {
  return endpoint.path === '/' && base !== '' ? base : base + endpoint.path
}

function spotOf(standing: Standing, routes: readonly DoorRoute[]): Spot {
  const targets = new Map<string, Target>()
  for (const route of routes) targets.set(route.endpoint.method, targetOf(standing, route))
  const get = targets.get('GET')
  if (get) targets.set('HEAD', get)
  return { standing, targets, allow: ['OPTIONS', ...targets.keys()].sort().join(', ') }
}

function targetOf(standing: Standing, route: DoorRoute): Target {
  const { path, maxBodyBytes, returns } = route.endpoint
  return {
    standing,
    route,
    names: segmentsOf(path)
      .filter(segment => segment.startsWith(':'))
      .map(segment => segment.slice(1)),
    maxBodyBytes: Math.min(maxBodyBytes, standing.maxBodyBytes),
    atOnce: !('kind' in returns && (returns.kind === 'stream' || returns.kind === 'file')),
  }
}

const noParameters: Readonly<Record<string, string>> = Object.freeze({})

/**
 * The decoded parameters of a path; undefined when one is not percent-encoded UTF-8 or holds a NUL, which no engine
 * can keep in a text.
 */
export function parametersOf(target: Target, { values }: Found<Spot>): Readonly<Record<string, string>> | undefined {
  if (values.length === 0) return noParameters
  const parameters: Record<string, string> = {}
  for (const [at, value] of values.entries()) {
    const decoded = decodedText(value)
    if (decoded === undefined) return undefined
    parameters[target.names[at] ?? ''] = decoded
  }
  return parameters
}
