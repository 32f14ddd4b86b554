/**
 * Writes telemetry to files, behind the back of whoever gives it.
 *
 * A line is *waiting* from the moment it is given; it is *written* half a second later, or sooner when much waits.
 * Nobody ever waits for it. What a killed process takes with it is what came in its last second. More than 4 MB do not
 * wait: what comes on top is dropped, and so is what the disk refuses. Drops are counted, told to whoever listens, and
 * stand in the log as soon as something can be written again.
 *
 * Lines go to the process's own file until that is full (a sixteenth of what may be kept, at most 8 MB). Then it is sealed with its
 * index, the oldest files are removed to make room, and the next is begun. A file that somebody removed, or on which a
 * write failed, is left as it is, and the next is begun as well.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import type { Cancel, Clock } from '../../contract/clock.ts'
import type { LogRecord, SpanRecord } from '../../contract/telemetry.ts'
import { errorCode } from '../disk.ts'
import { headLine, logLine } from './lines.ts'
import { bytesOf, Contents, removeSegment, type Segment, segmentAt, segmentsIn, writeIndex } from './segments.ts'

const KB = 1_024

/** How long a line waits at most. */
const waitMs = 500
/** So much is written at once, and does not wait. */
const batchBytes = 256 * KB
const mostWaitingBytes = 4 * 1_024 * KB
/** A file is read as a whole. */
const mostSegmentBytes = 8 * 1_024 * KB
/** A process that is started again and again makes small files. Large bounds need more. */
const leastMostSegments = 256

/** What the index wants to know of a line. */
export type About =
  | { readonly span: Pick<SpanRecord, 'traceId' | 'failure'> }
  | { readonly log: Pick<LogRecord, 'trace' | 'level' | 'atMs'> }

/** A line that waits. */
interface Entry {
  readonly line: string
  readonly bytes: number
  readonly about: About
}

/** How many were lost, and why. */
export interface Loss {
  readonly spans: number
  readonly logs: number
  readonly why: string
}

export interface WriterOptions {
  readonly plan: string
  readonly clock: Clock
  readonly maxBytes: number
  /** Hears of every loss. */
  lost(loss: Loss): void
}

export class Writer {
  readonly #folder: string
  readonly #options: WriterOptions
  readonly segmentBytes: number
  #waiting: Entry[] = []
  #waitingBytes = 0
  #given = 0
  #settled = 0
  #armed: Cancel | undefined
  #writing: Promise<void> | undefined
  #file: OpenSegment | undefined
  #lost: Loss | undefined
  #closed = false

  constructor(folder: string, options: WriterOptions) {
    this.#folder = folder
    this.#options = options
    this.segmentBytes = Math.min(mostSegmentBytes, Math.floor(options.maxBytes / 16))
  }

