/**
 * One call of a handler: its time, ids, log, abort signal, span and session, from beginning to end. Whatever triggers a
 * handler, it runs through `execute`.
 */
import type { Clock } from '../contract/clock.ts'
import { type Fault, fault, isFault } from '../contract/problems.ts'
import type { Store, Write } from '../contract/store.ts'
import type { Call, Log } from '../plan/call.ts'
import type { Activity } from './activity.ts'
import { statusOf } from './conventions.ts'
import { type Entropy, idsByChance, idsOf } from './entropy.ts'
import { type LogSink, logTo } from './log.ts'
import type { Metrics } from './metrics.ts'
import { type Remember, Session } from './operations.ts'
import type { Places } from './places.ts'
import type { Roll } from './roll.ts'
import type { RunningCalls, Timed } from './running.ts'
import type { Attributes, Span, SpanKind, Trace, Tracer } from './telemetry.ts'

/** Who is calling, as far as other services need to know. */
export interface Identity {
  /** The authorizer that let the caller in. */
  readonly authorizer: string
  readonly caller: unknown
}

/** What all calls of a plan share. */
export interface CallKit {
  readonly plan: string
  readonly clock: Clock
  readonly store: Store
  readonly tracer: Tracer
  readonly entropy: Entropy
  readonly running: RunningCalls
  /** The calls that run. */
  readonly calls: Roll<Timed>
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal
  /** What runs beside calls: deliveries, ticks, relays. */
  readonly activity: Activity
  readonly metrics: Metrics
  readonly places: Places
  readonly logs: LogSink
  scrub(text: string): string
}

export interface CallPlan {
  readonly service: string
  readonly handler: string
  readonly timeoutMs: number
  /** When it ends at the latest, whatever its own time: its asker waits no longer. */
  readonly untilMs?: number
  readonly span: { readonly kind: SpanKind; readonly name: string; readonly attributes?: Attributes }
  readonly trace?: Trace | undefined
  /** What makes a repeated call the same work: message id, tick, idempotency key. Asked for when ids are made. */
  readonly work?: () => string
  /** The time ids are made of; default: when the call begins. */
  readonly workAtMs?: () => number
  /** Asked for only when somebody listens: an abort signal costs more than the rest of a small call. */
  readonly signal?: () => AbortSignal
  readonly checks?: readonly Write[]
}

/** What a small call does not ask for is made when it is asked for: its session, signal, ids and log. */
export class RunningCall implements Call {
  readonly kit: CallKit
  readonly plan: CallPlan
  readonly span: Span
  /** Set once an authorizer has let the caller in. */
  identity: Identity | undefined
  /** Who waits for what its handler promised. */
  follower: Follower | undefined
  /** On the roll of calls. */
  place = -1
  readonly #beganMs: number
  #endsMs: number
  #session: Session | undefined
  /** Whether it ended well, or why not: for a session that is asked for when all is over. */
  #over: 'well' | Fault | undefined
  #work: string | undefined
  #asked = 0
  #abort: AbortController | undefined
  #ids: (() => string) | undefined
  #log: Log | undefined

  constructor(kit: CallKit, plan: CallPlan) {
    this.kit = kit
    this.plan = plan
    this.#beganMs = kit.clock.now()
    this.#endsMs = Math.min(this.#beganMs + plan.timeoutMs, plan.untilMs ?? Number.POSITIVE_INFINITY)
    this.span = kit.tracer.start(plan.span.name, plan.span.kind, plan.trace, plan.span.attributes)
  }

  get session(): Session {
    this.#session ??= this.#sessionWith(undefined)
    return this.#session
  }

  /** An operation that was made and neither run nor handed on. */
  get forgotten(): Fault | undefined {
    return this.#session?.forgotten
  }

  /** When it began. */
  get nowMs(): number {
    return this.#beganMs
  }

  get deadlineMs(): number {
    return this.#endsMs
  }

  /** It lasts until somebody ends it: a stream that is open. */
  lastUntilEnded(): void {
    this.#endsMs = Number.POSITIVE_INFINITY
  }

  /** What makes this call the same work when it is repeated; chance, where nothing does. */
  get work(): string {
    this.#work ??= this.plan.work?.() ?? this.kit.entropy.hex(16)
    return this.#work
  }

  get at(): Date {
    return new Date(this.nowMs)
  }

  get signal(): AbortSignal {
    this.#abort ??= this.#follow()
    return this.#abort.signal
  }

  get newId(): () => string {
    this.#ids ??= this.plan.work
      ? idsOf(this.work, this.plan.workAtMs?.() ?? this.nowMs)
      : idsByChance(this.kit.entropy, this.nowMs)
    return this.#ids
  }

  get log(): Log {
    const { logs, clock, plan, scrub } = this.kit
    this.#log ??= logTo(logs, clock, { plan, handler: this.name, trace: this.span.traceId }, scrub)
    return this.#log
  }

  /** `service/handler`. */
  get name(): string {
    return `${this.plan.service}/${this.plan.handler}`
  }

