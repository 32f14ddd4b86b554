import { provePromises, type Skips } from '../contract/suite/promises.ts'
import { outboxPromises, type StoreNeeds, type StoreSubject, storePromises } from '../contract/suite/store.ts'
import { memoryClock } from '../memory/clock.ts'
import { embeddedCapabilities } from './capabilities.ts'
import { openEnvironment } from './environment.ts'
import { embeddedQueues } from './queue.ts'
import { embeddedStore } from './store.ts'
import { folderInMemory } from './test/folder.ts'

const direct: Skips = Object.fromEntries(
  Object.keys(outboxPromises).map(title => [
    title,
    { reason: 'messages go straight to the queues, so the outbox stays empty' },
  ]),
)

async function opened(folder: string, { tables, queues: shapes }: StoreNeeds, clock: ReturnType<typeof memoryClock>) {
  const environment = openEnvironment(folder, { plan: 'suite' })
  const queues = await embeddedQueues(environment, { clock, queues: shapes })
  const store = await embeddedStore(environment, { clock, tables, queues })
  return { environment, queues, store }
}

async function subjectOf(needs: StoreNeeds): Promise<StoreSubject> {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const folder = folderInMemory()
  let now = await opened(folder.path, needs, clock)
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    store: now.store,
    arrived: queue => now.queues.peek(queue, 100_000),
    reopen: async () => {
      await now.environment.close()
      now = await opened(folder.path, needs, clock)
      return now.store
    },
    close: async () => {
      await now.environment.close()
      folder.remove()
    },
  }
}

provePromises('store', embeddedCapabilities.engine, storePromises, subjectOf, direct)
