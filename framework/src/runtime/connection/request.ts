/**
 * What is sent: address, headers and body of a request, put together once and the same at each attempt.
 */
import type { ConnectionRequest } from '../../plan/connection.ts'
import type { Schema } from '../../plan/schema.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Prepared {
  readonly method: Method
  readonly url: URL
  readonly headers: Headers
  readonly body: string | undefined
  readonly repeatable: boolean
  /** The path and the names of the query, for people and traces. */
  readonly shown: string
}

/** The header that shows who asks. */
export interface CredentialHeader {
  readonly name: string
  readonly prefix: string
  readonly secret: string
}

/** Puts a request together, or says why it cannot be sent; never with a value of its query, headers or body. */
export function prepare(
  base: URL,
  method: Method,
  path: string,
  request: ConnectionRequest<Schema>,
  credential: CredentialHeader | undefined,
): Prepared | string {
  const url = below(base, path)
  if (!url) return 'the path leads out of the connection’s address'
  addQuery(url, request.query ?? {})
  const headers = headersOf(request, credential)
  if (!headers) return 'a header has a name or a value that HTTP does not allow'
  const body = bodyOf(request, headers)
  if (body === unwritable) return 'the body cannot be written as JSON'
  if (method === 'GET' && body !== undefined) return 'a GET has no body'
  const repeatable = request.repeatable ?? ['GET', 'PUT', 'DELETE'].includes(method)
  return { method, url, headers, body, repeatable, shown: shownPath(url, credential) }
}

/** An address below the base, wherever the path would like to lead. */
function below(base: URL, path: string): URL | undefined {
  const root = base.href.replace(/\/+$/, '')
  const relative = path.replace(/^[/\\]+/, '')
  const url = URL.canParse(`${root}/${relative}`) ? new URL(`${root}/${relative}`) : undefined
  const within = base.pathname.replace(/\/+$/, '')
  return url?.origin === base.origin && url.pathname.startsWith(`${within}/`) ? url : undefined
}

function addQuery(url: URL, query: NonNullable<ConnectionRequest<Schema>['query']>): void {
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.append(name, String(value))
  }
}

/** Undefined: not allowed. What the platform says of it would show the value. */
function headersOf(request: ConnectionRequest<Schema>, credential: CredentialHeader | undefined): Headers | undefined {
  try {
    const headers = new Headers(request.headers)
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    if (credential) headers.set(credential.name, credential.prefix + credential.secret)
    return headers
  } catch {
    return undefined
  }
}

const unwritable = Symbol('unwritable')

function bodyOf({ body }: ConnectionRequest<Schema>, headers: Headers): string | undefined | typeof unwritable {
  if (body === undefined) return undefined
  if (typeof body === 'string' && headers.has('content-type')) return body
  if (!headers.has('content-type')) headers.set('content-type', 'application/json')
  try {
    return JSON.stringify(body)
  } catch {
    return unwritable
  }
}

function shownPath(url: URL, credential: CredentialHeader | undefined): string {
  const names = [...new Set(url.searchParams.keys())].map(name => encodeURIComponent(name))
  const shown = names.length === 0 ? url.pathname : `${url.pathname}?${names.join('&')}`
  if (!credential) return shown
  // An author may have put it into the path as well.
  return shown.replaceAll(credential.secret, '…').replaceAll(encodeURIComponent(credential.secret), '…')
}
