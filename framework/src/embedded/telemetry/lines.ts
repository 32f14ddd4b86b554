/**
 * How telemetry stands in a file: one JSON object a line. The trace comes first, so that a reader passes over the lines
 * of other traces without parsing them.
 *
 *   {"groundplan-telemetry":1,"plan":"counter","fromMs":1924992000000}     the first line of each file
 *   {"trace":"4bf9…","span":{"spanId":"00f0…","name":"server/sell",…}}
 *   {"trace":"4bf9…","log":{"level":"info","atMs":…,"message":"…",…}}
 *   {"log":{…}}                                                             a record outside of any trace
 */
import { type LogRecord, levels, type SpanRecord } from '../../contract/telemetry.ts'

/** The format of the files, for a program to come. */
const format = 1

/** What the first line says. */
export interface Head {
  readonly plan: string
  /** When the file was begun. */
  readonly fromMs: number
}

export function headLine({ plan, fromMs }: Head): string {
  return `${JSON.stringify({ 'groundplan-telemetry': format, plan, fromMs })}\n`
}

/** What a first line says; undefined where it is none. */
export function headIn(line: string): Head | undefined {
  const { plan, fromMs } = parsed(line) ?? {}
  return typeof plan === 'string' && typeof fromMs === 'number' ? { plan, fromMs } : undefined
}

const traceStart = '{"trace":"'

export function spanLine({ traceId, ...span }: SpanRecord): string {
  return `${traceStart}${traceId}","span":${JSON.stringify(span)}}\n`
}

export function logLine({ trace, ...log }: LogRecord): string {
  if (trace === undefined) return `{"log":${JSON.stringify(log)}}\n`
  return `${traceStart}${trace}","log":${JSON.stringify(log)}}\n`
}

/** The longest message that is kept of a record that is too large. */
const keptMessage = 1_000

/** The same span without its attributes. */
export function cutSpan(span: SpanRecord): SpanRecord {
  const { failure } = span
  const cut = { ...span, name: span.name.slice(0, keptMessage), attributes: { 'groundplan.cut': true } }
  return failure === undefined ? cut : { ...cut, failure: failure.slice(0, keptMessage) }
}

/** The same record without its fields, and with the beginning of its message. */
export function cutLog(record: LogRecord): LogRecord {
  return { ...record, message: record.message.slice(0, keptMessage), fields: { cut: 'the record was too large' } }
}

/** The trace of a line; undefined where it has none. */
export function traceOf(line: string): string | undefined {
  if (!line.startsWith(traceStart)) return undefined
  const end = line.indexOf('"', traceStart.length)
  return end < 0 ? undefined : line.slice(traceStart.length, end)
}

/** Whether the line holds a span, by its beginning alone. */
export function holdsSpan(line: string, trace: string): boolean {
  return line.startsWith('","span":', traceStart.length + trace.length)
}

/** Whether the line holds a log record, by its beginning alone. */
export function holdsLog(line: string, trace: string | undefined): boolean {
  if (trace === undefined) return line.startsWith('{"log":')
  return line.startsWith('","log":', traceStart.length + trace.length)
}

/** The span of a line; undefined where the line is damaged. */
export function spanIn(line: string, traceId: string): SpanRecord | undefined {
  const span = parsed(line)?.span
  if (!isRecord(span) || typeof span.startMs !== 'number' || typeof span.endMs !== 'number') return undefined
  return { ...span, traceId } as unknown as SpanRecord // written by `spanLine`
}

/** The log record of a line; undefined where the line is damaged. */
export function logIn(line: string, trace: string | undefined): LogRecord | undefined {
  const log = parsed(line)?.log
  if (!isRecord(log) || typeof log.atMs !== 'number' || !levels.some(level => level === log.level)) return undefined
  return { ...log, ...(trace === undefined ? {} : { trace }) } as unknown as LogRecord // written by `logLine`
}

/** The lines of a text that are complete: what a process was writing when it died is none. */
export function* linesOf(text: string): Generator<string> {
  for (let from = 0; ; ) {
    const end = text.indexOf('\n', from)
    if (end < 0) return
    yield text.slice(from, end)
    from = end + 1
  }
}

/** The same from the last to the first. */
export function* linesBackwards(text: string): Generator<string> {
  for (let end = text.lastIndexOf('\n'); end >= 0; ) {
    const before = end === 0 ? -1 : text.lastIndexOf('\n', end - 1)
    yield text.slice(before + 1, end)
    end = before
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
