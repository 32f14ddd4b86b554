/** What transactions of databases want sent, where somebody else carries on what waits. */
import type { Drivers } from '../contract/drivers.ts'
import type { Queues } from '../contract/queue.ts'
import type { Store } from '../contract/store.ts'
import type { Outsides } from './outsides.ts'
import { drain } from './relay.ts'

/**
 * What transactions of databases want sent goes into the outbox of the tables, which somebody carries on. What a process
 * that died left behind is found by the next that opens the database.
 */
export function relayOf({ store }: Drivers, { outboxes }: Outsides): () => Promise<void> {
  const waiting = new Set<Outsides['outboxes'][number]>()
  for (const outbox of outboxes) outbox.onEntry(() => waiting.add(outbox))
  return async () => {
    for (const outbox of waiting) {
      waiting.delete(outbox)
      await drain(outbox, intoOutbox(store), new AbortController().signal)
    }
  }
}

/** What is sent waits in the outbox of the tables. */
export function intoOutbox(store: Store): Pick<Queues, 'send'> {
  return {
    async send(messages) {
      await store.commit({ writes: [], messages })
    },
  }
}
