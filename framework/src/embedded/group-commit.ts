/**
 * Group commit: whoever writes meets the others in one transaction, and one flush of the disk serves all of them.
 *
 * A piece of work is *waiting* until the next transaction begins. There it decides (reads, and may refuse, which is
 * between it and its caller alone), then applies (writes, and must not fail). When all have, the transaction is
 * committed: now it is *visible* to all readers, and who asked for no more is answered. Once the disk has taken it
 * (`flushed`) it is *durable*, and everybody else is answered. A transaction begins as soon as there is work and the one
 * before is visible, unless two wait for the disk already: what comes meanwhile waits for the next, so the slower the
 * disk, the more work shares one flush.
 *
 * Two ways of failing. A transaction that cannot be committed (the disk is full) is as though it had never been: its
 * callers are told, its members read again what is kept, and the next transaction may succeed. A disk that fails to
 * flush what is visible already leaves nobody able to say what will be there after the next start: nothing is written
 * from then on.
 */
import type { RootDatabase } from 'lmdb'
import { fault, isFault } from '../contract/problems.ts'
import { type Listener, lastVisible, listenToWriting } from './writing-thread.ts'

/** Reads, and gives what writes. A fault refuses this work alone, so nothing may have been written before it. */
export type Work<T> = (group: Group) => () => T

/** Keeps things in memory that follow from what is kept on disk. */
export interface Member {
  /** The last thing in a transaction: writes what its work has changed in memory. */
  beforeCommit(group: Group): void
  /** Forgets what it has in memory, and reads it again: the last transaction was not kept. */
  reload(): void
}

/** One transaction. */
export interface Group {
  /** Calls when it is visible. */
  whenVisible(run: () => void): void
  /** Calls when it is durable, or with the reason why it will not be. */
  whenDurable(run: () => void, failed: (reason: unknown) => void): void
}

interface Task {
  readonly work: Work<unknown>
  readonly durable: boolean
  readonly resolve: (value: never) => void
  readonly reject: (reason: unknown) => void
}

interface Ending {
  readonly done: () => void
  readonly failed: (reason: unknown) => void
}

class OpenGroup implements Group {
  readonly visible: (() => void)[] = []
  readonly endings: Ending[] = []
  /** The number of its transaction. Undefined until its work is done. */
  transaction: number | undefined
  isVisible = false
  /** Resolves when `show` is called. */
  readonly shown: Promise<void>
  show: () => void = () => {}

  constructor() {
    this.shown = new Promise(resolve => {
      this.show = resolve
    })
  }

  whenVisible(run: () => void): void {
    this.visible.push(run)
  }

  whenDurable(done: () => void, failed: (reason: unknown) => void): void {
    this.endings.push({ done, failed })
  }
}

/** Works in one transaction at most, so that nobody waits for a crowd. */
const mostWorks = 1_000
/** Transactions that may wait for the disk: one being flushed, one to go with the next flush. */
const mostUnflushed = 2

export class GroupCommit {
  readonly #root: RootDatabase<Buffer, Uint8Array>
  readonly #members = new Set<Member>()
  #tasks: Task[] = []
  /** On its way to becoming visible. */
  #running: OpenGroup | undefined
  readonly #unflushed = new Set<OpenGroup>()
  /** Of the last transaction, and all before. */
  #flushed: Promise<unknown> = Promise.resolve()
  #broken: unknown
  #whenIdle: (() => void)[] = []
  #begun = 0

  constructor(root: RootDatabase<Buffer, Uint8Array>) {
    this.#root = root
    listenToWriting(root, () => this.#running && this.#listenerOf(this.#running))
  }

  /** Transactions so far: each is flushed once, unless it wrote nothing or shares the flush of the next. */
  get begun(): number {
    return this.#begun
  }

  /** Whether what members have in memory is what readers see: nothing is under way to becoming visible. */
  get isQuiet(): boolean {
    return !this.#running && this.#tasks.length === 0
  }

  join(member: Member): () => void {
    this.#members.add(member)
    return () => void this.#members.delete(member)
  }

  /**
   * Does a piece of work in the next transaction; gives what it gave once that is durable (or, where that is not asked
   * for, visible). Faults: those of the work; `engine-unavailable`.
   */
  write<T>(work: Work<T>, durable = true): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(unavailable(this.#broken))
      this.#tasks.push({ work, durable, resolve, reject })
      this.#begin()
    })
  }

  /** Resolves when nothing waits and all is flushed. */
  idle(): Promise<void> {
    return new Promise(resolve => {
      this.#whenIdle.push(resolve)
      this.#rest()
    })
  }

  /** As `idle`; nothing is written from then on. Gives whether all was flushed: false where the disk has failed. */
  async close(): Promise<boolean> {
    await this.idle()
    const isWhole = this.#broken === undefined
    this.#broken ??= fault('engine-unavailable', 'the data folder is closed')
    return isWhole
  }

