/**
 * What the picture of a plan shows: boxes in columns, with the links between them. A table that callers alone use (the
 * one of their keys) says so, and has no links.
 */

import type { Arrow, Graph, HandlerNode, NodeId, ResourceNode, ServiceNode } from '../../plan/graph.ts'
import type { AnyResource } from '../../plan/parts.ts'
import { condition, nameIn, startedBy } from './words.ts'

/** How a link is drawn: by what it means. */
export type Meaning = 'reads' | 'writes' | 'calls' | 'starts' | 'tells'

export interface Row {
  readonly id: NodeId
  readonly name: string
  readonly kind: HandlerNode['kind']
  readonly detail: string
  /** Who may call it. */
  readonly caller?: string
}

export interface Box {
  readonly id: string
  readonly kind: AnyResource['kind'] | 'site' | 'gateway' | 'service' | 'alarm'
  readonly column: number
  readonly name: string
  readonly detail: string
  /** The handlers of a service. */
  readonly rows: readonly Row[]
}

export interface Link {
  readonly from: string
  readonly to: string
  readonly meaning: Meaning
  /** In words, for those who point at it or cannot see it. */
  readonly words: string
}

export interface Picture {
  readonly title: string
  readonly description: string
  readonly columns: readonly string[]
  readonly boxes: readonly Box[]
  readonly links: readonly Link[]
}

/** Lays out what is drawn of a plan, by its graph. */
export function pictureOf(graph: Graph): Picture {
  const tiers = tiersOf(graph)
  const first = graph.gateways.length + graph.sites.length > 0 ? 1 : 0
  const keeping = first + Math.max(0, ...tiers.values()) + 1
  const boxes = [
    ...entranceBoxes(graph),
    ...graph.services.map(service => serviceBox(service, graph, first + (tiers.get(service.id) ?? 0))),
    ...resourcesOf(graph).map(resource => resourceBox(resource, graph, keeping)),
    ...graph.alarms.map(alarm => box(alarm, 'alarm', keeping + 1, condition(alarm))),
  ]
  const columns = headings(first, keeping, boxes)
  const title = graph.title ?? graph.plan
  return { title, description: description(graph), columns, boxes, links: linksOf(graph) }
}

function headings(first: number, keeping: number, boxes: readonly Box[]): readonly string[] {
  const last = boxes
    .filter(({ column }) => column > keeping)
    .map(({ kind }) => (kind === 'alarm' ? 'Alarms' : 'Secrets and settings'))
  return [
    ...(first > 0 ? ['Entrances'] : []),
    ...Array.from({ length: keeping - first }, (_, tier) => (tier === 0 ? 'Services' : 'Services behind')),
    ...(boxes.some(({ column }) => column === keeping) ? ['Resources'] : []),
    ...(last.length > 0 ? [[...new Set(last)].toSorted().join(', ')] : []),
  ]
}

