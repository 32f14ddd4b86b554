/**
 * The short way: connections read and answered by ourselves, as long as nothing but plain requests for JSON endpoints
 * comes on them. Two thirds of what a small call costs on Node is Node's own HTTP; here it is one read and one write.
 *
 * A request goes this way when all of it, head and body, is in the bytes that have arrived, its head is a sentence of
 * the narrow grammar in `short-head.ts`, and its address that of an endpoint which answers JSON. With the first byte
 * for which that does not hold, the connection is given to Node's server, for good. So nothing half-read is kept here,
 * and every refusal, limit and time-out of HTTP is decided there.
 *
 * Requests of one connection are answered one after the other. What comes in meanwhile is kept, and no more is read.
 */
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http'
import type { Socket } from 'node:net'
import { type Placed, Roll } from '../../runtime/roll.ts'
import { apiDefaults } from '../headers.ts'
import type { Inbound, Outbound } from './exchange.ts'
import { mostShortBytes, type ShortHead, shortHead } from './short-head.ts'

export interface ShortWayParts {
  /** Begins to answer; false where this is nothing for the short way, and then nothing has been done. */
  begin(request: ShortRequest, response: ShortResponse, body: Buffer): boolean
  /** Gives a connection to Node's server, with what has been read of it. */
  handOver(socket: Socket, read: Buffer): void
  /** Nothing has come on a connection for too long. */
  silent(socket: Socket): void
  readonly mostHeaders: number
  readonly idleMs: number
  readonly stallMs: number
  readonly headersMs: number
}

export class ShortWay {
  readonly parts: ShortWayParts
  readonly connections = new Roll<ShortConnection>()
  /** How often it wants to be swept. */
  readonly sweepMs: number
  readonly #keepAlive: string
  readonly #starts = new Map<number, string>()
  #second = 0
  #date = ''
  /** Sweeps so far: the clock of those that wait. */
  step = 0

  constructor(parts: ShortWayParts) {
    this.parts = parts
    const shortestMs = Math.min(...[parts.idleMs, parts.stallMs, parts.headersMs].filter(ms => ms > 0), 60_000)
    this.sweepMs = Math.max(Math.ceil(shortestMs / 10), 10)
    const timeout = parts.idleMs > 0 ? `Keep-Alive: timeout=${Math.floor(parts.idleMs / 1_000)}\r\n` : ''
    this.#keepAlive = `Connection: keep-alive\r\n${timeout}\r\n`
  }

  add(socket: Socket): void {
    this.connections.add(new ShortConnection(this, socket))
  }

  /** Ends connections on which nothing has moved for too long. */
  sweep(): void {
    this.step += 1
    for (const connection of this.connections.all()) connection.sweep()
  }

  /** Ends what idles. What is being answered ends with its answer, if the answer says so. */
  close(): void {
    for (const connection of this.connections.all()) connection.close()
  }

  cut(): void {
    for (const connection of this.connections.all()) connection.socket.destroy()
  }

  /** Whether so much time has passed since a sweep. 0 is no limit. */
  isLate(since: number, ms: number): boolean {
    return ms > 0 && (this.step - since - 1) * this.sweepMs >= ms
  }

  /** The first line of an answer and the usual headers of JSON, up to its length. */
  start(status: number): string {
    let start = this.#starts.get(status)
    if (start === undefined) {
      start = `${headText(status, [...apiDefaults, 'Content-Type', 'application/json'])}Content-Length: `
      this.#starts.set(status, start)
    }
    return start
  }

  /** The headers that belong to the connection, and the end of the head. */
  end(keepAlive: boolean): string {
    const second = Math.floor(Date.now() / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#date = `Date: ${new Date(second * 1_000).toUTCString()}\r\n`
    }
    return this.#date + (keepAlive ? this.#keepAlive : 'Connection: close\r\n\r\n')
  }
}

function headText(status: number, head: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
  for (let at = 0; at < head.length; at += 2) text += `${head[at]}: ${head[at + 1]}\r\n`
  return text
}

