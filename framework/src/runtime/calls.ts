/**
 * Calls of endpoints, from a door or from another service: throttle, authorize, validate, run (once, where asked),
 * write the answer. What goes wrong becomes a problem; nothing is thrown at a door.
 */
import { limits } from '../contract/limits.ts'
import { fault } from '../contract/problems.ts'
import { type Allowed, type Credentials, type Refusal, sameFamily, type Verdict } from '../plan/authorizer.ts'
import type { EndpointCall } from '../plan/endpoint.ts'
import type { Clients, Uses } from '../plan/grant.ts'
import { isProblem, type Problem } from '../plan/problem.ts'
import { answerOf, isOurs, keptAnswerOf, problemFrom, repeated, scrubbed } from './answers.ts'
import { type CallKit, executed, type Identity, RunningCall } from './call.ts'
import { issuesText } from './clients/reading.ts'
import type { CarriedRequest, InternalRequest } from './clients/service.ts'
import type { Answer, Asked } from './door.ts'
import type { BoundEndpoint, Inputs } from './endpoints.ts'
import type { Once, OnceClaim } from './once.ts'
import { Pending } from './operations.ts'
import { streamed } from './streams.ts'
import { traceFrom, traceparentOf } from './telemetry.ts'
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

/** The validated parts of a request. */
interface Given {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly headers: unknown
}

/** How a call came in: who it is, and what it asks. */
interface Arrival {
  /** Not a promise where there is nothing to ask. */
  identify(call: RunningCall): unknown
  given(): Given
  readonly onceKey: string | undefined
}

class EndpointRun extends RunningCall implements EndpointCall<unknown, unknown, unknown, unknown, unknown> {
  params: unknown
  query: unknown
  body: unknown
  headers: unknown
  caller: unknown
}

export class Calls {
  readonly #parts: CallParts

  constructor(parts: CallParts) {
    this.#parts = parts
  }

