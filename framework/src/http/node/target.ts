/** The address line and the head of a request: what is wrong with them, and the path and query in them. */
import type { ProblemCode } from '../../contract/problems.ts'
import type { HeaderList } from '../headers.ts'
import type { Incoming } from './incoming.ts'

export interface Refused {
  readonly code: ProblemCode
  readonly detail: string
  /** Name and value in turn. */
  readonly headers?: HeaderList
}

export interface PathAndQuery {
  /** Both, as they were sent. */
  readonly target: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
}

/** Reads what was asked for: a path, or a whole address as proxies are given it. Undefined when it is neither. */
export function pathAndQueryOf(url: string): PathAndQuery | undefined {
  const target = url.charCodeAt(0) === 0x2f ? url : withoutOrigin(url)
  if (target === undefined) return undefined
  const question = target.indexOf('?')
  return question === -1
    ? { target, path: target, query: '' }
    : { target, path: target.slice(0, question), query: target.slice(question + 1) }
}

function withoutOrigin(url: string): string | undefined {
  const origin = /^https?:\/\/[^/?#]+/i.exec(url)?.[0]
  if (origin === undefined) return undefined
  const rest = url.slice(origin.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** What Node's parser lets through and we do not. */
export function headFault(request: Incoming, mostHeaders: number): Refused | undefined {
  const { rawHeaders, httpVersion } = request
  if (rawHeaders.length > 2 * mostHeaders) {
    return { code: 'headers-too-large', detail: `more than ${mostHeaders} header lines` }
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return { code: 'request-invalid', detail: 'this is not HTTP/1.1' }
  const hosts = hostsIn(rawHeaders)
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return undefined
  return { code: 'request-invalid', detail: 'one header "host" is needed' }
}

/** Node takes the first of several, a proxy before us perhaps the last: they would speak of two hosts. */
function hostsIn(rawHeaders: readonly string[]): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}