/** A request whose body is here. */
export class ShortRequest implements Inbound {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly socket: Socket
  readonly complete = true
  sink: undefined
  #left: (() => void)[] | undefined
  #gone = false

  constructor({ method, target, headers }: ShortHead, socket: Socket) {
    this.method = method
    this.url = target
    this.headers = headers
    this.socket = socket
  }

  get gone(): boolean {
    return this.#gone
  }

  onGone(left: () => void): void {
    if (this.#gone) {
      left()
      return
    }
    this.#left ??= []
    this.#left.push(left)
  }

  settled(): void {
    this.#left = undefined
  }

  /** The client went away. */
  leave(): void {
    this.#gone = true
    const left = this.#left ?? []
    this.#left = undefined
    for (const each of left) each()
  }
}

/** An answer, written at once. */
export class ShortResponse implements Outbound {
  shouldKeepAlive = true
  headersSent = false
  writableEnded = false
  readonly #connection: ShortConnection
  #head = ''

  constructor(connection: ShortConnection) {
    this.#connection = connection
  }

  get destroyed(): boolean {
    return this.#connection.socket.destroyed
  }

  /** @throws TypeError where a name or value is none */
  writeHead(status: number, head: string[]): void {
    for (let at = 0; at < head.length; at += 2) {
      validateHeaderName(head[at] ?? '')
      validateHeaderValue(head[at] ?? '', head[at + 1] ?? '')
    }
    this.#head = headText(status, head)
    this.headersSent = true
  }

  /** Nothing here is written in pieces. */
  write(): never {
    throw new TypeError('an answer on the short way is written at once')
  }

  end(content: string | Uint8Array = ''): void {
    this.writableEnded = true
    const head = this.#head + this.#connection.way.end(this.shouldKeepAlive)
    if (typeof content === 'string' && Buffer.byteLength(content) === content.length) {
      // ASCII alone: a character is a byte, in the head too.
      this.#connection.send(head + content, 'latin1', this.shouldKeepAlive)
      return
    }
    const body = typeof content === 'string' ? Buffer.from(content) : content
    this.#connection.send(Buffer.concat([Buffer.from(head, 'latin1'), body]), 'latin1', this.shouldKeepAlive)
  }

  plain(status: number, json: string, bytes: number): void {
    this.headersSent = true
    this.writableEnded = true
    const { way } = this.#connection
    const text = `${way.start(status)}${bytes}\r\n${way.end(this.shouldKeepAlive)}${json}`
    this.#connection.send(text, bytes === json.length ? 'latin1' : 'utf8', this.shouldKeepAlive)
  }

  destroy(): void {
    this.#connection.socket.destroy()
  }
}

export class ShortConnection implements Placed {
  place = -1
  readonly way: ShortWay
  readonly socket: Socket
  /** The sweep after which something last moved. */
  #since: number
  #asked = false
  /** The request that is being answered. */
  #request: ShortRequest | undefined
  /** What the client has not taken yet stands before its next request. */
  #draining = false
  #advancing = false
  /** Nothing more is answered here. */
  #ended = false
  /** What came after the request that is being answered. */
  #kept: Buffer | undefined

