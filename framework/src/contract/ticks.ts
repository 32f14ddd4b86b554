/**
 * Ticks: the instants at which a schedule is due. Pure: time comes in.
 *
 * Cron has five fields in a time zone of the IANA database. When clocks are changed, a time of day that is skipped is
 * due once, at the end of the gap; one that occurs twice is due once, at its first occurrence. An expression for every
 * hour (its hour field begins with `*`) goes by elapsed time instead: nothing is due in the gap, and the repeated hour
 * is an hour like any other. `everyMs` counts from midnight UTC of 1970-01-01 and knows no time zone.
 */
import { Cron, CronPattern } from 'croner'
import type { Schedule } from '../plan/schedule.ts'
import { offsetsOf } from './offsets.ts'
import { fault } from './problems.ts'

/** When a schedule is due, as the plan keeps it. */
export type When = Schedule['when']

/** A rhythm made ready: its expression is read once. */
export interface Ticks {
  /** The latest tick at or before `nowMs`; undefined when none ever was. */
  latest(nowMs: number): number | undefined
  /** The first tick after `afterMs`. Faults: `plan-invalid` where there is none. */
  next(afterMs: number): number
}

/** Faults: `plan-invalid`. */
export function ticksOf(when: When): Ticks {
  return 'everyMs' in when ? everySoOften(when.everyMs) : cronTicks(when)
}

function everySoOften(everyMs: number): Ticks {
  return {
    latest: nowMs => Math.floor(nowMs / everyMs) * everyMs,
    next: afterMs => (Math.floor(afterMs / everyMs) + 1) * everyMs,
  }
}

function cronTicks(when: Extract<When, { cron: string }>): Ticks {
  const cron = cronOf(when)
  const calm = calmTicks(when)
  return {
    // A run at the reference itself is not a previous one.
    latest: nowMs => cron.previousRuns(1, new Date(nowMs + 1))[0]?.getTime(),
    next(afterMs) {
      const next = calm(afterMs) ?? cron.nextRun(new Date(afterMs))?.getTime()
      if (next !== undefined) return next
      throw fault('plan-invalid', `"${when.cron}" is never due`)
    },
  }
}

const dayMs = 86_400_000
/** A schedule that is due less often need not be fast. */
const longestCalmMs = 40 * dayMs

/**
 * The next tick where no clocks are changed from the day before to the day after, found by the offset alone: that costs
 * a sixth of going by the zone, and a year of hourly ticks is to pass in a moment.
 */
function calmTicks(when: Extract<When, { cron: string }>): (afterMs: number) => number | undefined {
  const offsets = offsetsOf(when.zone)
  const crons = new Map<number, Cron>()
  const cronAt = (utcOffset: number): Cron => {
    const cron = crons.get(utcOffset) ?? cronOf(when, { utcOffset })
    crons.set(utcOffset, cron)
    return cron
  }
  return afterMs => {
    const offset = offsets.steady(afterMs - dayMs, afterMs + dayMs)
    if (offset === undefined) return undefined
    const nextMs = cronAt(offset).nextRun(new Date(afterMs))?.getTime()
    if (nextMs === undefined || nextMs - afterMs > longestCalmMs) return undefined
    return offsets.steady(afterMs, nextMs + dayMs) === undefined ? undefined : nextMs
  }
}

/** The latest tick at or before `nowMs`; undefined when none ever was. Faults: `plan-invalid`. */
export function latestTick(when: When, nowMs: number): number | undefined {
  return ticksOf(when).latest(nowMs)
}

/** The first tick after `afterMs`. Faults: `plan-invalid` where there is none. */
export function nextTick(when: When, afterMs: number): number {
  return ticksOf(when).next(afterMs)
}

/**
 * What is wrong with a rhythm, in words for its author; undefined when nothing is.
 * @example rhythmMistake({ cron: '0 25 * * *', zone: 'UTC' }) // 'hour 25 …'
 */
export function rhythmMistake(when: When): string | undefined {
  if ('everyMs' in when) {
    const whole = Number.isSafeInteger(when.everyMs) && when.everyMs >= 1_000
    return whole ? undefined : 'the distance between two ticks is at least a second, in whole milliseconds'
  }
  try {
    nextTick(when, 0)
    return undefined
  } catch (error) {
    return wordsOf(error)
  }
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  return words.replace(/^(plan-invalid|CronPattern): /, '')
}

/** `at`: an offset in minutes, in the place of the zone. */
function cronOf({ cron, zone }: Extract<When, { cron: string }>, at?: { readonly utcOffset: number }): Cron {
  checkZone(zone)
  try {
    const place = at ?? { timezone: zone }
    return new Cron(fixedTimes(cron), { ...place, mode: '5-part', paused: true, fixedTimeRule: 'no-wildcard' })
  } catch (error) {
    throw fault('plan-invalid', `"${cron}" is not a cron expression: ${wordsOf(error)}`, {}, error)
  }
}

function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch (error) {
    throw fault(
      'plan-invalid',
      `"${zone}" is not a time zone: name one of the IANA database, such as "Europe/Berlin"`,
      {},
      error,
    )
  }
}

/**
 * The expression with its minutes, and its hours unless they begin with `*`, written out: a step in them is
 * a short way to write a list, and says nothing about what to do when clocks are changed.
 */
function fixedTimes(cron: string): string {
  const fields = cron.trim().split(/\s+/)
  if (fields.length !== 5 || cron.includes('?') || cron.includes('@')) {
    throw new TypeError('it has five fields: minute, hour, day of month, month, day of week')
  }
  const { minute, hour } = new CronPattern(cron, undefined, { mode: '5-part' })
  const [, hours = '', ...days] = fields
  return [listed(minute), hours.startsWith('*') ? hours : listed(hour), ...days].join(' ')
}

function listed(flags: readonly number[]): string {
  return flags.flatMap((flag, value) => (flag ? [value] : [])).join(',')
}
