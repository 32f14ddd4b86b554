/**
 * A queue with those of this process who wait for its messages.
 *
 * One fetch at a time serves all who wait with leases of one length: it asks for as many messages as they want together.
 * When it comes back with fewer, the queue is empty for now: it is looked at again when somebody sends, when the next
 * message is due, or after a while. What was fetched for somebody who left meanwhile goes to others, or back.
 *
 * Acknowledgements meet in the same way: those that come while one statement is under way share the next.
 */
import { type Cancel, isFault, type Leased, type QueueShape, type Queues } from 'groundplan/driver'
import type { Connections, Row } from './connections.ts'
import { leaseColumns, messageIn } from './leases.ts'
import type { QueueStatements } from './queue-statements.ts'

type Wanted = Parameters<Queues['receive']>[1]

interface Waiter {
  readonly wanted: Wanted
  readonly give: (messages: readonly Leased[]) => void
  readonly fail: (error: unknown) => void
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
  /** The longest waiting first. */
  readonly #waiters = new Set<Waiter>()
  #acknowledged: Acknowledged[] = []
  #acknowledging: Promise<void> | undefined
  #fetching: Promise<void> | undefined
  /** Something may have come since the fetch under way began. */
  #lookAgain = false
  #timer: Cancel | undefined
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
      const leave = (): void => {
        this.#waiters.delete(waiter)
        if (this.#waiters.size === 0) this.#stopTimer()
        resolve([])
      }
      const waiter: Waiter = {
        wanted,
        give: messages => {
          wanted.signal.removeEventListener('abort', leave)
          resolve(messages)
        },
        fail: error => {
          wanted.signal.removeEventListener('abort', leave)
          reject(error)
        },
      }
      wanted.signal.addEventListener('abort', leave, { once: true })
      this.#waiters.add(waiter)
      this.look()
    })
  }

  /** Looks for messages, if anybody waits for one. */
  look(): void {
    this.#lookAgain = true
    if (this.#waiters.size > 0 && !this.#closed) this.#fetching ??= this.#fetch()
  }

  /** Resolves when these have been taken away. */
  done(leases: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#acknowledged.push({ leases, resolve, reject })
      this.#acknowledging ??= this.#acknowledge()
    })
  }

  /** Nobody waits any more; what is under way ends. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopTimer()
    for (const waiter of this.#waiters) waiter.give([])
    this.#waiters.clear()
    await Promise.all([this.#fetching, this.#acknowledging])
  }

  // ---------- fetching

  async #fetch(): Promise<void> {
    this.#stopTimer()
    // Who calls in the same turn is served by the same statement.
    await Promise.resolve()
    while (this.#lookAgain && this.#waiters.size > 0) {
      this.#lookAgain = false
      try {
        await this.#round()
      } catch (error) {
        this.#failed(error)
      }
    }
    this.#fetching = undefined
    if (this.#waiters.size > 0 && !this.#timer) this.#lookLater(pollMs)
  }

  async #round(): Promise<void> {
    const [first] = this.#waiters
    if (!first) return
    const { leaseMs } = first.wanted
    const served = [...this.#waiters].filter(({ wanted }) => wanted.leaseMs === leaseMs)
    const wanted = Math.min(
      mostAtOnce,
      served.reduce((sum, each) => sum + each.wanted.max, 0),
    )
    const { found, nextMs } = await this.#take(wanted, leaseMs)
    await this.#share(found, leaseMs)
    // Those of another length have not been looked for; a full hand says that there may be more.
    if (found.length === wanted || served.length < this.#waiters.size) this.#lookAgain ||= found.length > 0
    if (this.#waiters.size > 0 && !this.#lookAgain) this.#lookLater(Math.min(pollMs, nextMs))
  }

  /** `nextMs`: how long until something else may be due. */
  async #take(max: number, leaseMs: number): Promise<{ readonly found: readonly Fetched[]; readonly nextMs: number }> {
    const { receive, receiveOrdered } = this.#statements
    const statement = this.shape.ordered ? receiveOrdered : receive
    const rows = await this.#connections.repeatable(statement, [this.id, max, leaseMs])
    const taken = rows.slice(0, -1)
    const [next, now] = rows.at(-1)?.slice(7) ?? []
    const found = [...taken].sort(asDue).map(row => ({
      message: { ...messageIn(this.shape.name, row), lease: String(row[6]) },
      dueAtMs: String(row[7]),
    }))
    const dueMs = next == null ? Number.POSITIVE_INFINITY : Number(next) - Number(now)
    return { found, nextMs: found.length > 0 ? Math.min(dueMs, leaseMs) : dueMs }
  }

  /** To those who wait with this lease, in turn; what is left over goes back. */
  async #share(found: readonly Fetched[], leaseMs: number): Promise<void> {
    let rest = found
    for (const waiter of this.#waiters) {
      if (rest.length === 0) break
      if (waiter.wanted.leaseMs !== leaseMs) continue
      this.#waiters.delete(waiter)
      waiter.give(rest.slice(0, waiter.wanted.max).map(({ message }) => message))
      rest = rest.slice(waiter.wanted.max)
    }
    if (rest.length > 0) await this.#giveBack(rest)
  }

  async #giveBack(fetched: readonly Fetched[]): Promise<void> {
    const leases = leaseColumns(fetched.map(({ message }) => message.lease))
    const values = [this.id, ...leases, fetched.map(({ dueAtMs }) => dueAtMs)]
    await this.#connections.repeatable(this.#statements.giveBack, values)
    this.#lookAgain = true
  }

  #lookLater(ms: number): void {
    const { clock } = this.#connections
    this.#stopTimer()
    if (!this.#closed) this.#timer = clock.at(clock.now() + ms, () => this.look())
  }

  #stopTimer(): void {
    this.#timer?.()
    this.#timer = undefined
  }

  /** A server that is gone is told to whoever waits; who receives tries again. */
  #failed(error: unknown): void {
    if (!isFault(error)) throw error
    for (const waiter of this.#waiters) waiter.fail(error)
    this.#waiters.clear()
  }

  // ---------- acknowledging

  async #acknowledge(): Promise<void> {
    await Promise.resolve()
    while (this.#acknowledged.length > 0) {
      const all = this.#acknowledged.splice(0)
      const columns = leaseColumns(all.flatMap(({ leases }) => leases))
      try {
        await this.#connections.repeatable(this.#statements.done, [this.id, ...columns])
        for (const { resolve } of all) resolve()
      } catch (error) {
        for (const { reject } of all) reject(error)
      }
    }
    this.#acknowledging = undefined
    // The next one of a key can go.
    if (this.shape.ordered) this.look()
  }
}

/** By the time they were due, then in the order they came. */
function asDue(one: Row, other: Row): number {
  return Number(one[7]) - Number(other[7]) || Number(one[8]) - Number(other[8])
}
