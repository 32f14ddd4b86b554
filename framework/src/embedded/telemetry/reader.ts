/**
 * Reads telemetry from its files, also while they are written and while the oldest are removed: what is gone is left
 * out. One file is in memory at a time (of log records: as many as overlap in time), and a file of whose index it is
 * known that it holds nothing of what is asked for is not opened.
 */
import { open, readFile } from 'node:fs/promises'
import { type Clock, sleep } from '../../contract/clock.ts'
import {
  hasFailed,
  type LogQuery,
  type LogRecord,
  levels,
  type SpanRecord,
  type TelemetryReader,
  type TraceQuery,
  type TraceSummary,
} from '../../contract/telemetry.ts'
import { type Head, headIn, holdsLog, holdsSpan, linesBackwards, linesOf, logIn, spanIn, traceOf } from './lines.ts'
import { holdsLevel, type Index, mayHoldTrace, orMissing, readIndex, type Segment, segmentsIn } from './segments.ts'

/** How often a follower looks for more. */
const lookMs = 250
/** Bytes a follower reads at once. */
const followBytes = 4 * 1_024 * 1_024

export class Reader implements TelemetryReader {
  readonly #folders: readonly string[]
  readonly #clock: Clock
  /** Of files that are full: they never change. */
  readonly #indexes = new Map<string, Index>()

  constructor(folders: readonly string[], clock: Clock) {
    this.#folders = folders
    this.#clock = clock
  }

  async spansOf(traceId: string): Promise<readonly SpanRecord[]> {
    const spans: SpanRecord[] = []
    for (const segment of await this.#segments()) {
      await this.#eachSpan(segment, new Set([traceId]), span => spans.push(span))
    }
    return spans.sort((one, other) => one.startMs - other.startMs)
  }

