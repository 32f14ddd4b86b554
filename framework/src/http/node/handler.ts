/**
 * The door's work for each request: find what it asks for, refuse what cannot be answered, read the body, call. What
 * can be known before the first request is laid out before.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { readable } from '../../contract/limits.ts'
import { type Addresses, isBelow, parametersOf, type Spot, type Standing, type Target } from '../addresses.ts'
import { preflightHeaders } from '../cors.ts'
import { isForeign } from '../foreign.ts'
import { readJson } from '../json.ts'
import { isJson } from '../media.ts'
import { queryOf } from '../query.ts'
import type { Found } from '../routes.ts'
import { addressOf, NodeAsked } from './asked.ts'
import { type Arrivals, BodySink, type Budget, type Received } from './body.ts'
import type { Connections } from './connections.ts'
import { type Extras, type Place, placesOf, takenAt } from './elsewhere.ts'
import { Exchange, type Inbound, type NodeExchange, type Outbound } from './exchange.ts'
import { discard, type Incoming } from './incoming.ts'
import { callMount, mountAt } from './mounts.ts'
import { EvenPace, Pace, type Paces } from './pace.ts'
import { type Pages, pagesOf } from './pages.ts'
import { parserRefusal, rawAnswer } from './raw.ts'
import type { Responder } from './respond.ts'
import { headFault, type PathAndQuery, pathAndQueryOf, type Refused } from './target.ts'

export interface HandlerParts {
  readonly addresses: Addresses
  readonly extras: Extras
  readonly connections: Connections
  readonly responder: Responder
  readonly budget: Budget
  readonly arrivals: Arrivals
  readonly mostHeaders: number
  readonly mostCalls: number
  /** Trusted proxies before this server. */
  readonly proxies: number
  readonly docs: boolean
}

const noSuchRoute: Refused = { code: 'no-such-route', detail: 'there is nothing at this address' }
const badEncoding: Refused = { code: 'request-invalid', detail: 'the address is not percent-encoded UTF-8' }
const badExpectation: Refused = { code: 'request-invalid', detail: 'the only expectation that is met is 100-continue' }
const tooSlow: Refused = { code: 'request-too-slow', detail: 'the body did not arrive in time' }
const tooMuch: Refused = { code: 'overloaded', detail: '', headers: ['Retry-After', '1'] }
const notJson: Refused = {
  code: 'unsupported-media-type',
  detail: 'send application/json or application/*+json, in UTF-8',
}
const foreign: Refused = {
  code: 'not-allowed',
  detail: 'the gateway does not let pages of this origin call it: name the origin in its `cors`',
}

function tooLarge({ maxBodyBytes }: { readonly maxBodyBytes: number }): Refused {
  return { code: 'body-too-large', detail: `at most ${readable(maxBodyBytes)}` }
}

export class Handler {
  readonly #parts: HandlerParts
  readonly #responder: Responder
  readonly #places: readonly Place[]
  readonly #paces = new Map<Target, Paces>()
  /** Extras that stand below a gateway's address go before its endpoints. */
  readonly #nearer: readonly string[]

