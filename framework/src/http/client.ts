/**
 * The typed client of a gateway over HTTP, for browsers and Node: its endpoints as functions, as one service sees
 * another's. It knows nothing but the routes, so that a browser gets a few kilobytes and no handler.
 */
import type { AnyGateway, Gateway } from '../plan/gateway.ts'
import type { Handlers, ServiceClient } from '../plan/service.ts'
import { type Duration, milliseconds } from '../plan/words.ts'
import { ClientError, type Told, toldBy } from './client/error.ts'
import { eventsOf } from './client/events.ts'
import { type Given, type Prepared, prepared } from './client/request.ts'
import { type RouteEntry, type RouteManifest, routesOf } from './client/routes.ts'
import { backOff, type Limit, limit, pause } from './client/waiting.ts'

export { ClientError, type ClientIssue } from './client/error.ts'
export { type RouteEntry, type RouteManifest, routesOf } from './client/routes.ts'

type HeadersGiven = Readonly<Record<string, string>>

export interface ClientOptions {
  /** Sent with every request, such as an API key. A function is asked for each. */
  readonly headers?: HeadersGiven | (() => HeadersGiven | Promise<HeadersGiven>)
  /** Whether cookies go to other origins. Default: as fetch does, to the same origin alone. */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Stops all calls of this client. */
  readonly signal?: AbortSignal
  /** For a whole call, its retries included; of an event stream until it begins. Default: 30 seconds. */
  readonly timeout?: Duration
  /** How often a call that may be repeated is tried at most. Default: 3. */
  readonly tries?: number
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
}

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeout?: Duration
}

type WithOptions<F> = F extends (...given: infer A) => infer R ? (...given: [...A, options?: CallOptions]) => R : never

/**
 * The endpoints of a gateway as functions. A reply is `{ ok: true, value }`, or `{ ok: false, problem }` for a problem
 * that the endpoint's `fails` names; anything else is thrown as a `ClientError`.
 */
export type HttpClient<H extends Handlers> = {
  readonly [N in keyof ServiceClient<H>]: WithOptions<ServiceClient<H>[N]>
}

/** The client of a gateway, by the gateway's type. */
export type ClientOf<G> = G extends Gateway<infer H> ? HttpClient<H> : never

/**
 * Makes the client of a gateway that stands at `url`.
 *
 * A GET, and a call to an endpoint with `once` (its key is made here unless it is given), is tried again when the
 * network fails, the service is not there (502, 503, 504), or it is asked to come back (429, `call-in-flight`). Event
 * streams are connected again by themselves.
 *
 * Where the gateway itself must not go, in a browser, its routes do: `client<typeof gateway>(routes, url)` with what
 * `routesOf(gateway)` has made.
 * @throws ClientError from the calls, with the problem's code; without an answer `service-unavailable` or `timed-out`
 * @example
 * const shop = client(storefront.gateways.customer, 'https://shop.example.org/api/storefront/customer', {
 *   headers: () => ({ 'x-api-key': key }),
 * })
 * const placed = await shop.order({ body: { productId: 'camera', quantity: 1 } })
 * if (!placed.ok) show(placed.problem.code)
 */
export function client<H extends Handlers>(gateway: Gateway<H>, url: string, options?: ClientOptions): HttpClient<H>
export function client<G extends AnyGateway>(routes: RouteManifest, url: string, options?: ClientOptions): ClientOf<G>
export function client(given: AnyGateway | RouteManifest, url: string, options: ClientOptions = {}): unknown {
  const routes = isGateway(given) ? routesOf(given) : given
  const base = url.replace(/\/+$/, '')
  const functions = Object.entries(routes).map(([name, route]) => {
    const ask = async (request: Given = {}, call: CallOptions = {}): Promise<Reply> =>
      new EndpointCall(name, route, options, call).run(prepared(base, route, request))
    return [name, ask] as const
  })
  return Object.fromEntries(functions)
}

function isGateway(given: AnyGateway | RouteManifest): given is AnyGateway {
  return given.kind === 'gateway'
}

type Reply =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false
      readonly problem: { readonly kind: 'problem'; readonly code: string; readonly detail?: string }
    }

const longestWaitMs = 10_000
const statusesToRetry = new Set([429, 502, 503, 504])

class EndpointCall {
  readonly #name: string
  readonly #route: RouteEntry
  readonly #options: ClientOptions
  readonly #call: CallOptions

