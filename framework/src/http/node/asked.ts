/** A request as Node's server received it, in the form the runtime asks for. What may not be needed is made when asked. */
import type { Asked } from '../../runtime/door.ts'
import { cookieIn } from '../cookies.ts'
import type { Query } from '../query.ts'
import type { Inbound } from './exchange.ts'

export class NodeAsked implements Asked {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  body: unknown = undefined
  readonly #request: Inbound
  readonly #proxies: number
  #gone: AbortController | undefined

  /** @param proxies how many trusted proxies stand before this server */
  constructor(request: Inbound, path: string, params: Readonly<Record<string, string>>, query: Query, proxies: number) {
    this.#request = request
    this.method = request.method ?? ''
    this.path = path
    this.params = params
    this.query = query
    this.#proxies = proxies
  }

  header(name: string): string | undefined {
    return headerOf(this.#request, name)
  }

  cookie(name: string): string | undefined {
    return cookieIn(headerOf(this.#request, 'cookie'), name)
  }

  get address(): string {
    return addressOf(this.#request, this.#proxies)
  }

  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      const gone = new AbortController()
      this.#gone = gone
      this.#request.onGone(() => gone.abort())
    }
    return this.#gone.signal
  }

  /** Ends what hangs on the signal, as if the client had gone. */
  leave(): void {
    this.#gone?.abort()
  }
}

/** A header's text, its lines joined. Only what the client sent: no name of an object's own members is one. */
export function headerOf(request: Inbound, name: string): string | undefined {
  const { headers } = request
  if (!Object.hasOwn(headers, name)) return undefined
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/**
 * The client's address: of the socket, or behind proxies what the outermost trusted one saw: each adds to the right of
 * `X-Forwarded-For` whom it was called by; what stands further left anybody can have written.
 */
export function addressOf(request: Inbound, proxies: number): string {
  const forwarded = proxies === 0 ? [] : (headerOf(request, 'x-forwarded-for')?.split(',') ?? [])
  // The socket asks the system: not where somebody else has said it.
  return plainAddress(forwarded.at(-proxies)?.trim() || (request.socket.remoteAddress ?? ''))
}

/** IPv4 in its own form, even where the socket is an IPv6 one. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
