/**
 * Databases in memory keep the contract.
 */
import { beforeAll } from 'vitest'
import { databasePromises } from '../contract/suite/database.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from './clock.ts'
import { databaseTemplate, memoryDatabases } from './database.ts'

const template = databaseTemplate()
// Made ahead, so that no promise's time goes into it.
beforeAll(async () => void (await template.files()), 60_000)

provePromises('database', 'memory', databasePromises, async () => {
  const databases = memoryDatabases({ template })
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  return { databases, time: { clock, advance: ms => clock.advance(ms) }, close: () => databases.close() }
})
