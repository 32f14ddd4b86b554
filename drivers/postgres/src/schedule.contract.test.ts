import { schedulesOn, schedulesTable } from 'groundplan/driver'
import { provePromises } from 'groundplan/suite/promises'
import { schedulePromises } from 'groundplan/suite/schedule'
import { afterAll, beforeAll, vi } from 'vitest'
import { bed } from './test/bed.ts'
import { type Server, startServer } from './test/cluster.ts'
import { withPostgres } from './test/server.ts'

withPostgres('contract: schedule on postgres', () => {
  // Thousands of small transactions each, on a machine that does other things besides.
  vi.setConfig({ testTimeout: 120_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  provePromises('schedule', 'postgres', schedulePromises, async ({ tables }) => {
    const made = await bed(server.url, { tables: [...tables, schedulesTable], queues: [] })
    const { store } = await made.open()
    return {
      time: made.time,
      store,
      schedules: schedulesOn(store, made.time.clock),
      close: () => made.close(),
    }
  })
})
