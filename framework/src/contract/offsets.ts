/**
 * Offsets: how far a time zone is from UTC, looked up once a day. Where it is the same on two days that follow each
 * other it did not change between them: since 1970 no zone's clocks were changed twice within six days.
 */

const dayMs = 86_400_000
/** About three years; then it begins anew. */
const mostDaysKept = 1_000

export interface Offsets {
  /** The minutes ahead of UTC from one instant to another; undefined where they change, or are no whole number. */
  steady(fromMs: number, toMs: number): number | undefined
}

export function offsetsOf(zone: string): Offsets {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const days = new Map<number, number | undefined>()
  const onDay = (day: number): number | undefined => {
    if (days.has(day)) return days.get(day)
    if (days.size >= mostDaysKept) days.clear()
    const found = minutesIn(format.format(day * dayMs))
    days.set(day, found)
    return found
  }
  return {
    steady(fromMs, toMs) {
      const last = Math.ceil(toMs / dayMs)
      const first = Math.floor(fromMs / dayMs)
      const minutes = onDay(first)
      for (let day = first + 1; day <= last; day++) if (onDay(day) !== minutes) return undefined
      return minutes
    },
  }
}

/** Of a text that ends with GMT, GMT+05:30 or, long ago, GMT-00:44:30. */
function minutesIn(text: string): number | undefined {
  const found = /GMT(?:([+-])(\d\d):(\d\d)(:\d\d)?)?$/.exec(text)
  if (!found || found[4] !== undefined) return undefined
  const minutes = Number(found[2] ?? 0) * 60 + Number(found[3] ?? 0)
  return found[1] === '-' ? -minutes : minutes
}
