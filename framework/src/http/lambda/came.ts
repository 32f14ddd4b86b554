/**
 * Requests as API Gateway hands them to a function, of either format, as one plain form. Nothing here makes a `Request`:
 * Node would load its whole HTTP client for it.
 */
import { noQuery, type Query } from '../query.ts'

export type Texts = Readonly<Record<string, string | undefined>>
type Lists = Readonly<Record<string, readonly string[] | undefined>>

/** Format 1.0: what a REST API sends. */
export interface RestEvent {
  readonly httpMethod: string
  readonly path: string
  readonly headers: Texts | null
  readonly multiValueHeaders?: Lists | null
  readonly queryStringParameters?: Texts | null
  readonly multiValueQueryStringParameters?: Lists | null
  readonly requestContext: { readonly identity?: { readonly sourceIp?: string } }
  readonly body: string | null
  readonly isBase64Encoded?: boolean
}

/** A request, whatever brought it. */
export interface Came {
  readonly format: 1 | 2
  readonly method: string
  readonly path: string
  /** Undefined where it is not percent-encoded UTF-8. */
  readonly query: Query | undefined
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly isBase64: boolean
  readonly address: string
}

export function isRestEvent(event: object): event is RestEvent {
  return 'httpMethod' in event && 'path' in event
}

export function cameByRest(event: RestEvent): Came {
  return {
    format: 1,
    method: event.httpMethod,
    path: event.path,
    query: restQuery(event),
    headers: restHeaders(event),
    ...bodyOf(event),
    address: event.requestContext.identity?.sourceIp ?? '',
  }
}

export function bodyOf({ body, isBase64Encoded = false }: { body?: string | null; isBase64Encoded?: boolean }) {
  return { body: body ?? '', isBase64: isBase64Encoded }
}

export function lowerCased(texts: Texts | null): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(texts ?? {})) if (value !== undefined) headers[name.toLowerCase()] = value
  return headers
}

function restHeaders({ headers: single, multiValueHeaders }: RestEvent): Record<string, string> {
  const headers = lowerCased(single)
  for (const [given, values = []] of Object.entries(multiValueHeaders ?? {})) {
    const name = given.toLowerCase()
    if (values.length > 1 || !(name in headers)) headers[name] = values.join(name === 'cookie' ? '; ' : ', ')
  }
  return headers
}

/** A REST API has decoded names and values already. */
function restQuery({ queryStringParameters, multiValueQueryStringParameters }: RestEvent): Query {
  const all = multiValueQueryStringParameters ?? queryStringParameters
  if (!all) return noQuery
  const query: Record<string, string | readonly string[]> = Object.create(null)
  for (const [name, given = []] of Object.entries(all)) {
    const [only, another] = typeof given === 'string' ? [given] : given
    if (only !== undefined) query[name] = another === undefined || typeof given === 'string' ? only : given
  }
  return query
}
