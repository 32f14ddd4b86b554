/**
 * Databases in memory keep the contract: the same ones for all promises, empty at the beginning of each.
 */
import { databasePromises } from '../contract/suite/database.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from './clock.ts'
import { sharedDatabases } from './test/databases.ts'

const { all, empty } = sharedDatabases('main', 'other')

provePromises('database', 'memory', databasePromises, async shapes => {
  await Promise.all(shapes.map(({ name }) => empty(name)))
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  return { databases: all, time: { clock, advance: ms => clock.advance(ms) }, close: async () => {} }
})