  async recentTraces({ limit = 50, handler, failed = false }: TraceQuery = {}): Promise<readonly TraceSummary[]> {
    const ids = new Set<string>()
    for (const folder of this.#folders) await this.#recentIds(ids, await segmentsIn(folder), limit, { handler, failed })
    const folds = new Map<string, Fold>()
    for (const segment of await this.#segments()) {
      let plan: string | undefined
      await this.#eachSpan(segment, ids, (span, text) => {
        plan ??= headOf(text)?.plan ?? ''
        folds.set(span.traceId, folded(folds.get(span.traceId), span, plan))
      })
    }
    const summaries = [...folds.values()].map(summaryOf)
    return summaries.sort((one, other) => other.endMs - one.endMs).slice(0, limit)
  }

  async tracesLike(prefix: string, most = 10): Promise<readonly string[]> {
    const found = new Set<string>()
    for (const segment of [...(await this.#segments())].reverse()) {
      if (!(await this.#mayHold(segment, index => mayHoldTrace(index, prefix)))) continue
      for (const line of linesBackwards(await textOf(segment))) {
        const trace = traceOf(line)
        if (trace?.startsWith(prefix)) found.add(trace)
        if (found.size >= most) return [...found]
      }
    }
    return [...found]
  }

  async *logs(query: LogQuery = {}): AsyncGenerator<LogRecord> {
    const { follow = false, signal } = query
    const read = new Map<string, number>()
    const kept = await this.#segments()
    if (follow)
      for (const segment of await this.#unwanted(kept, query)) read.set(segment.path, Number.POSITIVE_INFINITY)
    yield* this.#merged(kept, query, read)
    while (follow && !signal?.aborted) {
      await sleep(this.#clock, lookMs, signal)
      yield* await this.#news(query, read)
    }
  }

  /** All files of all folders, of each the oldest first. */
  async #segments(): Promise<readonly Segment[]> {
    const all = (await Promise.all(this.#folders.map(segmentsIn))).flat()
    const paths = new Set(all.map(({ path }) => path))
    for (const path of this.#indexes.keys()) if (!paths.has(path)) this.#indexes.delete(path)
    return all
  }

  async #mayHold(segment: Segment, holds: (index: Index) => boolean): Promise<boolean> {
    let index = this.#indexes.get(segment.path)
    if (!index) {
      index = await readIndex(segment)
      if (index) this.#indexes.set(segment.path, index)
    }
    return index === undefined || holds(index)
  }

  async #eachSpan(
    segment: Segment,
    traces: ReadonlySet<string>,
    take: (span: SpanRecord, text: string) => void,
  ): Promise<void> {
    const holds = (index: Index): boolean => [...traces].some(id => mayHoldTrace(index, id))
    if (!(await this.#mayHold(segment, holds))) return
    const text = await textOf(segment)
    for (const line of linesOf(text)) {
      const trace = traceOf(line)
      if (trace === undefined || !traces.has(trace) || !holdsSpan(line, trace)) continue
      const span = spanIn(line, trace)
      if (span) take(span, text)
    }
  }

  /**
   * Finds the traces that were last active, from the newest file back until there are enough. A file without an index is
   * always looked into: another process may be writing it.
   */
  async #recentIds(ids: Set<string>, segments: readonly Segment[], limit: number, wanted: Wanted): Promise<void> {
    let enough = false
    for (const segment of [...segments].reverse()) {
      const holds = (index: Index): boolean => !enough && (wanted.failed ? index.failures : index.spans) > 0
      if (!(await this.#mayHold(segment, holds))) continue
      const before = ids.size
      for (const line of linesBackwards(await textOf(segment))) {
        if (ids.size - before >= limit) break
        const trace = traceOf(line)
        if (trace !== undefined && !ids.has(trace) && isWanted(line, trace, wanted)) ids.add(trace)
      }
      enough ||= ids.size >= limit
    }
  }

  // ---------- log records

  /** Records of files that overlap in time, in the order of their times. A file is opened when its time has come. */
  async *#merged(segments: readonly Segment[], query: LogQuery, read: Map<string, number>): AsyncGenerator<LogRecord> {
    const waiting = await this.#inOrder(segments, query)
    const lanes: Lane[] = []
    for (let next = 0; ; ) {
      let first = earliest(lanes)
      for (let at = waiting[next]; at && (!first || at.fromMs <= first.head.atMs); at = waiting[++next]) {
        openLane(lanes, await textWithEnd(at.segment, read), query)
        first = earliest(lanes)
      }
      if (!first || query.signal?.aborted) return
      yield first.head
      if (!first.advance()) lanes.splice(lanes.indexOf(first), 1)
    }
  }

  async #inOrder(segments: readonly Segment[], query: LogQuery): Promise<readonly (Head & { segment: Segment })[]> {
    const found: (Head & { segment: Segment })[] = []
    for (const segment of segments) {
      if (!(await this.#mayHoldLogs(segment, query))) continue
      found.push({ ...(await readHead(segment)), segment })
    }
    return found.sort((one, other) => one.fromMs - other.fromMs)
  }

  #mayHoldLogs(segment: Segment, { sinceMs = 0, level = 'debug', trace }: LogQuery): Promise<boolean> {
    return this.#mayHold(
      segment,
      index => index.toMs >= sinceMs && holdsLevel(index, level) && (trace === undefined || mayHoldTrace(index, trace)),
    )
  }

  async #unwanted(segments: readonly Segment[], query: LogQuery): Promise<readonly Segment[]> {
    const unwanted: Segment[] = []
    for (const segment of segments) if (!(await this.#mayHoldLogs(segment, query))) unwanted.push(segment)
    return unwanted
  }

  /** What was written since the last look. */
  async #news(query: LogQuery, read: Map<string, number>): Promise<readonly LogRecord[]> {
    const news: LogRecord[] = []
    for (const segment of await this.#segments()) {
      for (const line of linesOf(await textSince(segment, read))) {
        const record = wantedLog(line, query)
        if (record) news.push(record)
      }
    }
    return news.sort((one, other) => one.atMs - other.atMs)
  }
}

// ---------- traces

interface Wanted {
  readonly handler: string | undefined
  readonly failed: boolean
}

/** Whether the line holds a span that is asked for. It is parsed only if its text says that it may be. */
function isWanted(line: string, trace: string, { handler, failed }: Wanted): boolean {
  if (!holdsSpan(line, trace)) return false
  if (failed && !line.includes('"failure":')) return false
  if (handler !== undefined && !line.includes(`"name":${JSON.stringify(handler)}`)) return false
  const span = spanIn(line, trace)
  return span !== undefined && (!failed || hasFailed(span)) && (handler === undefined || span.name === handler)
}

interface Fold {
  readonly first: SpanRecord
  readonly plan: string
  readonly endMs: number
  readonly spans: number
  readonly failed: boolean
}

function folded(fold: Fold | undefined, span: SpanRecord, plan: string): Fold {
  const failed = hasFailed(span)
  if (!fold) return { first: span, plan, endMs: span.endMs, spans: 1, failed }
  return {
    first: comesFirst(span, fold.first) ? span : fold.first,
    plan: fold.plan,
    endMs: Math.max(fold.endMs, span.endMs),
    spans: fold.spans + 1,
    failed: fold.failed || failed,
  }
}

/** Without a parent before those with one, then by time. */
function comesFirst(one: SpanRecord, other: SpanRecord): boolean {
  const roots = Number(other.parentId === undefined) - Number(one.parentId === undefined)
  return roots === 0 ? one.startMs < other.startMs : roots < 0
}

function summaryOf({ first, ...fold }: Fold): TraceSummary {
  return { traceId: first.traceId, name: first.name, startMs: first.startMs, ...fold }
}

// ---------- log records

class Lane {
  head: LogRecord
  readonly #rest: Iterator<LogRecord>

  constructor(head: LogRecord, rest: Iterator<LogRecord>) {
    this.head = head
    this.#rest = rest
  }

  /** False at its end. */
  advance(): boolean {
    const { done, value } = this.#rest.next()
    if (!done) this.head = value
    return !done
  }
}

function openLane(lanes: Lane[], text: string, query: LogQuery): void {
  const records = wantedLogs(text, query)
  const { done, value } = records.next()
  if (!done) lanes.push(new Lane(value, records))
}

function earliest(lanes: readonly Lane[]): Lane | undefined {
  return lanes.reduce<Lane | undefined>(
    (first, lane) => (!first || lane.head.atMs < first.head.atMs ? lane : first),
    undefined,
  )
}

function* wantedLogs(text: string, query: LogQuery): Generator<LogRecord, undefined> {
  for (const line of linesOf(text)) {
    const record = wantedLog(line, query)
    if (record) yield record
  }
  return undefined
}

function wantedLog(line: string, { sinceMs = 0, level = 'debug', handler, trace }: LogQuery): LogRecord | undefined {
  const of = traceOf(line)
  if (!holdsLog(line, of) || (trace !== undefined && of !== trace)) return undefined
  const record = logIn(line, of)
  if (!record || record.atMs < sinceMs || levels.indexOf(record.level) < levels.indexOf(level)) return undefined
  return handler === undefined || record.handler === handler ? record : undefined
}

// ---------- files

function textOf({ path }: Segment): Promise<string> {
  return orMissing(readFile(path, 'utf8'), '')
}

/** The text, and where its last complete line ends. */
async function textWithEnd({ path }: Segment, read: Map<string, number>): Promise<string> {
  const bytes = await orMissing(readFile(path), Buffer.alloc(0))
  read.set(path, bytes.lastIndexOf(10) + 1)
  return bytes.toString('utf8')
}

/** Complete lines that came since the last look. */
async function textSince({ path }: Segment, read: Map<string, number>): Promise<string> {
  const from = read.get(path) ?? 0
  if (from === Number.POSITIVE_INFINITY) return ''
  const bytes = await orMissing(bytesFrom(path, from), Buffer.alloc(0))
  const end = bytes.lastIndexOf(10) + 1
  read.set(path, from + end)
  return bytes.toString('utf8', 0, end)
}

async function bytesFrom(path: string, from: number): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const buffer = Buffer.alloc(Math.min(followBytes, Math.max(0, size - from)))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function headOf(text: string): Head | undefined {
  return headIn(text.slice(0, Math.max(0, text.indexOf('\n'))))
}

/** A file whose first line is damaged is read like the others, before them. */
async function readHead(segment: Segment): Promise<Head> {
  const bytes = await orMissing(firstBytes(segment.path), Buffer.alloc(0))
  return headOf(bytes.toString('utf8')) ?? { plan: '', fromMs: 0 }
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(1_024), 0, 1_024, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
