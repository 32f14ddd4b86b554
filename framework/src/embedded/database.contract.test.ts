/**
 * Databases on disk keep the contract. PostgreSQL takes seconds to make new files, so all promises share those of one
 * folder, and each begins with empty databases in it.
 */
import { afterAll, beforeAll } from 'vitest'
import { databasePromises } from '../contract/suite/database.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from '../memory/clock.ts'
import { embeddedDatabases } from './database.ts'
import { temporaryFolder } from './test/folder.ts'
import { threadOptions } from './test/threads.ts'

const folder = temporaryFolder()
const clock = memoryClock(Date.UTC(2030, 0, 1))
const databases = embeddedDatabases({ folder: folder.path, clock, execArgv: threadOptions })
beforeAll(async () => void (await Promise.all(['main', 'other'].map(name => databases.open(name)))), 60_000)
afterAll(async () => {
  await databases.close()
  folder.remove()
})

provePromises('database', 'embedded', databasePromises, async shapes => {
  for (const { name } of shapes) {
    const database = await databases.open(name)
    await database.script('drop schema public cascade; create schema public')
  }
  return { databases, time: { clock, advance: ms => clock.advance(ms) }, close: async () => {} }
})
