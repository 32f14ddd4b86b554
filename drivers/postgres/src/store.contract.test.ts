import { provePromises, type Skips } from 'groundplan/suite/promises'
import { outboxPromises, type StoreNeeds, type StoreSubject, storePromises } from 'groundplan/suite/store'
import { afterAll, beforeAll, vi } from 'vitest'
import { bed } from './test/bed.ts'
import { type Server, startServer } from './test/cluster.ts'
import { withPostgres } from './test/server.ts'

const skips: Skips = {
  ...Object.fromEntries(
    Object.keys(outboxPromises).map(title => [
      title,
      { reason: 'messages go straight to the queues, so the outbox stays empty' },
    ]),
  ),
}

withPostgres('contract: store on postgres', () => {
  // Thousands of small transactions each, on a machine that does other things besides.
  vi.setConfig({ testTimeout: 120_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  const subjectOf = async (needs: StoreNeeds): Promise<StoreSubject> => {
    const made = await bed(server.url, needs)
    let engine = await made.open()
    return {
      time: made.time,
      store: engine.store,
      arrived: queue => engine.queues.peek(queue, 100_000),
      async reopen() {
        engine = await made.open()
        return engine.store
      },
      close: () => made.close(),
    }
  }
  provePromises('store', 'postgres', storePromises, subjectOf, skips)
})
