/**
 * The words of a drawing: what is written beside the names of handlers and alarms.
 */
import type { AlarmNode, Arrow, Graph, HandlerNode, NodeId } from '../../plan/graph.ts'

/** The name that an id ends in: `orders` of `table:orders`. */
export function nameIn(id: NodeId): string {
  return id.slice(id.indexOf(':') + 1)
}

/** What makes a handler run: `POST /orders`, `changes of stock`, `every 5 minutes`. */
export function startedBy(handler: HandlerNode, graph: Pick<Graph, 'arrows'>): string {
  const { method, path, when } = handler
  if (method !== undefined) return `${method} ${path}`
  const triggers = graph.arrows.filter(
    ({ to, kind }) => to === handler.id && (kind === 'delivers' || kind === 'triggers'),
  )
  return [...(when ? [rhythm(when)] : []), ...triggers.map(trigger)].join(', ')
}

function trigger({ kind, from, right }: Arrow): string {
  if (kind === 'triggers') return `alarm ${nameIn(from)}`
  return right === 'created' ? `new files in ${nameIn(from)}` : `${right} of ${nameIn(from)}`
}

function rhythm(when: NonNullable<HandlerNode['when']>): string {
  return 'cron' in when ? `${when.cron} ${when.zone}` : `every ${duration(when.everyMs).replace(/^1 /, '')}`
}

/** The condition of an alarm: `dead letters above 0`, `behind by 10 seconds for 5 minutes`. */
export function condition({ measure, above, forMs }: AlarmNode): string {
  return `${measures[measure](above)}${forMs > 0 ? ` for ${duration(forMs)}` : ''}`
}

const measures: Readonly<Record<AlarmNode['measure'], (above: number) => string>> = {
  'dead-letters': above => `dead letters above ${above}`,
  backlog: above => `backlog above ${grouped(above)}`,
  'oldest-message-ms': above => `a message older than ${duration(above)}`,
  'view-lag-ms': above => `behind by ${duration(above)}`,
  'error-share': above => `failures above ${Math.round(above * 10_000) / 100} %`,
  items: above => `items above ${grouped(above)}`,
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** In the largest unit that leaves no fraction: `90 minutes`, `1 day`. */
function duration(ms: number): string {
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['millisecond', 1]
  const count = ms / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as XML holds it, in elements and attributes. */
export function xml(text: string): string {
  return text.replace(/[&<>"']/g, each => escapes[each] ?? each)
}
