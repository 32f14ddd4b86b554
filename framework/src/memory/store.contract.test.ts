import { provePromises, type Skips, type TestTime } from '../contract/suite/promises.ts'
import {
  lastingPromises,
  outboxPromises,
  type StoreNeeds,
  type StoreSubject,
  storePromises,
} from '../contract/suite/store.ts'
import { type MemoryClock, memoryClock } from './clock.ts'
import { memoryQueues } from './queue.ts'
import { memoryStore } from './store.ts'

const forgets = skipsOf(lastingPromises, 'memory keeps nothing when its process ends')
const direct = skipsOf(outboxPromises, 'messages go straight to the queues, so the outbox stays empty')

function skipsOf(promises: object, reason: string): Skips {
  return Object.fromEntries(Object.keys(promises).map(title => [title, { reason }]))
}

async function withOutbox({ tables }: StoreNeeds): Promise<StoreSubject> {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  return { time: timeOf(clock), store: memoryStore({ clock, tables }), close: async () => {} }
}

async function withQueues({ tables, queues: shapes }: StoreNeeds): Promise<StoreSubject> {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const queues = memoryQueues({ clock, queues: shapes })
  const indexLagMs = 20
  return {
    time: timeOf(clock),
    store: memoryStore({ clock, tables, queues, indexLagMs }),
    indexLagMs,
    arrived: queue => queues.peek(queue, 100_000),
    close: async () => {},
  }
}

function timeOf(clock: MemoryClock): TestTime {
  return { clock, advance: ms => clock.advance(ms) }
}

provePromises('store', 'memory with an outbox', storePromises, withOutbox, forgets)
provePromises('store', 'memory with its own queues and late indexes', storePromises, withQueues, {
  ...forgets,
  ...direct,
})
