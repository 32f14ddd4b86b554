/**
 * The last spans, kept in memory: a ring, so that a process that runs for months keeps no more than one that runs an hour.
 */
import type { SpanRecord, Telemetry } from '../runtime/telemetry.ts'

/** The share of new traces that is kept, unless told otherwise. */
const sampled = 0.1

export interface SpanRing extends Telemetry {
  readonly sink: (span: SpanRecord) => void
  /** From the oldest to the newest. */
  spans(): readonly SpanRecord[]
}

/** Keeps the last `most` spans that ended; about a kilobyte each. */
export function spanRing(most = 10_000): SpanRing {
  const kept: SpanRecord[] = []
  let next = 0
  return {
    sampled,
    sink(span) {
      kept[next] = span
      next = (next + 1) % most
    },
    spans: () => (kept.length < most ? [...kept] : [...kept.slice(next), ...kept.slice(0, next)]),
  }
}
