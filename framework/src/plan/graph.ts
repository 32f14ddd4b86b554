/**
 * The graph of a plan: plain data for diagrams, the console, permissions and comparisons. Nodes in the order in which
 * the plan names them, arrows between them by their ids. Linear in the plan's size.
 */
import type { Alarm, Measure } from './alarm.ts'
import type { Authorizer } from './authorizer.ts'
import type { ResourceKind } from './grant.ts'
import {
  type AnyResource,
  isHandler,
  isService,
  type NamedHandler,
  type Parts,
  partsOf,
  resourcesOf,
  type Use,
} from './parts.ts'
import type { Plan } from './plan.ts'
import type { Schedule } from './schedule.ts'
import type { AnyService } from './service.ts'

/** Such as `handler:backend/placeOrder`, `table:orders`, `gateway:api`. */
export type NodeId = `${'gateway' | 'handler' | 'authorizer' | 'alarm' | ResourceKind}:${string}`

export interface GatewayNode {
  readonly id: NodeId
  readonly name: string
  readonly title?: string
  readonly service: string
}

export interface ServiceNode {
  readonly id: NodeId
  readonly name: string
  readonly handlers: readonly HandlerNode[]
}

export interface HandlerNode {
  readonly id: NodeId
  readonly service: string
  /** Its lasting name. */
  readonly name: string
  readonly kind: NamedHandler['handler']['kind']
  readonly timeoutMs: number
  /** Of an endpoint. */
  readonly method?: string
  readonly path?: string
  readonly summary?: string
  /** The name of an endpoint's authorizer. */
  readonly caller?: string
  /** Of a schedule or retention. */
  readonly when?: Schedule['when']
}

export interface ResourceNode {
  readonly id: NodeId
  readonly kind: AnyResource['kind']
  readonly name: string
}

export interface AlarmNode {
  readonly id: NodeId
  readonly name: string
  readonly measure: Measure
  readonly above: number
  readonly forMs: number
}

export interface SiteNode {
  readonly name: string
  readonly path: string
}

/**
 * - `grant`: a handler or authorizer may do something (`right`) with a resource or call a service (`client`);
 *   `as` is its name in `uses`.
 * - `serves`: gateway to service. `calls`: service to service, once each. `guards`: authorizer to endpoint.
 * - `delivers`: queue, topic, table or bucket to the handler it feeds; `right` names what: `messages`, `events`,
 *   `changes`, `created`.
 * - `keeps`: the handler of a view to the view. `configures`: setting or secret to connection.
 * - `measures`: what is measured to the alarm. `tells`: alarm to mailbox. `triggers`: alarm to reaction or retention.
 */
export type ArrowKind =
  | 'grant'
  | 'serves'
  | 'calls'
  | 'guards'
  | 'delivers'
  | 'keeps'
  | 'configures'
  | 'measures'
  | 'tells'
  | 'triggers'

export interface Arrow {
  readonly kind: ArrowKind
  readonly from: NodeId
  readonly to: NodeId
  readonly right?: string
  readonly as?: string
}

export type ResourceNodes = Readonly<Record<AnyResource['kind'], readonly ResourceNode[]>>

export interface Graph {
  readonly plan: string
  readonly title?: string
  readonly gateways: readonly GatewayNode[]
  readonly services: readonly ServiceNode[]
  readonly resources: ResourceNodes
  readonly authorizers: readonly { readonly id: NodeId; readonly name: string }[]
  readonly alarms: readonly AlarmNode[]
  readonly sites: readonly SiteNode[]
  readonly arrows: readonly Arrow[]
}

/**
 * The graph of a plan, as plain data: the same plan gives the same JSON.
 * @example graphOf(storefront).arrows.filter(arrow => arrow.right === 'writer')
 */
export function graphOf(plan: Plan): Graph {
  const parts = partsOf(plan)
  return {
    plan: plan.name,
    ...(plan.title === undefined ? {} : { title: plan.title }),
    gateways: gatewayNodes(parts),
    services: serviceNodes(parts),
    resources: resourceNodes(parts),
    authorizers: authorizerNodes(parts),
    alarms: parts.alarms.map(alarmNode),
    sites: plan.sites.map(({ name, path }) => ({ name, path })),
    arrows: arrowsOf(parts),
  }
}

// ---------- nodes

const handlerId = ({ service, name }: NamedHandler): NodeId => `handler:${service.name}/${name}`
const authorizerId = (name: string): NodeId => `authorizer:${name}`
const alarmId = ({ name }: Alarm): NodeId => `alarm:${name}`
const resourceId = ({ kind, name }: { readonly kind: ResourceKind; readonly name: string }): NodeId => `${kind}:${name}`

function gatewayNodes({ gateways }: Parts): readonly GatewayNode[] {
  return gateways.map(({ name, gateway: { title, service } }) => ({
    id: `gateway:${name}`,
    name,
    service: service.name,
    ...(title === undefined ? {} : { title }),
  }))
}

