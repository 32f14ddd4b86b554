/**
 * A trace as people read it: a line for each span below the one that began it, its time as a bar, what failed and why,
 * and between them what was logged.
 */
import { hasFailed, type LogRecord, type SpanRecord } from '../contract/telemetry.ts'
import { clockTime, inkOf, isErrorText, shown } from './log-format.ts'
import { oneLine } from './printable.ts'
import type { Paint } from './terminal.ts'

export interface Trace {
  readonly traceId: string
  readonly spans: readonly SpanRecord[]
  readonly logs: readonly LogRecord[]
}

/** Columns of the bars. */
const barWidth = 30
/** Columns of the names, at most. */
const nameWidth = 48
/** Deeper spans are not moved further in. */
const deepest = 12
/** More lines than anybody reads; `--json` has all. */
const mostRows = 1_000

/** The whole picture, with the lines' ends. */
export function waterfall({ traceId, spans, logs }: Trace, ink: Paint): string {
  const rows = rowsOf(spans, logs)
  const scale = scaleOf(spans, logs)
  const width = Math.min(nameWidth, Math.max(0, ...rows.map(row => ('span' in row ? indented(row).length : 0))))
  const lines = rows
    .slice(0, mostRows)
    .flatMap(row => ('span' in row ? spanLines(row, scale, width, ink) : [logText(row, scale, ink)]))
  const more = rows.length - mostRows
  return [
    heading(traceId, spans, logs, scale, ink),
    '',
    ...lines,
    ...(more > 0 ? [ink.dim(`… and ${more} more; --json has all`)] : []),
    '',
  ].join('\n')
}

/** A length of time for people. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`
}

function heading(
  traceId: string,
  spans: readonly SpanRecord[],
  logs: readonly LogRecord[],
  scale: Scale,
  ink: Paint,
): string {
  const began = new Date(scale.fromMs)
  const day = `${began.getFullYear()}-${String(began.getMonth() + 1).padStart(2, '0')}-${String(began.getDate()).padStart(2, '0')}`
  const counts = [counted(spans.length, 'span'), counted(logs.length, 'log record')].join(', ')
  return `${ink.bold(`trace ${traceId}`)}  ${day} ${clockTime(began)}  ${durationText(scale.lengthMs)}  ${counts}`
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

// ---------- the tree

type Row = SpanRow | LogRow
interface SpanRow {
  readonly depth: number
  readonly span: SpanRecord
}
interface LogRow {
  readonly depth: number
  readonly log: LogRecord
}

/** A span with what lies below it. */
interface Node {
  readonly span: SpanRecord
  readonly below: (Node | LogRecord)[]
}

/** From the top down, each followed by what is below it, in the order of time. */
function rowsOf(spans: readonly SpanRecord[], logs: readonly LogRecord[]): readonly Row[] {
  const rows: Row[] = []
  const { nodes, tops } = treesOf(spans, logs)
  const left = new Set(nodes)
  // Those that are left when all below the tops is shown have ids that lead in a circle.
  for (const begin of [tops, ...nodes.map(node => [node])]) {
    const waiting: Placed[] = laterFirst(begin, 0)
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { item, depth } = next
      if (!('span' in item)) rows.push({ log: item, depth })
      else if (left.delete(item)) {
        rows.push({ span: item.span, depth })
        waiting.push(...laterFirst(item.below, depth + 1))
      }
    }
  }
  return rows
}

interface Placed {
  readonly item: Node | LogRecord
  readonly depth: number
}

function laterFirst(items: readonly (Node | LogRecord)[], depth: number): Placed[] {
  return items.map(item => ({ item, depth })).sort((one, other) => timeOf(other.item) - timeOf(one.item))
}

function timeOf(item: Node | LogRecord): number {
  return 'span' in item ? item.span.startMs : item.atMs
}

