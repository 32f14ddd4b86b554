/** Requests of format 2.0, as plain ones: they come from HTTP APIs, and from a function's own address. */
import { queryOf } from '../query.ts'
import { bodyOf, type Came, lowerCased, type Texts } from './came.ts'

/** Format 2.0: what an HTTP API, or a function's own URL, sends. */
interface HttpEvent {
  readonly version: '2.0'
  readonly rawPath: string
  readonly rawQueryString: string
  readonly cookies?: readonly string[]
  readonly headers: Texts
  readonly requestContext: { readonly http: { readonly method: string; readonly sourceIp: string } }
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

/** Undefined where it is no such request. */
export function cameByHttp(event: object): Came | undefined {
  return isHttpEvent(event) ? plainly(event) : undefined
}

function isHttpEvent(event: object): event is HttpEvent {
  return 'version' in event && event.version === '2.0' && 'rawPath' in event
}

function plainly(event: HttpEvent): Came {
  const { http } = event.requestContext
  const headers = lowerCased(event.headers)
  if (event.cookies) headers.cookie = event.cookies.join('; ')
  return {
    ...{ format: 2, method: http.method, path: event.rawPath, query: queryOf(event.rawQueryString), headers },
    ...bodyOf(event),
    address: http.sourceIp,
  }
}
