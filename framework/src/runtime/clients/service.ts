/**
 * The client of another service: its endpoints as functions. Requests and answers are JSON on the way, in one process
 * as between several; who is calling, the deadline and the trace are handed on.
 */

import { z } from 'zod'
import { compileReader } from '../../compile/reader.ts'
import { limits, readable, utf8Bytes } from '../../contract/limits.ts'
import { fault, isFault, type ProblemCode } from '../../contract/problems.ts'
import type { AnyEndpoint } from '../../plan/endpoint.ts'
import type { Schema } from '../../plan/schema.ts'
import type { AnyService } from '../../plan/service.ts'
import type { RunningCall } from '../call.ts'
import type { Answer, ProblemAnswer } from '../door.ts'
import { digestOf } from '../entropy.ts'
import { issuesText } from './reading.ts'

/** A request from one service to another, as it travels. */
export interface InternalRequest {
  readonly service: string
  readonly endpoint: string
  /** JSON of `{ params, query, headers, body }`. */
  readonly payload: string
  readonly onceKey?: string
}

/** The same on its way to another process: with what shows who asks, and until when an answer is waited for. */
export interface CarriedRequest extends InternalRequest {
  readonly token: string
  readonly traceparent: string
  readonly untilMs: number
}

/** Brings a request to its service, with the caller's identity, deadline and trace. */
export type AskService = (request: InternalRequest, call: RunningCall) => Promise<Answer>

interface Request {
  readonly params?: unknown
  readonly query?: unknown
  readonly headers?: unknown
  readonly body?: unknown
  readonly once?: string
}

const tries = 3

/** Nobody has begun with it: the service is not there, or its process is stopping. */
const notBegun: readonly string[] = ['service-unavailable', 'stopping'] satisfies ProblemCode[]

export function serviceClient(service: AnyService, ask: AskService): (call: RunningCall) => unknown {
  const functions = Object.entries(service.handlers)
    .filter(([, handler]) => handler.kind === 'endpoint')
    .map(([name, handler]) => [name, asking(service.name, name, handler as unknown as AnyEndpoint, ask)] as const)
  return call =>
    Object.fromEntries(functions.map(([name, asked]) => [name, (request?: Request) => asked(call, request ?? {})]))
}

function asking(service: string, name: string, endpoint: AnyEndpoint, ask: AskService) {
  const received = receivers(endpoint)
  const repeatable = endpoint.method === 'GET' || endpoint.once !== undefined
  return async (call: RunningCall, { once, ...request }: Request): Promise<unknown> => {
    // The work may have any text in its name, a key may not.
    const onceKey = endpoint.once === undefined ? undefined : (once ?? digestOf(`${call.work}/${call.nextAsk()}`))
    const sent: InternalRequest = {
      service,
      endpoint: name,
      payload: payloadOf(service, name, request),
      ...(onceKey === undefined ? {} : { onceKey }),
    }
    const span = call.session.span(`${service}.${name}`, 'client')
    try {
      const answer = await asked(() => ask(sent, call), repeatable ? tries : 1)
      const reply = replyOf(service, name, answer, received)
      span.end(answer.kind === 'problem' ? answer.problem.code : undefined)
      return reply
    } catch (error) {
      span.end(error)
      throw error
    }
  }
}

function payloadOf(service: string, name: string, request: unknown): string {
  return withinLimit(`${service}.${name}`, JSON.stringify(request))
}

function withinLimit(what: string, json: string): string {
  // UTF-8 takes at most three bytes a UTF-16 unit, so a short text needs no counting.
  if (json.length * 3 <= limits.requestBytes || utf8Bytes(json) <= limits.requestBytes) return json
  const sizes = `${readable(utf8Bytes(json))}, the limit is ${readable(limits.requestBytes)}`
  throw fault('message-too-large', `${what}: ${sizes}`)
}

/** Asks again what may be repeated, as long as nobody has begun with it. */
async function asked(ask: () => Promise<Answer>, most: number): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask()
      if (attempt >= most || answer.kind !== 'problem' || answer.problem.code !== 'stopping') return answer
    } catch (error) {
      if (attempt >= most || !isFault(error) || !notBegun.includes(error.code)) throw error
    }
  }
}

/** Reads an answer as the endpoint's clients see it. */
export type Received = (answer: Answer) => unknown

export function receivers(endpoint: AnyEndpoint): Received {
  const { returns } = endpoint
  if (returns instanceof z.ZodType) return jsonReceived(new Map([[200, returns]]))
  if ('kind' in returns && returns.kind === 'stream') return answer => events(answer, returns.event as Schema)
  if ('kind' in returns && returns.kind === 'file') return answer => (answer.kind === 'file' ? answer.file : undefined)
  if ('kind' in returns && returns.kind === 'nothing') return () => undefined
  return jsonReceived(new Map(Object.entries(returns).map(([status, schema]) => [Number(status), schema as Schema])))
}

function jsonReceived(schemas: ReadonlyMap<number, Schema>): Received {
  const readers = new Map([...schemas].map(([status, schema]) => [status, compileReader(schema)]))
  return answer => {
    if (answer.kind !== 'json') return undefined
    withinLimit('the answer', answer.json)
    // A schema may allow that there is nothing; JSON has no word for it.
    const value = answer.json === '' ? undefined : JSON.parse(answer.json)
    const read = readers.get(answer.status)?.read(value)
    if (read?.ok) return read.value
    throw fault(
      'request-undeliverable',
      `the answer does not fit the schema: ${read ? issuesText(read.issues) : `status ${answer.status}`}`,
    )
  }
}

async function* events(answer: Answer, schema: Schema): AsyncIterable<unknown> {
  if (answer.kind !== 'events') return
  const reader = compileReader(schema)
  for await (const event of answer.events) {
    const read = reader.read(JSON.parse(event))
    if (read.ok) yield read.value
  }
}

/** Declared problems are replies; anything else is not the handler's to deal with and is thrown on. */
function replyOf(service: string, name: string, answer: Answer, received: Received): unknown {
  if (answer.kind !== 'problem') return { ok: true, value: received(answer) }
  const { code, detail, status, issues } = answer.problem
  if (answer.declared) {
    return { ok: false, problem: { kind: 'problem', code, ...(detail === undefined ? {} : { detail }) } }
  }
  const what = `${service}.${name} answered ${code}${detail === undefined ? '' : `: ${detail}`}`
  if (issues) throw fault('request-undeliverable', `${what} (${issuesText(issues)})`)
  throw fault(passedOn(code), what, { status, ...waitOf(answer) })
}

/** When the other side says to come again. */
function waitOf({ headers }: ProblemAnswer): { readonly retryAfterS?: number } {
  const seconds = Number(headers['retry-after'])
  return seconds > 0 ? { retryAfterS: seconds } : {}
}

/** Problems that the first caller can do something about keep their code on the way back. */
function passedOn(code: string) {
  switch (code) {
    case 'not-allowed':
    case 'not-authenticated':
    case 'throttled':
    case 'quota-used-up':
    case 'call-in-flight':
    case 'idempotency-key-reused':
    case 'invalid-cursor':
    case 'conflict':
    case 'timed-out':
      return code
    default:
      return 'service-unavailable'
  }
}
