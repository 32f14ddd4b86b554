/**
 * A queue with those of this process who wait for its messages.
 *
 * A fetch serves all who wait with leases of one length: it asks for as many messages as they want together. When it
 * comes back with fewer, the queue is empty for now: it is looked at again when somebody sends, when the next message is
 * due, or after a while. What was fetched for somebody who left meanwhile goes to others, or back.
 *
 * A fetch that waits for a flush gets another one beside it where many wait meanwhile: both share the flush.
 *
 * Acknowledgements meet in the same way: those that come while one statement is under way share the next.
 */
import { randomInt } from 'node:crypto'
import { type Cancel, isFault, type Leased, type QueueShape, type Queues } from 'groundplan/driver'
import type { Connections, Row } from './connections.ts'
import { leaseColumns, messageIn } from './leases.ts'
import type { QueueStatements } from './queue-statements.ts'

type Wanted = Parameters<Queues['receive']>[1]

interface Waiter {
  readonly wanted: Wanted
  readonly give: (messages: readonly Leased[]) => void
  readonly fail: (error: unknown) => void
  /** Whether it has its answer. */
  gone: boolean
}

/** A message that was fetched, and how to put it back. */
interface Fetched {
  readonly message: Leased
  readonly dueAtMs: string
}

interface Acknowledged {
  readonly leases: readonly string[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** More would be leased long before it is handled. */
const mostAtOnce = 500
/** Fetches at a time that wait for a flush; beside the first, only for so many messages. */
const mostBeside = 4
const worthOneMore = 16
/** Leases are told apart by chance: numbers that are counted begin anew where a crash of the server lost the last ones. */
const mostLease = 2 ** 48 - 1
/** After a server was lost, leases are flushed before messages are handed out, for so long. */
const cautiousMs = 60_000
/** Between looks at a queue in which nothing is known to become due. */
const pollMs = 10_000

export interface WaitedQueueOptions {
  readonly shape: QueueShape
  readonly id: number
  readonly connections: Connections
  readonly statements: QueueStatements
}

export class WaitedQueue {
  readonly shape: QueueShape
  readonly id: number
  readonly #connections: Connections
  readonly #statements: QueueStatements
  /**
   * The longest waiting first; without those whom a fetch under way serves. Arrays, since busy sets leave tables behind
   * that hold on to what was in them until the next full garbage collection.
   */
  #waiters: Waiter[] = []
  /** Of each fetch under way. */
  readonly #served: (readonly Waiter[])[] = []
  readonly #heeded = new WeakSet<AbortSignal>()
  #acknowledged: Acknowledged[] = []
  /** Under way; each is counted until it looks no more, in the same breath: who comes after that begins another. */
  #fetches = 0
  #acknowledging = false
  readonly #running = new Set<Promise<void>>()
  /** Something may have come since the last fetch began. */
  #lookAgain = false
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #closed = false

  constructor({ shape, id, connections, statements }: WaitedQueueOptions) {
    this.shape = shape
    this.id = id
    this.#connections = connections
    this.#statements = statements
  }

  receive(wanted: Wanted): Promise<readonly Leased[]> {
    return new Promise((resolve, reject) => {
      if (wanted.signal.aborted || this.#closed) return resolve([])
      this.#heed(wanted.signal)
      this.#waiters.push({ wanted, give: resolve, fail: reject, gone: false })
      this.look()
    })
  }

  /** Whoever receives again and again does so with one signal, which tells us once. */
  #heed(signal: AbortSignal): void {
    if (this.#heeded.has(signal)) return
    this.#heeded.add(signal)
    signal.addEventListener('abort', () => this.#leave(signal), { once: true })
  }

  #leave(signal: AbortSignal): void {
    for (const waiter of [...this.#waiters, ...this.#served.flat()]) {
      if (waiter.wanted.signal === signal) answer(waiter, [])
    }
    this.#waiters = this.#waiters.filter(({ gone }) => !gone)
    if (this.#waiters.length === 0) this.#stopTimer()
  }

  /** Looks for messages, if anybody waits for one. */
  look(): void {
    this.#lookAgain = true
    if (this.#waiters.length === 0 || this.#closed) return
    if (this.#areEnough()) return
    this.#fetches++
    this.#hold(this.#fetch())
  }

  /** One fetch is quick where it waits for no flush, and the larger the less it costs. */
  #areEnough(): boolean {
    if (this.#fetches === 0 || this.#isHasty) return this.#fetches > 0
    return this.#fetches >= mostBeside || wantedBy(this.#waiters) < worthOneMore
  }

  /** Resolves when these have been taken away. */
  done(leases: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#acknowledged.push({ leases, resolve, reject })
      if (this.#acknowledging) return
      this.#acknowledging = true
      this.#hold(this.#acknowledge())
    })
  }

  /** Nobody waits any more; what is under way ends. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopTimer()
    for (const waiter of [...this.#waiters, ...this.#served.flat()]) answer(waiter, [])
    this.#waiters = []
    await Promise.all(this.#running)
  }

  #hold(work: Promise<void>): void {
    const held = work.finally(() => this.#running.delete(held))
    this.#running.add(held)
  }

  // ---------- fetching

  async #fetch(): Promise<void> {
    this.#stopTimer()
    do {
      // Who calls in the same turn is served by the same statement: also those who have just got something and want more.
      await turn()
      if (this.#waiters.length === 0) break
      this.#lookAgain = false
      await this.#round()
    } while (this.#lookAgain)
    this.#fetches--
    if (this.#waiters.length > 0 && !this.#timer) this.#lookLater(pollMs)
  }

  async #round(): Promise<void> {
    const [first] = this.#waiters
    if (!first) return
    const { leaseMs } = first.wanted
    const isMine = ({ wanted }: Waiter): boolean => wanted.leaseMs === leaseMs
    const mine = this.#waiters.filter(isMine)
    this.#waiters = this.#waiters.filter(waiter => !isMine(waiter))
    this.#served.push(mine)
    const others = this.#waiters.length
    const wanted = Math.min(mostAtOnce, wantedBy(mine))
    try {
      const { found, nextMs } = await this.#take(wanted, leaseMs)
      await this.#share(found, mine, leaseMs)
      // Those of another length have not been looked for; a full hand says that there may be more.
      if (found.length === wanted || others > 0) this.#lookAgain ||= found.length > 0
      if (this.#waiters.length > 0 && !this.#lookAgain) this.#lookLater(Math.min(pollMs, nextMs))
    } catch (error) {
      this.#failed(error, mine)
    }
    this.#served.splice(this.#served.indexOf(mine), 1)
  }

  /** `nextMs`: how long until something else may be due. What was leased by a question whose answer was lost is found first. */
  async #take(max: number, leaseMs: number): Promise<{ readonly found: readonly Fetched[]; readonly nextMs: number }> {
    const lease = randomInt(mostLease)
    let asked = 0
    const rows = await this.#connections.retried(async () => {
      const lost = asked++ > 0 ? await this.#connections.once(this.#statements.leased, [this.id, lease]) : []
      return lost.length > 1 ? lost : this.#leased(max, leaseMs, lease)
    })
    const [next, now] = rows.at(-1)?.slice(6) ?? []
    const found = rows
      .slice(0, -1)
      .sort(asDue)
      .map(row => ({
        message: { ...messageIn(this.shape.name, row), lease: `${row[6]}.${lease}` },
        dueAtMs: String(row[7]),
      }))
    const dueMs = next == null ? Number.POSITIVE_INFINITY : Number(next) - Number(now)
    return { found, nextMs: found.length > 0 ? Math.min(dueMs, leaseMs) : dueMs }
  }

  #leased(max: number, leaseMs: number, lease: number): Promise<readonly Row[]> {
    const { receive, receiveOrdered } = this.#statements
    const statement = this.shape.ordered ? receiveOrdered : receive
    return this.#connections.once(statement, [this.id, max, leaseMs, lease, this.#isHasty])
  }

  /** To those it was asked for, in turn, and to others who wait with this lease; what is left over goes back. */
  async #share(found: readonly Fetched[], mine: readonly Waiter[], leaseMs: number): Promise<void> {
    let rest = found
    const give = (waiter: Waiter): void => {
      answer(
        waiter,
        rest.slice(0, waiter.wanted.max).map(({ message }) => message),
      )
      rest = rest.slice(waiter.wanted.max)
    }
    // Some may have left meanwhile.
    for (const waiter of mine.filter(({ gone }) => !gone)) {
      if (rest.length > 0) give(waiter)
      else this.#waiters.push(waiter)
    }
    for (const waiter of this.#waiters) if (rest.length > 0 && waiter.wanted.leaseMs === leaseMs) give(waiter)
    this.#waiters = this.#waiters.filter(({ gone }) => !gone)
    if (rest.length > 0) await this.#giveBack(rest)
  }

  async #giveBack(fetched: readonly Fetched[]): Promise<void> {
    const leases = leaseColumns(fetched.map(({ message }) => message.lease))
    const values = [this.id, ...leases, fetched.map(({ dueAtMs }) => dueAtMs)]
    await this.#connections.repeatable(this.#statements.giveBack, values)
    this.#lookAgain = true
  }

  /** Whether messages may be handed out before their leases are flushed (see queue.ts). */
  get #isHasty(): boolean {
    const { clock, lostAtMs } = this.#connections
    return !this.shape.ordered && clock.now() - lostAtMs > cautiousMs
  }

