/**
 * CORS: which other origins' pages may call a gateway, and see the answer. Without a rule, a browser's call from
 * another origin that could change something is refused (see foreign.ts).
 */
import type { AnyEndpoint } from '../plan/endpoint.ts'
import type { Cors } from '../plan/gateway.ts'

export interface CorsRules {
  readonly origins: ReadonlySet<string>
  readonly credentials: boolean
  /** For preflights: the request headers that the endpoints know. */
  readonly allowedHeaders: string
}

/** Headers of ours that a page of another origin may read. */
const exposedHeaders = 'Content-Disposition, ETag, Link, Location, Retry-After'

/** How long a browser may keep a preflight's answer. */
const preflightSeconds = '600'

export function corsRulesOf({ origins, credentials = false }: Cors, endpoints: readonly AnyEndpoint[]): CorsRules {
  const named = new Set(['accept', 'content-type', 'last-event-id', 'traceparent', 'tracestate'])
  for (const endpoint of endpoints) for (const header of headersOf(endpoint)) named.add(header.toLowerCase())
  return { origins: new Set(origins), credentials, allowedHeaders: [...named].sort().join(', ') }
}

function headersOf({ caller, headers, once }: AnyEndpoint): readonly string[] {
  const { shownBy } = caller
  const credential =
    shownBy && 'header' in shownBy ? [shownBy.header] : shownBy && 'bearer' in shownBy ? ['authorization'] : []
  return [...credential, ...fieldsOf(headers), ...(once === undefined ? [] : [once])]
}

function fieldsOf(schema: AnyEndpoint['headers']): readonly string[] {
  return schema && 'shape' in schema ? Object.keys(schema.shape as object) : []
}

/** The headers that let a page of the request's origin see the answer, as name and value in turn. */
export function corsHeaders(rules: CorsRules, origin: string | undefined): readonly string[] {
  if (origin === undefined || !rules.origins.has(origin)) return ['Vary', 'Origin']
  return [
    ...['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', exposedHeaders, 'Vary', 'Origin'],
    ...(rules.credentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
  ]
}

/** The headers of a preflight's answer, as name and value in turn. */
export function preflightHeaders(rules: CorsRules, origin: string | undefined, allow: string): readonly string[] {
  if (origin === undefined || !rules.origins.has(origin)) return ['Vary', 'Origin']
  return [
    ...['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Methods', allow],
    ...['Access-Control-Allow-Headers', rules.allowedHeaders, 'Access-Control-Max-Age', preflightSeconds],
    ...(rules.credentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
    ...['Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'],
  ]
}
