/**
 * Databases in memory keep the contract.
 */
import { databasePromises } from '../contract/suite/database.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from './clock.ts'
import { databaseTemplate, memoryDatabases } from './database.ts'

const template = databaseTemplate()

provePromises('database', 'memory', databasePromises, async () => {
  const databases = memoryDatabases({ template })
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  return { databases, time: { clock, advance: ms => clock.advance(ms) }, close: () => databases.close() }
})