  /** Takes a line. Returns at once, and never throws. */
  add(line: string, about: About): void {
    const bytes = Buffer.byteLength(line)
    const tooMuch = this.#waitingBytes + bytes > mostWaitingBytes
    if (this.#closed || tooMuch) {
      this.lose(about, this.#closed ? 'it came after the end' : 'more came than the disk took')
    } else {
      this.#waiting.push({ line, bytes, about })
      this.#waitingBytes += bytes
      this.#given++
      if (this.#waitingBytes >= batchBytes) this.#begin()
      else this.#arm()
    }
  }

  /** Counts something that is not kept. */
  lose(about: About, why: string): void {
    const loss = 'span' in about ? { spans: 1, logs: 0, why } : { spans: 0, logs: 1, why }
    const { spans = 0, logs = 0 } = this.#lost ?? {}
    this.#lost = { spans: spans + loss.spans, logs: logs + loss.logs, why }
    this.#options.lost(loss)
  }

  /** Resolves when all that was given so far is written, or lost. */
  async flush(): Promise<void> {
    for (const until = this.#given; this.#settled < until; ) {
      this.#begin()
      await this.#writing
    }
  }

  /** Writes what waits, and seals the file. */
  async close(): Promise<void> {
    this.#closed = true
    await this.flush()
    this.#armed?.()
    if (this.#lost) await this.#append([]).catch(() => {}) // it was told when it was lost
    await this.#seal().catch(() => {}) // without its index the file is read from end to end
  }

  #arm(): void {
    const { clock } = this.#options
    this.#armed ??= clock.at(clock.now() + waitMs, () => this.#begin())
  }

  #begin(): void {
    this.#armed?.()
    this.#armed = undefined
    if (this.#waiting.length > 0) this.#writing ??= this.#write()
  }

  async #write(): Promise<void> {
    do {
      const entries = this.#take()
      await this.#append(entries).catch(error => this.#refused(entries, error))
      this.#settled += entries.length
    } while (this.#waitingBytes >= batchBytes)
    this.#writing = undefined
    if (this.#waiting.length > 0) this.#arm()
  }

  /** What is written next: no more than fits into one file, but one line at least. */
  #take(): readonly Entry[] {
    const most = Math.min(batchBytes, this.segmentBytes)
    let count = 0
    let bytes = 0
    for (const entry of this.#waiting) {
      if (count > 0 && bytes + entry.bytes > most) break
      bytes += entry.bytes
      count++
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  async #append(entries: readonly Entry[]): Promise<void> {
    const told = this.#lost
    const all = told ? [this.#lossEntry(told), ...entries] : entries
    const bytes = all.reduce((sum, entry) => sum + entry.bytes, 0)
    const file = await this.#fileWith(bytes, all)
    await file.append(all, bytes)
    if (told) this.#lost = lessThan(this.#lost, told)
  }

  async #refused(entries: readonly Entry[], error: unknown): Promise<void> {
    const why = `the disk refused it: ${error instanceof Error ? error.message : error}`
    for (const { about } of entries) this.lose(about, why)
    const file = this.#file
    this.#file = undefined
    await file?.abandon().catch(() => {}) // what failed is told already
  }

  #lossEntry({ spans, logs, why }: Loss): Entry {
    const { plan, clock } = this.#options
    const message = `telemetry was dropped: ${why}`
    const log: LogRecord = { level: 'warn', atMs: clock.now(), plan, message, fields: { spans, logs } }
    const line = logLine(log)
    return { line, bytes: Buffer.byteLength(line), about: { log } }
  }

  /** The file to go on with. */
  async #fileWith(bytes: number, entries: readonly Entry[]): Promise<OpenSegment> {
    if (this.#file && (await this.#file.removed())) {
      await this.#file.close()
      this.#file = undefined
    }
    if (this.#file && this.#file.bytes + bytes > this.segmentBytes) await this.#seal()
    this.#file ??= await this.#next(Math.min(this.#options.clock.now(), earliest(entries)))
    return this.#file
  }

  async #seal(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (!file) return
    await file.close()
    await writeIndex(file.segment, file.contents.index)
  }

  async #next(fromMs: number): Promise<OpenSegment> {
    const folder = this.#folder
    await mkdir(folder, { recursive: true })
    const kept = await segmentsIn(folder)
    const { maxBytes } = this.#options
    const mostSegments = Math.max(leastMostSegments, Math.ceil(maxBytes / this.segmentBytes))
    await makeRoom(kept, maxBytes - this.segmentBytes - this.segmentBytes / 16, mostSegments)
    return begun(folder, (kept.at(-1)?.number ?? 0) + 1, headLine({ plan: this.#options.plan, fromMs }))
  }
}

/** What is lost and not told yet. */
function lessThan(now: Loss | undefined, told: Loss): Loss | undefined {
  if (!now || (now.spans === told.spans && now.logs === told.logs)) return undefined
  return { spans: now.spans - told.spans, logs: now.logs - told.logs, why: now.why }
}

function earliest(entries: readonly Entry[]): number {
  const times = entries.flatMap(({ about }) => ('log' in about ? [about.log.atMs] : []))
  return times.reduce((least, atMs) => Math.min(least, atMs), Number.POSITIVE_INFINITY)
}

/** Removes the oldest until the rest is within its bounds. One that cannot be removed now is removed another time. */
async function makeRoom(kept: readonly Segment[], mostBytes: number, mostSegments: number): Promise<void> {
  const sizes = await Promise.all(kept.map(bytesOf))
  let bytes = sizes.reduce((sum, size) => sum + size, 0)
  let count = kept.length
  for (const [at, segment] of kept.entries()) {
    if (bytes <= mostBytes && count < mostSegments) return
    await removeSegment(segment).catch(() => {})
    bytes -= sizes[at] ?? 0
    count--
  }
}

/** Makes the file of this number; of the next one, if another process was faster. */
async function begun(folder: string, number: number, head: string): Promise<OpenSegment> {
  const segment = segmentAt(folder, number)
  try {
    return new OpenSegment(segment, await open(segment.path, 'ax', 0o600), head)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return begun(folder, number + 1, head)
    throw error
  }
}

/** A file that is written. Its first line goes with the first that are appended. */
class OpenSegment {
  readonly segment: Segment
  readonly contents = new Contents()
  readonly #handle: FileHandle
  readonly #head: string
  bytes = 0

  constructor(segment: Segment, handle: FileHandle, head: string) {
    this.segment = segment
    this.#handle = handle
    this.#head = head
  }

  async append(entries: readonly Entry[], bytes: number): Promise<void> {
    const head = this.bytes === 0 ? this.#head : ''
    await this.#handle.appendFile(head + entries.map(({ line }) => line).join(''))
    this.bytes += Buffer.byteLength(head) + bytes
    for (const { about } of entries) {
      if ('span' in about) this.contents.span(about.span)
      else this.contents.log(about.log)
    }
  }

  /** Whether somebody removed the file: what is written to it is gone. */
  async removed(): Promise<boolean> {
    return (await this.#handle.stat()).nlink === 0
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  /** Leaves a file that cannot be written; one that never could be is removed. */
  async abandon(): Promise<void> {
    await this.close()
    if (this.bytes === 0) await removeSegment(this.segment)
  }
}