  /** The position of the next call to another service: part of the key under which a retry is the same. */
  nextAsk(): number {
    this.#asked += 1
    return this.#asked
  }

  /**
   * From now on everything the call writes is kept with its answer, and its ids come from `work`: the same for the
   * request and its retries.
   */
  beginOnce(work: string, atMs: number, remember: Remember): void {
    this.#work = work
    this.#ids = idsOf(work, atMs)
    this.#session = this.#sessionWith(remember)
  }

  /** From now on the call writes in the operation it returns alone, as it would have to with an idempotency key. */
  answerOnly(): void {
    this.#session = this.#sessionWith(undefined, true)
  }

  /** Ends what the call may still do. */
  stop(why: Fault): void {
    this.#over ??= why
    this.#session?.close(why)
    this.#abort?.abort(why)
  }

  /** Ends it from outside while it runs: its time is up, its claim lost, the process stopping. */
  expire(why: Fault): void {
    this.stop(why)
    if (this.follower) broken(this, this.follower, why)
  }

  /** It has ended well. */
  end(): void {
    this.#over ??= 'well'
    this.#session?.end()
  }

  #sessionWith(remember: Remember | undefined, answerOnly = remember !== undefined): Session {
    const { store, tracer, places } = this.kit
    const { checks } = this.plan
    const session = new Session({
      store,
      tracer,
      places,
      handler: this.name,
      trace: this.span,
      answerOnly,
      ...(checks ? { checks } : {}),
      ...(remember ? { remember } : {}),
    })
    if (this.#over === 'well') session.end()
    else if (this.#over) session.close(this.#over)
    return session
  }

  #follow(): AbortController {
    const controller = new AbortController()
    const signal = this.plan.signal?.()
    if (signal?.aborted) controller.abort(signal.reason)
    else signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
    return controller
  }
}

/**
 * Runs a handler to its end: within its time, with every operation it made run, counted and traced. When it has ended,
 * or its time is up, nothing more is written for it.
 */
export function execute<T>(call: RunningCall, run: () => T | PromiseLike<T>): Promise<T> {
  try {
    return Promise.resolve(executed(call, run))
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Is told how a call ended: once, by one of the two. */
export interface Follower<T = never> {
  well(result: T): void
  badly(error: unknown): void
}

/** The same. A handler that waits for nothing gives, or throws, without a promise: most small calls are such. */
export function executed<T>(call: RunningCall, run: () => T | PromiseLike<T>): T | Promise<T> {
  const result = begun(call, run)
  if (isPromise(result)) return new Promise((well, badly) => followed(call, result, { well, badly }))
  return ended(call, result)
}

/** The same, with no promise but the handler's own. What the follower throws is its own business. */
export function executeFor<T>(call: RunningCall, run: () => T | PromiseLike<T>, follower: Follower<T>): void {
  let result: T | PromiseLike<T>
  try {
    result = begun(call, run)
    if (!isPromise(result)) result = ended(call, result)
  } catch (error) {
    follower.badly(error)
    return
  }
  if (isPromise(result)) followed(call, result, follower)
  else follower.well(result)
}

function begun<T>(call: RunningCall, run: () => T | PromiseLike<T>): T | PromiseLike<T> {
  const { running } = call.kit
  running.begin(call)
  try {
    return run()
  } catch (error) {
    throw running.end(call) ? failed(call, error) : error
  }
}

function followed<T>(call: RunningCall, result: PromiseLike<T>, follower: Follower<T>): void {
  const { running } = call.kit
  call.follower = follower
  result.then(
    value => {
      if (!running.end(call)) return
      try {
        kept(call, value)
      } catch (error) {
        follower.badly(error)
        return
      }
      follower.well(value)
    },
    error => broken(call, follower, error),
  )
}

function broken(call: RunningCall, follower: Follower, error: unknown): void {
  if (call.kit.running.end(call)) follower.badly(failed(call, error))
}

function ended<T>(call: RunningCall, result: T): T {
  if (call.kit.running.end(call)) return kept(call, result)
  throw fault('timed-out', `${call.name} has ended`)
}

function kept<T>(call: RunningCall, result: T): T {
  const { forgotten } = call
  if (forgotten) throw failed(call, forgotten)
  call.end()
  counted(call, undefined, false, result)
  return result
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function failed(call: RunningCall, error: unknown): unknown {
  call.stop(fault('timed-out', `${call.name} has ended`))
  counted(call, error, !callersFault(error))
  return error
}

function counted(call: RunningCall, error: unknown, counts: boolean, result?: unknown): void {
  const { kit, plan, span, nowMs } = call
  const endMs = kit.clock.now()
  const status = span.sampled && plan.span.kind === 'server' ? statusOf(error, result) : undefined
  if (status !== undefined) span.set('http.response.status_code', status)
  span.end(error, endMs)
  kit.metrics.called(plan.service, plan.handler, endMs - nowMs, counts, endMs)
}

function callersFault(error: unknown): boolean {
  return isFault(error) && error.blame === 'caller'
}
