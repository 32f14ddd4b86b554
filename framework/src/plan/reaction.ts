/**
 * `reaction`: a handler that an alarm triggers.
 */
import type { Alarm } from './alarm.ts'
import { type Call, erased, type Handle, type Handler } from './call.ts'
import type { Clients, Uses } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Empty } from './schema.ts'
import { type Duration, milliseconds } from './words.ts'

export interface ReactionCall extends Call {
  /** What was measured when the alarm began. */
  readonly measured: number
  readonly since: Date
}

/** A reaction as the framework keeps it. */
export interface Reaction extends Handler {
  readonly kind: 'reaction'
  readonly to: Alarm
  readonly handle: Handle
}

/**
 * Declares a reaction: once an incident, at least once, retried like a message.
 * @example
 * const cleanUp = reaction(tooManyEntries, { uses: { … }, handle: () => … })
 */
export function reaction<U extends Uses = Empty>(
  to: Alarm,
  options: {
    readonly uses?: U
    readonly timeout?: Duration<'second' | 'minute'>
    handle(call: ReactionCall, uses: Clients<U>): unknown
  },
): Reaction {
  const { uses = {}, timeout = '15 minutes', handle } = options
  return {
    kind: 'reaction',
    to,
    uses,
    timeoutMs: milliseconds(timeout),
    place: calledFrom(reaction),
    handle: erased(handle),
  }
}
