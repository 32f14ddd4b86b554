/**
 * OpenAPI: the document of a gateway, made from its plan alone. The same plan always gives the same document.
 */
import type { Authorizer } from '../plan/authorizer.ts'
import type { AnyEndpoint, Returned } from '../plan/endpoint.ts'
import type { AnyGateway } from '../plan/gateway.ts'
import type { Schema } from '../plan/schema.ts'
import type {
  JsonSchema,
  OpenApiDocument,
  Operation,
  Parameter,
  ResponseObject,
  SecurityScheme,
} from './openapi/document.ts'
import { ownResponses, problemSchema, problemsOf } from './openapi/problems.ts'
import { Schemas } from './openapi/schemas.ts'
import { segmentsOf } from './routes.ts'

export interface OpenApiOptions {
  /** Default: the gateway's own title, or its name. */
  readonly title?: string
  /** Of the system. Default: `0.0.0`. */
  readonly version?: string
  /** Where the gateway stands, such as `/api/counter` or a whole address. Default: `/`. */
  readonly server?: string
}

/**
 * Makes the document of a gateway. Endpoints for other services alone are not in it.
 * @example openApi('api', counter.gateways.api, { server: '/api/counter' })
 */
export function openApi(name: string, gateway: AnyGateway, options: OpenApiOptions = {}): OpenApiDocument {
  const schemas = new Schemas()
  const endpoints = endpointsOf(gateway)
  const paths: Record<string, Record<string, Operation>> = {}
  for (const [handler, endpoint] of endpoints) {
    const path = templateOf(endpoint.path)
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(handler, endpoint, schemas) }
  }
  const tags = [...new Set(endpoints.map(([, endpoint]) => tagOf(endpoint)))]
  return {
    openapi: '3.1.1',
    info: { title: options.title ?? gateway.title ?? name, version: options.version ?? '0.0.0' },
    servers: [{ url: options.server || '/' }],
    tags: tags.map(tag => ({ name: tag })),
    paths,
    components: {
      schemas: { ...schemas.components, Problem: problemSchema },
      responses: ownResponses(),
      securitySchemes: Object.fromEntries(endpoints.flatMap(([, { caller }]) => schemeOf(caller))),
    },
  }
}

function endpointsOf({ service }: AnyGateway): readonly (readonly [string, AnyEndpoint])[] {
  const handlers: Readonly<Record<string, { readonly kind: string }>> = service.handlers
  return Object.entries(handlers).flatMap(([name, handler]) =>
    isEndpoint(handler) && handler.caller.scheme !== 'internal' ? [[name, handler] as const] : [],
  )
}

function isEndpoint(handler: { readonly kind: string }): handler is AnyEndpoint {
  return handler.kind === 'endpoint'
}

function templateOf(path: string): string {
  return path.replace(/:([^/]+)/g, '{$1}')
}

/** Endpoints are grouped by the first word of their path. */
function tagOf({ path }: AnyEndpoint): string {
  const [first = ''] = segmentsOf(path)
  return first === '' || first.startsWith(':') ? 'root' : first
}

function operationOf(name: string, endpoint: AnyEndpoint, schemas: Schemas): Operation {
  const { summary, description, body, caller } = endpoint
  const parameters = parametersOf(name, endpoint, schemas)
  const schema = body && schemas.of(body, 'body', `${name}Body`)
  return {
    operationId: name,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tagOf(endpoint)],
    security: schemeOf(caller).map(([scheme]) => ({ [scheme]: [] })),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema ? { requestBody: { required: true, content: { 'application/json': { schema } } } } : {}),
    responses: { ...goodAnswers(name, endpoint, schemas), ...problemsOf(endpoint) },
  }
}

// ---------- parameters

function parametersOf(name: string, endpoint: AnyEndpoint, schemas: Schemas): readonly Parameter[] {
  const { path, params, query, headers, once } = endpoint
  const inPath = fieldsOf(params, `${name}Params`, schemas)
  const names = segmentsOf(path).flatMap(segment => (segment.startsWith(':') ? [segment.slice(1)] : []))
  return [
    ...names.map(each => parameter('path', each, inPath.get(each)?.schema ?? { type: 'string' }, true)),
    ...[...fieldsOf(query, `${name}Query`, schemas)].map(([each, field]) => fieldParameter('query', each, field)),
    ...[...fieldsOf(headers, `${name}Headers`, schemas)].map(([each, field]) => fieldParameter('header', each, field)),
    ...(once === undefined ? [] : [onceParameter(once)]),
  ]
}

