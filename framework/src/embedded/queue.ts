/**
 * Queues on LMDB. Whatever is sent, taken and answered at a moment goes into one transaction; who waits in `receive` is
 * served at its end, first come, first served, with what it made ready, and is given the messages once their attempts
 * are on disk. When nothing is ready a timer of the clock waits for the next instant at which something will be; while
 * nobody waits there is none.
 *
 * A receive that is aborted before it is served has leased nothing; one that is served is given its messages, even when
 * it is aborted before they are on disk.
 */
import type { Cancel, Clock } from '../contract/clock.ts'
import { limits } from '../contract/limits.ts'
import { fault } from '../contract/problems.ts'
import { checkMessage, type Leased, type NewMessage, type QueueShape, type Queues } from '../contract/queue.ts'
import { Catalogue } from './catalogue.ts'
import type { Environment } from './environment.ts'
import { fewestHalved, type Group, type Member } from './group-commit.ts'
import { type Draft, draftOf } from './message-record.ts'
import { QueueState, type Step } from './queue-state.ts'

export interface EmbeddedQueues extends Queues {
  /** Refuses what would not be kept. Faults: those of `send`. */
  check(messages: readonly NewMessage[]): void
  /** Messages as they will be kept: who sends may go on with what is his. */
  drafts(messages: readonly NewMessage[]): readonly NamedDraft[]
  /** Keeps messages within a transaction of the environment: how its store delivers those of a commit. */
  accept(drafts: readonly NamedDraft[]): void
}

export interface EmbeddedQueuesOptions {
  readonly clock: Clock
  readonly queues: readonly QueueShape[]
  /** What is leased waits again at once, its attempts counted: whoever leased it is gone. Default: leases go on. */
  readonly freesLeases?: boolean
}

/**
 * Opens the queues of an environment, once. Takes time for messages under way and ids of the last five minutes, none
 * for what waits.
 * Faults: `plan-invalid` where a queue that holds messages was ordered and is not any more, or the other way round.
 */
export async function embeddedQueues(
  environment: Environment,
  options: EmbeddedQueuesOptions,
): Promise<EmbeddedQueues> {
  const { clock, queues, freesLeases = false } = options
  const catalogue = new Catalogue(environment)
  const states = await environment.transactions.write(() => () => {
    const all = queues.map(shape => stateOf(environment, catalogue, shape))
    if (freesLeases) for (const state of all) state.freeLeases(clock.now())
    return all
  })
  return queuesOn(environment, clock, states)
}

function stateOf(environment: Environment, catalogue: Catalogue, shape: QueueShape): QueueState {
  const kept = catalogue.queue(shape.name)
  const number = kept?.number ?? catalogue.newNumber()
  if (kept && kept.ordered !== shape.ordered) checkEmpty(catalogue, shape, number)
  catalogue.setQueue(shape.name, { number, ordered: shape.ordered })
  const state = new QueueState(environment, catalogue, shape, number)
  state.load()
  state.takeOver()
  return state
}

function checkEmpty(catalogue: Catalogue, { name, ordered }: QueueShape, number: number): void {
  const { waiting = 0, dead = 0, leased = 0 } = catalogue.totals(number) ?? {}
  if (waiting + dead + leased === 0) return
  const detail = `queue "${name}" holds ${waiting + dead + leased} messages and was ${ordered ? 'not ' : ''}ordered`
  throw fault('plan-invalid', `${detail}: let the former plan work them off, or give the new queue a name of its own`)
}

/** Messages that one transaction redrives or removes. */
const step = 1_000

