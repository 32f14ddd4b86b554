import { provePromises } from 'groundplan/suite/promises'
import { queuePromises } from 'groundplan/suite/queue'
import { afterAll, beforeAll, vi } from 'vitest'
import { bed } from './test/bed.ts'
import { type Server, startServer } from './test/cluster.ts'
import { withPostgres } from './test/server.ts'

withPostgres('contract: queue on postgres', () => {
  // Thousands of small transactions each, on a machine that does other things besides.
  vi.setConfig({ testTimeout: 120_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  provePromises('queue', 'postgres', queuePromises, async queues => {
    const made = await bed(server.url, { tables: [], queues })
    return {
      time: made.time,
      queues: (await made.open()).queues,
      reopen: async () => (await made.open()).queues,
      close: () => made.close(),
    }
  })
})
