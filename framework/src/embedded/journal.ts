/**
 * The journal: what was written since the data file was last brought up to date, in three files that take turns. A
 * record is written in one place and flushed by one `fdatasync`; only then is anybody told that his write is durable.
 *
 * The states of a file: *current* (records are added), *needed* (its records may not be in the data file's last flushed
 * head yet), *free* (they are: it is written over from its beginning). A file keeps its length, so that a flush writes
 * nothing but what was added. The file that comes after the current one is free whenever the journal turns to it:
 * `pages.ts` says why.
 *
 * After a crash, records are read again in the order of their numbers. The first that is not whole, or whose number is
 * not the next, ends them: it was being written when the process or the machine died, and nobody was told of it. Unless
 * a later record says that it had been flushed: then the file was damaged, and nothing is opened.
 */
import { closeSync, existsSync, fdatasync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../contract/problems.ts'
import { type FoundRecord, type JournalRecord, nextMark, recordIn } from './journal-record.ts'

/** What a file begins with: a line that says what it is, and its format. */
const title = 'groundplan journal '
const format = 1
const headBytes = 64
const fileNumbers = [0, 1, 2] as const
/** A file is given this length with its first record. */
const usualBytes = 1_024 * 1_024

/** Whether a folder has a journal. Faults: `engine-unavailable` where a newer program wrote it. */
export function hasJournal(folder: string): boolean {
  const path = pathOf(folder, 0)
  if (!existsSync(path)) return false
  const head = readFileSync(path).toString('latin1', 0, headBytes)
  const found = head.startsWith(title) ? Number.parseInt(head.slice(title.length), 10) : format
  if (found <= format) return true
  const detail = `the journal in "${folder}" has the format ${found}, this program reads up to ${format}`
  throw fault('engine-unavailable', `${detail}: start the newer version that wrote it`)
}

function pathOf(folder: string, number: number): string {
  return join(folder, `journal-${number}`)
}

export class Journal {
  readonly #files: readonly number[]
  #current = 0
  /** Where the next record goes. */
  #end = headBytes
  #changes = 0
  #number: number
  #flushed: number

  private constructor(files: readonly number[], number: number) {
    this.#files = files
    this.#number = this.#flushed = number
  }

  /** Opens the files, or makes them. `after`: the number of the last record so far. */
  static open(folder: string, after: number): Journal {
    const files = fileNumbers.map(number => opened(pathOf(folder, number)))
    syncNames(folder)
    return new Journal(files, after)
  }

  /** The number of the last record. */
  get number(): number {
    return this.#number
  }

  /** How much the current file holds. */
  get bytes(): number {
    return this.#end - headBytes
  }

  /** How many changes the current file holds. */
  get changes(): number {
    return this.#changes
  }

  /** Adds a record: it is in the file, and not flushed. What throws here has added nothing. */
  append(record: JournalRecord): void {
    if (this.#end === headBytes) lengthen(this.#file)
    const bytes = record.sealed(this.#number + 1, this.#flushed)
    writeAll(this.#file, bytes, this.#end)
    this.#end += bytes.length
    this.#changes += record.count
    this.#number++
  }

  /** Resolves when all that was added is on the disk. */
  flush(): Promise<void> {
    if (this.#flushed === this.#number) return Promise.resolve()
    const upTo = this.#number
    return new Promise((resolve, reject) =>
      fdatasync(this.#file, error => {
        if (error) return reject(error)
        this.#flushed = upTo
        resolve()
      }),
    )
  }

  /** The records of the current file. */
  current(): readonly FoundRecord[] {
    const bytes = Buffer.alloc(this.#end)
    readSync(this.#file, bytes, 0, bytes.length, 0)
    return chainIn(bytes)
  }

  /** Goes on in the next file. All that was added is flushed. */
  turn(): void {
    this.#current = (this.#current + 1) % this.#files.length
    this.#end = headBytes
    this.#changes = 0
  }

  close(): void {
    for (const file of this.#files) closeSync(file)
  }

  get #file(): number {
    return this.#files[this.#current] ?? -1
  }
}

/** What a folder's journal has. */
export interface FoundJournal {
  /** The records after a number, in their order. */
  readonly records: readonly FoundRecord[]
  /** The highest number anywhere in it, that of a record nobody was told of too: the next is to be higher. */
  readonly highest: number
}

/** Faults: `data-damaged`. */
export function journalAfter(folder: string, after: number): FoundJournal {
  const paths = fileNumbers.map(number => pathOf(folder, number)).filter(path => existsSync(path))
  const files = paths.map(path => fileAt(path)).toSorted((one, other) => firstIn(one) - firstIn(other))
  const records: FoundRecord[] = []
  for (const { chain } of files) {
    for (const record of chain) if (record.number === after + records.length + 1) records.push(record)
  }
  let highest = after + records.length
  for (const file of files) {
    checkNothingLost(file, after + records.length)
    for (const { number } of file.all) highest = Math.max(highest, number)
  }
  return { records, highest }
}

interface FoundFile {
  readonly path: string
  /** The records from its beginning on whose numbers follow one another. */
  readonly chain: readonly FoundRecord[]
  /** These, and what is left behind them of former turns. */
  readonly all: readonly FoundRecord[]
}

function fileAt(path: string): FoundFile {
  const bytes = readFileSync(path)
  const chain = chainIn(bytes)
  return { path, chain, all: [...chain, ...strayIn(bytes, chain.at(-1)?.end ?? headBytes)] }
}

function firstIn({ chain }: FoundFile): number {
  return chain[0]?.number ?? 0
}

function chainIn(file: Buffer): readonly FoundRecord[] {
  const chain: FoundRecord[] = []
  for (let at = headBytes; ; ) {
    const record = recordIn(file, at)
    if (!record || record.number !== (chain.at(-1)?.number ?? record.number - 1) + 1) return chain
    chain.push(record)
    at = record.end
  }
}

/** A record says up to which one all had been flushed when it was written. */
function checkNothingLost({ path, all }: FoundFile, last: number): void {
  if (all.every(({ flushed }) => flushed <= last)) return
  const detail = `"${path}" shows that record ${last + 1} is missing, which had been flushed. Nothing was changed`
  throw fault('data-damaged', `${detail}: put a copy of the folder in its place, or use another folder`)
}

function* strayIn(file: Buffer, from: number): Generator<FoundRecord> {
  for (let at = nextMark(file, from); at >= 0; at = nextMark(file, at + 1)) {
    const record = recordIn(file, at)
    if (record) yield record
  }
}

function opened(path: string): number {
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+')
  const head = Buffer.alloc(headBytes)
  readSync(file, head, 0, headBytes, 0)
  if (head.toString('latin1').startsWith(title)) return file
  head.fill(0).write(`${title}${format}\n`, 'latin1')
  writeAll(file, head, 0)
  return file
}

/** Once there is room for what is to come, a flush has no length to write. Where there is none, records make it. */
function lengthen(file: number): void {
  const probe = Buffer.alloc(1)
  if (readSync(file, probe, 0, 1, usualBytes - 1) > 0) return
  try {
    writeAll(file, Buffer.alloc(usualBytes - headBytes), headBytes)
  } catch {
    // The record itself will tell.
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done)
  }
}

/** So that a power cut does not take a name away. */
function syncNames(folder: string): void {
  // Windows keeps names by itself, and opens no folder.
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
