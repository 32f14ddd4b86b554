/**
 * The client of a connection. An attempt needs three permissions: the breaker's, a turn under the rate limit, and time
 * left in the call. One that failed is tried again where that may help and does no harm: after a back-off, with the
 * same three permissions. Failures are replies; the breaker's refusal is one only if nothing was tried before it.
 */
import { compileReader, type Reader } from '../../compile/reader.ts'
import { type Clock, sleep } from '../../contract/clock.ts'
import { fault } from '../../contract/problems.ts'
import type {
  ConnectionClient,
  ConnectionProblem,
  ConnectionReply,
  ConnectionRequest,
  ConnectionSpec,
} from '../../plan/connection.ts'
import { problem } from '../../plan/problem.ts'
import type { Out, Schema } from '../../plan/schema.ts'
import type { Setting } from '../../plan/secret.ts'
import { issuesText } from '../clients/reading.ts'
import { type Answered, attempt, callEnded, type Failed, failure, type Outcome } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { type Breaker, breaker, type Pass } from './breaker.ts'
import { keyed } from './keyed.ts'
import { type RateLimit, rateLimit } from './rate.ts'
import { type CredentialHeader, type Method, type Prepared, prepare } from './request.ts'

export interface ConnectionDeps {
  readonly clock: Clock
  readonly fetch: typeof fetch
  /** Random, from 0 to below 1: the jitter. */
  fraction(): number
  /** The value of a secret, of a tenant where there is one for each; undefined where none is kept. */
  secretOf(name: string, tenant: string | undefined): Promise<string | undefined>
  /** The value of a setting. May throw `setting-missing`, `setting-invalid`. */
  settingOf(setting: Setting<string>): Promise<string>
}

/** What a client must know of the call it works for. */
export interface ConnectionCall {
  readonly signal: AbortSignal
  readonly deadlineMs: number
  /** Told of each attempt. */
  observe?(attempt: ConnectionAttempt): void
}

/** An attempt as traces show it: no value of the query, no header, no body, no secret. */
export interface ConnectionAttempt {
  readonly connection: string
  readonly method: string
  readonly host: string
  /** The path, and the names of the query: `/nodes/7?from&to`. */
  readonly path: string
  /** Counted from 1. */
  readonly attempt: number
  readonly durationMs: number
  /** Of the answer, if there was one. */
  readonly status?: number
  readonly problem?: ConnectionProblem
}

/** A connection as all calls share it: its breakers, its rate limits, its readers of answers. */
export interface OpenConnection {
  client(call: ConnectionCall): ConnectionClient
}

/**
 * Opens a connection: nothing is sent before somebody asks.
 * @example
 * const eagle = openConnection('eagle', spec, { clock, fetch, fraction: entropy.fraction, secretOf, settingOf })
 * const reply = await eagle.client(call).get('/nodes', { tenant: 'acme', returns: Nodes })
 */
export function openConnection(name: string, spec: ConnectionSpec, deps: ConnectionDeps): OpenConnection {
  const shared: Shared = {
    name,
    spec,
    deps,
    breakerOf: keyed(
      () => breaker(spec.breaker),
      one => one.isFresh(),
    ),
    rateOf: rateOf(spec, deps.clock),
    readerOf: readers(),
  }
  return {
    client(call) {
      const asks = (method: Method) => by(shared, call, method)
      return { get: asks('GET'), post: asks('POST'), put: asks('PUT'), patch: asks('PATCH'), delete: asks('DELETE') }
    },
  }
}

interface Shared {
  readonly name: string
  readonly spec: ConnectionSpec
  readonly deps: ConnectionDeps
  breakerOf(tenant: string): Breaker
  rateOf(tenant: string): RateLimit | undefined
  readerOf<S extends Schema>(schema: S): Reader<Out<S>>
}

function rateOf({ rate }: ConnectionSpec, clock: Clock): (tenant: string) => RateLimit | undefined {
  if (!rate) return () => undefined
  return keyed(
    () => rateLimit(rate),
    one => one.isFresh(clock.now()),
  )
}

/** Schemas are compiled once, and forgotten with their authors. */
function readers(): Shared['readerOf'] {
  const made = new WeakMap<Schema, Reader>()
  return <S extends Schema>(schema: S): Reader<Out<S>> => {
    const reader = made.get(schema) ?? compileReader(schema)
    made.set(schema, reader)
    // The map's key is the schema that the reader was made of.
    return reader as Reader<Out<S>>
  }
}

// ---------- asking

/** One request, wherever it has got to. */
interface Asking {
  readonly shared: Shared
  readonly call: ConnectionCall
  readonly prepared: Prepared
  readonly tenant: string
}

function by(shared: Shared, call: ConnectionCall, method: Method) {
  return async <S extends Schema>(path: string, request: ConnectionRequest<S>): Promise<ConnectionReply<Out<S>>> => {
    const prepared = await preparedFor(shared, method, path, request)
    if ('problem' in prepared) return replyOf(shared, method, prepared)
    const outcome = await untilDone({ shared, call, prepared, tenant: request.tenant ?? '' })
    if (!outcome.ok) return replyOf(shared, askedOf(prepared), outcome)
    return read(shared, prepared, request.returns, outcome)
  }
}

async function preparedFor(
  shared: Shared,
  method: Method,
  path: string,
  request: ConnectionRequest<Schema>,
): Promise<Prepared | Failed> {
  const credential = await credentialFor(shared, request.tenant)
  if (typeof credential === 'string') return failure('credential-missing', credential, 'never', 'unknown')
  const prepared = prepare(await baseOf(shared), method, path, request, credential)
  return typeof prepared === 'string' ? failure('refused', prepared, 'never', 'unknown') : prepared
}

