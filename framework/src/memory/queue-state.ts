/**
 * What one queue holds and how it changes: the states of contract/queue.ts, in memory. Knows the time, but no timers
 * and nobody who waits.
 *
 * A message is in one place at a time:
 *   ready    waits, and is due. On an ordered queue also behind others of its key.
 *   delayed  waits, and is not due: sent with `dueAtMs`, or postponed by `again`.
 *   leased   handed out; `atMs` is when the lease ends.
 *   dead     buried, in the order of burial.
 *
 * send     → ready, or delayed when due later
 * time     delayed → ready once due; leased → ready once the lease has ended. Nothing watches the clock for this:
 *          each look at the queue begins by moving what is due.
 * take     ready → leased, attempts one more
 * done     leased → gone
 * again    leased → ready, or delayed
 * bury     leased → dead
 * redrive  dead → ready, at the end, attempts 0
 *
 * On an ordered queue the messages of a key that are neither gone nor dead form a line, in the order they came. The
 * head alone can be leased or delayed, and a line is open while its head is ready: `take` takes the heads of open
 * lines. So a leased or postponed head holds back the rest, and one that is done or buried makes the next the head.
 */
import { limits } from '../contract/limits.ts'
import type { DeadLetter, Leased, NewMessage, QueueCounts, QueuedMessage, QueueShape } from '../contract/queue.ts'
import { Heap, nowhere, type Placed } from './heap.ts'
import { Line } from './line.ts'

/** A message as it is kept. */
interface Kept extends Placed {
  readonly id: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly sentAtMs: number
  readonly line: Line<Kept> | undefined
  /** Counts up; given anew by `redrive`. */
  position: number
  /** Waiting: when it is due. Leased: when the lease ends. */
  atMs: number
  attempt: number
  lease: string | undefined
}

interface Dead {
  readonly message: QueuedMessage
  readonly why: { readonly reason: string; readonly trace?: string }
  readonly buriedAtMs: number
}

const earlier = (one: Kept, other: Kept): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.position < other.position)

export class QueueState {
  readonly #shape: QueueShape
  readonly #now: () => number
  readonly #ready = new Heap<Kept>(earlier)
  readonly #delayed = new Heap<Kept>(earlier)
  readonly #leased = new Heap<Kept>(earlier)
  readonly #dead = new Set<Dead>()
  readonly #leases = new Map<string, Kept>()
  /** Ids sent of late, and until when each is remembered: in that order, since all are remembered equally long. */
  readonly #sent = new Map<string, number>()
  readonly #lines = new Map<string, Line<Kept>>()
  readonly #open = new Heap<Line<Kept>>((one, other) => earlierHead(one, other))
  #positions = 0
  #deliveries = 0

  constructor(shape: QueueShape, now: () => number) {
    this.#shape = shape
    this.#now = now
  }

