/** Who is calling: what an authorizer says of a request, and whom another service vouches for. */
import { fault } from '../contract/problems.ts'
import { type Allowed, type Credentials, type Refusal, sameFamily, type Verdict } from '../plan/authorizer.ts'
import type { Clients, Uses } from '../plan/grant.ts'
import { isProblem, type Problem } from '../plan/problem.ts'
import type { Identity, RunningCall } from './call.ts'
import type { CallParts } from './calls.ts'
import { issuesText } from './clients/reading.ts'
import type { Asked } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'

type AuthorizingParts = Pick<CallParts, 'throttles' | 'tokens'>

/** Asks the authorizer who is calling. */
export async function authorized(
  parts: AuthorizingParts,
  bound: BoundEndpoint,
  call: RunningCall,
  asked: Asked,
): Promise<unknown> {
  const { authorizer } = bound
  if (authorizer.scheme === 'internal') throw onlyServices()
  const credentials = credentialsOf(asked, call)
  const clients = bound.authorizerClients(call) as Clients<Uses>
  const verdict: Verdict<unknown> = await authorizer.authorize(credentials, clients, bound.authorizerMemory)
  return admitted(parts, bound, call, verdict)
}

function admitted(
  parts: AuthorizingParts,
  bound: BoundEndpoint,
  call: RunningCall,
  verdict: Verdict<unknown>,
): unknown {
  if (verdict === undefined) throw fault('not-authenticated', 'show who is calling')
  if (isProblem(verdict)) throw refusedBy(bound, verdict)
  const caller = isAllowed(verdict) ? verdict.caller : verdict
  if (isAllowed(verdict)) allow(parts, verdict)
  call.identity = identityOf(bound, caller)
  return call.identity.caller
}

function allow({ throttles }: AuthorizingParts, { allowance: { key, perSecond, burst } }: Allowed<unknown>): void {
  const waitS = throttles.take(`caller/${key}`, { perSecond, burst })
  if (waitS > 0) throw fault('throttled', 'this caller calls too often', { retryAfterS: waitS })
}

/** Somebody who comes with the token of another service. */
export function identified(parts: AuthorizingParts, bound: BoundEndpoint, call: RunningCall, token: string): unknown {
  const { authorizer, service, name } = bound
  const claims = parts.tokens.verify(token, `${service}/${name}`, call.nowMs)
  if (authorizer.scheme === 'anyone') return undefined
  if (authorizer.scheme === 'internal') return { service: claims.from }
  return vouchedFor(bound, call, claims.identity)
}

/** Somebody whom the asker vouches for opens no other doors than the authorizer that knows the caller. */
export function vouchedFor(bound: BoundEndpoint, call: RunningCall, identity: Identity | undefined): unknown {
  const { authorizer, service, name } = bound
  if (authorizer.scheme === 'anyone') return undefined
  if (authorizer.scheme === 'internal') throw onlyServices()
  if (!identity || !isKnownTo(authorizer, identity)) {
    throw fault('not-allowed', `${service}/${name} asks for a caller known to "${authorizer.name}"`)
  }
  const refusal = authorizer.admits?.(identity.caller)
  if (refusal) throw refusedBy(bound, refusal)
  call.identity = identity
  return identity.caller
}

/** Its own callers, and its family's where it says itself whom it admits. */
function isKnownTo(authorizer: BoundEndpoint['authorizer'], identity: Identity): boolean {
  if (identity.authorizer === authorizer.name) return true
  return authorizer.admits !== undefined && sameFamily(identity.authorizer, authorizer.name)
}

function onlyServices(): Error {
  return fault('not-allowed', 'only services of this system may call it')
}

const refusals: readonly string[] = ['not-authenticated', 'not-allowed', 'quota-used-up'] satisfies Refusal['code'][]

function refusedBy(
  { authorizer }: BoundEndpoint,
  { code, detail = 'the authorizer refused the caller' }: Problem,
): Error {
  if (refusals.includes(code)) return fault(code as Refusal['code'], detail)
  return fault('undeclared-problem', `the authorizer "${authorizer.name}" refused with "${code}"`)
}

function identityOf({ authorizer, callers }: BoundEndpoint, caller: unknown): Identity {
  const { name } = authorizer
  const read = callers?.read(caller)
  if (!read) return { authorizer: name, caller }
  if (read.ok) return { authorizer: name, caller: read.value }
  const issues = issuesText(read.issues)
  throw fault('answer-invalid', `the caller that authorizer "${name}" gave does not fit its schema: ${issues}`)
}

function isAllowed(verdict: unknown): verdict is Allowed<unknown> {
  return typeof verdict === 'object' && verdict !== null && (verdict as { kind?: unknown }).kind === 'allowed'
}

function credentialsOf(asked: Asked, call: RunningCall): Credentials {
  return {
    header: name => asked.header(name.toLowerCase()),
    cookie: name => asked.cookie(name),
    method: asked.method,
    path: asked.path,
    address: asked.address,
    at: call.at,
  }
}
