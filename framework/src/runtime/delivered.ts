/**
 * A message that could be read, and the call that handles it: what the call says of its message is looked up when it is asked
 * for, since most handlers ask for its content alone.
 */
import type { Leased } from '../contract/queue.ts'
import { RunningCall } from './call.ts'

export class Received {
  readonly message: Leased
  readonly content: unknown

  constructor(message: Leased, content: unknown) {
    this.message = message
    this.content = content
  }
}

/** The call of what a queue feeds. `received` is set before it runs, where it handles one message at a time. */
export class DeliveredCall extends RunningCall {
  received: Received | undefined

  get id(): string | undefined {
    return this.received?.message.id
  }

  /** To a consumer. */
  get message(): unknown {
    return this.received?.content
  }

  /** The same, to a subscriber. */
  get event(): unknown {
    return this.received?.content
  }

  get attempt(): number | undefined {
    return this.received?.message.attempt
  }

  get sentAt(): Date | undefined {
    return this.received && new Date(this.received.message.sentAtMs)
  }
}