  #lookLater(ms: number): void {
    const { clock } = this.#connections
    const atMs = clock.now() + ms
    // Of two fetches, the one that ends last need not have seen the most.
    if (this.#closed || (this.#timer && this.#timer.atMs <= atMs)) return
    this.#stopTimer()
    this.#timer = { atMs, cancel: clock.at(atMs, () => this.#lookNow()) }
  }

  #lookNow(): void {
    this.#timer = undefined
    this.look()
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** A server that is gone is told to whoever waits; who receives tries again. */
  #failed(error: unknown, mine: readonly Waiter[]): void {
    if (!isFault(error)) throw error
    for (const waiter of [...mine, ...this.#waiters].filter(({ gone }) => !gone)) {
      waiter.gone = true
      waiter.fail(error)
    }
    this.#waiters = []
  }

  // ---------- acknowledging

  async #acknowledge(): Promise<void> {
    while (this.#acknowledged.length > 0) {
      await turn()
      const all = this.#acknowledged.splice(0)
      const columns = leaseColumns(all.flatMap(({ leases }) => leases))
      try {
        await this.#connections.repeatable(this.#statements.done, [this.id, ...columns])
        for (const { resolve } of all) resolve()
      } catch (error) {
        for (const { reject } of all) reject(error)
      }
      // The next one of a key can go.
      if (this.shape.ordered) this.look()
    }
    this.#acknowledging = false
  }
}

/** What is ready to run has run. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** Where it has none yet. */
function answer(waiter: Waiter, messages: readonly Leased[]): void {
  if (waiter.gone) return
  waiter.gone = true
  waiter.give(messages)
}

function wantedBy(waiters: Iterable<Waiter>): number {
  let sum = 0
  for (const { wanted } of waiters) sum += wanted.max
  return sum
}

/** By the time they were due, then in the order they came. */
function asDue(one: Row, other: Row): number {
  return Number(one[7]) - Number(other[7]) || Number(one[6]) - Number(other[6])
}
