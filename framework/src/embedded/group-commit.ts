/**
 * Group commit: whoever writes meets the others in one transaction, and one flush of the disk serves all of them.
 *
 * A piece of work is *waiting* until the next transaction begins. There it decides (reads, and may refuse, which is
 * between it and its caller alone), then applies (writes, and must not fail). When all have, what they wrote is in the
 * journal: it is *visible* to all readers, and who asked for no more is answered. Once the disk has taken it
 * it is *durable*, and everybody else is answered. A transaction begins as soon as there is work, when all who were
 * called at this moment have come, unless two wait for the disk already: what comes meanwhile waits for the next, so the
 * slower the disk, the more work shares one flush. A crowd that would leave the disk idle is halved (`pace.ts`).
 *
 * Two ways of failing. A transaction that cannot be written (the disk is full) is as though it had never been: its
 * callers are told, its members read again what is kept, and the next transaction may succeed. A disk that fails to
 * flush what is visible already leaves nobody able to say what will be there after the next start: nothing is written
 * from then on.
 */
import { fault, isFault } from '../contract/problems.ts'
import { Pace } from './pace.ts'
import type { Pages } from './pages.ts'

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
  /** Of a crowd it is to do half, so that this can be flushed while the rest is made. */
  readonly isHalf: boolean
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
  /** What it gave, once it has. */
  value: unknown
}

interface Ending {
  readonly done: () => void
  readonly failed: (reason: unknown) => void
}

class OpenGroup implements Group {
  readonly isHalf: boolean
  tasks: readonly Task[] = []
  /** How long it took until it was visible, with what its callers did before. */
  turnMs = 0
  readonly visible: (() => void)[] = []
  readonly endings: Ending[] = []

  constructor(isHalf: boolean) {
    this.isHalf = isHalf
  }

  whenVisible(run: () => void): void {
    this.visible.push(run)
  }

  whenDurable(done: () => void, failed: (reason: unknown) => void): void {
    this.endings.push({ done, failed })
  }
}

/** Works in one transaction at most, and bytes after which it takes no more, so that nothing else waits for a crowd. */
const mostWorks = 250
const enoughBytes = 128 * 1_024
/** No fewer are halved: each transaction has its own cost. */
export const fewestHalved = 16
/** Transactions that may wait for the disk: one being flushed, one to go with the next flush. */
const mostUnflushed = 2

/** What of the pages this has to do with. */
export type GroupedPages = Pick<Pages, 'change' | 'written' | 'failure' | 'flush' | 'isDue' | 'bringIn' | 'flushed'>

export class GroupCommit {
  readonly #pages: GroupedPages
  readonly #pace: Pace
  readonly #members = new Set<Member>()
  #tasks: Task[] = []
  /** A transaction is to run when all who were called at this moment have come. */
  #isDue = false
  #isFlushing = false
  /** Lists that are made anew: what a busy Set leaves behind holds on to its groups until the next full collection. */
  #unflushed: readonly OpenGroup[] = []
  #broken: unknown
  #whenIdle: (() => void)[] = []
  #begun = 0

  /** `nowMs`: a stopwatch. */
  constructor(pages: GroupedPages, nowMs: () => number) {
    this.#pages = pages
    this.#pace = new Pace(nowMs)
  }

  /** Transactions so far: each is flushed once, unless it wrote nothing or shares the flush of the next. */
  get begun(): number {
    return this.#begun
  }

