/**
 * The files of telemetry: `0000000001.jsonl` and so on, in the order they were begun, by whichever process. One process
 * writes to one file, which it made; when it is full the process writes `0000000001.index.json` beside it, which says
 * what is in it, and never touches it again. A file without an index is being written, or its process was killed: it is
 * read from end to end.
 */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogRecord, levels, type SpanRecord } from '../../contract/telemetry.ts'
import { errorCode } from '../disk.ts'
import { filterOf, keyLength, keyOf, mayHold } from './trace-filter.ts'

/** One file. */
export interface Segment {
  readonly number: number
  readonly path: string
  readonly indexPath: string
}

const pattern = /^(\d{10})\.jsonl$/

export function segmentAt(folder: string, number: number): Segment {
  const name = String(number).padStart(10, '0')
  return { number, path: join(folder, `${name}.jsonl`), indexPath: join(folder, `${name}.index.json`) }
}

/** All there are, the oldest first. None where there is no such folder. */
export async function segmentsIn(folder: string): Promise<readonly Segment[]> {
  const names = await orMissing(readdir(folder), [])
  const numbers = names.flatMap(name => Number(pattern.exec(name)?.[1] ?? Number.NaN)).filter(Number.isInteger)
  return numbers.sort((one, other) => one - other).map(number => segmentAt(folder, number))
}

export async function removeSegment({ path, indexPath }: Segment): Promise<void> {
  await rm(path, { force: true })
  await rm(indexPath, { force: true })
}

/** On disk, with its index; 0 when it is gone. */
export async function bytesOf({ path, indexPath }: Segment): Promise<number> {
  const sizes = [path, indexPath].map(file => orMissing(sizeOf(file), 0))
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size
}

/** What was there, or `otherwise` when nothing is. */
export async function orMissing<T>(reading: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return otherwise
    throw error
  }
}

// ---------- the index

/** What is in a file that is full. */
export interface Index {
  /** No log record in it is later. */
  readonly toMs: number
  readonly spans: number
  /** Spans that failed in some way. */
  readonly failures: number
  readonly logs: Readonly<Record<LogRecord['level'], number>>
  readonly traces: Uint8Array
}

/** Counts what goes into a file. */
export class Contents {
  readonly #keys = new Set<number>()
  readonly #logs = { debug: 0, info: 0, warn: 0, error: 0 }
  #toMs = 0
  #spans = 0
  #failures = 0

  span({ traceId, failure }: Pick<SpanRecord, 'traceId' | 'failure'>): void {
    this.#keys.add(keyOf(traceId))
    this.#spans++
    if (failure !== undefined) this.#failures++
  }

  log({ trace, level, atMs }: Pick<LogRecord, 'trace' | 'level' | 'atMs'>): void {
    if (trace !== undefined) this.#keys.add(keyOf(trace))
    this.#logs[level]++
    this.#toMs = Math.max(this.#toMs, atMs)
  }

  get index(): Index {
    const traces = filterOf(this.#keys)
    return { toMs: this.#toMs, spans: this.#spans, failures: this.#failures, logs: { ...this.#logs }, traces }
  }
}

export async function writeIndex({ indexPath }: Segment, { traces, ...index }: Index): Promise<void> {
  const text = JSON.stringify({ ...index, traces: Buffer.from(traces).toString('base64') })
  await writeFile(indexPath, text, { mode: 0o600 })
}

/** The index of a file; undefined where it has none that can be read. */
export async function readIndex({ indexPath }: Segment): Promise<Index | undefined> {
  const text = await orMissing(readFile(indexPath, 'utf8'), '')
  try {
    const index = JSON.parse(text) as Omit<Index, 'traces'> & { readonly traces: string }
    return { ...index, traces: Buffer.from(index.traces, 'base64') }
  } catch {
    return undefined
  }
}

/** Whether a file may hold something of a trace, or of traces that begin like this. */
export function mayHoldTrace({ traces }: Index, prefix: string): boolean {
  return prefix.length < keyLength || mayHold(traces, keyOf(prefix))
}

/** Whether a file holds log records of a level or above. */
export function holdsLevel({ logs }: Index, level: LogRecord['level']): boolean {
  return levels.slice(levels.indexOf(level)).some(each => logs[each] > 0)
}