/** What has no parent here stands at the top: the parent is elsewhere, or was dropped. */
function treesOf(spans: readonly SpanRecord[], logs: readonly LogRecord[]) {
  const nodes = spans.map((span): Node => ({ span, below: [] }))
  const byId = new Map(nodes.map(node => [node.span.spanId, node]))
  const tops: (Node | LogRecord)[] = []
  for (const node of nodes) (byId.get(node.span.parentId ?? '')?.below ?? tops).push(node)
  const speakers = groupedByName(nodes)
  for (const log of logs) (speakerOf(log, speakers)?.below ?? tops).push(log)
  return { nodes, tops }
}

function groupedByName(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const groups = new Map<string, Node[]>()
  for (const node of nodes) {
    const group = groups.get(node.span.name)
    if (group) group.push(node)
    else groups.set(node.span.name, [node])
  }
  return groups
}

/** The call of the handler in whose time it was said; of several the one that began last. */
function speakerOf({ handler, atMs }: LogRecord, speakers: ReadonlyMap<string, readonly Node[]>): Node | undefined {
  const calls = speakers.get(handler ?? '') ?? []
  return calls.findLast(({ span }) => span.startMs <= atMs && atMs <= span.endMs) ?? calls.at(-1)
}

// ---------- lines

interface Scale {
  readonly fromMs: number
  readonly lengthMs: number
}

function scaleOf(spans: readonly SpanRecord[], logs: readonly LogRecord[]): Scale {
  const times = [...spans.flatMap(({ startMs, endMs }) => [startMs, endMs]), ...logs.map(({ atMs }) => atMs)]
  const fromMs = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
  const toMs = times.reduce((most, ms) => Math.max(most, ms), Number.NEGATIVE_INFINITY)
  return { fromMs, lengthMs: toMs - fromMs }
}

function spanLines({ span, depth }: SpanRow, scale: Scale, width: number, ink: Paint): readonly string[] {
  const wrong = span.failure !== undefined
  const colour = hasFailed(span) ? ink.red : wrong ? ink.yellow : ink.cyan
  const name = fitted(indented({ span, depth }), width)
  const line =
    `${name}  ${durationText(span.endMs - span.startMs).padStart(10)}  ${colour(barOf(span, scale))}`.trimEnd()
  return wrong ? [line, ...failureLines(span, depth, colour)] : [line]
}

function failureLines(
  { failure = '', attributes }: SpanRecord,
  depth: number,
  colour: (text: string) => string,
): readonly string[] {
  const inset = '  '.repeat(Math.min(depth, deepest) + 1)
  const pairs = Object.entries(attributes).map(([name, value]) => `${oneLine(name)}=${shown(value)}`)
  return [`${inset}${colour(`✗ ${oneLine(failure)}`)}`, ...pairs.map(pair => `${inset}  ${pair}`)]
}

function indented({ span, depth }: SpanRow): string {
  return '  '.repeat(Math.min(depth, deepest)) + oneLine(span.name)
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

/** One column at least, so that no span is invisible. */
function barOf({ startMs, endMs }: SpanRecord, { fromMs, lengthMs }: Scale): string {
  const column = (ms: number): number => (lengthMs === 0 ? 0 : ((ms - fromMs) / lengthMs) * barWidth)
  const from = Math.min(barWidth - 1, Math.floor(column(startMs)))
  const full = Math.round(column(endMs) - column(startMs))
  return ' '.repeat(from) + (full === 0 ? '▏' : '█'.repeat(Math.min(full, barWidth - from)))
}

function logText({ log, depth }: LogRow, { fromMs }: Scale, ink: Paint): string {
  const inset = '  '.repeat(Math.min(depth, deepest))
  const fields = Object.entries(log.fields ?? {}).map(
    ([name, value]) => ` ${oneLine(name)}=${shown(summarised(value))}`,
  )
  const level = inkOf(log.level, ink)(log.level)
  return `${inset}${ink.dim(`+${durationText(log.atMs - fromMs)}`)} ${level} ${oneLine(log.message)}${fields.join('')}`
}

/** Of an error its first line: `groundplan logs` has the stack. */
function summarised(value: unknown): unknown {
  return isErrorText(value) ? value.stack.split('\n')[0] : value
}
