/**
 * Bodies: received piece by piece within the limits, of one request and of all together. What is too large or too slow
 * is known as soon as possible, and not kept.
 */
import type { Sink } from './incoming.ts'

/** How a body ended up. */
export type Received = Buffer | 'too-large' | 'too-slow' | 'too-much-at-once'

/** The bytes that all unfinished bodies of this server may keep together. */
export class Budget {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  get left(): number {
    return this.#left
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#left += bytes
  }
}

/**
 * Bodies that are on their way, so that slow ones are found: those that are there for more than `steps` sweeps. A sweep
 * looks at all of them; a body that came with its headers costs no timer and no reading of the time.
 *
 * A list in which each body knows its place, not a Set: the tables that a busy Set leaves behind hold on to what was in
 * it until the next full garbage collection.
 */
export class Arrivals {
  readonly #bodies: BodySink[] = []
  readonly #steps: number
  #step = 0

  constructor(steps: number) {
    this.#steps = steps
  }

  add(body: BodySink): void {
    body.since = this.#step
    body.place = this.#bodies.length
    this.#bodies.push(body)
  }

  remove(body: BodySink): void {
    const last = this.#bodies.pop()
    if (last === undefined || last === body) return
    last.place = body.place
    this.#bodies[body.place] = last
  }

  sweep(): void {
    this.#step += 1
    for (const body of this.#bodies.filter(({ since }) => this.#step - since > this.#steps)) body.expire()
  }
}

const nothing = Buffer.alloc(0)

/** Receives one body and tells once how it ended. */
export class BodySink implements Sink {
  /** When and where it was added, for the arrivals. */
  since = 0
  place = 0
  readonly #maxBytes: number
  readonly #mostRoom: number
  readonly #budget: Budget
  readonly #arrivals: Arrivals
  readonly #done: (received: Received) => void
  #bytes = 0
  #kept: Buffer = nothing
  #over = false

  /** @param announced its length, where it was announced */
  constructor(
    maxBytes: number,
    announced: number | undefined,
    budget: Budget,
    arrivals: Arrivals,
    done: (received: Received) => void,
  ) {
    this.#maxBytes = maxBytes
    this.#mostRoom = announced ?? maxBytes
    this.#budget = budget
    this.#arrivals = arrivals
    this.#done = done
    arrivals.add(this)
  }

  take(piece: Buffer | null): void {
    if (this.#over) return
    if (piece === null) this.#end(this.#kept.subarray(0, this.#bytes))
    else if (this.#bytes + piece.length > this.#maxBytes) this.#end('too-large')
    else if (!this.#keep(piece)) this.#end('too-much-at-once')
  }

  expire(): void {
    this.#end('too-slow')
  }

  /** The client went away: nobody waits any more. */
  abandon(): void {
    if (!this.#over) this.#letGo()
  }

  /** Pieces are copied together, so that a body in ten thousand pieces takes no more memory than in one. */
  #keep(piece: Buffer): boolean {
    const needed = this.#bytes + piece.length
    if (this.#kept.length < needed) {
      const room = this.#bytes === 0 ? piece.length : Math.min(Math.max(needed, 2 * this.#kept.length), this.#mostRoom)
      if (!this.#budget.take(room - this.#kept.length)) return false
      this.#kept = this.#bytes === 0 ? piece : grown(this.#kept, this.#bytes, room)
    }
    if (this.#bytes > 0) piece.copy(this.#kept, this.#bytes)
    this.#bytes = needed
    return true
  }

  #end(received: Received): void {
    if (this.#over) return
    this.#letGo()
    this.#done(received)
  }

  #letGo(): void {
    this.#over = true
    this.#arrivals.remove(this)
    this.#budget.giveBack(this.#kept.length)
    this.#kept = nothing
  }
}

function grown(kept: Buffer, bytes: number, room: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(room)
  kept.copy(larger, 0, 0, bytes)
  return larger
}
