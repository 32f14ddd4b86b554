/**
 * How logs are written: a line of JSON each for machines, or for people with the time, the level, who speaks, what, and
 * what belongs to it. Errors show their stack below the line.
 */
import { type Level, type LogRecord, type LogSink, levels } from '../contract/telemetry.ts'
import { oneLine, printable } from './printable.ts'
import type { Paint } from './terminal.ts'

/** Hands on records of a level or above. */
export function atLeast(level: Level, sink: LogSink): LogSink {
  const least = levels.indexOf(level)
  return record => {
    if (levels.indexOf(record.level) >= least) sink(record)
  }
}

/** One line of JSON: the record with its time as ISO text. */
export function jsonLine({ atMs, level, ...rest }: LogRecord): string {
  return `${JSON.stringify({ time: new Date(atMs).toISOString(), level, ...rest })}\n`
}

/**
 * For people: `14:02:11.123 error storefront backend/placeOrder  message  key=value  trace 4bf92f35`.
 * @param root a folder: files below it are named from there
 */
export function prettyLine(
  { atMs, level, plan, handler, message, fields = {}, trace }: LogRecord,
  ink: Paint,
  root: string,
): string {
  const errors = Object.values(fields).filter(isErrorText)
  const plain = Object.entries(fields).filter(([, value]) => !isErrorText(value))
  const line = [
    ink.dim(clockTime(new Date(atMs))),
    inkOf(level, ink)(level.padEnd(5)),
    ink.bold([plan, handler].filter(Boolean).join(' ')),
    ` ${printable(message)}`,
    ...plain.map(([name, value]) => ` ${ink.cyan(name)}=${shown(value)}`),
    ...(trace === undefined ? [] : [ink.dim(` trace ${trace.slice(0, 8)}`)]),
  ].join(' ')
  return [line, ...errors.map(error => ink.dim(errorLines(error).replaceAll(`${root}/`, '')))]
    .map(text => `${text}\n`)
    .join('')
}

export function inkOf(level: Level, ink: Paint): (text: string) => string {
  return { debug: ink.dim, info: ink.green, warn: ink.yellow, error: ink.red }[level]
}

/** Of this place, since a person compares it with a watch. */
export function clockTime(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const ms = String(at.getMilliseconds()).padStart(3, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`
}

interface ErrorText {
  readonly message: string
  readonly stack: string
  readonly cause?: unknown
}

/** An error, as `runtime/log.ts` writes them. */
export function isErrorText(value: unknown): value is ErrorText {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string'
}

function errorLines({ stack, cause }: ErrorText): string {
  const lines = stack.split('\n').filter(line => !line.includes('node:internal'))
  const below = isErrorText(cause) ? [`caused by ${errorLines(cause).trimStart()}`] : []
  return [...lines, ...below].map(line => `    ${printable(line)}`).join('\n')
}

/** A value in one line: as it is where that is clear, else as JSON. */
export function shown(value: unknown): string {
  return oneLine(typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value))
}
