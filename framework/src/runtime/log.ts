/**
 * Logs: one record a line, each with its trace. Known secret values are scrubbed before anything leaves.
 */
import type { Clock } from '../contract/clock.ts'
import type { Level, LogSink } from '../contract/telemetry.ts'
import type { Fields, Log } from '../plan/call.ts'

export type { Level, LogRecord, LogSink } from '../contract/telemetry.ts'

export interface LogContext {
  readonly plan: string
  readonly handler?: string
  readonly trace?: string
}

/** The log of one context. `scrub` replaces secret values in texts. */
export function logTo(sink: LogSink, clock: Clock, context: LogContext, scrub: (text: string) => string): Log {
  const write = (level: Level) => (message: string, fields?: Fields) =>
    sink({
      level,
      atMs: clock.now(),
      message: scrub(message),
      ...context,
      ...(fields ? { fields: scrubbedFields(fields, scrub) } : {}),
    })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function scrubbedFields(fields: Fields, scrub: (text: string) => string): Fields {
  return entriesOf(fields, { scrub, above: [fields] })
}

interface Around {
  readonly scrub: (text: string) => string
  /** What holds the value, the outermost first. */
  readonly above: readonly object[]
}

/** Deeper than anybody reads. */
const mostLevels = 12

/**
 * A value as JSON can say it, every text of it scrubbed. Logging never fails: what holds itself, goes too deep or cannot
 * be read says so instead.
 */
function plain(value: unknown, { scrub, above }: Around): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (above.includes(value)) return '[holds itself]'
  if (above.length > mostLevels) return '[deeper]'
  return plainObject(value, { scrub, above: [...above, value] })
}

function plainObject(value: object, around: Around): unknown {
  if (value instanceof Error) return { ...errorParts(value, around), ...entriesOf(value, around) }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), around)
  if (Array.isArray(value) || value instanceof Set || value instanceof Map) {
    return [...value].map(each => plain(each, around))
  }
  return entriesOf(value, around)
}

/** What of an error is no property that can be listed. */
function errorParts({ name, message, stack, cause }: Error, around: Around): object {
  return {
    name,
    message: plain(message, around),
    stack: plain(stack, around),
    ...(cause === undefined ? {} : { cause: plain(cause, around) }),
  }
}

function entriesOf(value: object, around: Around): Record<string, unknown> {
  const plainly = (name: string): unknown => {
    try {
      return plain((value as Readonly<Record<string, unknown>>)[name], around)
    } catch {
      return '[cannot be read]'
    }
  }
  return Object.fromEntries(Object.keys(value).map(name => [around.scrub(name), plainly(name)]))
}
