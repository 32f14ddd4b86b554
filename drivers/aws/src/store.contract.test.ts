import { randomUUID } from 'node:crypto'
import { provePromises, type Skips } from 'groundplan/suite/promises'
import { randomStorePromises, type StoreNeeds, type StoreSubject, storePromises } from 'groundplan/suite/store'
import { inject, vi } from 'vitest'
import { Dynamo } from './dynamo.ts'
import { makeTables } from './setup.ts'
import { dynamoStore } from './store.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials, type Engine } from './test/engines.ts'
import { removeTables } from './test/tables.ts'

// Engines of others share this machine with all else that runs on it.
vi.setConfig({ testTimeout: 240_000 })

const skips: Skips = {
  'a table whose items all expire does not grow for ever': {
    reason: 'DynamoDB removes what has expired by its own clock, within days',
  },
}

function storeOn({ endpoint }: Engine) {
  return async ({ tables }: StoreNeeds): Promise<StoreSubject> => {
    const time = standingTime()
    const prefix = `test-${randomUUID()}`
    const options = { clock: time.clock, region: 'eu-central-1', endpoint, credentials }
    let dynamo = new Dynamo(options)
    await makeTables(dynamo, prefix, tables)
    return {
      time,
      store: dynamoStore({ dynamo, prefix, tables }),
      async reopen() {
        dynamo.close()
        dynamo = new Dynamo(options)
        return dynamoStore({ dynamo, prefix, tables })
      },
      async close() {
        await removeTables(dynamo, prefix)
        dynamo.close()
      },
    }
  }
}

/** Half a second each. */
const runs = inject('thorough') ? 100 : 30
const promises = { ...storePromises, ...randomStorePromises({ runs }) }

await against('dynamodb', engine =>
  provePromises('store', 'DynamoDB (DynamoDB Local)', promises, storeOn(engine), skips),
)
