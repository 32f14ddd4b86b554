/**
 * How tests run: all folders in one run, on the sources (no build needed), as many processes as there are cores. Files
 * share a process, for loading the framework once for each file cost a seventh of the whole; so no file may leave
 * anything behind. What replaces a module, or counts what the whole process does, is `alone`.
 */
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const folders = ['framework/src', 'accounts', 'drivers', 'targets', 'console', 'systems', 'web', 'bench', 'tools']
const everything = folders.map(folder => `${folder}/**/*.test.{ts,tsx}`)
const alone = [
  'framework/src/contract/sql-session.test.ts',
  'framework/src/memory/database.test.ts',
  'framework/src/targets/testbed/settle.test.ts',
  'framework/src/targets/testbed/virtual-time.test.ts',
]
const never = ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/.groundplan/**']

/** Packages of this repository are tested as sources. */
const conditions = ['groundplan-source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    maxWorkers: Math.min(4, Math.max(2, availableParallelism())),
    testTimeout: 40_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include: everything, exclude: [...never, ...alone] } },
      { extends: true, test: { name: 'alone', include: alone, exclude: never } },
    ],
  },
})
