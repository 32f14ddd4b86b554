/** Requests as the endpoint's route asks for them. */
import type { RouteEntry } from './routes.ts'

/** What the caller of an endpoint gives. */
export interface Given {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, unknown>>
  readonly once?: string
}

export interface Prepared {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** @throws TypeError when a parameter or query value has no form in an address */
export function prepared(base: string, route: RouteEntry, given: Given): Prepared {
  const { query, body, headers = {}, once } = given
  const sent: Record<string, string> = {
    accept: route.answers === 'stream' ? 'text/event-stream' : '*/*',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(route.once === undefined ? {} : { [route.once]: once ?? newKey() }),
  }
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent[name] = text(name, value)
  return {
    url: base + pathFor(route.path, given.params ?? {}) + queryText(query ?? {}),
    method: route.method,
    headers: sent,
    body: body === undefined ? undefined : JSON.stringify(body),
  }
}

function pathFor(path: string, params: Readonly<Record<string, unknown>>): string {
  return path.replace(/:([^/]+)/g, (_, name: string) => {
    const value = text(name, params[name])
    // An address cannot hold these as a segment: it would be another address.
    if (value === '' || value === '.' || value === '..') throw new TypeError(`"${name}" cannot be "${value}"`)
    return encodeURIComponent(value)
  })
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) pairs.append(name, text(name, each))
    }
  }
  return pairs.size === 0 ? '' : `?${pairs}`
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (value instanceof Date) return value.toISOString()
  throw new TypeError(`"${name}" has no form in an address or header`)
}

/** 128 random bits. `crypto.randomUUID` is not there on pages without TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
