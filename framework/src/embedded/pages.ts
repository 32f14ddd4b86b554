/**
 * The pages: LMDB's file, and the journal in front of it.
 *
 * One transaction of LMDB stays open. What callers write goes into it, where everybody can read it at once, and into
 * the journal, whose flush makes it durable. When the journal has grown by a megabyte or 2,000 changes, the transaction is committed
 * (its pages are written, nothing waits for the disk), the journal turns to its next file, and the data file is flushed
 * beside all else. The next commit waits for that flush.
 *
 * So of the two heads in LMDB's file the newer may refer to pages that a power cut has taken, and the older never does:
 * whoever opens the file goes back to the older one (`dropNewerHead`), and reads the journal from there. It says
 * itself up to which record it goes. Two files of the journal at most are needed for that, those before and after the
 * newer head; while the newer head is not yet on the disk itself, the one before too. Hence three. Who closes properly
 * commits twice, so that both heads have everything.
 *
 * Writing that fails is taken back: the open transaction is given up, and a new one gets what the journal has.
 */
import { closeSync, existsSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import { dropNewerHead } from './data-file.ts'
import { hasJournal, Journal, journalAfter } from './journal.ts'
import { changesIn, type FoundRecord, JournalRecord } from './journal-record.ts'
import { Bytes, type Recorder, Texts } from './kept.ts'

type Root = RootDatabase<Buffer, Uint8Array>
type Book = Database<Buffer, Uint8Array>

const binary = { encoding: 'binary', keyEncoding: 'binary' } as const
/** Their places are their numbers in the journal: new ones come last. */
export const bookNames = ['catalogue', 'items', 'indexes', 'queues', 'objects', 'vault', 'mails'] as const
export type BookName = (typeof bookNames)[number]

const settings = {
  noSubdir: true,
  maxDbs: 16,
  /** Index entries carry two keys; with pages of this size LMDB takes them. */
  pageSize: 8_192,
  // Its own gathering of writes leaves a promise behind that nobody can catch when a commit fails.
  eventTurnBatching: false,
} as const
/** Flushed by us. */
const ours = { ...settings, noSync: true, overlappingSync: false } as const

/** Under this key stands the number of the last record that the data file has. */
const recordKey = Buffer.from('journal')
/** The journal is brought into the data file when it has so much, … */
const mostJournalBytes = 1_024 * 1_024
/** … or so many changes, since each may have touched a page of its own, and writing 2,000 of them takes 10 ms, … */
const mostJournalChanges = 2_000
/** … and takes no more than this while the data file is being flushed. */
const limitJournalBytes = 16 * 1_024 * 1_024

export interface PagesOptions {
  readonly folder: string
  /** Looks at what is there, writes what a new file begins with. Throws where it is not ours. */
  check(root: Root): void
}

export class Pages implements Recorder {
  readonly #root: Root
  readonly #books: readonly Book[]
  readonly #journal: Journal
  /** The data file. */
  readonly #file: number
  readonly #record = new JournalRecord()
  #transaction: OpenTransaction | undefined
  #isChanging = false
  /** Whether anything was committed since the file was opened. */
  #hasCommitted = false
  #flushing: Promise<void> | undefined
  #failure: unknown
  /** The journal is brought in when it has so much, or so many changes. */
  #dueBytes = mostJournalBytes
  #dueChanges = mostJournalChanges

  private constructor(root: Root, books: readonly Book[], journal: Journal, file: number) {
    this.#root = root
    this.#books = books
    this.#journal = journal
    this.#file = file
  }

  /** Opens the file, or makes it. Faults: those of `check`; `data-damaged`. */
  static open({ folder, check }: PagesOptions): Pages {
    const path = join(folder, 'data.mdb')
    if (hasJournal(folder)) dropNewerHead(path)
    else if (existsSync(path)) bringOver(path, check)
    const root: Root = open({ path, ...ours, ...binary })
    const file = openSync(path, 'r+')
    try {
      const before = transactionsOf(root)
      flushed(root, file, () => check(root))
      const books = bookNames.map(name => flushed(root, file, () => bookIn(root, name)))
      if (transactionsOf(root) > before) again(root, file)
      return new Pages(root, books, Journal.open(folder, recovered(root, books, file, folder)), file)
    } catch (error) {
      void root.close()
      closeSync(file)
      throw error
    }
  }

  bytes(name: BookName): Bytes {
    return new Bytes(this, bookNames.indexOf(name), bookIn(this.#root, name))
  }

  texts(name: BookName): Texts {
    const number = bookNames.indexOf(name)
    const whole = this.#root.openDB<string, Uint8Array>({ name, encoding: 'string', keyEncoding: 'binary' })
    return new Texts(this, number, whole, bookIn(this.#root, name))
  }

  get record(): JournalRecord {
    if (!this.#isChanging) throw new TypeError('the data folder is written in transactions only')
    return this.#record
  }

  /** How much the open transaction has written since `change` began. */
  get written(): number {
    return this.#record.length
  }

  /** Does what writes, and adds it to the journal. What is thrown, by it or by the disk, takes all of it back. */
  change(work: () => void): void {
    this.#transaction ??= begun(this.#root)
    this.#record.clear()
    this.#isChanging = true
    try {
      work()
      if (!this.#record.isEmpty) this.#journal.append(this.#record)
    } catch (error) {
      this.#takeBack()
      throw error
    } finally {
      this.#isChanging = false
    }
  }

  /** Why what is kept can be read no more: taking something back has failed. */
  get failure(): unknown {
    return this.#failure
  }

  /** Resolves when all that was written so far is durable. */
  flush(): Promise<void> {
    return this.#journal.flush()
  }

  /** Whether the journal is to be brought into the data file, once all of it is flushed. */
  get isDue(): boolean {
    const { bytes, changes } = this.#journal
    if (this.#flushing) return bytes >= limitJournalBytes
    return bytes >= this.#dueBytes || changes >= this.#dueChanges
  }

  /** Resolves when the data file is flushed, where that is under way. */
  get flushed(): Promise<void> | undefined {
    return this.#flushing
  }

  /**
   * Brings the journal into the data file; the data file is flushed from then on, see `flushed`. Where the disk has no
   * room for it the journal goes on growing up to its limit; then it throws.
   */
  bringIn(): void {
    try {
      this.#commit()
    } catch (error) {
      this.#takeBack()
      this.#dueBytes = this.#journal.bytes + mostJournalBytes
      this.#dueChanges = this.#journal.changes + mostJournalChanges
      if (this.#journal.bytes >= limitJournalBytes) throw error
      return
    }
    this.#dueBytes = mostJournalBytes
    this.#dueChanges = mostJournalChanges
    this.#journal.turn()
    this.#flushing = flush(this.#file)
    const over = (): void => {
      this.#flushing = undefined
    }
    this.#flushing.then(over, over)
  }

  /** Leaves everything in the data file, flushed; or, where the disk does not take it, as it would be after a crash. */
  async close(isWhole: boolean): Promise<void> {
    await Promise.allSettled([this.#flushing])
    try {
      if (isWhole && (this.#transaction || this.#hasCommitted)) this.#settle()
    } catch {
      // The journal has it.
    }
    this.#transaction?.abort()
    this.#journal.close()
    await this.#root.close()
    closeSync(this.#file)
  }

  #commit(): void {
    const transaction = this.#transaction ?? begun(this.#root)
    this.#transaction = undefined
    setRecord(this.#root, this.#journal.number)
    transaction.commit()
    this.#hasCommitted = true
  }

  /** Both heads get everything. */
  #settle(): void {
    for (let heads = 0; heads < 2; heads++) {
      this.#commit()
      fdatasyncSync(this.#file)
    }
  }

  #takeBack(): void {
    this.#transaction?.abort()
    this.#transaction = undefined
    try {
      const records = this.#journal.current()
      if (records.length === 0) return
      this.#transaction = begun(this.#root)
      putRecords(this.#books, records)
    } catch (error) {
      this.#failure = error
    }
  }
}

interface OpenTransaction {
  commit(): void
  abort(): void
}

/** Begins a transaction that stays open. */
function begun(root: Root): OpenTransaction {
  let commit: (result: undefined) => void = () => {}
  let abort: (reason: unknown) => void = () => {}
  root.transactionSync(() => ({
    // biome-ignore lint/suspicious/noThenProperty: LMDB's package ends the transaction by what it gives to this.
    then(end: typeof commit, giveUp: typeof abort) {
      commit = end
      abort = giveUp
    },
  }))
  return {
    commit: () => commit(undefined),
    abort() {
      try {
        abort(undefined)
      } catch {
        // It throws what it was given.
      }
    },
  }
}

function bookIn(root: Root, name: BookName): Book {
  return root.openDB<Buffer, Uint8Array>({ name, ...binary })
}

function transactionsOf(root: Root): number {
  const { lastTxnId } = root.getStats() as { readonly lastTxnId?: unknown }
  return typeof lastTxnId === 'number' ? lastTxnId : 0
}

function recordOf(root: Root): number {
  return root.getBinary(recordKey)?.readUIntBE(0, 6) ?? 0
}

/** Within a transaction, or in one of its own. */
function setRecord(root: Root, number: number): void {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(number, 0, 6)
  root.putSync(recordKey, bytes)
}

/** Never two commits without a flush between them: one of the heads is always good. */
function flushed<T>(root: Root, file: number, work: () => T): T {
  const before = transactionsOf(root)
  const result = work()
  if (transactionsOf(root) > before) fdatasyncSync(file)
  return result
}

/** Commits once more, so that both heads have everything. */
function again(root: Root, file: number): void {
  flushed(root, file, () => setRecord(root, recordOf(root)))
}

/** Brings into the data file what the journal has beyond it; gives the number of the last record. */
function recovered(root: Root, books: readonly Book[], file: number, folder: string): number {
  const after = recordOf(root)
  const { records, highest } = journalAfter(folder, after)
  if (highest === after) return after
  const bringIn = (): void => {
    putRecords(books, records)
    setRecord(root, highest)
  }
  flushed(root, file, () => root.transactionSync(bringIn))
  again(root, file)
  return highest
}

function putRecords(books: readonly Book[], records: readonly FoundRecord[]): void {
  for (const { changes } of records) {
    for (const { book, key, value } of changesIn(changes)) {
      if (value) void books[book]?.put(key, value)
      else void books[book]?.remove(key)
    }
  }
}

function flush(file: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(file, error => (error ? reject(error) : resolve())))
}

/** A file from before there was a journal, which LMDB flushed by itself: both its heads get everything. */
function bringOver(path: string, check: PagesOptions['check']): void {
  const root: Root = open({ path, ...settings, ...binary })
  try {
    check(root)
    for (let heads = 0; heads < 2; heads++) setRecord(root, 0)
  } finally {
    void root.close()
  }
}
