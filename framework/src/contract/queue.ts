/**
 * Queues: work for later, at least once.
 *
 * A message is *waiting* until it is due; `receive` *leases* it: hidden from others until the lease ends, its attempt
 * counted before it is handed out, where the death of the process does not undo it: a message which kills its process is
 * counted too. From there it is `done` (gone), `again` (waiting, after a delay), or `bury`: moved to the dead letters of
 * its queue with a reason. A lease that runs out makes it waiting again, due at once. `redrive` makes dead letters waiting
 * again, with attempts counted from zero.
 *
 * On an ordered queue a key with a leased or postponed message gives no other message of that key; a buried message
 * lets the next one go. What is redriven stands behind what waits of its key, as though sent now. Between keys, and on
 * any other queue, there is no order.
 *
 * Instants belong to what begins at them: a message is due at its `dueAtMs`, a lease of 30 seconds has run out 30
 * seconds later, an id is free again 5 minutes after it was first sent (repeating it does not prolong that; `done`,
 * `purge` and `redrive` do not shorten it).
 */
import { limits, readable, utf8Bytes } from './limits.ts'
import { fault } from './problems.ts'

export interface QueueShape {
  readonly name: string
  readonly ordered: boolean
}

export interface NewMessage {
  readonly queue: string
  /** The same id within 5 minutes, on the same queue, is the same message: the first is kept. Any text without NUL. */
  readonly id: string
  /** JSON, at most 256 KB in UTF-8. Comes back as it was sent, letter by letter. */
  readonly body: string
  /** On an ordered queue, and only there. Any text without NUL. */
  readonly orderKey?: string
  /** Not before this time; on any queue that is not ordered. Any time later. */
  readonly dueAtMs?: number
  /** Small texts that travel along: trace, sender. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface QueuedMessage {
  readonly queue: string
  readonly id: string
  readonly body: string
  readonly orderKey?: string
  readonly headers: Readonly<Record<string, string>>
  readonly sentAtMs: number
  /** Deliveries so far, this one included. */
  readonly attempt: number
}

export interface Leased extends QueuedMessage {
  /** Names this delivery; useless once the lease has run out. */
  readonly lease: string
}

export interface DeadLetter extends QueuedMessage {
  readonly buriedAtMs: number
  readonly reason: string
  /** The trace of the last attempt. */
  readonly trace?: string
}

export interface QueueCounts {
  /** Due, and not leased. On an ordered queue also those behind another of their key. */
  readonly ready: number
  readonly delayed: number
  readonly leased: number
  readonly dead: number
  /** When the next delayed message is due or the next lease runs out. */
  readonly nextAtMs?: number
  /** Since when the message that has waited longest has been due: how far the consumers are behind. */
  readonly oldestDueAtMs?: number
}

export interface Queues {
  /**
   * Keeps the messages, durably once acknowledged. Any number, of several queues; none is kept where one is refused.
   * Faults: `message-too-large`, `delay-on-ordered-queue`, `engine-unavailable`.
   */
  send(messages: readonly NewMessage[]): Promise<void>
  /**
   * Up to `max` (1 to 10) messages that are due, leased for `leaseMs`. Waits for the first one; gives none when the
   * signal aborts. An aborted receive leases nothing.
   */
  receive(
    queue: string,
    options: { readonly max: number; readonly leaseMs: number; readonly signal: AbortSignal },
  ): Promise<readonly Leased[]>
  /** Leases that still hold run for `leaseMs` from now; returns those. */
  extend(queue: string, leases: readonly string[], leaseMs: number): Promise<readonly string[]>
  /** Handled. A lease that ran out changes nothing. */
  done(queue: string, leases: readonly string[]): Promise<void>
  /** To be tried again after `delayMs`. A lease that ran out changes nothing. */
  again(queue: string, lease: string, delayMs: number): Promise<void>
  /** To the dead letters. A lease that ran out changes nothing. */
  bury(queue: string, lease: string, why: { readonly reason: string; readonly trace?: string }): Promise<void>

  /** What waits, due or not, the longest due first, without leasing it. */
  peek(queue: string, limit: number): Promise<readonly QueuedMessage[]>
  /** The dead letters, in the order they were buried. */
  deadLetters(queue: string, limit: number): Promise<readonly DeadLetter[]>
  /** Makes dead letters (all, or those of these ids) waiting again, in the order they were buried; returns how many. */
  redrive(queue: string, ids?: readonly string[]): Promise<number>
  /** Removes what waits (due or not, but nothing leased), or the dead letters; returns how many. */
  purge(queue: string, which: 'waiting' | 'dead'): Promise<number>
  counts(queue: string): Promise<QueueCounts>
}

/** Refuses what no engine keeps. Faults: `message-too-large`, `delay-on-ordered-queue`. */
export function checkMessage(message: NewMessage, shape: QueueShape): void {
  const { body, dueAtMs, orderKey } = message
  // UTF-8 takes at most three bytes a UTF-16 unit, so a short text needs no counting.
  if (body.length * 3 > limits.messageBytes && utf8Bytes(body) > limits.messageBytes) {
    const sizes = `${readable(utf8Bytes(body))}, the limit is ${readable(limits.messageBytes)}`
    throw fault('message-too-large', `"${shape.name}": ${sizes}`)
  }
  if (shape.ordered && dueAtMs !== undefined) {
    throw fault('delay-on-ordered-queue', `"${shape.name}" keeps an order, so a message cannot wait behind later ones`)
  }
  // Who sends knows the shape: this would be a mistake of the framework, not of a plan.
  if (shape.ordered !== (orderKey !== undefined)) {
    throw new TypeError(`a message to "${shape.name}" ${shape.ordered ? 'needs an' : 'takes no'} order key`)
  }
}
