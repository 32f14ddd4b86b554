/**
 * `retention`: a rule that archives and then removes what got old.
 */
import type { Alarm } from './alarm.ts'
import type { Bucket } from './bucket.ts'
import type { Handler } from './call.ts'
import type { Resource, Uses } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Rhythm, Schedule } from './schedule.ts'
import type { Indexes, Keys, Table, TableSpec } from './table.ts'
import { type Duration, milliseconds } from './words.ts'

/** A retention as the framework keeps it; listed in the service that runs it. */
export interface Retention extends Handler {
  readonly kind: 'retention'
  readonly of: Resource & { readonly spec: TableSpec }
  /** The attribute with the ISO time that an item's age counts from. */
  readonly by: string
  readonly afterMs: number
  readonly archive: Bucket
  readonly when: Schedule['when']
  /** Also run when this alarm begins. */
  readonly also?: Alarm
}

type AsTime<Item> = { [A in keyof Item & string]-?: NonNullable<Item[A]> extends string ? A : never }

/**
 * Declares a retention. Nothing is removed before its archive is written and verified.
 * - `by`: the attribute with the ISO time that age counts from; `after`: the age.
 * - `archive`: the bucket it goes to, as JSON Lines by day.
 * - `when`: how often it runs; `also`: an alarm that makes it run at once.
 * @example
 * const oldEntries = retention(entries, { by: 'writtenAt', after: '365 days', archive, when: { every: '1 day' } })
 */
export function retention<Item, New, K extends Keys, I extends Indexes>(
  of: Table<Item, New, K, I>,
  options: {
    readonly by: AsTime<Item>[keyof Item & string]
    readonly after: Duration<'day'>
    readonly archive: Bucket
    readonly when: Rhythm
    readonly also?: Alarm
  },
): Retention {
  const { by, after, archive, when, also } = options
  const uses: Uses = { of: of.writer, all: of.scanner, archive: archive.writer }
  return {
    kind: 'retention',
    of,
    by,
    afterMs: milliseconds(after),
    archive,
    uses,
    when: 'every' in when ? { everyMs: milliseconds(when.every) } : when,
    timeoutMs: milliseconds('15 minutes'),
    place: calledFrom(retention),
    ...(also ? { also } : {}),
  }
}
