/**
 * A small door for the tests of this folder: it reads requests and writes answers through the endpoints' schemas, as
 * the runtime does, and calls handlers that use no resource.
 */
import { z } from 'zod'
import { compileReader } from '../../compile/reader.ts'
import { compileWriter } from '../../compile/writer.ts'
import { fault } from '../../contract/problems.ts'
import type { Call } from '../../plan/call.ts'
import { type AnyEndpoint, type File, isAnswered } from '../../plan/endpoint.ts'
import type { AnyGateway } from '../../plan/gateway.ts'
import type { Plan } from '../../plan/plan.ts'
import { isProblem } from '../../plan/problem.ts'
import type { Answer, Asked, Door, DoorRoute } from '../../runtime/door.ts'
import { problemFrom, refusalOf } from '../../runtime/refusals.ts'

export function doorOf(plan: Plan): Door {
  return {
    plan: plan.name,
    gateways: plan.gateways,
    routes: Object.entries(plan.gateways).flatMap(([name, gateway]) => routesOf(name, gateway)),
    refuse: refusalOf,
    async call({ endpoint }, asked) {
      try {
        return await answered(endpoint, asked)
      } catch (error) {
        return problemFrom(error, 'a-trace')
      }
    },
  }
}

function routesOf(gateway: string, { service }: AnyGateway): readonly DoorRoute[] {
  return Object.entries(service.handlers as Readonly<Record<string, AnyEndpoint>>).flatMap(([name, endpoint]) =>
    endpoint.kind === 'endpoint' ? [{ gateway, name, endpoint }] : [],
  )
}

async function answered(endpoint: AnyEndpoint, asked: Asked): Promise<Answer> {
  const call: Call & Record<string, unknown> = {
    at: new Date(0),
    signal: asked.signal,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    newId: () => 'id',
    params: read(endpoint.params, asked.params, '/params') ?? asked.params,
    query: read(endpoint.query, asked.query, '/query'),
    body: read(endpoint.body, asked.body, '/body'),
    headers: read(endpoint.headers, headersFor(endpoint, asked), '/headers'),
    caller: await endpoint.caller.authorize(
      { ...asked, header: asked.header.bind(asked), cookie: asked.cookie.bind(asked), at: new Date(0) },
      {},
      endpoint.caller.remembers?.(),
    ),
  }
  if (endpoint.body === undefined && asked.body !== undefined)
    throw fault('request-invalid', 'this endpoint takes no body')
  if (endpoint.caller.scheme === 'custom' && call.caller === undefined) throw fault('not-authenticated', 'who are you?')
  return written(endpoint, await endpoint.handle(call, {}))
}

function headersFor({ headers }: AnyEndpoint, asked: Asked): unknown {
  if (!(headers instanceof z.ZodObject)) return {}
  return Object.fromEntries(Object.keys(headers.shape).map(name => [name, asked.header(name.toLowerCase())]))
}

function read(schema: z.ZodType | undefined, value: unknown, at: string): unknown {
  if (!schema) return undefined
  const result = compileReader(schema, { unknown: at === '/body' ? 'refuse' : 'strip' }).read(value)
  if (result.ok) return result.value
  const issues = result.issues.map(({ path, message }) => ({ path: at + path, message }))
  throw fault('request-invalid', `${issues[0]?.path} ${issues[0]?.message}`, { issues })
}

function written({ returns, fails }: AnyEndpoint, value: unknown): Answer {
  if (isProblem(value)) {
    const status = fails[value.code] ?? 500
    const problem = { type: 'about:blank', title: value.code, status, code: value.code }
    return {
      kind: 'problem',
      status,
      declared: true,
      headers: {},
      problem: { ...problem, ...(value.detail ? { detail: value.detail } : {}) },
    }
  }
  const { status, headers, content } = isAnswered(value)
    ? { status: value.status, headers: value.headers, content: value.value }
    : { status: 200, headers: {}, content: value }
  if (returns instanceof z.ZodType) return json(returns, status, headers, content)
  if ('kind' in returns && returns.kind === 'nothing') return { kind: 'nothing', status: 204, headers }
  if ('kind' in returns && returns.kind === 'file') return { kind: 'file', status: 200, headers, file: content as File }
  if ('kind' in returns && returns.kind === 'stream')
    return streamed(returns.event as z.ZodType, content as AsyncIterable<unknown>)
  const schema = (returns as Readonly<Record<number, z.ZodType>>)[status]
  if (!schema) throw fault('answer-invalid', 'undeclared status')
  return json(schema, status, headers, content)
}

function json(schema: z.ZodType, status: number, headers: Answer['headers'], value: unknown): Answer {
  const result = compileWriter(schema).write(value)
  if (!result.ok) throw fault('answer-invalid', 'the answer does not fit')
  return { kind: 'json', status, json: result.json, headers }
}

function streamed(schema: z.ZodType, events: AsyncIterable<unknown>): Answer {
  async function* texts() {
    for await (const event of events) yield JSON.stringify(schema.parse(event))
  }
  return { kind: 'events', status: 200, events: texts(), headers: {} }
}
