/**
 * The work of one call: its operations are described first, run when awaited, alone or together, and belong to this
 * call only. A call that ended (time up, claim lost, answered) can write nothing more.
 *
 * In a call with `once` everything the call changes is in one commit with its answer: either the operation that the
 * handler returns without awaiting it, or `atomically({ … }).answer(…)`. Anything else would be done twice when the
 * process dies between the two, so it is refused.
 */
import { type Fault, fault } from '../contract/problems.ts'
import type { NewMessage } from '../contract/queue.ts'
import type { Committed, Item, RefusedBecause, Store, Write } from '../contract/store.ts'
import type { Atomic, Operation, Operations, Refusable, refuses, Work } from '../plan/operation.ts'
import { atomically, work } from '../plan/operation.ts'
import type { PlaceOf } from '../plan/place.ts'
import type { Problem } from '../plan/problem.ts'
import { commitAttributes } from './conventions.ts'
import type { Places } from './places.ts'
import { type Placed, Roll } from './roll.ts'
import { type Attributes, type Span, spanned, type Trace, type Tracer } from './telemetry.ts'

/** What an operation does, and what comes of it. */
export interface Described<T> {
  /** For people and traces, such as `orders.insert`. */
  readonly name: string
  readonly writes: readonly Write[]
  readonly messages: readonly NewMessage[]
  /** The result, from the items its writes left. */
  result(items: readonly (Item | undefined)[]): T
}

/** Keeps the answer of a `once` call in the commit of its effects. */
export interface Remember {
  /** The write that keeps this answer. */
  answer(value: unknown): Write
  /** The write that keeps what another write of the commit leaves in a table. */
  outcomeOf(write: number, table: string): Write
  /** The write that keeps an answer without content. */
  nothing(): Write
}

export interface SessionParts {
  readonly store: Store
  readonly tracer: Tracer
  readonly trace: Trace
  readonly places: Places
  /** Whose call it is: `service/handler`. */
  readonly handler: string
  /** Checks that every commit of the call carries: fences. */
  readonly checks?: readonly Write[]
  /** Whether the call writes in the operation it returns, and nowhere else. */
  readonly answerOnly: boolean
  readonly remember?: Remember
}

/** An operation that was made and has not begun. */
interface Waiting extends Placed {
  readonly name: string
  readonly madeAt: PlaceOf
}

type Outcome = { readonly ok: true; readonly items: readonly (Item | undefined)[] } | Refused
interface Refused {
  readonly ok: false
  readonly operation: number
  readonly because: RefusedBecause
}

export class Session implements Work {
  readonly parts: SessionParts
  /** Made with the first operation: most calls have none. */
  #waiting: Roll<Waiting> | undefined
  #closed: Fault | undefined
  #ended = false
  #remembered = false

  constructor(parts: SessionParts) {
    this.parts = parts
  }

