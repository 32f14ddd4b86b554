/**
 * Databases in memory for the tests of one file. PostgreSQL takes a quarter of a second to begin, longer than most
 * tests, so all of them have the same ones, and each begins with them empty.
 */
import { afterAll, beforeAll } from 'vitest'
import type { DatabaseEngine } from '../../contract/database.ts'
import { type MemoryDatabases, memoryDatabases } from '../database.ts'
import { template } from './template.ts'

export interface SharedDatabases {
  readonly all: MemoryDatabases
  /** Opens one, with nothing in it. */
  empty(name: string): Promise<DatabaseEngine>
}

/** Opens these before the first test, and closes them after the last. */
export function sharedDatabases(...names: readonly string[]): SharedDatabases {
  const all = memoryDatabases({ template })
  beforeAll(async () => void (await Promise.all(names.map(name => all.open(name)))), 60_000)
  afterAll(() => all.close())
  return {
    all,
    async empty(name) {
      const engine = await all.open(name)
      await engine.script('drop schema public cascade; create schema public')
      return engine
    },
  }
}
