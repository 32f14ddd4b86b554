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
import { type Entropy, idsOf } from './entropy.ts'
import { type LogSink, logTo } from './log.ts'
import type { Metrics } from './metrics.ts'
import { type Remember, Session } from './operations.ts'
import type { RunningCalls } from './running.ts'
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
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal
  /** What runs beside calls: deliveries, ticks, relays. */
  readonly activity: Activity
  readonly metrics: Metrics
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
  /** What makes a repeated call the same work: message id, tick, idempotency key. */
  readonly work?: string
  /** The time ids are made of; default: when the call begins. */
  readonly workAtMs?: number
  /** Asked for only when somebody listens: an abort signal costs more than the rest of a small call. */
  readonly signal?: () => AbortSignal
  readonly checks?: readonly Write[]
}

export class RunningCall implements Call {
  readonly kit: CallKit
  readonly plan: CallPlan
  readonly span: Span
  session: Session
  /** Set once an authorizer has let the caller in. */
  identity: Identity | undefined
  /** Ends it from outside while it runs: its time is up, its claim lost, the process stopping. */
  expire: (why: Fault) => void = () => {}
  readonly #beganMs: number
  #endsMs: number
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
    this.#work = plan.work
    this.session = this.#sessionWith(undefined)
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
    this.#work ??= this.kit.entropy.hex(16)
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
    this.#ids ??= idsOf(this.work, this.plan.workAtMs ?? this.nowMs)
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
    this.session = this.#sessionWith(remember)
  }

  /** From now on the call writes in the operation it returns alone, as it would have to with an idempotency key. */
  answerOnly(): void {
    this.session = this.#sessionWith(undefined, true)
  }

  /** Ends what the call may still do. */
  stop(why: Fault): void {
    this.session.close(why)
    this.#abort?.abort(why)
  }

  #sessionWith(remember: Remember | undefined, answerOnly = remember !== undefined): Session {
    const { store, tracer } = this.kit
    const { checks } = this.plan
    return new Session({
      store,
      tracer,
      trace: this.span,
      answerOnly,
      ...(checks ? { checks } : {}),
      ...(remember ? { remember } : {}),
    })
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
 * or its time is up, nothing more is written for it. One promise and one entry a call: most of what a small call costs
 * is here.
 */
export function execute<T>(call: RunningCall, run: () => T | PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { running } = call.kit
    const kept = (result: T): void => {
      if (!running.end(call)) return
      const { forgotten } = call.session
      if (forgotten) {
        reject(failed(call, forgotten))
      } else {
        call.session.end()
        ended(call, undefined, false, result)
        resolve(result)
      }
    }
    const broken = (error: unknown): void => {
      if (running.end(call)) reject(failed(call, error))
    }
    call.expire = why => {
      call.stop(why)
      broken(why)
    }
    running.begin(call)
    try {
      const result = run()
      if (isPromise(result)) result.then(kept, broken)
      else kept(result)
    } catch (error) {
      broken(error)
    }
  })
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function failed(call: RunningCall, error: unknown): unknown {
  call.stop(fault('timed-out', `${call.name} has ended`))
  ended(call, error, !callersFault(error))
  return error
}

function ended(call: RunningCall, error: unknown, counts: boolean, result?: unknown): void {
  const { kit, plan, span, nowMs } = call
  const status = span.sampled && plan.span.kind === 'server' ? statusOf(error, result) : undefined
  if (status !== undefined) span.set('http.response.status_code', status)
  span.end(error)
  kit.metrics.called(plan.service, plan.handler, kit.clock.now() - nowMs, counts)
}

function callersFault(error: unknown): boolean {
  return isFault(error) && error.blame === 'caller'
}
