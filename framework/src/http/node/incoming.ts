/**
 * A request whose body can be taken straight from Node's parser. Node hands each piece to `push`, which feeds the
 * request's stream; most of the cost of a small body is that stream. With a sink, the pieces go there instead. A
 * request without a sink (a mounted handler's, say) is Node's own stream.
 *
 * A sink is set while the request's event is handled, before the first piece can arrive.
 */
import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export interface Sink {
  /** Takes a piece of the body; null is its end. */
  take(piece: Buffer | null): void
  /** The client went away: there will be no more. */
  abandon(): void
}

/** Takes a body that nobody wants. */
export const discard: Sink = { take() {}, abandon() {} }

export class Incoming extends IncomingMessage {
  static {
    // Node's server asks it to know whether it may let go of the request; without an answer it would wait for an event.
    Object.defineProperty(Incoming.prototype, 'readableEnded', { configurable: true, get: hasEnded })
  }

  sink: Sink | undefined
  #left: (() => void)[] | undefined
  #gone = false

  /** Calls back when the client goes away before its answer was complete; at once when it already has. */
  onGone(left: () => void): void {
    if (this.#gone) {
      left()
      return
    }
    this.#left ??= []
    this.#left.push(left)
  }

  /** The answer is complete: lets go of everything that waited for it. A connection keeps its last request for long. */
  settled(): void {
    this.#left = undefined
  }

  get gone(): boolean {
    return this.#gone
  }

  override push(piece: Buffer | null, encoding?: BufferEncoding): boolean {
    if (this.sink === undefined) return super.push(piece, encoding)
    this.sink.take(piece)
    if (piece === null) this.sink = discard
    return true
  }

  /** Node resumes the stream of a request whose answer is complete, to be rid of its body; a sink's is rid of already. */
  override resume(): this {
    return this.sink === undefined ? super.resume() : this
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#gone = true
    this.sink?.abandon()
    const left = this.#left ?? []
    this.#left = undefined
    for (const each of left) each()
    super._destroy(error, callback)
  }
}

const streamEnded = Object.getOwnPropertyDescriptor(Readable.prototype, 'readableEnded')?.get

function hasEnded(this: Incoming): boolean {
  return this.sink === undefined ? streamEnded?.call(this) === true : this.complete
}
