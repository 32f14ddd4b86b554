/**
 * `alarm`: a condition on what is measured. It tells people once an incident, and may trigger a reaction.
 */
import type { Resource } from './grant.ts'
import type { Mailbox } from './mailbox.ts'
import { calledFrom, type Place } from './place.ts'
import type { Indexes, Keys } from './table.ts'
import type { View } from './view.ts'
import { type Duration, milliseconds } from './words.ts'

export type Measure = 'dead-letters' | 'backlog' | 'oldest-message-ms' | 'view-lag-ms' | 'error-share' | 'items'

/** What is measured, and on what. */
export interface Metric<Limit> {
  readonly measure: Measure
  readonly of: { readonly kind: string; readonly name: string }
  /** The condition that it is greater than this. */
  above(limit: Limit): AlarmCondition
}

export interface AlarmCondition {
  readonly measure: Measure
  readonly of: { readonly kind: string; readonly name: string }
  readonly above: number
}

type Measured = Metric<unknown>['of']

function metric<Limit>(measure: Measure, of: Measured, inUnits: (limit: Limit) => number): Metric<Limit> {
  return { measure, of, above: limit => ({ measure, of, above: inUnits(limit) }) }
}

const asNumber = (limit: number): number => limit

/** Messages in the dead-letter queue of this queue. */
export const deadLetters = (of: Resource & { kind: 'queue' }): Metric<number> => metric('dead-letters', of, asNumber)
/** Messages due and not yet handled. */
export const backlog = (of: Resource & { kind: 'queue' }): Metric<number> => metric('backlog', of, asNumber)
/** Age of the oldest message due. */
export const oldestMessage = (of: Resource & { kind: 'queue' }): Metric<Duration> =>
  metric('oldest-message-ms', of, milliseconds)
/** How far a view is behind its source. */
export const lag = <Item, K extends Keys, I extends Indexes>(of: View<Item, K, I>): Metric<Duration> =>
  metric('view-lag-ms', of, milliseconds)
/** The share of calls of a service that failed unexpectedly over the last 5 minutes, 0 to 1. */
export const errorShare = (of: { readonly kind: 'service'; readonly name: string }): Metric<number> =>
  metric('error-share', of, asNumber)
/** Items in a table; approximate. */
export const items = (of: Resource & { kind: 'table' | 'view' }): Metric<number> => metric('items', of, asNumber)

export interface Alarm {
  readonly kind: 'alarm'
  readonly name: string
  readonly when: AlarmCondition
  /** How long the condition must hold before it counts. */
  readonly forMs: number
  readonly tell?: Mailbox
  place(): Place | undefined
}

/**
 * Declares an alarm. The condition is looked at each minute.
 * - `for`: how long it must hold. Default: at once.
 * - `tell`: whom to write to, once when it begins and once when it is over.
 * @example
 * const stuck = alarm('updates-stuck', { when: deadLetters(updates).above(0), tell: operationsMail })
 */
export function alarm(
  name: string,
  options: { readonly when: AlarmCondition; readonly for?: Duration; readonly tell?: Mailbox },
): Alarm {
  const { when, tell } = options
  return {
    kind: 'alarm',
    name,
    when,
    forMs: milliseconds(options.for ?? '0 seconds'),
    place: calledFrom(alarm),
    ...(tell ? { tell } : {}),
  }
}