  constructor(parts: HandlerParts) {
    this.#parts = parts
    this.#responder = parts.responder
    this.#places = placesOf(parts.addresses, parts.extras, standing => this.#gatewayTake(standing))
    const bases = parts.addresses.standings.map(({ base }) => base)
    this.#nearer = Object.keys(parts.extras).filter(
      prefix => prefix !== '/' && bases.some(base => isBelow(prefix, base)),
    )
  }

  /** For the server's events `request`, `checkContinue` and `checkExpectation`. Never throws. */
  readonly request = (request: Incoming, response: ServerResponse): void => {
    const connection = this.#parts.connections.of(request.socket)
    const exchange = new Exchange(request, response, connection)
    if (connection) connection.begin(exchange, this.#start)
    else this.#start(exchange)
  }

  /**
   * For requests that somebody else has read, body and all: begins to answer those for endpoints whose answers are
   * written at once. False for all others, and nothing has been done. Never throws.
   */
  readonly short = (request: Inbound, response: Outbound, body: Buffer): boolean => {
    const asked = pathAndQueryOf(request.url ?? '')
    if (asked === undefined || this.#isNearer(asked.path)) return false
    const found = this.#parts.addresses.routes.find(asked.path)
    const target = found?.spot.targets.get(request.method ?? '')
    if (found === undefined || !target?.atOnce || body.length > target.maxBodyBytes) return false
    if (this.#responder.running >= this.#parts.mostCalls) return false
    const exchange = new Exchange(request, response, undefined)
    exchange.standing = target.standing
    this.#responder.began()
    this.#inTurn(exchange, target, () => this.#withBody(exchange, target, found, asked, body))
    return true
  }

  readonly #start = (exchange: NodeExchange): void => {
    this.#responder.began()
    this.#settle(exchange, () => this.#route(exchange))
  }

  /** For the server's event `clientError`: bytes that are no HTTP, or come too slowly. */
  readonly clientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
    const connection = this.#parts.connections.of(socket)
    const refused = parserRefusal(error)
    const { last } = connection ?? {}
    if (!connection || !refused || !socket.writable) socket.destroy()
    else if (!last || last.request.complete || last.response.headersSent) connection.break(rawAnswer(refused))
    else if (last.request.sink === undefined) socket.destroy()
    else {
      // The bytes are the body of a request that is still being read: it can be answered as one.
      last.request.sink.abandon()
      this.#responder.refuse(last, refused)
    }
  }

  /** For the server's event `connect`: this is no proxy. */
  readonly connect = (_request: unknown, socket: Duplex): void => {
    // Node has let go of it: what still comes is read and forgotten, or the connection would never end.
    socket.on('error', () => socket.destroy())
    socket.resume()
    this.#parts.connections.of(socket)?.break(rawAnswer({ code: 'method-not-allowed', detail: 'this is no proxy' }))
  }

  /** Writes the refusal, where `step` gives one. */
  #settle(exchange: Exchange, step: () => Refused | undefined): void {
    try {
      const refused = step()
      if (refused) this.#responder.refuse(exchange, refused)
    } catch (error) {
      this.#responder.failed(exchange, error)
    }
  }

  /** At once, but for what comes in a crowd: see `pace.ts`. */
  #inTurn(exchange: Exchange, target: Target, step: () => Refused | undefined): void {
    const begin = (): boolean => {
      const isThere = !exchange.gone
      if (isThere) this.#settle(exchange, step)
      else this.#responder.ended(exchange)
      return isThere
    }
    const address = () => addressOf(exchange.request, this.#parts.proxies)
    if (!this.#paceOf(target).run(begin, address)) this.#responder.refuse(exchange, tooMuch)
  }

  #paceOf(target: Target): Paces {
    let pace = this.#paces.get(target)
    if (pace === undefined) {
      const { pace: perSecond } = target.route.endpoint
      pace = perSecond === undefined ? new Pace() : new EvenPace(perSecond)
      this.#paces.set(target, pace)
    }
    return pace
  }

  // ---------- where to: each step refuses, or goes on

  #route(exchange: NodeExchange): Refused | undefined {
    const { request } = exchange
    const wrong = headFault(request, this.#parts.mostHeaders)
    if (wrong) return wrong
    const asked = pathAndQueryOf(request.url ?? '')
    if (asked === undefined) return this.#withoutPath(exchange)
    if (this.#responder.running > this.#parts.mostCalls) return tooMuch
    const { path } = asked
    const found = this.#isNearer(path) ? undefined : this.#parts.addresses.routes.find(path)
    if (found === undefined) return this.#elsewhere(exchange, path)
    exchange.standing = found.spot.standing
    const target = found.spot.targets.get(request.method ?? '')
    if (target === undefined) return this.#otherMethod(exchange, found.spot)
    return this.#toEndpoint(exchange, target, found, asked)
  }

  #isNearer(path: string): boolean {
    for (const prefix of this.#nearer) if (isBelow(path, prefix)) return true
    return false
  }

  /** `OPTIONS *` is the only target without a path that is for us. */
  #withoutPath(exchange: Exchange): Refused | undefined {
    const { method, url } = exchange.request
    if (method !== 'OPTIONS' || url !== '*') return noSuchRoute
    this.#responder.empty(exchange, ['Allow', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'])
    return undefined
  }

  #otherMethod(exchange: Exchange, { allow, standing }: Spot): Refused | undefined {
    const allowed = ['Allow', allow]
    if (exchange.request.method !== 'OPTIONS') {
      return { code: 'method-not-allowed', detail: `it answers to ${allow}`, headers: allowed }
    }
    const isPreflight = exchange.header('access-control-request-method') !== undefined
    if (standing.cors && isPreflight) {
      allowed.push(...preflightHeaders(standing.cors, exchange.header('origin'), allow))
      // The headers of a preflight are others than those of an answer.
      exchange.standing = undefined
    }
    this.#responder.empty(exchange, allowed)
    return undefined
  }

  #elsewhere(exchange: NodeExchange, path: string): undefined {
    takenAt(this.#places, exchange, path).then(
      taken => {
        if (taken) this.#responder.endedByItself(exchange)
        else this.#settle(exchange, () => noSuchRoute)
      },
      error => this.#responder.failed(exchange, error),
    )
    return undefined
  }

  #gatewayTake(standing: Standing) {
    const pages: Pages = this.#parts.docs ? pagesOf(standing) : async () => false
    return async (exchange: NodeExchange, path: string): Promise<boolean> => {
      exchange.standing = standing
      const mount = mountAt(standing, path)
      if (!mount) return pages(exchange, path.slice(standing.base.length))
      if ((await callMount(exchange, standing, mount)) === 'too-large') {
        this.#settle(exchange, () => tooLarge(standing))
      }
      return true
    }
  }

  // ---------- endpoints

  #toEndpoint(exchange: NodeExchange, target: Target, found: Found<Spot>, address: PathAndQuery): Refused | undefined {
    const { request } = exchange
    const asked = this.#askedOf(exchange, target, found, address)
    if ('code' in asked) return asked
    if (hasBody(request)) return this.#receive(exchange, target, asked)
    request.sink = discard
    this.#inTurn(exchange, target, () => this.#call(exchange, target, asked))
    return undefined
  }

  #withBody(
    exchange: Exchange,
    target: Target,
    found: Found<Spot>,
    address: PathAndQuery,
    body: Buffer,
  ): Refused | undefined {
    const asked = this.#askedOf(exchange, target, found, address)
    if ('code' in asked) return asked
    if (body.length > 0 && !isJson(exchange.request.headers['content-type'])) return notJson
    return this.#received(exchange, target, asked, body)
  }

  #askedOf(
    exchange: Exchange,
    target: Target,
    found: Found<Spot>,
    { path, query: queryText }: PathAndQuery,
  ): NodeAsked | Refused {
    const params = parametersOf(target, found)
    const query = queryOf(queryText)
    if (params === undefined || query === undefined) return badEncoding
    if (this.#isForeign(exchange)) return foreign
    return new NodeAsked(exchange.request, path, params, query, this.#parts.proxies)
  }

  #isForeign(exchange: Exchange): boolean {
    const { method = '', headers } = exchange.request
    const { origin } = headers
    const fetchSite = exchange.header('sec-fetch-site')
    if (origin === undefined && fetchSite === undefined) return false
    const forwarded = this.#parts.proxies > 0 ? exchange.header('x-forwarded-host') : undefined
    const host = forwarded ?? headers.host
    return isForeign({ method, origin, fetchSite, host }, exchange.standing?.cors)
  }

  #receive(exchange: NodeExchange, target: Target, asked: NodeAsked): Refused | undefined {
    const { request, response } = exchange
    const { 'content-type': type, 'content-length': length, expect } = request.headers
    if (!isJson(type)) return notJson
    const announced = length === undefined ? undefined : Number(length)
    if (announced !== undefined && announced > target.maxBodyBytes) return tooLarge(target)
    if (expect !== undefined) {
      if (expect.toLowerCase() !== '100-continue') return badExpectation
      response.writeContinue()
    }
    const { budget, arrivals } = this.#parts
    request.sink = new BodySink(target.maxBodyBytes, announced, budget, arrivals, received =>
      this.#inTurn(exchange, target, () => this.#received(exchange, target, asked, received)),
    )
    return undefined
  }

  #received(exchange: Exchange, target: Target, asked: NodeAsked, received: Received): Refused | undefined {
    if (received === 'too-large') return tooLarge(target)
    if (received === 'too-slow') return tooSlow
    if (received === 'too-much-at-once') return tooMuch
    if (received.length > 0) {
      const json = readJson(received)
      if (!json.ok) return { code: 'invalid-json', detail: json.why }
      asked.body = json.value
    }
    this.#call(exchange, target, asked)
    return undefined
  }

  #call(exchange: Exchange, { standing, route }: Target, asked: NodeAsked): undefined {
    standing.door.call(route, asked).then(
      answer => {
        try {
          this.#responder.answer(exchange, asked, answer)
        } catch (error) {
          this.#responder.failed(exchange, error)
        }
      },
      error => this.#responder.failed(exchange, error),
    )
  }
}

function hasBody({ headers }: Incoming): boolean {
  const length = headers['content-length']
  return (length !== undefined && Number(length) !== 0) || headers['transfer-encoding'] !== undefined
}
