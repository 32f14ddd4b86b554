/**
 * `schedule`: a handler that time triggers.
 */
import { type Call, erased, type Handle, type Handler } from './call.ts'
import type { Clients, Uses } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Empty } from './schema.ts'
import { type Duration, milliseconds } from './words.ts'

export interface ScheduleCall extends Call {
  /** The time this call stands for; `call.at` may be a little later. */
  readonly tick: Date
}

/** Five cron fields in a time zone of the IANA database, or a fixed distance counted from midnight UTC of 1970-01-01. */
export type Rhythm =
  | { readonly cron: string; readonly zone: string }
  | { readonly every: Duration<'second' | 'minute' | 'hour' | 'day'> }

/** A schedule as the framework keeps it. */
export interface Schedule extends Handler {
  readonly kind: 'schedule'
  readonly when: { readonly cron: string; readonly zone: string } | { readonly everyMs: number }
  readonly handle: Handle
}

/**
 * Declares a schedule. Each tick runs once, in one process; after a stop the latest missed tick runs once. Writes of a
 * call that lost its claim are refused.
 * - `timeout`: of one call. Default 15 minutes, which is also the most.
 * @example
 * const nightly = schedule({ cron: '0 3 * * *', zone: 'Europe/Berlin' }, { uses: { jobs: jobs.sender }, handle: … })
 */
export function schedule<U extends Uses = Empty>(
  when: Rhythm,
  options: {
    readonly uses?: U
    readonly timeout?: Duration<'second' | 'minute'>
    handle(call: ScheduleCall, uses: Clients<U>): unknown
  },
): Schedule {
  const { uses = {}, timeout = '15 minutes', handle } = options
  return {
    kind: 'schedule',
    when: 'every' in when ? { everyMs: milliseconds(when.every) } : when,
    uses,
    timeoutMs: milliseconds(timeout),
    place: calledFrom(schedule),
    handle: erased(handle),
  }
}
