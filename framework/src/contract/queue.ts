/**
 * Queues: work for later, at least once.
 *
 * A message is *waiting* until it is due; `receive` *leases* it: hidden from others until the lease ends, its attempt
 * counted durably before it is handed out, so that a message which kills its process is counted too. From there it is
 * `done` (gone), `again` (waiting, after a delay), or `bury`: moved to the dead letters of its queue with a reason. A lease
 * that runs out makes it waiting again. `redrive` makes dead letters waiting again, with attempts counted from zero.
 *
 * On an ordered queue a key with a leased or postponed message gives no other message of that key; a buried message
 * lets the next one go.
 */

export interface QueueShape {
  readonly name: string
  readonly ordered: boolean
}

export interface NewMessage {
  readonly queue: string
  /** The same id within 5 minutes is the same message. */
  readonly id: string
  /** JSON, at most 256 KB. */
  readonly body: string
  /** On an ordered queue, and only there. */
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
  /** When the oldest message that is due was sent. */
  readonly oldestSentAtMs?: number
}

export interface Queues {
  /**
   * Keeps the messages, durably once acknowledged.
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

  /** What waits, the oldest first, without leasing it. */
  peek(queue: string, limit: number): Promise<readonly QueuedMessage[]>
  /** The dead letters, the oldest first. */
  deadLetters(queue: string, limit: number): Promise<readonly DeadLetter[]>
  /** Makes dead letters (all, or those of these ids) waiting again; returns how many. */
  redrive(queue: string, ids?: readonly string[]): Promise<number>
  /** Removes what waits, or the dead letters; returns how many. */
  purge(queue: string, which: 'waiting' | 'dead'): Promise<number>
  counts(queue: string): Promise<QueueCounts>
}
