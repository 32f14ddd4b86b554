/** The files of a new database on disk, for tests of many systems: PostgreSQL takes seconds to make them. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { memoryClock } from '../../memory/clock.ts'
import { embeddedDatabases } from '../database.ts'
import { temporaryFolder } from './folder.ts'

/** Makes them before the first test of a file. What it gives puts a copy of them into a folder of databases. */
export function newDatabases(): (folder: string, names: readonly string[]) => void {
  const made = temporaryFolder()
  beforeAll(async () => {
    const databases = embeddedDatabases({ folder: made.path, clock: memoryClock(0) })
    await databases.open('new')
    await databases.close()
  }, 60_000)
  afterAll(() => made.remove())
  return (folder, names) => {
    for (const name of names) cpSync(join(made.path, 'new'), join(folder, name), { recursive: true })
  }
}
