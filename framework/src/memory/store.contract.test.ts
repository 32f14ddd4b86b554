import type { NewMessage } from '../contract/queue.ts'
import { provePromises, type Skips } from '../contract/suite/promises.ts'
import {
  lastingPromises,
  outboxPromises,
  type StoreNeeds,
  type StoreSubject,
  storePromises,
} from '../contract/suite/store.ts'
import { memoryClock } from './clock.ts'
import { memoryStore } from './store.ts'

const forgets = skipsOf(lastingPromises, 'memory keeps nothing when its process ends')
const direct = skipsOf(outboxPromises, 'messages go straight to the queues, so the outbox stays empty')

function skipsOf(promises: object, reason: string): Skips {
  return Object.fromEntries(Object.keys(promises).map(title => [title, { reason }]))
}

function subjectOf({ tables }: StoreNeeds, indexLagMs: number, sent?: NewMessage[]): StoreSubject {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const queues = sent && { accept: (messages: readonly NewMessage[]) => void sent.push(...messages) }
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    store: memoryStore({ clock, tables, indexLagMs, ...(queues ? { queues } : {}) }),
    indexLagMs,
    ...(sent ? { arrived: async (queue: string) => sent.filter(message => message.queue === queue) } : {}),
    close: async () => {},
  }
}

const outbox = async (needs: StoreNeeds) => subjectOf(needs, 0)
const queues = async (needs: StoreNeeds) => subjectOf(needs, 20, [])

provePromises('store', 'memory with an outbox', storePromises, outbox, forgets)
provePromises('store', 'memory with its own queues and late indexes', storePromises, queues, { ...forgets, ...direct })
