/**
 * Telemetry: what a process tells of itself, and what can be asked of who keeps it. A span is one piece of work in a
 * trace, a log record one thing that was said; both come here with secrets taken out.
 */
import type { Fields } from '../plan/call.ts'

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal'
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** A span that has ended. */
export interface SpanRecord {
  readonly traceId: string
  readonly spanId: string
  readonly parentId?: string
  readonly name: string
  readonly kind: SpanKind
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  /** Set when it failed: a code or message, never a secret. */
  readonly failure?: string
}

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** From the least to the most important. */
export const levels: readonly Level[] = ['debug', 'info', 'warn', 'error']

export interface LogRecord {
  readonly level: Level
  readonly atMs: number
  readonly message: string
  readonly plan: string
  /** The handler, as `service/name`. */
  readonly handler?: string
  readonly trace?: string
  readonly fields?: Fields
}

export type LogSink = (record: LogRecord) => void

/** A trace in one line. */
export interface TraceSummary {
  readonly traceId: string
  readonly plan: string
  /** What began it: its span without a parent, or the earliest that is kept. */
  readonly name: string
  readonly startMs: number
  /** When the last of its spans ended. */
  readonly endMs: number
  readonly spans: number
  /** Whether any of its spans failed (see `hasFailed`). */
  readonly failed: boolean
}

export interface TraceQuery {
  /** How many, the latest first. Default 50. */
  readonly limit?: number
  /** Only traces in which this handler ran, as `service/name`. */
  readonly handler?: string
  /** Only traces in which something failed; with `handler`: in which that handler failed. Default false. */
  readonly failed?: boolean
}

export interface LogQuery {
  /** Only records from this time on, milliseconds since 1970. Default: all that are kept. */
  readonly sinceMs?: number
  /** Only records of this level or above. Default: all. */
  readonly level?: Level
  /** Only records of this handler, as `service/name`. */
  readonly handler?: string
  /** Only records of this trace. */
  readonly trace?: string
  /** Goes on with new records until the reader leaves or `signal` aborts. Default false. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

/** What can be asked of kept telemetry. What is damaged or was dropped meanwhile is left out, never an error. */
export interface TelemetryReader {
  /** All kept spans of a trace, in the order they began; none when the trace was not sampled or is gone. */
  spansOf(traceId: string): Promise<readonly SpanRecord[]>
  /** The latest traces; the one whose last span ended last comes first. */
  recentTraces(query?: TraceQuery): Promise<readonly TraceSummary[]>
  /** Ids of the traces that begin like this, at most `most` of them: people copy eight characters from a log line. */
  tracesLike(prefix: string, most?: number): Promise<readonly string[]>
  /** Log records, the oldest first. */
  logs(query?: LogQuery): AsyncIterable<LogRecord>
}

/**
 * Whether a span failed by a fault of ours. A server that refused a caller (400 to 499) did its work, as OpenTelemetry
 * has it.
 */
export function hasFailed({ kind, failure, attributes }: SpanRecord): boolean {
  if (failure === undefined) return false
  const status = attributes['http.response.status_code']
  return !(kind === 'server' && typeof status === 'number' && status >= 400 && status < 500)
}