function fieldParameter(place: Parameter['in'], name: string, { schema, required }: Field): Parameter {
  return parameter(place, name, schema, required)
}

function parameter(place: Parameter['in'], name: string, given: JsonSchema, required: boolean): Parameter {
  const { description, ...schema } = given
  return { name, in: place, required, ...(description === undefined ? {} : { description }), schema }
}

function onceParameter(name: string): Parameter {
  return {
    name,
    in: 'header',
    required: false,
    description: 'A request sent again with the same key is done once and answered the same, for 24 hours.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  }
}

interface Field {
  readonly schema: JsonSchema
  readonly required: boolean
}

/** The fields of an object schema, each a parameter; those of its alternatives too. */
function fieldsOf(schema: Schema | undefined, hint: string, schemas: Schemas): ReadonlyMap<string, Field> {
  return schema ? fieldsIn(schemas.of(schema, 'given', hint), schemas) : new Map()
}

function fieldsIn(given: JsonSchema, schemas: Schemas): ReadonlyMap<string, Field> {
  const schema = schemas.resolved(given)
  const fields = new Map<string, Field>()
  const required = new Set(schema.required)
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    fields.set(name, { schema: field, required: required.has(name) })
  }
  for (const part of listed(schema.allOf)) for (const [name, field] of fieldsIn(part, schemas)) fields.set(name, field)
  for (const part of [...listed(schema.anyOf), ...listed(schema.oneOf)]) {
    for (const [name, { schema: field }] of fieldsIn(part, schemas))
      fields.set(name, { schema: field, required: false })
  }
  return fields
}

function listed(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value : []
}

// ---------- answers

function goodAnswers(
  name: string,
  { returns, summary }: AnyEndpoint,
  schemas: Schemas,
): Record<string, ResponseObject> {
  if (isReturned(returns)) {
    const [status, answer] = answerOf(name, returns, summary, schemas)
    return { [status]: answer }
  }
  return Object.fromEntries(
    Object.entries(returns).map(([status, schema]) => [
      status,
      jsonAnswer(`${name}${status}`, schema, summary, schemas),
    ]),
  )
}

function isReturned(returns: AnyEndpoint['returns']): returns is Returned {
  return '_zod' in returns || 'kind' in returns
}

function answerOf(
  name: string,
  returns: Returned,
  summary: string,
  schemas: Schemas,
): readonly [number, ResponseObject] {
  if ('_zod' in returns) return [200, jsonAnswer(`${name}Answer`, returns, summary, schemas)]
  switch (returns.kind) {
    case 'nothing':
      return [204, { description: summary }]
    case 'file':
      return [200, { description: summary, content: Object.fromEntries(returns.types.map(type => [type, {}])) }]
    case 'stream': {
      const schema = schemas.of(returns.event, 'answer', `${name}Event`)
      const description = `${summary}. Server-sent events; the data of each is JSON of this schema`
      return [200, { description, content: { 'text/event-stream': { schema } } }]
    }
  }
}

function jsonAnswer(hint: string, schema: Schema, description: string, schemas: Schemas): ResponseObject {
  return { description, content: { 'application/json': { schema: schemas.of(schema, 'answer', hint) } } }
}

// ---------- who calls

/** The security scheme of an authorizer under its name in the document; none for `anyone`. */
function schemeOf({ name, shownBy }: Authorizer<unknown>): readonly (readonly [string, SecurityScheme])[] {
  return shownBy ? [[name.replace(/[^\w.-]/g, '.'), securityScheme(shownBy)]] : []
}

function securityScheme(shownBy: NonNullable<Authorizer<unknown>['shownBy']>): SecurityScheme {
  if ('bearer' in shownBy) return { type: 'http', scheme: 'bearer', bearerFormat: shownBy.bearer }
  if ('cookie' in shownBy) return { type: 'apiKey', in: 'cookie', name: shownBy.cookie }
  return { type: 'apiKey', in: 'header', name: shownBy.header }
}
