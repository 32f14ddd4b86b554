/**
 * Refusals of requests whose body has not been read. A small rest is read and forgotten, and the connection lives on.
 * With a large one it ends; but not at once: a client that is still sending would lose the answer with the connection.
 */
import type { ProblemCode } from '../../contract/problems.ts'
import { lingerMs } from './connections.ts'
import type { Exchange } from './exchange.ts'
import { discard, type Sink } from './incoming.ts'

/** A rest that is cheaper to read than a new connection. */
const smallBytes = 65_536

/** More than this is not listened to. */
const mostBytes = 67_108_864

/** How a refusal that is now written has to end. */
export function endingOf({ request, response }: Exchange, code: ProblemCode): 'now' | 'after-rest' {
  const { 'content-length': length, 'transfer-encoding': coding, expect } = request.headers
  if (request.complete || (length === undefined && coding === undefined)) return 'now'
  if (expect === undefined && coding === undefined && Number(length) <= smallBytes && code !== 'request-too-slow') {
    request.sink = new Rest(() => request.complete || request.socket.destroy())
    return 'now'
  }
  response.shouldKeepAlive = false
  if (expect === undefined) return 'after-rest'
  // A client that waits for our word before it sends has nothing under way.
  request.sink = discard
  return 'now'
}

/** Reads and forgets the rest of a body, within limits of size and time, then calls `over` once. */
export class Rest implements Sink {
  readonly #over: () => void
  readonly #cut: NodeJS.Timeout
  #bytes = 0

  constructor(over: () => void) {
    this.#over = over
    this.#cut = setTimeout(over, lingerMs)
    this.#cut.unref()
  }

  take(piece: Buffer | null): void {
    this.#bytes += piece?.length ?? 0
    if (piece === null || this.#bytes > mostBytes) this.abandon()
  }

  abandon(): void {
    clearTimeout(this.#cut)
    this.#over()
  }
}
