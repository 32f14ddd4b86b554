/** Calls that are done once: under the idempotency key that came with them. */
import { limits } from '../contract/limits.ts'
import { fault } from '../contract/problems.ts'
import { answerOf } from './answers.ts'
import type { CallParts } from './calls.ts'
import type { Answer } from './door.ts'
import { type EndpointRun, handled } from './endpoint-run.ts'
import type { BoundEndpoint } from './endpoints.ts'
import { keptAnswerOf, repeated } from './kept-answers.ts'
import type { OnceClaim } from './once.ts'

export async function runOnce(
  parts: Pick<CallParts, 'once' | 'stored'>,
  bound: BoundEndpoint,
  call: EndpointRun,
  key: string,
): Promise<Answer> {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > limits.idempotencyKeyLength) {
    throw fault('idempotency-key-invalid', `1 to ${limits.idempotencyKeyLength} visible ASCII characters`)
  }
  const { params, query, body, headers } = call
  const scope = JSON.stringify([call.identity, call.caller, bound.service, bound.name, key])
  const claimed = await parts.once.claim({
    scope,
    request: JSON.stringify([params, query, body, headers]),
    timeoutMs: call.deadlineMs - call.nowMs,
    serialise: value => keptAnswerOf(answerOf(bound, value)),
  })
  if ('answered' in claimed) return repeated(bound, claimed.answered, parts.stored)
  call.beginOnce(scope, claimed.atMs, claimed.claim.remember)
  return firstRun(bound, call, claimed.claim)
}

async function firstRun(bound: BoundEndpoint, call: EndpointRun, claim: OnceClaim): Promise<Answer> {
  try {
    const answer = answerOf(bound, await handled(bound, call))
    // With effects, the answer was kept in their commit; without, it is kept now.
    if (!call.session.remembered) await claim.keep(keptAnswerOf(answer))
    return answer
  } catch (error) {
    // What cannot be let go of now runs out by itself.
    await claim.letGo().catch(() => {})
    throw error
  }
}
