/**
 * Calls that come through no gateway: from another service, in this process or another one, with a token that shows who is
 * asking and for whom; and those of somebody whom the asker vouches for.
 */
import { limits } from '../contract/limits.ts'
import { identified, vouchedFor } from './authorizing.ts'
import type { Identity, RunningCall } from './call.ts'
import { type Calls, onceKeyOf } from './calls.ts'
import type { CarriedRequest, InternalRequest } from './clients/service.ts'
import type { Answer, Asked } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'
import { validated, validatedPayload } from './given.ts'
import { traceFrom, traceparentOf } from './telemetry.ts'
import type { Tokens } from './tokens.ts'

/** A call from another service, with the token that shows who it is for. Never rejects. */
export async function fromService(
  calls: Calls,
  bound: BoundEndpoint,
  request: InternalRequest,
  from: RunningCall,
): Promise<Answer> {
  const trace = traceFrom(traceparentOf(from.span))
  const call = calls.begin(bound, trace, () => from.signal, from.deadlineMs)
  const token = tokenFor(calls.parts.tokens, `${bound.service}/${bound.name}`, from)
  return calls.answer(bound, call, {
    onceKey: request.onceKey,
    identify: running => identified(calls.parts, bound, running, token),
    given: () => validatedPayload(bound.inputs, request.payload),
  })
}

/** A call from a service in another process. `signal`: aborted when nobody waits for it any more. Never rejects. */
export function fromProcess(
  calls: Calls,
  bound: BoundEndpoint,
  { token, traceparent, untilMs, ...request }: CarriedRequest,
  signal = neverAborted,
): Promise<Answer> {
  const call = calls.begin(bound, traceFrom(traceparent), signal, untilMs)
  return calls.answer(bound, call, {
    onceKey: request.onceKey,
    identify: running => identified(calls.parts, bound, running, token),
    given: () => validatedPayload(bound.inputs, request.payload),
  })
}

/** A call of somebody whom the asker vouches for. Never rejects. */
export function vouched(calls: Calls, bound: BoundEndpoint, asked: Asked, identity: Identity): Promise<Answer> {
  const call = calls.begin(bound, traceFrom(asked.header('traceparent')), () => asked.signal)
  return calls.answer(bound, call, {
    onceKey: onceKeyOf(bound, asked),
    identify: running => vouchedFor(bound, running, identity),
    given: () => validated(bound.inputs, asked),
  })
}

/** What shows `to` (as `service/endpoint`) who asks, and for whom. */
export function tokenFor(tokens: Tokens, to: string, from: RunningCall): string {
  return tokens.sign({
    ...{ from: from.plan.service, to, untilMs: untilMsOf(from) },
    ...(from.identity ? { identity: from.identity } : {}),
  })
}

/** When a request that a call makes is over: not longer than any takes. */
export function untilMsOf(from: RunningCall): number {
  return Math.min(from.deadlineMs, from.kit.clock.now() + limits.requestMs)
}

function neverAborted(): AbortSignal {
  return new AbortController().signal
}
