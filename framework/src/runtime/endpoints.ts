/**
 * Endpoints made ready at start: their schemas compiled, their authorizers and clients prepared. `BoundEndpoint` is
 * what a call then only has to run through.
 */
import { z } from 'zod'
import { compileReader, type Reader } from '../compile/reader.ts'
import { compileWriter, type Writer } from '../compile/writer.ts'
import type { Authorizer } from '../plan/authorizer.ts'
import type { AnyEndpoint, Returned } from '../plan/endpoint.ts'
import type { Schema } from '../plan/schema.ts'
import type { CallPlan } from './call.ts'
import type { ClientFactory, Wiring } from './wiring.ts'

export interface BoundEndpoint {
  readonly service: string
  readonly name: string
  readonly endpoint: AnyEndpoint
  /** What its spans are called and say. */
  readonly span: CallPlan['span']
  readonly inputs: Inputs
  readonly output: Output
  readonly authorizer: Authorizer<unknown>
  /** Reads who the authorizer says is calling; nothing for `anyone`. */
  readonly callers: Reader | undefined
  readonly authorizerClients: ClientFactory
  /** What the authorizer remembers between requests. */
  readonly authorizerMemory: unknown
  readonly clients: ClientFactory
  /** Whether a repeated call does no harm: reads, and calls with `once`. */
  readonly repeatable: boolean
}

export interface Inputs {
  readonly params: Reader | undefined
  readonly query: Reader | undefined
  readonly headers: Reader | undefined
  readonly body: Reader | undefined
  /** Query names whose schema is a list: a single value is a list of one. */
  readonly listQueries: readonly string[]
  /** The header names that `headers` asks for. */
  readonly headerNames: readonly string[]
}

export type Output =
  | { readonly kind: 'json'; readonly status: number; readonly writers: ReadonlyMap<number, Writer> }
  | { readonly kind: 'stream'; readonly writer: Writer }
  | { readonly kind: 'file' }
  | { readonly kind: 'nothing' }

export function bindEndpoint(wiring: Wiring, service: string, name: string, endpoint: AnyEndpoint): BoundEndpoint {
  return {
    service,
    name,
    endpoint,
    span: {
      kind: 'server',
      name: `${service}/${name}`,
      attributes: { 'http.request.method': endpoint.method, 'http.route': endpoint.path },
    },
    inputs: inputsOf(endpoint),
    output: outputOf(endpoint),
    authorizer: endpoint.caller,
    callers: endpoint.caller.schema && compileReader(endpoint.caller.schema),
    authorizerClients: wiring.clients(endpoint.caller.uses),
    authorizerMemory: endpoint.caller.remembers && wiring.memory(endpoint.caller.remembers),
    clients: wiring.clients(endpoint.uses),
    repeatable: endpoint.method === 'GET' || endpoint.once !== undefined,
  }
}

function inputsOf({ params, query, headers, body }: AnyEndpoint): Inputs {
  return {
    params: params && compileReader(params),
    query: query && compileReader(query),
    headers: headers && compileReader(headers),
    body: body && compileReader(body, { unknown: 'refuse' }),
    listQueries: listsIn(query),
    headerNames: headers instanceof z.ZodObject ? Object.keys(headers.shape) : [],
  }
}

function listsIn(query: Schema | undefined): readonly string[] {
  if (!(query instanceof z.ZodObject)) return []
  return Object.entries(query.shape)
    .filter(([, schema]) => isList(schema as Schema))
    .map(([name]) => name)
}

function isList(schema: Schema): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return isList(schema.unwrap() as Schema)
  return schema instanceof z.ZodArray
}

function outputOf({ returns }: AnyEndpoint): Output {
  if (returns instanceof z.ZodType)
    return { kind: 'json', status: 200, writers: new Map([[200, compileWriter(returns)]]) }
  if (isSpecial(returns)) return special(returns)
  const writers = Object.entries(returns).map(
    ([status, schema]) => [Number(status), compileWriter(schema as Schema)] as const,
  )
  return { kind: 'json', status: writers[0]?.[0] ?? 200, writers: new Map(writers) }
}

type Special = Exclude<Returned, Schema>

function isSpecial(returns: AnyEndpoint['returns']): returns is Special {
  return 'kind' in returns && typeof returns.kind === 'string'
}

function special(returns: Special): Output {
  return returns.kind === 'stream' ? { kind: 'stream', writer: compileWriter(returns.event) } : { kind: returns.kind }
}
