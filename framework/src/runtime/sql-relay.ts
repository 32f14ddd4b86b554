/** What transactions of databases want sent, where nothing runs by itself. */
import type { Drivers } from '../contract/drivers.ts'
import type { HandedQueues } from '../contract/queue-handed.ts'
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
      const into = {
        send: async (messages: Parameters<HandedQueues['send']>[0]) =>
          void (await store.commit({ writes: [], messages })),
      }
      await drain(outbox, into, new AbortController().signal)
    }
  }
}