  constructor(way: ShortWay, socket: Socket) {
    this.way = way
    this.socket = socket
    this.#since = way.step
    socket.on('data', this.#data)
    socket.on('end', this.#end)
    socket.on('error', ignored)
    socket.on('close', this.#closed)
  }

  sweep(): void {
    const { idleMs, stallMs, headersMs } = this.way.parts
    if (this.#request || this.#ended) this.#cutAfter(stallMs)
    else if (this.#asked) this.#cutAfter(idleMs)
    else if (this.way.isLate(this.#since, headersMs)) {
      this.#letGo()
      this.socket.on('error', ignored)
      this.way.parts.silent(this.socket)
    }
  }

  close(): void {
    if (this.#draining) this.#finish()
    else if (!this.#request && !this.#ended) this.socket.destroy()
  }

  /** Writes a whole answer, after which the next request may come. */
  send(answer: string | Buffer, encoding: 'latin1' | 'utf8', keepAlive: boolean): void {
    this.#request = undefined
    this.#since = this.way.step
    const { socket } = this
    const taken = typeof answer === 'string' ? socket.write(answer, encoding) : socket.write(answer)
    if (!keepAlive) this.#finish()
    else if (!taken) this.#drain()
    else if (!this.#advancing && this.#kept) this.#goOn()
  }

  #cutAfter(ms: number): void {
    if (this.way.isLate(this.#since, ms)) this.socket.destroy()
  }

  readonly #data = (bytes: Buffer): void => {
    if (this.#ended) return
    this.#since = this.way.step
    if (this.#request || this.#draining) this.#keep(bytes)
    else this.#advance(bytes)
  }

  #keep(bytes: Buffer): void {
    this.#kept = this.#kept ? Buffer.concat([this.#kept, bytes]) : bytes
    this.socket.pause()
  }

  /** In a loop, since a request may be answered as soon as it begins. */
  #advance(bytes: Buffer): void {
    let rest: Buffer = bytes
    this.#advancing = true
    while (rest.length > 0 && !this.#request && !this.#draining && !this.#ended) {
      const used = this.#begin(rest)
      if (used === 0) {
        this.#handOver(rest)
        return
      }
      rest = used === rest.length ? nothing : rest.subarray(used)
    }
    this.#advancing = false
    if (rest.length > 0 && !this.#ended) this.#keep(rest)
  }

  /** Begins the request that the bytes begin with, and says how long it is; 0 when it is none for the short way. */
  #begin(bytes: Buffer): number {
    const head = shortHead(bytes.toString('latin1', 0, mostShortBytes), this.way.parts.mostHeaders)
    if (head === undefined) return 0
    const { headBytes, bodyBytes } = head
    const end = headBytes + bodyBytes
    if (end > bytes.length) return 0
    const request = new ShortRequest(head, this.socket)
    this.#asked = true
    this.#request = request
    const body = bodyBytes === 0 ? nothing : bytes.subarray(headBytes, end)
    if (this.way.parts.begin(request, new ShortResponse(this), body)) return end
    this.#request = undefined
    return 0
  }

  #goOn(): void {
    const kept = this.#kept
    this.#kept = undefined
    if (kept) this.#advance(kept)
    if (!this.#kept && !this.#ended) this.socket.resume()
  }

  /** No more is answered until the client has taken what there is. */
  #drain(): void {
    this.#draining = true
    this.socket.setTimeout(this.way.parts.stallMs, this.#stalled)
    this.socket.once('drain', this.#drained)
  }

  readonly #stalled = (): void => {
    this.socket.destroy()
  }

  readonly #drained = (): void => {
    this.#draining = false
    this.#since = this.way.step
    this.socket.setTimeout(0, this.#stalled)
    if (!this.#ended) this.#goOn()
  }

  /** Ends with what has been written. */
  #finish(): void {
    this.#ended = true
    this.#kept = undefined
    this.socket.resume()
    this.socket.destroySoon()
  }

  #handOver(rest: Buffer): void {
    this.#letGo()
    this.socket.resume()
    this.way.parts.handOver(this.socket, rest)
  }

  /** From now on it is somebody else's. */
  #letGo(): void {
    const { socket } = this
    this.#ended = true
    this.way.connections.remove(this)
    socket.off('data', this.#data)
    socket.off('end', this.#end)
    socket.off('close', this.#closed)
    socket.off('error', ignored)
  }

  /** The client will send no more. As Node's server has it: nor is it answered any more. */
  readonly #end = (): void => {
    this.#ended = true
    this.socket.end()
  }

  readonly #closed = (): void => {
    this.way.connections.remove(this)
    this.#ended = true
    this.#kept = undefined
    this.#request?.leave()
  }
}

const nothing = Buffer.alloc(0)

/** What fails is closed after it, and that is heard. */
function ignored(): void {}