function serviceNodes({ services, handlers }: Parts): readonly ServiceNode[] {
  const nodes = new Map<AnyService, HandlerNode[]>(services.map(service => [service, []]))
  for (const named of handlers) nodes.get(named.service)?.push(handlerNode(named))
  return [...nodes].map(([service, own]) => ({ id: resourceId(service), name: service.name, handlers: own }))
}

function handlerNode(named: NamedHandler): HandlerNode {
  const { service, name, handler } = named
  const { kind, timeoutMs } = handler
  return { id: handlerId(named), service: service.name, name, kind, timeoutMs, ...detailsOf(handler) }
}

function detailsOf(
  handler: NamedHandler['handler'],
): Partial<Pick<HandlerNode, 'method' | 'path' | 'summary' | 'caller' | 'when'>> {
  if (handler.kind === 'endpoint') {
    const { method, path, summary, caller } = handler
    return { method, path, summary, caller: caller.name }
  }
  return handler.kind === 'schedule' || handler.kind === 'retention' ? { when: handler.when } : {}
}

/** API keys make an authorizer for each `with`: those of one name are one. */
function authorizerNodes({ authorizers }: Parts): Graph['authorizers'] {
  const names = new Set(authorizers.map(({ name }) => name))
  return [...names].map(name => ({ id: authorizerId(name), name }))
}

function resourceNodes(parts: Parts): ResourceNodes {
  const nodes: Record<AnyResource['kind'], ResourceNode[]> = {
    table: [],
    view: [],
    database: [],
    queue: [],
    topic: [],
    bucket: [],
    secret: [],
    setting: [],
    mailbox: [],
    connection: [],
  }
  for (const resource of parts.resources) {
    const { kind, name } = resource
    nodes[kind].push({ id: resourceId(resource), kind, name })
  }
  return nodes
}

function alarmNode(alarm: Alarm): AlarmNode {
  const { name, when, forMs } = alarm
  return { id: alarmId(alarm), name, measure: when.measure, above: when.above, forMs }
}

// ---------- arrows

function arrowsOf(parts: Parts): readonly Arrow[] {
  return unlikeEachOther([
    ...parts.gateways.map(({ name, gateway }) => arrow('serves', `gateway:${name}`, resourceId(gateway.service))),
    ...parts.uses.flatMap(useArrows),
    ...parts.handlers.flatMap(triggerArrows),
    ...resourcesOf(parts, 'connection').flatMap(({ name, spec: { url, credential } }) => [
      ...(typeof url === 'string' ? [] : [arrow('configures', resourceId(url), `connection:${name}`)]),
      ...(credential ? [arrow('configures', resourceId(credential.from), `connection:${name}`)] : []),
    ]),
    ...parts.alarms.flatMap(alarmArrows),
  ])
}

function arrow(kind: ArrowKind, from: NodeId, to: NodeId, more: Pick<Arrow, 'right' | 'as'> = {}): Arrow {
  return { kind, from, to, ...more }
}

function useArrows({ by, as, grant: { resource, right } }: Use): readonly Arrow[] {
  const asked = arrow('grant', userId(by), resourceId(resource), { right, as })
  if (!isHandler(by) || !isService(resource)) return [asked]
  return [asked, arrow('calls', resourceId(by.service), resourceId(resource))]
}

function userId(by: NamedHandler | Authorizer<unknown>): NodeId {
  return isHandler(by) ? handlerId(by) : authorizerId(by.name)
}

const carried = { queue: 'messages', topic: 'events', changes: 'changes', created: 'created' } as const

/** What makes a handler run, and what a view's handler keeps. */
function triggerArrows(named: NamedHandler): readonly Arrow[] {
  const { handler } = named
  const id = handlerId(named)
  const delivers = (source: keyof typeof carried, of: { readonly kind: ResourceKind; readonly name: string }) =>
    arrow('delivers', resourceId(of), id, { right: carried[source] })
  if (handler.kind === 'endpoint') return [arrow('guards', authorizerId(handler.caller.name), id)]
  if (handler.kind === 'consumer') return [delivers('queue', handler.from.of)]
  if (handler.kind === 'subscriber') return [delivers(handler.to.source, handler.to.of)]
  if (handler.kind === 'view') return [delivers('changes', handler.from), arrow('keeps', id, resourceId(handler))]
  if (handler.kind === 'reaction') return [arrow('triggers', alarmId(handler.to), id)]
  return handler.kind === 'retention' && handler.also ? [arrow('triggers', alarmId(handler.also), id)] : []
}

function alarmArrows(alarm: Alarm): readonly Arrow[] {
  const { kind, name } = alarm.when.of
  return [
    // What is measured is a resource or service: its kind is one of theirs.
    arrow('measures', `${kind as ResourceKind}:${name}`, alarmId(alarm)),
    ...(alarm.tell ? [arrow('tells', alarmId(alarm), resourceId(alarm.tell))] : []),
  ]
}

/** Several handlers may call one service, several objects stand for one authorizer: one arrow each. */
function unlikeEachOther(arrows: readonly Arrow[]): readonly Arrow[] {
  return [...new Map(arrows.map(each => [JSON.stringify(each), each])).values()]
}
