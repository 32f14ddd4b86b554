/**
 * CORS: which other origins' pages may call a gateway, and see the answer. Without a rule, a browser's call from
 * another origin that could change something is refused: no answer of ours would reach that page anyway, and its
 * cookies must not act for it (cross-site request forgery).
 */
import type { AnyEndpoint } from '../plan/endpoint.ts'
import type { Cors } from '../plan/gateway.ts'

export interface CorsRules {
  readonly origins: ReadonlySet<string>
  readonly credentials: boolean
  /** For preflights: the request headers that the endpoints know. */
  readonly allowedHeaders: string
}

/** What a request says about where it comes from. */
export interface Provenance {
  readonly method: string
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`, set by browsers alone. */
  readonly fetchSite: string | undefined
  /** The host the request was sent to. */
  readonly host: string | undefined
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

const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether a browser sends this for a page of another origin that the gateway does not name. */
export function isForeign(from: Provenance, rules: CorsRules | undefined): boolean {
  const { method, origin, fetchSite, host } = from
  if (origin === undefined && fetchSite === undefined) return false
  if (harmless.has(method) || (origin !== undefined && rules?.origins.has(origin))) return false
  if (fetchSite !== undefined) return fetchSite !== 'same-origin' && fetchSite !== 'none'
  return hostOf(origin) !== host?.toLowerCase()
}

/** The host of an origin; nothing for the opaque origin `null`. */
function hostOf(origin: string | undefined): string | undefined {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined
}
