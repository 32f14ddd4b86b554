/**
 * Connections: what is going on on each, so that one cannot ask for more at once than it should, a broken request is
 * answered after those before it, and a stop knows what to wait for.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { NodeExchange } from './exchange.ts'
import type { Sink } from './incoming.ts'

/** Requests of one connection that are answered at the same time; the next ones wait. */
const mostAtOnce = 32

/** How long a refused client may go on sending before its connection is cut. */
export const lingerMs = 1_000

/** Begins to answer an exchange. */
export type Start = (exchange: NodeExchange) => void

export class Connections {
  readonly #open = new Map<Duplex, Connection>()

  add(socket: Socket): void {
    const connection = new Connection(socket)
    this.#open.set(socket, connection)
    socket.once('close', () => {
      connection.forget()
      this.#open.delete(socket)
    })
  }

  of(socket: Duplex): Connection | undefined {
    return this.#open.get(socket)
  }

  /** From now on each ends when it has nothing to answer any more; at once, where nothing was ever asked. */
  close(): void {
    for (const connection of this.#open.values()) connection.close()
  }
}

export class Connection {
  readonly #socket: Socket
  readonly #waiting: (() => void)[] = []
  #running = 0
  #paused = false
  #starting = false
  #broken = false
  /** The newest exchange. */
  last: NodeExchange | undefined
  /** Whether it ends with its last answer. */
  #closing = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Starts an exchange, or keeps it until others have ended. */
  begin(exchange: NodeExchange, start: Start): void {
    this.last = exchange
    if (this.#running >= mostAtOnce) {
      this.#hold(exchange, start)
      return
    }
    this.#running += 1
    start(exchange)
  }

  ended(): void {
    this.#running -= 1
    if (this.#waiting.length > 0) this.#startWaiting()
    else if (this.#paused) this.#resume()
    if (this.#closing && this.#running === 0) this.#afterLast(() => this.#socket.destroySoon())
  }

  /** Ends when it has nothing to answer any more; at once, where nothing was ever asked. */
  close(): void {
    if (this.#socket.bytesRead > 0) this.#closing = true
    else this.#socket.destroy()
  }

  /** The connection is gone, and with it whoever asked. */
  forget(): void {
    this.#waiting.length = 0
  }

  /** What was already read with the request is kept with it; nothing more is read. */
  #hold(exchange: NodeExchange, start: Start): void {
    const { request } = exchange
    const held = new Held()
    request.sink = held
    this.#waiting.push(() => {
      request.sink = undefined
      start(exchange)
      for (const piece of held.pieces) request.push(piece)
    })
    if (this.#paused) return
    this.#paused = true
    // When the parser is done with what it has: it wakes the socket with each request.
    process.nextTick(() => this.#paused && this.#socket.pause())
  }

  #resume(): void {
    this.#paused = false
    this.#socket.resume()
  }

  /** In a loop, since an exchange may end as soon as it starts. */
  #startWaiting(): void {
    if (this.#starting) return
    this.#starting = true
    while (this.#running < mostAtOnce) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#running += 1
      next()
    }
    this.#starting = false
    if (this.#paused && this.#waiting.length === 0) this.#resume()
  }

  /**
   * The bytes on this connection are no HTTP any more: says so when all answers before have left, and closes. After an
   * answer that ends the connection nothing more is said.
   * @param text a whole answer
   */
  break(text: string): void {
    if (this.#broken) return
    this.#broken = true
    if (this.last?.response.shouldKeepAlive === false) return
    this.#afterLast(() => this.#say(text))
  }

  /** When the newest answer has left, or there is none. */
  #afterLast(run: () => void): void {
    const response = this.last?.response
    if (response === undefined || response.writableFinished) run()
    else response.once('finish', run)
  }

  /** What still comes in is read and forgotten for a moment: an early close could take the answer with it. */
  #say(text: string): void {
    const socket = this.#socket
    if (!socket.writable) {
      socket.destroy()
      return
    }
    socket.end(text)
    const cut = setTimeout(() => socket.destroy(), lingerMs)
    cut.unref()
    socket.once('close', () => clearTimeout(cut))
  }
}

/** Keeps the pieces of a body whose request waits. */
class Held implements Sink {
  readonly pieces: (Buffer | null)[] = []

  take(piece: Buffer | null): void {
    this.pieces.push(piece)
  }

  abandon(): void {
    this.pieces.length = 0
  }
}