  /** Whether nothing waits to be done: what members have in memory is then what readers see. */
  get isQuiet(): boolean {
    return this.#tasks.length === 0
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
      this.#tasks.push({ work, durable, resolve, reject, value: undefined })
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
    if (this.#tasks.length > 0) this.#beginTurn()
  }

  /** Whether a transaction is to come. */
  #beginTurn(): boolean {
    if (this.#isDue) return true
    if (!this.#mayRun) return false
    this.#isDue = true
    this.#pace.turnBegins()
    setImmediate(() => this.#endTurn())
    return true
  }

  get #mayRun(): boolean {
    if (this.#unflushed.length >= mostUnflushed) return false
    // What is brought into the data file has been flushed before.
    return !this.#pages.isDue || (this.#unflushed.length === 0 && !this.#pages.flushed)
  }

  #endTurn(): void {
    this.#isDue = false
    if (this.#broken) this.#refuseAll(unavailable(this.#broken))
    // The data file may have been flushed since the turn began, and be due again.
    else if (this.#tasks.length > 0 && this.#mayRun)
      this.#run(new OpenGroup(this.#unflushed.length === 0 && this.#pace.parts))
    this.#flush()
    this.#begin()
  }

  #run(group: OpenGroup): void {
    this.#begun++
    try {
      if (this.#pages.isDue) this.#bringIn()
      this.#pages.change(() => this.#change(group))
    } catch (error) {
      this.#notKept(group, unavailable(error))
      return
    }
    group.turnMs = this.#pace.turnMs
    this.#unflushed = [...this.#unflushed, group]
    for (const task of group.tasks) if (!task.durable) task.resolve(task.value as never)
    for (const run of group.visible) run()
  }

  /** Within the transaction. What is thrown here takes all of it back. */
  #change(group: OpenGroup): void {
    // All of them, whoever's writing fails; who is refused hears of it first, and that counts.
    const tasks = this.#take(group.isHalf)
    group.tasks = tasks
    let done = 0
    for (const task of tasks) {
      task.value = decided(task, group)?.()
      done++
      if (this.#pages.written > enoughBytes) break
    }
    if (done < tasks.length) {
      group.tasks = tasks.slice(0, done)
      this.#tasks = [...tasks.slice(done), ...this.#tasks]
    }
    for (const member of this.#members) member.beforeCommit(group)
  }

  #take(isHalf = false): readonly Task[] {
    const { length } = this.#tasks
    const wanted = isHalf && length >= fewestHalved ? Math.ceil(length / 2) : length
    if (wanted < length || length > mostWorks) return this.#tasks.splice(0, Math.min(wanted, mostWorks))
    const tasks = this.#tasks
    this.#tasks = []
    return tasks
  }

  #bringIn(): void {
    this.#pages.bringIn()
    this.#pages.flushed?.then(
      () => this.#begin(),
      error => this.#break(error),
    )
  }

  #flush(): void {
    if (this.#isFlushing || this.#unflushed.length === 0) return
    this.#isFlushing = true
    const groups = this.#unflushed
    this.#pace.flushBegins()
    this.#pages.flush().then(
      () => this.#flushed(groups),
      error => this.#break(error),
    )
  }

  #flushed(groups: readonly OpenGroup[]): void {
    this.#isFlushing = false
    this.#pace.flushEnds()
    let turnsMs = 0
    for (const { turnMs } of this.#unflushed) turnsMs += turnMs
    // Those of which it was said already that nobody knows are not among them any more.
    for (const group of groups) if (this.#unflushed.includes(group)) kept(group)
    this.#unflushed = this.#unflushed.slice(groups.length)
    // Whoever has just been answered is likely to come again.
    const isDue = this.#beginTurn()
    if (!isDue || !this.#pace.joins(turnsMs)) this.#flush()
    this.#rest()
  }

  /** It is as though it had never been. */
  #notKept(group: OpenGroup, reason: Error): void {
    try {
      this.#broken = this.#pages.failure
      if (!this.#broken) for (const member of this.#members) member.reload()
    } catch (error) {
      this.#broken = error
    }
    // Where nothing of it was tried.
    if (group.tasks.length === 0) group.tasks = this.#take()
    tellFailed(group, reason)
    this.#rest()
  }

  /** The disk did not take what everybody can see: of nothing that it has not taken yet can anybody say what is kept. */
  #break(error: unknown): void {
    this.#isFlushing = false
    this.#broken ??= new Error(`the disk did not take it: ${error instanceof Error ? error.message : error}`)
    const reason = unavailable(this.#broken)
    for (const group of this.#unflushed) tellFailed(group, reason)
    this.#unflushed = []
    this.#refuseAll(reason)
  }

  #refuseAll(reason: unknown): void {
    for (const { reject } of this.#tasks.splice(0)) reject(reason)
    this.#rest()
  }

  #rest(): void {
    if (this.#tasks.length > 0 || this.#unflushed.length > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

function kept({ tasks, endings }: OpenGroup): void {
  for (const task of tasks) if (task.durable) task.resolve(task.value as never)
  for (const { done } of endings) done()
}

function tellFailed({ tasks, endings }: OpenGroup, reason: unknown): void {
  for (const { reject } of tasks) reject(reason)
  for (const { failed } of endings) failed(reason)
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

function unavailable(error: unknown): Error {
  if (isFault(error)) return error
  const what = error instanceof Error ? error.message : String(error)
  return fault('engine-unavailable', `nothing was written: ${what}`, {}, error)
}
