import { randomUUID } from 'node:crypto'
import { schedulesOn, schedulesTable } from 'groundplan/driver'
import { provePromises } from 'groundplan/suite/promises'
import { type ScheduleNeeds, schedulePromises } from 'groundplan/suite/schedule'
import { vi } from 'vitest'
import { Dynamo } from './dynamo.ts'
import { makeTables } from './setup.ts'
import { dynamoStore } from './store.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials } from './test/engines.ts'
import { removeTables } from './test/tables.ts'

// Engines of others share this machine with all else that runs on it.
vi.setConfig({ testTimeout: 60_000 })

await against('dynamodb', ({ endpoint }) =>
  provePromises('schedule', 'DynamoDB (DynamoDB Local)', schedulePromises, async (needs: ScheduleNeeds) => {
    const time = standingTime()
    const prefix = `test-${randomUUID()}`
    const tables = [...needs.tables, schedulesTable]
    const dynamo = new Dynamo({ clock: time.clock, region: 'eu-central-1', endpoint, credentials })
    await makeTables(dynamo, prefix, tables)
    const store = dynamoStore({ dynamo, prefix, tables })
    return {
      time,
      store,
      schedules: schedulesOn(store, time.clock),
      async close() {
        await removeTables(dynamo, prefix)
        dynamo.close()
      },
    }
  }),
)
