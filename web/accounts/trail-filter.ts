/** Which events of the audit trail are shown, and how that is asked for. */
import type { EventKind } from './event-words.ts'
import type { TrailQuery } from './shapes.ts'

export interface TrailFilter {
  /** An id or an e-mail address. */
  readonly person: string
  readonly kind: EventKind | ''
  /** Days of the reader's clock, both included: `2026-03-01`. */
  readonly from: string
  readonly to: string
}

export function queryOf({ person, kind, from, to }: TrailFilter): TrailQuery {
  return {
    ...(person !== '' && { person }),
    ...(kind !== '' && { kind }),
    ...(isDay(from) && { from: new Date(`${from}T00:00:00`).toISOString() }),
    ...(isDay(to) && { to: new Date(`${to}T23:59:59.999`).toISOString() }),
  }
}

/** One that is being typed is none yet. */
function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
}