async function credentialFor(
  { spec: { credential }, deps }: Shared,
  tenant: string | undefined,
): Promise<CredentialHeader | undefined | string> {
  if (!credential) return undefined
  const { from, header, prefix } = credential
  if (from.perTenant && tenant === undefined)
    return `"${from.name}" is kept for each tenant, and the request names none`
  const value = await deps.secretOf(from.name, from.perTenant ? tenant : undefined)
  if (value === undefined) return `"${from.name}" is not in the vault${from.perTenant ? ' for this tenant' : ''}`
  // Line ends come from files and pipes, and no header can hold one.
  return { name: header, prefix, secret: value.trim() }
}

async function baseOf({ name, spec: { url }, deps }: Shared): Promise<URL> {
  const text = typeof url === 'string' ? url : await deps.settingOf(url)
  const base = URL.canParse(text) ? new URL(text) : undefined
  if (base && /^https?:$/.test(base.protocol) && !base.username && !base.search && !base.hash) return base
  throw fault('setting-invalid', `the address of connection "${name}" must be like https://host/path`)
}

// ---------- attempts

async function untilDone(asking: Asking): Promise<Outcome> {
  const { spec, deps } = asking.shared
  let last: Failed | undefined
  for (let number = 1; ; number++) {
    const outcome = await oneAttempt(asking, number)
    if (outcome.ok) return outcome
    if (outcome.problem === 'breaker-open' && last) return last
    last = outcome
    if (number > spec.retries || !mayAskAgain(outcome, asking.prepared)) return outcome
    const waitMs = backoffMs(number, deps.fraction(), outcome.afterMs)
    if (deps.clock.now() + waitMs >= asking.call.deadlineMs) return outcome
    await sleep(deps.clock, waitMs, asking.call.signal)
  }
}

function mayAskAgain({ again }: Failed, { repeatable }: Prepared): boolean {
  return again === 'any' || (again === 'repeatable' && repeatable)
}

async function oneAttempt(asking: Asking, number: number): Promise<Outcome> {
  const { shared, call, tenant } = asking
  const { clock } = shared.deps
  if (call.signal.aborted || clock.now() >= call.deadlineMs) return callEnded
  const pass = shared.breakerOf(tenant).enter(clock.now())
  if (!pass)
    return failure('breaker-open', 'too many failures lately, so nothing is sent for a while', 'never', 'unknown')
  const refused = await turn(asking)
  if (refused) {
    pass.abandoned()
    return refused
  }
  const outcome = await observed(asking, number)
  settle(pass, outcome, clock.now())
  return outcome
}

/** Waits for a turn under the rate limit; gives a failure when there is none in time. */
async function turn({ shared, call, tenant }: Asking): Promise<Failed | undefined> {
  const { clock } = shared.deps
  const rate = shared.rateOf(tenant)
  if (!rate) return undefined
  const reserved = rate.reserve(clock.now(), call.deadlineMs - 1)
  if (!reserved) return failure('rate-limited', 'its turn under the rate limit would come too late', 'never', 'unknown')
  if (reserved.atMs > clock.now()) await sleep(clock, reserved.atMs - clock.now(), call.signal)
  if (!call.signal.aborted) return undefined
  reserved.giveBack()
  return callEnded
}

function settle(pass: Pass, outcome: Outcome, nowMs: number): void {
  if (outcome.ok || outcome.health === 'good') pass.succeeded()
  else if (outcome.health === 'bad') pass.failed(nowMs)
  else pass.abandoned()
}

async function observed({ shared, call, prepared }: Asking, number: number): Promise<Outcome> {
  const { clock, fetch } = shared.deps
  const beganMs = clock.now()
  const timeoutMs = Math.min(shared.spec.timeoutMs, call.deadlineMs - beganMs)
  const outcome = await attempt(prepared, { fetch, clock, timeoutMs, signal: call.signal })
  call.observe?.({
    connection: shared.name,
    method: prepared.method,
    host: prepared.url.host,
    path: prepared.shown,
    attempt: number,
    durationMs: clock.now() - beganMs,
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
    ...(outcome.ok ? {} : { problem: outcome.problem }),
  })
  return outcome
}

// ---------- replies

function askedOf({ method, shown }: Prepared): string {
  return `${method} ${shown}`
}

/** `asked`: what was asked, as far as it may be shown. */
function replyOf<T>({ name }: Shared, asked: string, { problem: code, detail, status }: Failed): ConnectionReply<T> {
  const reply = { ok: false, problem: problem(code, `${name}: ${asked}: ${detail}`) } as const
  return status === undefined ? reply : { ...reply, status }
}

const mostIssues = 5

async function read<S extends Schema>(
  shared: Shared,
  prepared: Prepared,
  schema: S,
  { status, type, text }: Answered,
): Promise<ConnectionReply<Out<S>>> {
  const unexpected = (detail: string): ConnectionReply<Out<S>> =>
    replyOf(shared, askedOf(prepared), failure('unexpected-answer', detail, 'never', 'good', { status }))
  const value = valueOfBody(type, text)
  if (value === notJson) return unexpected('the answer is not JSON')
  const result = await shared.readerOf(schema).readAsync(value)
  if (result.ok) return { ok: true, value: result.value, status }
  return unexpected(`the answer does not fit: ${issuesText(result.issues.slice(0, mostIssues))}`)
}

const notJson = Symbol('not JSON')

/** JSON where the answer says so, or says nothing; else text. An empty body is undefined. */
function valueOfBody(type: string, text: string): unknown {
  if (text === '') return undefined
  if (type !== '' && !/[/+]json\b/i.test(type)) return text
  try {
    return JSON.parse(text)
  } catch {
    return notJson
  }
}