  /** A call through a gateway. Never rejects. */
  fromDoor(bound: BoundEndpoint, asked: Asked): Promise<Answer> {
    const { endpoint } = bound
    const call = this.#begin(bound, traceFrom(asked.header('traceparent')), () => asked.signal)
    return this.#answer(bound, call, {
      onceKey: endpoint.once === undefined ? undefined : asked.header(endpoint.once.toLowerCase()),
      identify: running => this.#authorize(bound, running, asked),
      given: () => validated(bound.inputs, asked),
    })
  }

  /** A call from another service, with the token that shows who it is for. Never rejects. */
  async fromService(bound: BoundEndpoint, request: InternalRequest, from: RunningCall): Promise<Answer> {
    const trace = traceFrom(traceparentOf(from.span))
    const call = this.#begin(bound, trace, () => from.signal, from.deadlineMs)
    const token = this.tokenFor(bound, from)
    return this.#answer(bound, call, {
      onceKey: request.onceKey,
      identify: running => this.#identified(bound, running, token),
      given: () => validatedPayload(bound.inputs, request.payload),
    })
  }

  /** A call from a service in another process. Never rejects. */
  fromProcess(bound: BoundEndpoint, { token, traceparent, untilMs, ...request }: CarriedRequest): Promise<Answer> {
    const call = this.#begin(bound, traceFrom(traceparent), neverAborted, untilMs)
    return this.#answer(bound, call, {
      onceKey: request.onceKey,
      identify: running => this.#identified(bound, running, token),
      given: () => validatedPayload(bound.inputs, request.payload),
    })
  }

  /** A call of somebody whom the asker vouches for. Never rejects. */
  as(bound: BoundEndpoint, asked: Asked, identity: Identity): Promise<Answer> {
    const { endpoint } = bound
    const call = this.#begin(bound, traceFrom(asked.header('traceparent')), () => asked.signal)
    return this.#answer(bound, call, {
      onceKey: endpoint.once === undefined ? undefined : asked.header(endpoint.once.toLowerCase()),
      identify: running => vouchedFor(bound, running, identity),
      given: () => validated(bound.inputs, asked),
    })
  }

  /** For one request: not longer than any takes. */
  tokenFor({ service, name }: BoundEndpoint, from: RunningCall): string {
    return tokenFor(this.#parts.tokens, `${service}/${name}`, from)
  }

  /** `untilMs`: when whoever asks stops waiting. */
  #begin(
    bound: BoundEndpoint,
    trace: ReturnType<typeof traceFrom>,
    signal: () => AbortSignal,
    untilMs = Number.POSITIVE_INFINITY,
  ): EndpointRun {
    const { service, name, endpoint, span } = bound
    return new EndpointRun(this.#parts.kit, {
      service,
      handler: name,
      timeoutMs: endpoint.timeoutMs,
      untilMs,
      span,
      trace,
      signal,
    })
  }

  /** One promise where the handler waits for nothing: what a small call costs is made of such things. */
  #answer(bound: BoundEndpoint, call: EndpointRun, arrival: Arrival): Promise<Answer> {
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
      if (arrival.onceKey !== undefined) return this.#runOnce(bound, call, arrival.onceKey)
      call.answerOnly()
    }
    const value = handled(bound, call)
    return isPromiseLike(value) ? value.then(settled => answerOf(bound, settled)) : answerOf(bound, value)
  }

  async #runOnce(bound: BoundEndpoint, call: EndpointRun, key: string): Promise<Answer> {
    if (!/^[\x21-\x7e]+$/.test(key) || key.length > limits.idempotencyKeyLength) {
      throw fault('idempotency-key-invalid', `1 to ${limits.idempotencyKeyLength} visible ASCII characters`)
    }
    const { params, query, body, headers } = call
    const scope = JSON.stringify([call.identity, call.caller, bound.service, bound.name, key])
    const claimed = await this.#parts.once.claim({
      scope,
      request: JSON.stringify([params, query, body, headers]),
      timeoutMs: call.deadlineMs - call.nowMs,
      serialise: value => keptAnswerOf(answerOf(bound, value)),
    })
    if ('answered' in claimed) return repeated(bound, claimed.answered, this.#parts.stored)
    call.beginOnce(scope, claimed.atMs, claimed.claim.remember)
    return this.#firstRun(bound, call, claimed.claim)
  }

  async #firstRun(bound: BoundEndpoint, call: EndpointRun, claim: OnceClaim): Promise<Answer> {
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

  #authorize(bound: BoundEndpoint, call: RunningCall, asked: Asked): unknown {
    return bound.authorizer.scheme === 'anyone' ? undefined : this.#authorizeSomebody(bound, call, asked)
  }

  async #authorizeSomebody(bound: BoundEndpoint, call: RunningCall, asked: Asked): Promise<unknown> {
    const { authorizer } = bound
    if (authorizer.scheme === 'internal') throw onlyServices()
    const credentials = credentialsOf(asked, call)
    const clients = bound.authorizerClients(call) as Clients<Uses>
    const verdict: Verdict<unknown> = await authorizer.authorize(credentials, clients, bound.authorizerMemory)
    return this.#admitted(bound, call, verdict)
  }

  #admitted(bound: BoundEndpoint, call: RunningCall, verdict: Verdict<unknown>): unknown {
    if (verdict === undefined) throw fault('not-authenticated', 'show who is calling')
    if (isProblem(verdict)) throw refusedBy(bound, verdict)
    const caller = isAllowed(verdict) ? verdict.caller : verdict
    if (isAllowed(verdict)) this.#allow(verdict)
    call.identity = identityOf(bound, caller)
    return call.identity.caller
  }

  #allow({ allowance: { key, perSecond, burst } }: Allowed<unknown>): void {
    const waitS = this.#parts.throttles.take(`caller/${key}`, { perSecond, burst })
    if (waitS > 0) throw fault('throttled', 'this caller calls too often', { retryAfterS: waitS })
  }

  #identified(bound: BoundEndpoint, call: RunningCall, token: string): unknown {
    const { authorizer, service, name } = bound
    const claims = this.#parts.tokens.verify(token, `${service}/${name}`, call.nowMs)
    if (authorizer.scheme === 'anyone') return undefined
    if (authorizer.scheme === 'internal') return { service: claims.from }
    return vouchedFor(bound, call, claims.identity)
  }

  /** The events of a stream, or what the handler gave instead. */
  async #opened(bound: BoundEndpoint, call: EndpointRun, arrival: Arrival): Promise<unknown> {
    arrived(call, await arrival.identify(call), arrival.given())
    return handled(bound, call)
  }
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

