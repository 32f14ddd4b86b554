/**
 * The picture of a plan as a Mermaid flowchart, which Markdown on most code hosts shows.
 */

import type { Arrow, Graph, HandlerNode, NodeId, ServiceNode } from '../../plan/graph.ts'
import type { AnyResource } from '../../plan/parts.ts'
import { condition, startedBy } from './words.ts'

type Shape = readonly [open: string, close: string]

const resourceShapes: Readonly<Record<AnyResource['kind'], Shape>> = {
  table: ['[(', ')]'],
  view: ['[/', '/]'],
  database: ['[[', ']]'],
  queue: ['[\\', '\\]'],
  topic: ['{{', '}}'],
  bucket: ['[\\', '/]'],
  secret: ['>', ']'],
  setting: ['(', ')'],
  mailbox: ['([', '])'],
  connection: ['((', '))'],
}
const gatewayShape: Shape = ['[/', '\\]']
const siteShape: Shape = ['(((', ')))']
const alarmShape: Shape = ['{', '}']
const plainShape: Shape = ['[', ']']

/** Names for nodes that Mermaid can read, whatever their ids hold: `n0`, `n1`, … */
type Names = (id: string) => string

/**
 * Draws the graph of a plan. The same graph gives the same text. Who may call an endpoint stands in its box; authorizers
 * have a box of their own where they use something.
 */
export function mermaid(graph: Graph): string {
  const names = namesInOrder()
  const { sites, gateways, services, resources, alarms } = graph
  return [
    '---',
    `title: ${JSON.stringify(graph.title ?? graph.plan)}`,
    '---',
    'flowchart LR',
    ...sites.map(({ name, path }) => node(names(`site:${name}`), siteShape, ['site', name, path])),
    ...gateways.map(({ id, name }) => node(names(id), gatewayShape, ['gateway', name])),
    ...services.flatMap(service => serviceLines(service, graph, names)),
    ...authorizersWithGrants(graph).map(({ id, name }) => node(names(id), plainShape, ['authorizer', name])),
    ...Object.values(resources)
      .flat()
      .map(({ id, kind, name }) => node(names(id), resourceShapes[kind], [kind, name])),
    ...alarms.map(alarm => node(names(alarm.id), alarmShape, ['alarm', alarm.name, condition(alarm)])),
    ...graph.arrows.filter(arrow => isDrawn(arrow, graph)).map(arrow => arrowLine(arrow, names)),
    '',
  ].join('\n')
}

function namesInOrder(): Names {
  const names = new Map<string, string>()
  return id => {
    const name = names.get(id) ?? `n${names.size}`
    names.set(id, name)
    return name
  }
}

function node(name: string, [open, close]: Shape, lines: readonly string[]): string {
  return `  ${name}${open}"${lines.map(escaped).join('<br>')}"${close}`
}

/** What would end a text, or mean something in it, as Mermaid's codes; a line break as a space. */
function escaped(text: string): string {
  return text.replace(/["#&<>`\\]/g, each => `#${each.charCodeAt(0)};`).replace(/\s+/g, ' ')
}

function serviceLines({ id, name, handlers }: ServiceNode, graph: Graph, names: Names): readonly string[] {
  return [
    `  subgraph ${names(id)}["${escaped(name)}"]`,
    ...handlers.map(handler => `  ${handlerLine(handler, graph, names)}`),
    '  end',
  ]
}

function handlerLine(handler: HandlerNode, graph: Graph, names: Names): string {
  const { id, name, caller } = handler
  const lines = [name, startedBy(handler, graph), ...(caller === undefined ? [] : [`by ${caller}`])]
  return node(names(id), plainShape, lines.filter(Boolean))
}

function authorizersWithGrants({ authorizers, arrows }: Graph): Graph['authorizers'] {
  const users = new Set(arrows.filter(({ kind }) => kind === 'grant').map(({ from }) => from))
  return authorizers.filter(({ id }) => users.has(id))
}

/** Not who guards what (it stands in the boxes), nor that services call each other (their handlers' grants say so). */
function isDrawn({ kind, from, to }: Arrow, { services }: Graph): boolean {
  if (kind === 'guards' || kind === 'calls') return false
  // Mermaid refuses an arrow from a box to the frame around it.
  return !services.some(({ id, handlers }) => id === to && handlers.some(handler => handler.id === from))
}

const dashed: ReadonlySet<Arrow['kind']> = new Set(['delivers', 'triggers', 'measures', 'tells', 'configures'])

function arrowLine({ kind, from, to, right }: Arrow, names: (id: NodeId) => string): string {
  const line = dashed.has(kind) ? '-.->' : '-->'
  return `  ${names(from)} ${line}|"${escaped(right ?? kind)}"| ${names(to)}`
}
