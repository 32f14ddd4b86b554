import { schedulesOn, schedulesTable } from '../contract/schedule.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { schedulePromises } from '../contract/suite/schedule.ts'
import { memoryClock } from './clock.ts'
import { memoryStore } from './store.ts'

provePromises('schedule', 'memory', schedulePromises, async ({ tables }) => {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const store = memoryStore({ clock, tables: [...tables, schedulesTable] })
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    store,
    schedules: schedulesOn(store, clock),
    close: async () => {},
  }
})