  #begin(): void {
    if (this.#broken) this.#refuseAll(unavailable(this.#broken))
    if (this.#running || this.#tasks.length === 0 || this.#unflushed.size >= mostUnflushed) return
    this.#begun++
    this.#running = new OpenGroup()
    this.#unflushed.add(this.#running)
    void this.#finish(this.#running)
  }

  async #finish(group: OpenGroup): Promise<void> {
    const flushedBefore = this.#flushed
    try {
      const committed = this.#root.childTransaction(() => this.#run(group))
      this.#flushed = Promise.all([flushedBefore, this.#flushOfThis()])
      // Where the transaction is not kept, nobody waits for its flush.
      this.#flushed.catch(() => {})
      const flushed = this.#flushed
      // The package's promise comes with the flush; or, where nothing was written, alone.
      await Promise.race([committed, group.shown])
      this.#seen(group)
      await flushed
      this.#end(group, ({ done }) => done())
    } catch (error) {
      // What is not kept is never flushed: the next one is not to wait for that.
      if (!group.isVisible) this.#flushed = flushedBefore
      this.#fail(group, await reasonOf(error))
    }
  }

  /**
   * Resolves with the flush of the transaction just begun. LMDB says of which flush it speaks at the moment its `then`
   * is called, so this is called right after the transaction was begun, without a pause.
   */
  #flushOfThis(): Promise<unknown> {
    return new Promise((resolve, reject) => void this.#root.flushed.then(resolve, reject))
  }

  /** Within the transaction. What is thrown here takes all of it back. */
  #run(group: OpenGroup): void {
    const tasks = this.#take()
    // All of them, whoever's writing fails; who is refused hears of it first.
    for (const { reject } of tasks) group.whenDurable(() => {}, reject)
    for (const task of tasks) {
      const apply = decided(task, group)
      if (apply) answerWith(group, task, apply() as never)
    }
    for (const member of this.#members) member.beforeCommit(group)
    group.transaction = this.#root.getWriteTxnId()
  }

  #listenerOf(group: OpenGroup): Listener {
    return {
      visible: () => {
        if (this.#isKept(group)) group.show()
      },
      // What could not be committed tells its callers by itself.
      failed: reason => {
        if (this.#isKept(group)) this.#break(reason)
      },
    }
  }

  /** Whether readers can see it, whatever has been said. */
  #isKept({ transaction }: OpenGroup): boolean {
    return transaction !== undefined && transaction <= lastVisible(this.#root)
  }

  #take(): readonly Task[] {
    if (this.#tasks.length <= mostWorks) {
      const tasks = this.#tasks
      this.#tasks = []
      return tasks
    }
    return this.#tasks.splice(0, mostWorks)
  }

  #seen(group: OpenGroup): void {
    group.isVisible = true
    if (this.#running === group) this.#running = undefined
    // What readers hold is from before.
    this.#root.resetReadTxn()
    for (const run of group.visible) run()
    this.#begin()
  }

  #end(group: OpenGroup, tell: (ending: Ending) => void): void {
    if (!this.#unflushed.delete(group)) return
    for (const ending of group.endings) tell(ending)
    this.#begin()
    this.#rest()
  }

  #fail(group: OpenGroup, error: unknown): void {
    const reason = unavailable(error)
    if (this.#running === group) this.#running = undefined
    if (!group.isVisible) this.#reload()
    this.#end(group, ({ failed }) => failed(reason))
  }

  #refuseAll(reason: unknown): void {
    for (const { reject } of this.#tasks.splice(0)) reject(reason)
    this.#rest()
  }

  #reload(): void {
    try {
      for (const member of this.#members) member.reload()
    } catch (error) {
      this.#broken = error
    }
  }

  /** The disk did not take what everybody can see: of nothing that it has not taken yet can anybody say what is kept. */
  #break(reason: unknown): void {
    this.#broken ??= reason
    for (const group of [...this.#unflushed]) {
      group.isVisible = true
      this.#fail(group, reason)
    }
  }

  #rest(): void {
    if (this.#running || this.#tasks.length > 0 || this.#unflushed.size > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

function answerWith(group: Group, { durable, resolve }: Task, value: never): void {
  if (durable)
    group.whenDurable(
      () => resolve(value),
      () => {},
    )
  else group.whenVisible(() => resolve(value))
}

/** What the work wants to write; nothing when it is refused, of which its caller hears at once. */
function decided(task: Task, group: Group): (() => unknown) | undefined {
  try {
    return task.work(group)
  } catch (error) {
    task.reject(error)
    return undefined
  }
}

/** What LMDB says was the matter stands in a promise of its own. */
async function reasonOf(error: unknown): Promise<unknown> {
  const behind = (error as { readonly commitError?: Promise<never> } | undefined)?.commitError
  return behind ? behind.catch((reason: unknown) => reason) : error
}

function unavailable(error: unknown): Error {
  if (isFault(error)) return error
  const what = error instanceof Error ? error.message : String(error)
  return fault('engine-unavailable', `nothing was written: ${what}`, {}, error)
}
