import { schedulesTable } from 'groundplan/driver'
import { provePromises } from 'groundplan/suite/promises'
import { schedulePromises } from 'groundplan/suite/schedule'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { bed } from './test/bed.ts'
import { type Server, startServer } from './test/cluster.ts'
import { live } from './test/live.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

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
    const { store, schedules } = await made.open()
    return { time: made.time, store, schedules, close: () => made.close() }
  })

  it('a process whose clock is ahead takes nothing from one that holds it', async () => {
    const system = await live(server.url, { tables: [schedulesTable], queues: [] })
    try {
      const { clock } = realTime()
      const hourMs = 3_600_000
      const ahead = { ...clock, now: () => clock.now() + hourMs }
      const [one, other] = [await system.open(), await system.open({ clock: ahead, listens: false })]
      const tickMs = Math.floor(clock.now() / 1_000) * 1_000
      const claim = await one.schedules.claim('nightly', tickMs, 60_000)
      expect(claim?.fence).toBe(1)
      expect(await other.schedules.claim('nightly', tickMs, 60_000)).toBeUndefined()
      expect(claim && (await one.schedules.finish(claim))).toBe(true)
      const { finishedAtMs = 0 } = (await other.schedules.last('nightly')) ?? {}
      expect(Math.abs(finishedAtMs - clock.now())).toBeLessThan(hourMs / 2)
    } finally {
      await system.close()
    }
  })
})