function queuesOn(environment: Environment, clock: Clock, states: readonly QueueState[]): EmbeddedQueues {
  const { transactions } = environment
  const served = new ServedQueues(environment, clock, states)
  const of = (name: string): WaitedQueue => served.queue(name)
  const change = <T>(name: string, work: (state: QueueState, nowMs: number) => T, durable = true): Promise<T> => {
    const queue = of(name)
    return transactions.write(() => () => work(queue.state, queue.touch()), durable)
  }
  /** Without a transaction, where nothing is under way and time has moved nothing. */
  const look = async <T>(name: string, read: (state: QueueState, nowMs: number) => T): Promise<T> => {
    const { state } = of(name)
    const nowMs = clock.now()
    return transactions.isQuiet && state.isSettled(nowMs) ? read(state, nowMs) : change(name, read, false)
  }
  /** Step by step, so that nobody waits for a million messages. */
  const stepped = async (name: string, work: (state: QueueState, from: Buffer | undefined, nowMs: number) => Step) => {
    let from: Buffer | undefined
    let count = 0
    do {
      const done: Step = await change(name, (state, nowMs) => work(state, from, nowMs))
      count += done.count
      from = done.next
    } while (from)
    return count
  }
  return {
    check: messages => served.check(messages),
    drafts: messages => served.drafts(messages),
    accept: drafts => served.accept(drafts),
    async send(messages) {
      served.check(messages)
      const drafts = served.drafts(messages)
      await transactions.write(() => () => served.accept(drafts))
    },
    receive: (queue, wanted) => of(queue).receive(wanted),
    extend: (queue, leases, leaseMs) => change(queue, (state, nowMs) => state.extend(leases, leaseMs, nowMs)),
    done: (queue, leases) => change(queue, state => leases.forEach(lease => void state.done(lease))),
    again: (queue, lease, delayMs) =>
      change(queue, (state, nowMs) => state.again(lease, nowMs + Math.max(0, Math.ceil(delayMs)))),
    bury: (queue, lease, why) => change(queue, (state, nowMs) => state.bury(lease, why, nowMs)),
    peek: (queue, limit) => look(queue, state => state.peek(limit)),
    deadLetters: (queue, limit) => look(queue, state => state.deadLetters(limit)),
    counts: queue => look(queue, (state, nowMs) => state.counts(nowMs)),
    async redrive(queue, ids) {
      const last = await change(queue, state => state.lastBurial, false)
      const wanted = ids && new Set(ids)
      return stepped(queue, (state, from, nowMs) => state.redrive(from, last, wanted, step, nowMs))
    },
    async purge(queue, which) {
      const dead = which === 'dead'
      const last = await change(queue, state => (dead ? state.lastBurial : state.lastPosition), false)
      return stepped(queue, (state, from) =>
        dead ? state.purgeDead(from, last, step) : state.purgeWaiting(from, last, step),
      )
    },
  }
}

/** A message ready to be kept, and where. */
export interface NamedDraft {
  readonly queue: WaitedQueue
  readonly draft: Draft
}

/** All queues of an environment, as a member of its transactions. */
class ServedQueues implements Member {
  readonly #byName: ReadonlyMap<string, WaitedQueue>
  readonly #clock: Clock
  /** Those that a transaction has to do with. */
  #touched: WaitedQueue[] = []

