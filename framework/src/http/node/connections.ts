/**
 * Connections: what is going on on each, so that one cannot ask for more at once than it should, a broken request is
 * answered after those before it, and a stop knows what to wait for.
 */
import type { Socket } from 'node:net'
import type { Exchange } from './exchange.ts'

/** Requests of one connection that are answered at the same time; the next ones wait in the socket. */
const mostAtOnce = 32

/** How long a refused client may go on sending before its connection is cut. */
export const lingerMs = 1_000

export class Connections {
  readonly #open = new Map<Socket, Connection>()

  add(socket: Socket): void {
    this.#open.set(socket, new Connection(socket))
    socket.once('close', () => this.#open.delete(socket))
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket)
  }

  /** Ends those on which nothing was ever asked. */
  endSilent(): void {
    for (const [socket, connection] of this.#open) if (!connection.used) socket.destroy()
  }
}

export class Connection {
  readonly #socket: Socket
  #running = 0
  #paused = false
  #broken = false
  /** The newest exchange. */
  last: Exchange | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get used(): boolean {
    return this.#socket.bytesRead > 0
  }

  began(exchange: Exchange): void {
    this.last = exchange
    this.#running += 1
    if (this.#running < mostAtOnce || this.#paused) return
    this.#paused = true
    // The parser goes on with what it has already read, and wakes the socket with each request in it.
    setImmediate(() => this.#paused && this.#socket.pause())
  }

  ended(): void {
    this.#running -= 1
    if (!this.#paused || this.#running >= mostAtOnce / 2) return
    this.#paused = false
    this.#socket.resume()
  }

  /**
   * The bytes on this connection are no HTTP any more: says so when all answers before have left, and closes.
   * @param text a whole answer
   */
  break(text: string): void {
    if (this.#broken) return
    this.#broken = true
    const before = this.last?.response
    if (before === undefined || before.writableFinished) this.#say(text)
    else before.once('finish', () => this.#say(text))
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
