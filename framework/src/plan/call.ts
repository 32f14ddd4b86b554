/**
 * What every handler is given beside its clients: the call. And what every handler is, for the runtime.
 */
import type { Clients, Uses } from './grant.ts'
import type { Place } from './place.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Structured log of one call; every line carries the trace. Secrets the call has read are scrubbed. */
export interface Log {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

export interface Call {
  /** The time the call began. The same for everything the call does. */
  readonly at: Date
  /** Aborted when the call's time is up, its claim is lost, or the caller went away. */
  readonly signal: AbortSignal
  readonly log: Log
  /**
   * A new unique id, sortable by time. A repeated call (a message delivered again, a request retried with its
   * `once` key) makes the same ids again, so that writing under them is done once.
   */
  newId(): string
}

export type HandlerKind = 'endpoint' | 'consumer' | 'subscriber' | 'schedule' | 'reaction' | 'view' | 'retention'

/** A handler as the framework keeps it. Its lasting name comes from the record of its service. */
export interface Handler {
  readonly kind: HandlerKind
  readonly uses: Uses
  /** How long one call may take. */
  readonly timeoutMs: number
  place(): Place | undefined
}

/** The function of a handler once types are erased: the runtime calls it with what the plan's types demand. */
export type Handle = (call: Call, uses: Clients<Uses>) => unknown

/** Erases the types of a handler's function. The runtime builds exactly the call and clients its options declare. */
export function erased<C extends Call, U extends Uses>(handle: (call: C, uses: Clients<U>) => unknown): Handle {
  return handle as unknown as Handle
}
