/**
 * Queues on PostgreSQL. A message is a row; what can be received is due (`due_at_ms`) and not leased (`until_ms`), so a lease
 * that runs out needs nobody to end it. `receive` leases by SKIP LOCKED; who waits in one process is served by one
 * statement. It looks through what is due in order, past what is leased: a lease changes nothing that an index has, and
 * so costs half of what it would (docs/decisions/0006-leases-on-postgresql.md).
 *
 * A lease is visible to all before its message is handed out, but its flush is not waited for: a process that is killed
 * loses none. A server that crashes may lose those of the last moments, which gives their messages out again, with an
 * attempt not counted (docs/decisions/0006-leases-on-postgresql.md). So for a minute after a server was lost they
 * are flushed first, and on ordered queues always: there a lease also holds back what comes after its message.
 *
 * On an ordered queue the first row of a key alone can be leased, and only while no other of that key is. New rows of a
 * key are put in one after the other (see `groundplan_apply`), so the first one seen is the first there is.
 *
 * Waking up. Who waits in this process is told directly; other processes by NOTIFY, sent a moment after the commit and
 * for many commits at once, never by the commit's own transaction: NOTIFY makes commits wait for each other. Behind both
 * stands polling: a lost notice costs seconds, not messages.
 */
import {
  checkMessage,
  type DeadLetter,
  fault,
  type NewMessage,
  type QueueCounts,
  type QueuedMessage,
  type QueueShape,
  type Queues,
} from 'groundplan/driver'
import type { Catalogue } from './catalogue.ts'
import type { Commits } from './commits.ts'
import type { Connections, Row } from './connections.ts'
import { leaseColumns, messageIn } from './leases.ts'
import { type QueueStatements, queueStatements } from './queue-statements.ts'
import { WaitedQueue } from './waited-queue.ts'

export interface PostgresQueuesOptions {
  readonly connections: Connections
  /** The quoted schema. */
  readonly schema: string
  readonly catalogue: Catalogue
  readonly queues: readonly QueueShape[]
  readonly commits: Commits
}

export interface PostgresQueues extends Queues {
  /** Refuses what no queue keeps. */
  check(messages: readonly NewMessage[]): void
  /** These have got messages: whoever waits looks again. */
  wake(queues: Iterable<string>): void
  close(): Promise<void>
}

export function postgresQueues(options: PostgresQueuesOptions): PostgresQueues {
  return new OnPostgres(options)
}

type Wanted = Parameters<Queues['receive']>[1]

class OnPostgres implements PostgresQueues {
  readonly #options: PostgresQueuesOptions
  readonly #statements: QueueStatements
  readonly #queues: ReadonlyMap<string, WaitedQueue>

  constructor(options: PostgresQueuesOptions) {
    const { connections, catalogue, schema, queues } = options
    const statements = queueStatements(schema)
    this.#options = options
    this.#statements = statements
    this.#queues = new Map(
      queues.map(shape => {
        const id = catalogue.queues.get(shape.name) ?? 0
        return [shape.name, new WaitedQueue({ shape, id, connections, statements })]
      }),
    )
  }

  check(messages: readonly NewMessage[]): void {
    for (const message of messages) checkMessage(message, this.#of(message.queue).shape)
  }

  wake(queues: Iterable<string>): void {
    for (const name of queues) this.#queues.get(name)?.look()
  }

  async send(messages: readonly NewMessage[]): Promise<void> {
    this.check(messages)
    if (messages.length === 0) return
    await this.#options.commits.add({ targets: [], messages, messageBytes: 0 }, true)
  }

  async receive(queue: string, wanted: Wanted) {
    return this.#of(queue).receive(wanted)
  }

  async extend(queue: string, leases: readonly string[], leaseMs: number): Promise<readonly string[]> {
    const waited = this.#of(queue)
    const held = await this.#ask(this.#statements.extend, [waited.id, ...leaseColumns(leases), leaseMs])
    waited.look()
    return held.map(row => String(row[0]))
  }

  async done(queue: string, leases: readonly string[]): Promise<void> {
    await this.#of(queue).done(leases)
  }

  async again(queue: string, lease: string, delayMs: number): Promise<void> {
    const waited = this.#of(queue)
    const delay = Math.max(0, Math.ceil(delayMs))
    await this.#ask(this.#statements.again, [waited.id, ...leaseColumns([lease]), delay])
    waited.look()
  }

  async bury(queue: string, lease: string, why: { readonly reason: string; readonly trace?: string }): Promise<void> {
    const waited = this.#of(queue)
    await this.#ask(this.#statements.bury, [waited.id, ...leaseColumns([lease]), JSON.stringify(why)])
    waited.look()
  }

  async peek(queue: string, limit: number): Promise<readonly QueuedMessage[]> {
    const found = await this.#ask(this.#statements.peek, [this.#of(queue).id, limit])
    return found.map(row => messageIn(queue, row))
  }

  async deadLetters(queue: string, limit: number): Promise<readonly DeadLetter[]> {
    const found = await this.#ask(this.#statements.deadLetters, [this.#of(queue).id, limit])
    return found.map(row => ({ ...messageIn(queue, row), ...JSON.parse(String(row[7])), buriedAtMs: Number(row[6]) }))
  }

  async redrive(queue: string, ids?: readonly string[]): Promise<number> {
    const waited = this.#of(queue)
    const back = await this.#options.connections.once(this.#statements.redrive, [waited.id, ids ?? null])
    waited.look()
    return Number(back[0]?.[0])
  }

  async purge(queue: string, which: 'waiting' | 'dead'): Promise<number> {
    const waited = this.#of(queue)
    const statement = which === 'dead' ? this.#statements.purgeDead : this.#statements.purgeWaiting
    const gone = await this.#options.connections.once(statement, [waited.id])
    waited.look()
    return Number(gone[0]?.[0])
  }

  async counts(queue: string): Promise<QueueCounts> {
    const [row = []] = await this.#ask(this.#statements.counts, [this.#of(queue).id])
    const [ready, delayed, leased, dead, next, oldest] = row
    return {
      ...{ ready: Number(ready), delayed: Number(delayed), leased: Number(leased), dead: Number(dead) },
      ...(next == null ? {} : { nextAtMs: Number(next) }),
      ...(oldest == null ? {} : { oldestDueAtMs: Number(oldest) }),
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(queue => queue.close()))
  }

  #of(name: string): WaitedQueue {
    const found = this.#queues.get(name)
    if (!found) throw fault('plan-invalid', `there is no queue "${name}"`)
    return found
  }

  #ask(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.#options.connections.repeatable(text, values)
  }
}