  constructor(environment: Environment, clock: Clock, states: readonly QueueState[]) {
    this.#clock = clock
    const queues = states.map(state => new WaitedQueue(environment, state, clock, queue => this.#touched.push(queue)))
    this.#byName = new Map(queues.map(queue => [queue.state.shape.name, queue]))
    environment.transactions.join(this)
    environment.onClose(() => {
      for (const queue of queues) queue.close()
    })
  }

  queue(name: string): WaitedQueue {
    const found = this.#byName.get(name)
    if (!found) throw fault('plan-invalid', `there is no queue "${name}"`)
    return found
  }

  check(messages: readonly NewMessage[]): void {
    for (const message of messages) checkMessage(message, this.queue(message.queue).state.shape)
  }

  drafts(messages: readonly NewMessage[]): readonly NamedDraft[] {
    const nowMs = this.#clock.now()
    return messages.map(message => ({ queue: this.queue(message.queue), draft: draftOf(message, nowMs) }))
  }

  accept(drafts: readonly NamedDraft[]): void {
    for (const { queue, draft } of drafts) queue.state.send(draft, queue.touch())
  }

  beforeCommit(group: Group): void {
    for (const queue of this.#touched) queue.finish(group)
    this.#touched = []
  }

  reload(): void {
    this.#touched = []
    for (const queue of this.#byName.values()) queue.reload()
  }
}

type Wanted = Parameters<Queues['receive']>[1]

interface Waiter {
  readonly wanted: Wanted
  readonly give: (messages: readonly Leased[]) => void
  readonly refuse: (reason: unknown) => void
}

function wantedBy(waiters: readonly Waiter[]): number {
  let most = 0
  for (const { wanted } of waiters) most += wanted.max
  return most
}

/** Signals whose abort was asked for: one listener each, however often somebody waits with it. */
type Heard = WeakSet<AbortSignal>

/** Messages leased in one transaction at most. */
const mostTaken = 1_000
/** Ids are forgotten in the background no more often. */
const forgetPauseMs = 10_000

/** A queue with those who wait for its messages. */
class WaitedQueue {
  readonly state: QueueState
  readonly #environment: Environment
  readonly #clock: Clock
  readonly #touched: (queue: WaitedQueue) => void
  /** The longest waiting first. */
  #waiters: Waiter[] = []
  readonly #heard: Heard = new WeakSet()
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #forgetting: Cancel | undefined
  /** When the transaction first touched it; all that it does happens at that time. */
  #touchedAtMs: number | undefined
  #closed = false

  constructor(environment: Environment, state: QueueState, clock: Clock, touched: (queue: WaitedQueue) => void) {
    this.#environment = environment
    this.state = state
    this.#clock = clock
    this.#touched = touched
    this.#setForgetting()
  }

  /** Within a transaction: something is done with the queue. Gives the time. */
  touch(): number {
    if (this.#touchedAtMs === undefined) {
      this.#touchedAtMs = this.#clock.now()
      this.#touched(this)
      this.state.look(this.#touchedAtMs)
    }
    return this.#touchedAtMs
  }

  /** The transaction was not kept. */
  reload(): void {
    this.#touchedAtMs = undefined
    this.state.load()
  }

  receive(wanted: Wanted): Promise<readonly Leased[]> {
    return new Promise((resolve, reject) => {
      if (wanted.signal.aborted || this.#closed) return resolve([])
      this.#hear(wanted.signal)
      this.#waiters.push({ wanted, give: resolve, refuse: reject })
      if (this.state.mayGive(this.#clock.now())) this.#stir()
      else this.#setTimer()
    })
  }

  #hear(signal: AbortSignal): void {
    if (this.#heard.has(signal)) return
    this.#heard.add(signal)
    signal.addEventListener('abort', () => this.#dismiss(signal), { once: true })
  }

  /** Whoever waits with a signal, or everybody, waits no more. */
  #dismiss(signal?: AbortSignal): void {
    const leaving = this.#waiters.filter(({ wanted }) => signal === undefined || wanted.signal === signal)
    this.#waiters = this.#waiters.filter(waiter => !leaving.includes(waiter))
    for (const { give } of leaving) give([])
    this.#setTimer()
  }

  /** The end of a transaction that touched the queue. */
  finish(group: Group): void {
    this.#serve(group)
    this.state.save()
    this.#touchedAtMs = undefined
    group.whenVisible(() => {
      this.#setTimer()
      this.#setForgetting()
    })
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#forgetting?.()
    this.#dismiss()
  }

  /** Leases what is due to those who wait. */
  #serve(group: Group): void {
    if (this.#waiters.length === 0) return
    const nowMs = this.touch()
    const waiters = this.#servedIn(group)
    const found = this.state.take(Math.min(wantedBy(waiters), mostTaken), nowMs)
    let at = 0
    let served = 0
    for (; served < waiters.length && at < found.length; served++) {
      const { wanted, give, refuse } = waiters[served] as Waiter
      const own = found.slice(at, at + wanted.max)
      at += own.length
      const messages = own.map(entry => this.state.lend(entry, wanted.leaseMs, nowMs))
      group.whenDurable(() => give(messages), refuse)
    }
    this.#waiters.splice(0, served)
    if (served > 0 && this.#waiters.length > 0) group.whenVisible(() => this.#serveOthers(nowMs))
  }

  /** All, or half of those who want much. */
  #servedIn({ isHalf }: Group): readonly Waiter[] {
    if (!isHalf || wantedBy(this.#waiters) < fewestHalved) return this.#waiters
    return this.#waiters.slice(0, Math.ceil(this.#waiters.length / 2))
  }

  #serveOthers(nowMs: number): void {
    if (this.state.mayGive(nowMs)) this.#stir()
  }

  /** Makes a transaction, at whose end who waits is served. */
  #stir(): void {
    this.#environment.transactions
      .write(() => () => void this.touch(), false)
      .catch(reason => {
        for (const { refuse } of this.#waiters.splice(0)) refuse(reason)
      })
  }

  #setTimer(): void {
    const atMs = this.#waiters.length > 0 && !this.#closed ? this.state.nextAtMs() : undefined
    if (atMs === this.#timer?.atMs) return
    this.#timer?.cancel()
    this.#timer = atMs === undefined ? undefined : { atMs, cancel: this.#clock.at(atMs, () => this.#ring()) }
  }

  #ring(): void {
    this.#timer = undefined
    if (this.#waiters.length > 0) this.#stir()
  }

  /** For when the oldest id has had its time. */
  #setForgetting(pauseMs = 0): void {
    const { oldestIdMs } = this.state
    if (this.#forgetting || this.#closed || oldestIdMs === undefined) return
    const dueMs = oldestIdMs + limits.deduplicationMs
    const nowMs = this.#clock.now()
    // Where some are over already, the last time did not do: more of them at once, or they would pile up.
    const atMs = dueMs <= nowMs ? nowMs + pauseMs : dueMs + forgetPauseMs
    this.#forgetting = this.#clock.at(atMs, () => this.#forget())
  }

  #forget(): void {
    this.#forgetting = undefined
    const work = () => () => this.state.forgetIds(this.touch())
    // Whatever hinders it now, there is another time.
    this.#environment.transactions.write(work, false).catch(() => this.#setForgetting(forgetPauseMs))
  }
}