  send(message: NewMessage): void {
    const nowMs = this.#look()
    if (this.#sent.has(message.id)) return
    this.#sent.set(message.id, nowMs + limits.deduplicationMs)
    this.#enter({
      id: message.id,
      body: message.body,
      headers: { ...message.headers },
      ...(message.orderKey === undefined ? {} : { orderKey: message.orderKey }),
      sentAtMs: nowMs,
      attempt: 0,
      atMs: Math.max(nowMs, message.dueAtMs ?? nowMs),
    })
  }

  take(max: number, leaseMs: number): readonly Leased[] {
    const nowMs = this.#look()
    const taken: Leased[] = []
    while (taken.length < max) {
      const next = this.#next()
      if (!next) break
      taken.push(this.#lend(next, nowMs + leaseMs))
    }
    return taken
  }

  extend(leases: readonly string[], leaseMs: number): readonly string[] {
    const nowMs = this.#look()
    return leases.filter(lease => {
      const message = this.#leases.get(lease)
      if (message) this.#move(message, this.#leased, nowMs + leaseMs)
      return message !== undefined
    })
  }

  done(lease: string): void {
    this.#look()
    const message = this.#give(lease)
    if (message) this.#leave(message)
  }

  again(lease: string, delayMs: number): void {
    const nowMs = this.#look()
    const message = this.#give(lease)
    if (message) this.#wait(message, nowMs + Math.max(0, delayMs), nowMs)
  }

  bury(lease: string, why: Dead['why']): void {
    const nowMs = this.#look()
    const message = this.#give(lease)
    if (!message) return
    this.#leave(message)
    this.#dead.add({ message: this.#shown(message), why, buriedAtMs: nowMs })
  }

  peek(limit: number): readonly QueuedMessage[] {
    this.#look()
    const found = firstOf(this.#ready.inOrder(), limit)
    const rest = firstOf(this.#delayed.inOrder(), limit - found.length)
    return [...found, ...rest].map(message => this.#shown(message))
  }

  deadLetters(limit: number): readonly DeadLetter[] {
    return firstOf(this.#dead, limit).map(({ message, why, buriedAtMs }) => ({ ...message, ...why, buriedAtMs }))
  }

  redrive(ids?: readonly string[]): number {
    const nowMs = this.#look()
    const wanted = ids && new Set(ids)
    const back = [...this.#dead].filter(({ message }) => wanted?.has(message.id) ?? true)
    for (const dead of back) {
      this.#dead.delete(dead)
      this.#enter({ ...dead.message, attempt: 0, atMs: nowMs })
    }
    return back.length
  }

  purgeWaiting(): number {
    this.#look()
    const count = this.#ready.size + this.#delayed.size
    this.#ready.clear()
    this.#delayed.clear()
    this.#open.clear()
    for (const line of this.#lines.values()) {
      line.keepOnly(message => this.#leased.has(message))
      if (!line.head) this.#lines.delete(line.key)
    }
    return count
  }

  purgeDead(): number {
    const count = this.#dead.size
    this.#dead.clear()
    return count
  }

  counts(): QueueCounts {
    this.#look()
    const nextAtMs = this.nextAtMs()
    const oldest = this.#ready.first
    return {
      ready: this.#ready.size,
      delayed: this.#delayed.size,
      leased: this.#leased.size,
      dead: this.#dead.size,
      ...(nextAtMs === undefined ? {} : { nextAtMs }),
      ...(oldest ? { oldestDueAtMs: oldest.atMs } : {}),
    }
  }

  /** When a delayed message will be due or a lease will have ended, whichever is first. */
  nextAtMs(): number | undefined {
    const delayed = this.#delayed.first
    const leased = this.#leased.first
    if (delayed && leased) return Math.min(delayed.atMs, leased.atMs)
    return (delayed ?? leased)?.atMs
  }

  // ---------- how messages move

  /** Moves what time has moved; gives the time. */
  #look(): number {
    const nowMs = this.#now()
    for (let next = this.#leased.first; next && next.atMs <= nowMs; next = this.#leased.first) {
      this.#give(next.lease)
      this.#wait(next, next.atMs, nowMs)
    }
    for (let next = this.#delayed.first; next && next.atMs <= nowMs; next = this.#delayed.first) {
      this.#delayed.remove(next)
      this.#wait(next, next.atMs, nowMs)
    }
    for (const [id, untilMs] of this.#sent) {
      if (untilMs > nowMs) break
      this.#sent.delete(id)
    }
    return nowMs
  }

  /** Appends a message, new or redriven. */
  #enter(message: Omit<Kept, 'line' | 'position' | 'lease' | 'place'> & { readonly orderKey?: string }): void {
    const { orderKey, id, body, headers, sentAtMs, attempt, atMs } = message
    const line = orderKey === undefined ? undefined : this.#lineOf(orderKey)
    const position = ++this.#positions
    const kept: Kept = { id, body, headers, sentAtMs, attempt, atMs, line, position, lease: undefined, place: nowhere }
    line?.append(kept)
    this.#wait(kept, atMs, this.#now())
  }

  #lineOf(key: string): Line<Kept> {
    const line = this.#lines.get(key) ?? new Line<Kept>(key)
    this.#lines.set(key, line)
    return line
  }

  /** Makes a message that is nowhere ready or delayed. */
  #wait(message: Kept, atMs: number, nowMs: number): void {
    message.atMs = atMs
    const due = atMs <= nowMs
    const heap = due ? this.#ready : this.#delayed
    heap.add(message)
    if (due && message.line?.head === message) this.#open.add(message.line)
  }

  #next(): Kept | undefined {
    return this.#shape.ordered ? this.#open.first?.head : this.#ready.first
  }

  #lend(message: Kept, endsAtMs: number): Leased {
    if (message.line) this.#open.remove(message.line)
    this.#ready.remove(message)
    message.attempt++
    message.lease = `${message.position}.${++this.#deliveries}`
    this.#leases.set(message.lease, message)
    message.atMs = endsAtMs
    this.#leased.add(message)
    return { ...this.#shown(message), lease: message.lease }
  }

  /** Ends a lease that still holds; the message is nowhere then. */
  #give(lease: string | undefined): Kept | undefined {
    const message = lease === undefined ? undefined : this.#leases.get(lease)
    if (!message?.lease) return undefined
    this.#leases.delete(message.lease)
    message.lease = undefined
    this.#leased.remove(message)
    return message
  }

  /** Takes a message that was leased out of its line, and lets the next one of its key go. */
  #leave({ line }: Kept): void {
    if (!line) return
    line.dropHead()
    if (line.head) this.#open.add(line)
    else this.#lines.delete(line.key)
  }

  #move(message: Kept, heap: Heap<Kept>, atMs: number): void {
    heap.remove(message)
    message.atMs = atMs
    heap.add(message)
  }

  #shown({ id, body, line, headers, sentAtMs, attempt }: Kept): QueuedMessage {
    const orderKey = line ? { orderKey: line.key } : {}
    return { queue: this.#shape.name, id, body, ...orderKey, headers, sentAtMs, attempt }
  }
}

function earlierHead(one: Line<Kept>, other: Line<Kept>): boolean {
  return one.head !== undefined && other.head !== undefined && earlier(one.head, other.head)
}

function firstOf<T>(items: Iterable<T>, limit: number): readonly T[] {
  const found: T[] = []
  for (const item of items) {
    if (found.length >= limit) break
    found.push(item)
  }
  return found
}
