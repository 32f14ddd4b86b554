/**
 * Telemetry on disk: the spans and log records of one plan, as many as fit into a bound, the oldest dropped first. Kept
 * in files of lines that only grow, so that anybody may read them beside the process that writes. See
 * `telemetry/writer.ts` for how they come there, `telemetry/lines.ts` for how they look.
 */
import type { Clock } from '../contract/clock.ts'
import type {
  LogQuery,
  LogRecord,
  SpanRecord,
  TelemetryReader,
  TraceQuery,
  TraceSummary,
} from '../contract/telemetry.ts'
import { cutLog, cutSpan, logLine, spanLine } from './telemetry/lines.ts'
import { Reader } from './telemetry/reader.ts'
import { type About, type Loss, Writer } from './telemetry/writer.ts'

export type { Loss } from './telemetry/writer.ts'

const KB = 1_024
const MB = 1_024 * KB
/** With less, files would be smaller than a record may be. */
const leastBytes = 256 * KB
/** A record as JSON. Larger ones are kept without their fields or attributes. */
const mostRecordBytes = 128 * KB

export interface TelemetryOptions {
  readonly plan: string
  readonly clock: Clock
  /** What may be kept. Default 64 MB, at least 256 KB; each further process on the folder may add a sixteenth. */
  readonly maxBytes?: number
  /** Hears of everything that is lost, with the reason. Must return at once. */
  readonly lost?: (loss: Loss) => void
}

/** Keeps telemetry. What is asked of it includes what was given a moment ago. */
export interface TelemetryStore extends TelemetryReader {
  /** Keeps a span. Returns at once, never throws; within half a second it is in a file. */
  span(span: SpanRecord): void
  /** Keeps a log record, in the same way. */
  log(record: LogRecord): void
  /** Resolves when everything given so far is in a file, or lost. */
  flush(): Promise<void>
  /** Writes what waits and lets go of the files. What comes later is lost. */
  close(): Promise<void>
}

/**
 * Opens the telemetry of a plan in a folder of its own, which is made when the first record comes. Several processes may
 * have it open. Survives a killed process but for its last second; a power cut may take what the system had not written.
 * @example
 * const store = openTelemetry('.groundplan/telemetry/counter', { plan: 'counter', clock })
 * store.log({ level: 'info', atMs: clock.now(), plan: 'counter', message: 'sold' })
 * for await (const record of store.logs({ level: 'warn' })) print(record)
 */
export function openTelemetry(folder: string, options: TelemetryOptions): TelemetryStore {
  return new Store(folder, options)
}

/** Reads what processes keep in these folders, also while they do. */
export function readTelemetry(folders: readonly string[], clock: Clock): TelemetryReader {
  return new Reader(folders, clock)
}

class Store implements TelemetryStore {
  readonly #writer: Writer
  readonly #reader: Reader
  readonly #mostLine: number

  constructor(folder: string, { plan, clock, maxBytes = 64 * MB, lost = () => {} }: TelemetryOptions) {
    this.#writer = new Writer(folder, { plan, clock, maxBytes: Math.max(maxBytes, leastBytes), lost })
    this.#reader = new Reader([folder], clock)
    this.#mostLine = Math.min(mostRecordBytes, this.#writer.segmentBytes / 4)
  }

  span(span: SpanRecord): void {
    const { traceId, failure } = span
    const about = failure === undefined ? { traceId } : { traceId, failure: '' }
    this.#add({ span: about }, cut => spanLine(cut ? cutSpan(span) : span))
  }

  log(record: LogRecord): void {
    const { trace, level, atMs } = record
    const about = trace === undefined ? { level, atMs } : { trace, level, atMs }
    this.#add({ log: about }, cut => logLine(cut ? cutLog(record) : record))
  }

  flush(): Promise<void> {
    return this.#writer.flush()
  }

  close(): Promise<void> {
    return this.#writer.close()
  }

  async spansOf(traceId: string): Promise<readonly SpanRecord[]> {
    await this.flush()
    return this.#reader.spansOf(traceId)
  }

  async recentTraces(query?: TraceQuery): Promise<readonly TraceSummary[]> {
    await this.flush()
    return this.#reader.recentTraces(query)
  }

  async tracesLike(prefix: string, most?: number): Promise<readonly string[]> {
    await this.flush()
    return this.#reader.tracesLike(prefix, most)
  }

  async *logs(query?: LogQuery): AsyncGenerator<LogRecord> {
    await this.flush()
    yield* this.#reader.logs(query)
  }

  #add(about: About, write: (cut: boolean) => string): void {
    try {
      this.#writer.add(this.#fitting(write), about)
    } catch (error) {
      this.#writer.lose(about, `it cannot be written as JSON: ${error}`)
    }
  }

  #fitting(write: (cut: boolean) => string): string {
    const line = write(false)
    return line.length <= this.#mostLine ? line : write(true)
  }
}