  /** An operation of this call. `word` is the function its author called. */
  operation<T>(described: Described<T>, word: unknown): Refusable<T> {
    const pending = new Pending(this, described, this.#placeOf(described.name, word), none)
    this.waitFor(pending)
    return pending
  }

  /** Until it is started, the call is not complete. */
  waitFor(operation: Waiting): void {
    this.#waiting ??= new Roll()
    this.#waiting.add(operation)
  }

  commit<O extends Operations>(operations: O): Atomic<O> {
    const parts = Object.values(operations).map(operation => this.#own(operation))
    for (const part of parts) part.take()
    const together = new Together(this, Object.keys(operations), parts, this.#placeOf('atomically', atomically))
    this.waitFor(together)
    return together as unknown as Atomic<O>
  }

  /** An operation was made and neither run nor handed on. */
  get forgotten(): Fault | undefined {
    const first = this.#waiting?.first
    if (first) this.parts.places.suspect(this.parts.handler)
    return first && neverRun(first)
  }

  /** The call has ended well. */
  end(): void {
    this.#ended = true
  }

  /** From now on nothing of this call is written. */
  close(why: Fault): void {
    this.#closed ??= why
  }

  get remembered(): boolean {
    return this.#remembered
  }

  started(operation: Waiting): void {
    this.#waiting?.remove(operation)
  }

  /** Runs operations in one commit. Throws at once where the call may write nothing. */
  run(name: string, described: readonly Described<unknown>[], last?: Write): Promise<Outcome> {
    if (this.#closed) throw this.#closed
    if (this.#ended) throw fault('timed-out', `${name} was run when its call had ended: await it before`)
    const writes = allOf(described, each => each.writes)
    const messages = allOf(described, each => each.messages)
    const { checks = [], store } = this.parts
    const all = checks.length > 0 || last ? [...writes, ...checks, ...(last ? [last] : [])] : writes
    if (all.length === 0 && messages.length === 0) return Promise.resolve({ ok: true, items: [] })
    return this.spanned(
      name,
      () => store.commit({ writes: all, messages }),
      () => commitAttributes(writes, messages),
    ).then(committed => {
      if (!committed.ok) return this.#refused(described, committed, writes.length, checks.length)
      if (last) this.#remembered = true
      return committed
    })
  }

  /** Runs the one operation that is the answer of a `once` call. */
  async runAsAnswer<T>(pending: Pending<T>): Promise<T> {
    if (!this.parts.answerOnly) return pending.run()
    pending.take()
    return pending.settle(await this.runWithAnswer(pending.name, [pending.described], this.#rememberOutcome(pending)))
  }

  /** Runs the operations of the answer, which are all there are: one that is left over has been forgotten. */
  async runWithAnswer(name: string, described: readonly Described<unknown>[], answer?: Write): Promise<Outcome> {
    const { forgotten } = this
    if (this.parts.answerOnly && forgotten) throw forgotten
    return this.run(name, described, answer)
  }

  /** `attributes`: asked for when the trace is sampled. */
  spanned<T>(name: string, run: () => Promise<T>, attributes?: () => Attributes): Promise<T> {
    const { tracer, trace } = this.parts
    if (!trace.sampled) return run()
    return spanned(tracer.start(name, 'client', trace, attributes?.()), run)
  }

  /** `startMs`: when it began, of what is told later. Default now. */
  span(name: string, kind: 'client' | 'producer', startMs?: number): Span {
    return this.parts.tracer.start(name, kind, this.parts.trace, undefined, startMs)
  }

  #placeOf(name: string, word: unknown): PlaceOf {
    return this.parts.places.of(this.parts.handler, name, word)
  }

  #rememberOutcome(pending: Pending<unknown>): Write | undefined {
    const { remember } = this.parts
    const { writes } = pending.described
    const leaves = writes.findIndex(write => write.op !== 'check' && write.op !== 'remove')
    const left = writes[leaves]
    return left ? remember?.outcomeOf(leaves, left.table) : remember?.nothing()
  }

  #own(operation: Operation<unknown, boolean>): Pending<unknown> {
    if (operation instanceof Pending && operation[work] === this) return operation
    throw fault('operations-of-two-calls', 'atomically takes operations made by the clients of one and the same call')
  }

  #refused(
    described: readonly Described<unknown>[],
    refused: Extract<Committed, { ok: false }>,
    own: number,
    checks: number,
  ): Refused {
    if (refused.failed >= own + checks) throw fault('call-overtaken', 'another run of this request has answered it')
    if (refused.failed >= own) throw fault('claim-lost', 'another process has taken over this tick')
    let before = 0
    const operation = described.findIndex(({ writes }) => {
      before += writes.length
      return refused.failed < before
    })
    return { ok: false, operation, because: refused.because }
  }
}

/** `flatMap`, without a new list where there is but one: most commits are of one operation. */
function allOf<T, Part>(each: readonly T[], partsOf: (one: T) => readonly Part[]): readonly Part[] {
  const [only] = each
  return only !== undefined && each.length === 1 ? partsOf(only) : each.flatMap(partsOf)
}

function neverRun({ name, madeAt }: Waiting): Fault {
  const found = madeAt()
  const where = found ? ` (${found.file}:${found.line})` : ''
  return fault('operation-never-run', `${name}${where} was made and never run: await it, or return it`)
}

const none = Symbol('none')

/** One operation of a call. */
export class Pending<T> implements Refusable<T> {
  declare readonly [refuses]: true
  readonly described: Described<T>
  readonly madeAt: PlaceOf
  place = -1
  readonly #session: Session
  readonly #otherwise: unknown
  #taken = false
  #running: Promise<T> | undefined

  /** `otherwise` has no default: `.or(undefined)` says something. */
  constructor(session: Session, described: Described<T>, madeAt: PlaceOf, otherwise: unknown) {
    this.#session = session
    this.described = described
    this.madeAt = madeAt
    this.#otherwise = otherwise
  }

  get [work](): Session {
    return this.#session
  }

  get name(): string {
    return this.described.name
  }

  /** The messages it sends, for a transaction of a database to keep. */
  get messages(): readonly NewMessage[] {
    return this.described.messages
  }

  // biome-ignore lint/suspicious/noThenProperty: an operation runs when it is awaited; that is what it is.
  then<A, B>(
    kept?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ) {
    return this.run().then(kept, failed)
  }

  or<const E>(otherwise: E): Operation<T | E> {
    this.take()
    const pending = new Pending<T | E>(this.#session, this.described as Described<T | E>, this.madeAt, otherwise)
    this.#session.waitFor(pending)
    return pending as unknown as Operation<T | E>
  }

  /** Handed on: to `.or`, to `atomically`, to a transaction. It is not run by itself any more. */
  take(): void {
    if (this.#taken || this.#running) throw fault('operation-run-twice', `${this.name} was already run or handed on`)
    this.#taken = true
    this.#session.started(this)
  }

  run(): Promise<T> {
    this.#running ??= this.#runAlone()
    return this.#running
  }

  async #runAlone(): Promise<T> {
    if (this.#session.parts.answerOnly) {
      throw fault(
        'write-outside-answer',
        `${this.name} was awaited in an endpoint with \`once\`: return it from a handler that is not async, or put it into atomically({ … }).answer(…)`,
      )
    }
    this.take()
    return this.settle(await this.#session.run(this.name, [this.described]))
  }

  settle(outcome: Outcome): T {
    if (outcome.ok) return this.described.result(outcome.items)
    if (this.#otherwise !== none) return this.#otherwise as T
    throw refusal(this.name, outcome.because)
  }
}

/** Operations of a call, all or nothing. */
class Together {
  readonly #session: Session
  readonly #names: readonly string[]
  readonly #parts: readonly Pending<unknown>[]
  readonly madeAt: PlaceOf
  place = -1
  #running: Promise<unknown> | undefined

  constructor(session: Session, names: readonly string[], parts: readonly Pending<unknown>[], madeAt: PlaceOf) {
    this.#session = session
    this.#names = names
    this.#parts = parts
    this.madeAt = madeAt
  }

  get [work](): Session {
    return this.#session
  }

  get name(): string {
    return `atomically(${this.#names.join(', ')})`
  }

  // biome-ignore lint/suspicious/noThenProperty: an operation runs when it is awaited; that is what it is.
  then<A, B>(
    kept?: ((value: unknown) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ) {
    this.#running ??= this.#run()
    return this.#running.then(kept, failed)
  }

  answer(answer: unknown, refused: Readonly<Record<string, Problem>> = {}): PromiseLike<unknown> {
    this.#session.started(this)
    return lazily(async () => {
      const last = this.#session.parts.remember?.answer(answer)
      const outcome = await this.#session.runWithAnswer(this.name, this.#described, last)
      return outcome.ok ? answer : this.#problemFor(outcome, refused)
    })
  }

  async #run(): Promise<{ ok: true } | { ok: false; failed: string | undefined }> {
    this.#session.started(this)
    if (this.#session.parts.answerOnly) {
      throw fault(
        'write-outside-answer',
        `${this.name} was awaited in an endpoint with \`once\`: end it with .answer(…), so that the answer is kept in the same commit`,
      )
    }
    const outcome = await this.#session.run(this.name, this.#described)
    return outcome.ok ? { ok: true } : { ok: false, failed: this.#names[outcome.operation] }
  }

  get #described(): readonly Described<unknown>[] {
    return this.#parts.map(part => part.described)
  }

  #problemFor(outcome: Refused, refused: Readonly<Record<string, Problem>>): Problem {
    const name = this.#names[outcome.operation] ?? ''
    const problem = refused[name]
    if (problem) return problem
    throw refusal(this.#parts[outcome.operation]?.name ?? name, outcome.because)
  }
}

/** Runs at the first `then`, once. */
function lazily<T>(run: () => Promise<T>): PromiseLike<T> {
  let running: Promise<T> | undefined
  return {
    // biome-ignore lint/suspicious/noThenProperty: an operation runs when it is awaited; that is what it is.
    then(kept, failed) {
      running ??= run()
      return running.then(kept, failed)
    },
  }
}

const reasons: Readonly<Record<RefusedBecause, string>> = {
  exists: 'there is already such an item',
  absent: 'there is no such item',
  when: 'its condition does not hold',
  bounds: 'a number would leave its bounds',
}

function refusal(name: string, because: RefusedBecause): Fault {
  return fault('conflict', `${name} was refused: ${reasons[because]}`, { because })
}
