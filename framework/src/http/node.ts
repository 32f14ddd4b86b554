/**
 * The Node door: one HTTP server for the gateways of one or several plans.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../contract/clock.ts'
import { limits } from '../contract/limits.ts'
import type { Door } from '../runtime/door.ts'
import { addressesOf, type Layout } from './addresses.ts'
import { Arrivals, Budget } from './node/body.ts'
import { Connections } from './node/connections.ts'
import type { Extras } from './node/elsewhere.ts'
import { Handler } from './node/handler.ts'
import { Incoming } from './node/incoming.ts'
import { Responder } from './node/respond.ts'
import { ShortWay, type ShortWayParts } from './node/short-way.ts'

export interface ServeOptions {
  /** For the heartbeats of event streams. */
  readonly clock: Clock
  /** Where what should not have happened is reported: an answer that could not be written, a handler of others that threw. */
  readonly report: (error: unknown) => void
  /** Default: 127.0.0.1, reachable from this machine alone. */
  readonly host?: string
  /** Default: 0, any free one. */
  readonly port?: number
  /** The only gateway that is open stands at the root. */
  readonly mount?: '/'
  /** The names of the gateways that are open. Default: all. */
  readonly gateways?: readonly string[]
  /** How many proxies stand before this server and add to `X-Forwarded-For`. Default: 0; the header is not believed. */
  readonly trustProxy?: number
  /** Handlers of others, by prefix. */
  readonly extra?: Extras
  /**
   * Takes connections that ask to stop being HTTP (web sockets), and ends them when the server closes. Default: nobody
   * does, and such a request is answered as any other.
   */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Whether gateways show their OpenAPI document and the page to try them. Default: true. */
  readonly docs?: boolean
  /** Whether plain requests for JSON are read and answered without Node's HTTP, which is faster. Default: true. */
  readonly shortWay?: boolean
  readonly limits?: Partial<ServerLimits>
}

/** Limits of the whole server; those of a request are the endpoint's and the gateway's. */
export interface ServerLimits {
  /** Connections at once; more are closed at once. Default: 10,000. */
  readonly connections: number
  /** Requests that are being answered at once, event streams included; more get `overloaded`. Default: 10,000. */
  readonly calls: number
  /** Header lines of one request. Default: 200. Together with the address they are at most 16 KB. */
  readonly headers: number
  /** What all bodies that are still arriving may take in memory. Default: 256 MB. */
  readonly bodyBytes: number
  /** Until the headers of a request have arrived. Default: 15 seconds. */
  readonly headersMs: number
  /** Until the body of a request has arrived. Default: 60 seconds. */
  readonly bodyMs: number
  /** A connection is kept without a request for so long. Default: 65 seconds, longer than a load balancer's. */
  readonly idleMs: number
  /** A connection on which nothing moves while a request is answered is closed. Default: 60 seconds. */
  readonly stallMs: number
}

const usualLimits: ServerLimits = {
  connections: 10_000,
  calls: 10_000,
  headers: 200,
  bodyBytes: 268_435_456,
  headersMs: 15_000,
  bodyMs: 60_000,
  idleMs: 65_000,
  stallMs: 60_000,
}

export interface Served {
  /** Without a slash at its end, such as `http://127.0.0.1:4000`. */
  readonly url: string
  readonly port: number
  /** From now on requests go to these doors instead; what is being answered ends as it began. */
  replace(doors: readonly Door[]): void
  /**
   * Stops: takes no new connection, ends event streams, lets calls finish for `graceMs` (default: 10 seconds), then cuts
   * what is left. The same promise when called again.
   */
  close(graceMs?: number): Promise<void>
}

/**
 * Serves gateways over HTTP: at `/api/<plan>`, or `/api/<plan>/<gateway>` where a plan has several; each with
 * `openapi.json` and `docs` below it.
 * @example
 * const served = await serve([runtime.door], { port: 4000, clock, report: error => log.error('the door failed', { error }) })
 * console.log(`${served.url}/api/counter/docs`)
 */
