/**
 * Mistakes: what the check of a plan finds, each with the places to look at and a way out. Two weights of the same
 * shape: a mistake breaks a promise when the plan runs, so no target starts a plan that has one; a note is something
 * that was probably forgotten and harms nobody.
 */
import type { Place, PlaceOf } from './place.ts'

/** Stable names of the mistakes and notes, for machines. */
export type MistakeCode =
  // names
  | 'name-invalid'
  | 'name-too-long'
  | 'name-reserved'
  | 'name-taken'
  | 'names-collide'
  // plan, services, gateways
  | 'plan-empty'
  | 'plan-twice'
  | 'of-two-plans'
  | 'service-empty'
  | 'services-in-circle'
  | 'handler-twice'
  | 'client-without-endpoints'
  | 'caller-never-accepted'
  | 'authorizer-invalid'
  | 'gateway-without-endpoints'
  | 'throttle-invalid'
  | 'origin-invalid'
  | 'path-invalid'
  | 'site-path-taken'
  // endpoints
  | 'route-taken'
  | 'route-invalid'
  | 'parameters-differ'
  | 'body-not-allowed'
  | 'once-not-allowed'
  | 'fails-invalid'
  | 'fails-reserved'
  | 'returns-invalid'
  | 'body-above-gateway'
  // queues, topics, schedules
  | 'queue-not-consumed'
  | 'queue-consumed-twice'
  | 'timeout-above-lease'
  | 'rhythm-invalid'
  // tables, views, databases, buckets
  | 'index-useless'
  | 'not-json'
  | 'attribute-repeated'
  | 'attribute-of-key'
  | 'view-not-kept'
  | 'views-in-circle'
  | 'migration-invalid'
  | 'lifecycle-invalid'
  // alarms, connections, mailboxes
  | 'alarm-of-another-plan'
  | 'alarm-idle'
  | 'alarm-limit-invalid'
  | 'alarm-without-recipient'
  | 'connection-invalid'
  | 'address-invalid'
  // limits and engines
  | 'out-of-range'
  | 'unsupported'

export type NoteCode =
  | 'topic-without-subscriber'
  | 'topic-without-publisher'
  | 'queue-without-sender'
  | 'endpoint-unreachable'

interface Finding<Code> {
  readonly code: Code
  /** What is wrong: one sentence without its full stop, naming the words of the plan. */
  readonly message: string
  /** What to do about it. */
  readonly wayOut: string
  /** Where to look, the first place first; empty where the engine keeps no stacks. */
  readonly places: readonly Place[]
}

export type Mistake = Finding<MistakeCode>
export type Note = Finding<NoteCode>

/** What knows where it was declared. */
export interface Placed {
  place(): Place | undefined
}

/** Puts a finding together; `at` is what it is about. */
export function finding<Code>(code: Code, at: readonly Placed[], message: string, wayOut: string): Finding<Code> {
  return { code, message, wayOut, places: placesOf(at) }
}

function placesOf(at: readonly Placed[]): readonly Place[] {
  const places = new Map<string, Place>()
  for (const placed of at) {
    const place = placed.place()
    if (place) places.set(`${place.file}:${place.line}`, place)
  }
  return [...places.values()]
}

/**
 * A finding on one line: `file:line  message (also file:line) — way out`.
 * @param base a folder: files below it are named from there
 */
export function printed({ message, wayOut, places }: Finding<string>, base = ''): string {
  const [first, ...others] = places.map(place => placeText(place, base))
  const also = others.length === 0 ? '' : ` (also ${others.join(', ')})`
  return `${first === undefined ? '' : `${first}  `}${message}${also} — ${wayOut}`
}

function placeText({ file, line }: Place, base: string): string {
  const folder = base === '' || base.endsWith('/') ? base : `${base}/`
  return `${file.startsWith(folder) ? file.slice(folder.length) : file}:${line}`
}

/** By file and line, so that they read like a compiler's list. What has no place comes first. */
export function inOrder<Code extends string>(findings: Iterable<Finding<Code>>): readonly Finding<Code>[] {
  return [...findings].sort((left, right) => compare(left.places[0], right.places[0]))
}

function compare(left: Place | undefined, right: Place | undefined): number {
  if (!left || !right) return Number(left !== undefined) - Number(right !== undefined)
  if (left.file !== right.file) return left.file < right.file ? -1 : 1
  return left.line - right.line
}

/** Something of which only the place is known. */
export function placed(place: PlaceOf): Placed {
  return { place }
}
