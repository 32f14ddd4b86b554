import { schedulesOn, schedulesTable } from '../contract/schedule.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { schedulePromises } from '../contract/suite/schedule.ts'
import { memoryClock } from '../memory/clock.ts'
import { embeddedCapabilities } from './capabilities.ts'
import { openEnvironment } from './environment.ts'
import { embeddedStore } from './store.ts'
import { folderInMemory } from './test/folder.ts'

provePromises('schedule', embeddedCapabilities.engine, schedulePromises, async ({ tables }) => {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const folder = folderInMemory()
  const environment = openEnvironment(folder.path, { plan: 'suite' })
  const store = await embeddedStore(environment, { clock, tables: [...tables, schedulesTable] })
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    store,
    schedules: schedulesOn(store, clock),
    close: async () => {
      await environment.close()
      folder.remove()
    },
  }
})