/** Secrets stay here, also where a handler put them into a problem's words. */
function cleaned(call: RunningCall, answer: Answer): Answer {
  return answer.kind === 'problem' ? scrubbed(answer, call.kit.scrub) : answer
}

function failure(call: RunningCall, error: unknown): Answer {
  if (isOurs(error)) call.log.error(`${call.name} failed`, { error })
  return scrubbed(problemFrom(error, call.span.traceId), call.kit.scrub)
}

/** Somebody whom the asker vouches for opens no other doors than the authorizer that knows the caller. */
function vouchedFor(bound: BoundEndpoint, call: RunningCall, identity: Identity | undefined): unknown {
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

/** Calls the handler. An operation that it returns without awaiting is run as the answer. */
function handled(bound: BoundEndpoint, call: EndpointRun): unknown {
  const result = bound.endpoint.handle(call, bound.clients(call) as Clients<Uses>)
  return result instanceof Pending ? call.session.runAsAnswer(result) : result
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

// ---------- validation ----------

interface Issue {
  readonly path: string
  readonly message: string
}

function validated(inputs: Inputs, asked: Asked): Given {
  const issues: Issue[] = []
  const { params, query, headers, body } = inputs
  const given = {
    params: params ? part(issues, '/params', params, asked.params) : asked.params,
    query: query && part(issues, '/query', query, queryOf(inputs, asked)),
    headers: headers && part(issues, '/headers', headers, headersOf(inputs, asked)),
    body: body ? part(issues, '/body', body, asked.body) : noBody(issues, asked.body),
  }
  if (issues.length > 0) throw invalid(issues)
  return given
}

function validatedPayload(inputs: Inputs, payload: string): Given {
  const { params = {}, query = {}, headers = {}, body } = JSON.parse(payload) as Partial<Given>
  const issues: Issue[] = []
  const given = {
    params: inputs.params ? part(issues, '/params', inputs.params, params) : params,
    query: inputs.query && part(issues, '/query', inputs.query, query),
    headers: inputs.headers && part(issues, '/headers', inputs.headers, headers),
    body: inputs.body && part(issues, '/body', inputs.body, body),
  }
  if (issues.length > 0) throw invalid(issues)
  return given
}

function invalid(issues: readonly Issue[]): Error {
  return fault('request-invalid', `${issues[0]?.path} ${issues[0]?.message}`, { issues })
}

function part(issues: Issue[], at: string, reader: NonNullable<Inputs['body']>, value: unknown): unknown {
  const read = reader.read(value)
  if (read.ok) return read.value
  for (const issue of read.issues) issues.push({ path: at + issue.path, message: issue.message })
  return undefined
}

function noBody(issues: Issue[], body: unknown): undefined {
  const empty = body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0)
  if (!empty) issues.push({ path: '/body', message: 'this endpoint takes no body' })
}

function queryOf({ listQueries }: Inputs, asked: Asked): Readonly<Record<string, unknown>> {
  if (listQueries.length === 0) return asked.query
  const query: Record<string, unknown> = { ...asked.query }
  for (const name of listQueries) if (typeof query[name] === 'string') query[name] = [query[name]]
  return query
}

function headersOf({ headerNames }: Inputs, asked: Asked): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const name of headerNames) {
    const value = asked.header(name.toLowerCase())
    if (value !== undefined) headers[name] = value
  }
  return headers
}