export async function serve(doors: readonly Door[], options: ServeOptions): Promise<Served> {
  const most = { ...usualLimits, ...options.limits }
  const connections = new Connections()
  const responder = new Responder(options.clock, options.report)
  const sweepMs = Math.max(Math.ceil(Math.min(most.headersMs, most.bodyMs) / 10), 10)
  const arrivals = new Arrivals(Math.ceil(most.bodyMs / sweepMs))
  const parts = {
    extras: options.extra ?? {},
    connections,
    responder,
    budget: new Budget(most.bodyBytes),
    arrivals,
    mostHeaders: most.headers,
    mostCalls: most.calls,
    proxies: options.trustProxy ?? 0,
    docs: options.docs ?? true,
  }
  const handlerOf = (of: readonly Door[]): Handler =>
    new Handler({ ...parts, addresses: addressesOf(of, layoutOf(options, of)) })
  const current = { handler: handlerOf(doors) }
  const server = serverFor(current, connections, most, sweepMs)
  if (options.upgrade) server.on('upgrade', options.upgrade)
  const short = options.shortWay === false ? undefined : shortWayOf(server, current, connections, most)
  await listening(server, options.port ?? 0, options.host ?? '127.0.0.1')
  const sweepings = [setInterval(() => arrivals.sweep(), sweepMs)]
  if (short) sweepings.push(setInterval(() => short.sweep(), short.sweepMs))
  for (const sweeping of sweepings) sweeping.unref()
  return servedBy(server, options.host ?? '127.0.0.1', {
    replace(by) {
      current.handler = handlerOf(by)
    },
    async close(graceMs) {
      await closed(server, connections, short, responder, graceMs)
      for (const sweeping of sweepings) clearInterval(sweeping)
    },
  })
}

/** Before there are doors, nothing stands at the root. */
function layoutOf({ mount, gateways }: ServeOptions, doors: readonly Door[]): Layout {
  return { atRoot: mount === '/' && doors.length > 0, only: gateways }
}

/** The handler may be replaced while the server runs: it is asked for at each event. */
interface Current {
  readonly handler: Handler
}

function serverFor(current: Current, connections: Connections, most: ServerLimits, sweepMs: number): Server {
  const server = createServer<typeof Incoming>({
    IncomingMessage: Incoming,
    insecureHTTPParser: false,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: most.headersMs,
    // Bodies have a limit of their own; a mounted handler may take a large upload, as long as it moves.
    requestTimeout: 0,
    connectionsCheckingInterval: sweepMs,
    keepAliveTimeout: most.idleMs,
    noDelay: true,
    // Said by us, with a problem.
    requireHostHeader: false,
  })
  server.timeout = most.stallMs
  server.maxConnections = most.connections
  // Node would leave out the header lines above its count; ours are refused.
  server.maxHeadersCount = 0
  const request = (asked: Incoming, response: ServerResponse<Incoming>): void =>
    current.handler.request(asked, response)
  server.on('request', request)
  server.on('checkContinue', request)
  server.on('checkExpectation', request)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => current.handler.clientError(error, socket))
  server.on('connect', (asked, socket) => current.handler.connect(asked, socket))
  server.on('connection', socket => connections.add(socket))
  return server
}

/** Connections begin on the short way; Node's own listener takes those that leave it. */
function shortWayOf(server: Server, current: Current, connections: Connections, most: ServerLimits): ShortWay {
  const takers = server.listeners('connection')
  const handOver = (socket: Socket, read: Buffer): void => {
    for (const take of takers) take.call(server, socket)
    socket.emit('data', read)
  }
  const silent = (socket: Socket): void => {
    connections.add(socket)
    current.handler.clientError(Object.assign(new Error('silent'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket)
  }
  const begin: ShortWayParts['begin'] = (...asked) => current.handler.short(...asked)
  const { headers: mostHeaders, idleMs, stallMs, headersMs } = most
  const short = new ShortWay({ begin, handOver, silent, mostHeaders, idleMs, stallMs, headersMs })
  server.removeAllListeners('connection')
  server.on('connection', socket => short.add(socket))
  return short
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function servedBy(
  server: Server,
  host: string,
  { replace, close }: { replace(doors: readonly Door[]): void; close(graceMs: number): Promise<void> },
): Served {
  const { port } = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    replace,
    close(graceMs = 10_000) {
      closing ??= close(graceMs)
      return closing
    },
  }
}

async function closed(
  server: Server,
  connections: Connections,
  short: ShortWay | undefined,
  responder: Responder,
  graceMs: number,
): Promise<void> {
  const over = new Promise<void>(resolve => server.close(() => resolve()))
  responder.close()
  connections.close()
  short?.close()
  const cut = setTimeout(() => {
    server.closeAllConnections()
    short?.cut()
  }, graceMs)
  await over
  clearTimeout(cut)
}
