/**
 * The folder in which one plan keeps its tables and queues: one LMDB environment, one process at a time, one
 * transaction for whatever several callers write at a moment.
 *
 * In the folder: `data.mdb` (everything), `journal-0` to `journal-2` (what is not in it yet), `data.mdb-lock` (LMDB's
 * own), `process.lock` (which process has it).
 */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { fault, isFault } from '../contract/problems.ts'
import { stopwatch } from './clock.ts'
import { checkDataFile } from './data-file.ts'
import { GroupCommit } from './group-commit.ts'
import { hasJournal } from './journal.ts'
import type { Bytes, Texts } from './kept.ts'
import { type FolderLock, lockFolder } from './lock.ts'
import { Pages } from './pages.ts'

export interface Environment {
  readonly folder: string
  readonly plan: string
  /** What tables, indexes and queues there are, with their numbers and counts. */
  readonly catalogue: Texts
  /** Items as JSON. */
  readonly items: Texts
  /** Entries of indexes, with the key of their item. */
  readonly indexes: Bytes
  readonly queues: Bytes
  /** What is known of objects; their contents are files beside it. */
  readonly objects: Bytes
  readonly vault: Bytes
  readonly mails: Bytes
  readonly transactions: GroupCommit
  /** Calls when the environment closes, before it waits for what is being written. */
  onClose(run: () => void): void
  /** Waits until all that was begun is on disk, and leaves the folder to others. */
  close(): Promise<void>
}

/** The format of what is kept. A program reads those up to its own. 2: a journal belongs to it. 3: what is leased
 * stands where it waited. 4: what was sent together may stand in one record. */
const format = 4
const metaKey = Buffer.from('groundplan')

export interface EnvironmentOptions {
  readonly plan: string
  /** To see whether the disk is faster than those who write. Default: this machine's stopwatch. */
  readonly nowMs?: () => number
}

/**
 * Opens the data folder of a plan; makes it when it is not there.
 * Faults: `engine-unavailable` (another process has it, it cannot be written, it belongs to another plan or a newer
 * program), `data-damaged`. Nothing is changed then.
 * @example const environment = openEnvironment('.groundplan/data/counter', { plan: 'counter' })
 */
export function openEnvironment(folder: string, options: EnvironmentOptions): Environment {
  const lock = locked(folder)
  try {
    return opened(folder, options, lock)
  } catch (error) {
    lock.release()
    throw isFault(error) ? error : cannotOpen(folder, error)
  }
}

/** The folder, writable and ours. */
function locked(folder: string): FolderLock {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return lockFolder(folder)
  } catch (error) {
    throw isFault(error) ? error : cannotOpen(folder, error)
  }
}

function opened(folder: string, { plan, nowMs = stopwatch() }: EnvironmentOptions, lock: FolderLock): Environment {
  checkDataFile(join(folder, 'data.mdb'), hasJournal(folder))
  const pages = Pages.open({ folder, check: root => checkMeta(root, folder, plan) })
  const transactions = new GroupCommit(pages, nowMs)
  const closing: (() => void)[] = []
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    for (const run of closing) run()
    await pages.close(await transactions.close())
    lock.release()
  }
  return {
    folder,
    plan,
    transactions,
    catalogue: pages.texts('catalogue'),
    items: pages.texts('items'),
    indexes: pages.bytes('indexes'),
    queues: pages.bytes('queues'),
    objects: pages.bytes('objects'),
    vault: pages.bytes('vault'),
    mails: pages.bytes('mails'),
    onClose: run => void closing.push(run),
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

interface Meta {
  readonly format: number
  readonly plan: string
}

/** Writes what the folder is for, or compares it. */
function checkMeta(root: RootDatabase<Buffer, Uint8Array>, folder: string, plan: string): void {
  const kept = root.getBinary(metaKey)
  if (!kept) {
    if (root.getKeysCount({ limit: 1 }) > 0) {
      throw fault('data-damaged', `"${folder}" holds data of another program: give the plan a folder of its own`)
    }
    root.putSync(metaKey, Buffer.from(JSON.stringify({ format, plan } satisfies Meta)))
    return
  }
  const meta = JSON.parse(kept.toString()) as Meta
  if (meta.format > format) {
    const detail = `the data in "${folder}" has the format ${meta.format}, this program reads up to ${format}`
    throw fault('engine-unavailable', `${detail}: start the newer version that wrote it`)
  }
  if (meta.plan !== plan) {
    throw fault('engine-unavailable', `"${folder}" holds the data of plan "${meta.plan}", not of "${plan}"`)
  }
  if (meta.format < format) root.putSync(metaKey, Buffer.from(JSON.stringify({ format, plan } satisfies Meta)))
}

function cannotOpen(folder: string, error: unknown): Error {
  const what = error instanceof Error ? error.message : String(error)
  const detail = `the data folder "${folder}" cannot be used: ${what}`
  return fault('engine-unavailable', `${detail}. It must be a folder that this process may write`, {}, error)
}