function description({ plan, gateways, services, resources, alarms, sites }: Graph): string {
  const handlers = services.reduce((sum, service) => sum + service.handlers.length, 0)
  const counts = [
    counted(sites.length, 'site'),
    counted(gateways.length, 'gateway'),
    `${counted(services.length, 'service')} with ${counted(handlers, 'handler')}`,
    counted(Object.values(resources).flat().length, 'resource'),
    counted(alarms.length, 'alarm'),
  ]
  return `The architecture of ${plan}: ${counts.filter(count => !count.startsWith('0 ')).join(', ')}.`
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** How many calls deep each service lies: those that nobody calls are at 0. */
function tiersOf({ services, arrows }: Graph): ReadonlyMap<NodeId, number> {
  const tiers = new Map<NodeId, number>(services.map(({ id }) => [id, 0]))
  const calls = arrows.filter(({ kind, from, to }) => kind === 'calls' && from !== to)
  // Services that call each other in a circle would sink for ever: no more rounds than there are services.
  for (let round = 1; round < services.length; round += 1) {
    for (const { from, to } of calls) {
      tiers.set(to, Math.min(services.length - 1, Math.max(tiers.get(to) ?? 0, (tiers.get(from) ?? 0) + 1)))
    }
  }
  return withoutGaps(tiers)
}

function withoutGaps(tiers: ReadonlyMap<NodeId, number>): ReadonlyMap<NodeId, number> {
  const used = [...new Set(tiers.values())].toSorted((a, b) => a - b)
  return new Map([...tiers].map(([id, tier]) => [id, used.indexOf(tier)]))
}

// ---------- boxes

function box(
  of: { readonly id: string; readonly name: string },
  kind: Box['kind'],
  column: number,
  detail: string,
): Box {
  return { id: of.id, kind, column, name: of.name, detail, rows: [] }
}

function entranceBoxes({ sites, gateways }: Graph): readonly Box[] {
  return [
    ...sites.map(({ name, path }) => box({ id: `site:${name}`, name }, 'site', 0, path)),
    ...gateways.map(gateway => box(gateway, 'gateway', 0, gateway.title ?? 'gateway')),
  ]
}

function serviceBox({ id, name, handlers }: ServiceNode, graph: Graph, column: number): Box {
  const rows = handlers.map(handler => ({
    id: handler.id,
    name: handler.name,
    kind: handler.kind,
    detail: startedBy(handler, graph),
    ...(handler.caller === undefined ? {} : { caller: handler.caller }),
  }))
  return { id, kind: 'service', column, name, detail: 'service', rows }
}

function resourcesOf({ resources }: Graph): readonly ResourceNode[] {
  return Object.values(resources).flat()
}

/** What only configures others stands behind them. */
function resourceBox(resource: ResourceNode, { arrows }: Graph, keeping: number): Box {
  const { id, kind } = resource
  const users = arrows.filter(arrow => arrow.kind === 'grant' && arrow.to === id).map(({ from }) => from)
  const configures = arrows.some(arrow => arrow.kind === 'configures' && arrow.from === id)
  const byCallers = users.length > 0 && users.every(isAuthorizer)
  const detail = byCallers ? `${kind}, for callers` : kind
  return box(resource, kind, configures && users.length === 0 ? keeping + 1 : keeping, detail)
}

// ---------- links

const isAuthorizer = (id: NodeId): boolean => id.startsWith('authorizer:')

function linksOf({ arrows }: Graph): readonly Link[] {
  const links = arrows.flatMap(arrow => {
    const meaning = meaningOf(arrow)
    return meaning === undefined ? [] : [{ from: arrow.from, to: arrow.to, meaning, words: wordsOf(arrow) }]
  })
  return strongest(links)
}

const reading: ReadonlySet<string | undefined> = new Set(['reader', 'scanner', 'watcher'])

/** None of what is written in words: calls of whole services (their handlers' are drawn) and who guards what. */
function meaningOf({ kind, from, to, right }: Arrow): Meaning | undefined {
  if (kind === 'calls' || kind === 'guards' || isAuthorizer(from)) return undefined
  if (kind === 'serves') return 'calls'
  if (kind === 'delivers' || kind === 'triggers') return 'starts'
  if (kind === 'measures' || kind === 'tells' || kind === 'configures') return 'tells'
  if (kind === 'keeps') return 'writes'
  if (reading.has(right)) return 'reads'
  return to.startsWith('service:') || to.startsWith('connection:') || right === 'client' ? 'calls' : 'writes'
}

function wordsOf({ kind, from, to, right }: Arrow): string {
  const [subject, object] = [nameIn(from), nameIn(to)]
  if (kind === 'grant') return `${subject} is ${right} of ${object}`
  return right === undefined ? `${subject} ${kind} ${object}` : `${subject} ${kind} ${right} to ${object}`
}

/** One link where a handler has several rights to a thing: the one that writes, with the words of all. */
function strongest(links: readonly Link[]): readonly Link[] {
  const found = new Map<string, Link>()
  for (const link of links) {
    const key = `${link.from} ${link.to}`
    const before = found.get(key)
    const meaning = before?.meaning === 'writes' ? 'writes' : link.meaning
    found.set(key, before ? { ...link, meaning, words: `${before.words}; ${link.words}` } : link)
  }
  return [...found.values()]
}
