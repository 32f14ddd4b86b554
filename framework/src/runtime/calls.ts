/**
 * Calls of endpoints, from a door or from another service (calls-between.ts): throttle, authorize, validate, run (once, where asked),
 * write the answer. What goes wrong becomes a problem; nothing is thrown at a door.
 */
import { answerOf } from './answers.ts'
import { authorized } from './authorizing.ts'
import { type CallKit, executed, type RunningCall } from './call.ts'
import type { Answer, Asked } from './door.ts'
import { EndpointRun, handled } from './endpoint-run.ts'
import type { BoundEndpoint } from './endpoints.ts'
import { type Given, validated } from './given.ts'
import type { Once } from './once.ts'
import { runOnce } from './once-runs.ts'
import { failure, scrubbed } from './refusals.ts'
import { streamed } from './streams.ts'
import { traceFrom } from './telemetry.ts'
import type { Throttles } from './throttle.ts'
import type { Tokens } from './tokens.ts'

export interface CallParts {
  readonly kit: CallKit
  readonly once: Once
  readonly throttles: Throttles
  readonly tokens: Tokens
  /** Reads an item of a table as its clients do. */
  stored(table: string, item: unknown): unknown
}

/** How a call came in: who it is, and what it asks. */
export interface Arrival {
  /** Not a promise where there is nothing to ask. */
  identify(call: RunningCall): unknown
  given(): Given
  readonly onceKey: string | undefined
}

export class Calls {
  readonly parts: CallParts

  constructor(parts: CallParts) {
    this.parts = parts
  }

  /** A call through a gateway. Never rejects. */
  fromDoor(bound: BoundEndpoint, asked: Asked): Promise<Answer> {
    const call = this.begin(bound, traceFrom(asked.header('traceparent')), () => asked.signal)
    return this.answer(bound, call, {
      onceKey: onceKeyOf(bound, asked),
      identify: running => this.#authorize(bound, running, asked),
      given: () => validated(bound.inputs, asked),
    })
  }

  /** `untilMs`: when whoever asks stops waiting. */
  begin(
    bound: BoundEndpoint,
    trace: ReturnType<typeof traceFrom>,
    signal: () => AbortSignal,
    untilMs = Number.POSITIVE_INFINITY,
  ): EndpointRun {
    const { service, name, endpoint, span } = bound
    return new EndpointRun(this.parts.kit, {
      service,
      handler: name,
      timeoutMs: endpoint.timeoutMs,
      untilMs,
      span,
      trace,
      signal,
    })
  }

  /** Never rejects. One promise where the handler waits for nothing: what a small call costs is made of such things. */
  answer(bound: BoundEndpoint, call: EndpointRun, arrival: Arrival): Promise<Answer> {
    try {
      const answer =
        bound.output.kind === 'stream'
          ? streamed(bound, call, () => this.#opened(bound, call, arrival))
          : executed(call, () => this.#run(bound, call, arrival))
      if (!(answer instanceof Promise)) return Promise.resolve(cleaned(call, answer))
      return answer.then(
        given => cleaned(call, given),
        error => failure(call, error),
      )
    } catch (error) {
      return Promise.resolve(failure(call, error))
    }
  }

  /** Goes on without a promise where it can: an open endpoint whose handler gives a plain value waits for nothing. */
  #run(bound: BoundEndpoint, call: EndpointRun, arrival: Arrival): Answer | PromiseLike<Answer> {
    const caller = arrival.identify(call)
    if (caller instanceof Promise) return caller.then(known => this.#runFor(bound, call, arrival, known))
    return this.#runFor(bound, call, arrival, caller)
  }

  #runFor(bound: BoundEndpoint, call: EndpointRun, arrival: Arrival, caller: unknown): Answer | PromiseLike<Answer> {
    arrived(call, caller, arrival.given())
    if (bound.endpoint.once !== undefined) {
      if (arrival.onceKey !== undefined) return runOnce(this.parts, bound, call, arrival.onceKey)
      call.answerOnly()
    }
    const value = handled(bound, call)
    return isPromiseLike(value) ? value.then(settled => answerOf(bound, settled)) : answerOf(bound, value)
  }

  #authorize(bound: BoundEndpoint, call: RunningCall, asked: Asked): unknown {
    return bound.authorizer.scheme === 'anyone' ? undefined : authorized(this.parts, bound, call, asked)
  }

  /** The events of a stream, or what the handler gave instead. */
  async #opened(bound: BoundEndpoint, call: EndpointRun, arrival: Arrival): Promise<unknown> {
    arrived(call, await arrival.identify(call), arrival.given())
    return handled(bound, call)
  }
}

/** The idempotency key of a request, where the endpoint asks for one. */
export function onceKeyOf({ endpoint: { once } }: BoundEndpoint, asked: Asked): string | undefined {
  return once === undefined ? undefined : asked.header(once.toLowerCase())
}

/** Secrets stay here, also where a handler put them into a problem's words. */
function cleaned(call: RunningCall, answer: Answer): Answer {
  return answer.kind === 'problem' ? scrubbed(answer, call.kit.scrub) : answer
}

function arrived(call: EndpointRun, caller: unknown, given: Given): void {
  call.caller = caller
  call.params = given.params
  call.query = given.query
  call.body = given.body
  call.headers = given.headers
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
