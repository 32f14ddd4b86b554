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

/** Scrubbed text by text: a secret with a quotation mark in it would otherwise break the JSON around it. */
function scrubbedFields(fields: Fields, scrub: (text: string) => string): Fields {
  const texts = (name: string, value: unknown): unknown => {
    const plain = plainly(name, value)
    return typeof plain === 'string' ? scrub(plain) : plain
  }
  return JSON.parse(JSON.stringify(fields, texts)) as Fields
}

/** Errors carry what helps to find their cause; what JSON cannot say is said as text. */
function plainly(_name: string, value: unknown): unknown {
  if (value instanceof Error) {
    return {
      name: value.name,
      message: value.message,
      stack: value.stack,
      ...(value.cause ? { cause: value.cause } : {}),
    }
  }
  return typeof value === 'bigint' ? value.toString() : value
}