  constructor(name: string, route: RouteEntry, options: ClientOptions, call: CallOptions) {
    this.#name = name
    this.#route = route
    this.#options = options
    this.#call = call
  }

  async run(request: Prepared): Promise<Reply> {
    const time = this.#limit()
    let streams = false
    try {
      const answer = await this.#tried(request, time.signal)
      streams = answer instanceof Response && this.#route.answers === 'stream'
      if (answer instanceof Response) return { ok: true, value: await this.#value(answer, request, time) }
      const { code, detail } = answer
      return { ok: false, problem: { kind: 'problem', code, ...(detail === undefined ? {} : { detail }) } }
    } catch (error) {
      if (time.expired) throw new ClientError(this.#name, { status: undefined, code: 'timed-out' }, error)
      throw error
    } finally {
      if (streams) time.lift()
      else time.end()
    }
  }

  #limit(): Limit {
    const timeout = this.#call.timeout ?? this.#options.timeout ?? '30 seconds'
    return limit([this.#options.signal, this.#call.signal], milliseconds(timeout))
  }

  /** A good answer, or a problem that is a reply. */
  async #tried(request: Prepared, signal: AbortSignal): Promise<Response | Told> {
    const most = this.#isRepeatable() ? (this.#options.tries ?? 3) : 1
    for (let attempt = 0; ; attempt++) {
      const [answer, failure] = await this.#once(request, signal)
      if (answer?.ok) return answer
      const told = answer ? await toldBy(answer) : unreachable
      if (this.#route.fails.includes(told.code)) return told
      const waitMs = this.#waitMs(told, attempt)
      if (attempt + 1 >= most || waitMs === undefined) throw new ClientError(this.#name, told, failure)
      await pause(waitMs, signal)
    }
  }

  async #once(request: Prepared, signal: AbortSignal): Promise<readonly [Response | undefined, unknown]> {
    const { url, method, body } = request
    const { fetch: send = fetch, headers = {}, credentials } = this.#options
    const all = { ...request.headers, ...(typeof headers === 'function' ? await headers() : headers) }
    const rest = { ...(body === undefined ? {} : { body }), ...(credentials === undefined ? {} : { credentials }) }
    try {
      return [await send(url, { method, headers: all, signal, ...rest }), undefined]
    } catch (error) {
      if (signal.aborted) throw error
      return [undefined, error]
    }
  }

  #isRepeatable(): boolean {
    return this.#route.method === 'GET' || this.#route.once !== undefined
  }

  /** How long to wait before the next try; undefined when there should be none. */
  #waitMs({ status, code, retryAfterS }: Told, attempt: number): number | undefined {
    const passing = status === undefined || statusesToRetry.has(status) || code === 'call-in-flight'
    if (!passing) return undefined
    const waitMs = retryAfterS === undefined ? backOff(attempt, 200, longestWaitMs) : retryAfterS * 1_000
    return waitMs > longestWaitMs ? undefined : waitMs
  }

  async #value(answer: Response, request: Prepared, time: Limit): Promise<unknown> {
    switch (this.#route.answers) {
      case 'json':
        return answer.json()
      case 'nothing':
        await answer.body?.cancel()
        return undefined
      case 'file':
        return fileOf(answer)
      case 'stream':
        return this.#events(answer, request, time)
    }
  }

  async *#events(first: Response, request: Prepared, time: Limit): AsyncGenerator<unknown> {
    const connect = async (signal: AbortSignal): Promise<Response> => {
      const answer = await this.#tried(request, signal)
      if (answer instanceof Response) return answer
      throw new ClientError(this.#name, answer)
    }
    try {
      yield* eventsOf(first, connect, time.signal)
    } finally {
      time.end()
    }
  }
}

const unreachable: Told = { status: undefined, code: 'service-unavailable', detail: 'there was no answer' }

async function fileOf(answer: Response) {
  const type = answer.headers.get('content-type')?.split(';')[0] ?? 'application/octet-stream'
  const name = nameIn(answer.headers.get('content-disposition') ?? '')
  const content = new Uint8Array(await answer.arrayBuffer())
  return name === undefined ? { type, content } : { type, content, name }
}

function nameIn(disposition: string): string | undefined {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  if (extended !== undefined) return decodeURIComponent(extended)
  return /filename="([^"]*)"/i.exec(disposition)?.[1]
}
