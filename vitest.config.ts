/** How tests run: all folders in one run, on the sources (no build needed), as many processes as there are cores. */
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const folders = ['framework/src', 'drivers', 'targets', 'console', 'systems', 'web', 'bench', 'tools']

/** Packages of this repository are tested as sources. */
const conditions = ['groundplan-source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: folders.map(folder => `${folder}/**/*.test.{ts,tsx}`),
    exclude: ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/.groundplan/**'],
    pool: 'forks',
    maxWorkers: Math.min(4, Math.max(2, availableParallelism())),
    testTimeout: 15_000,
    hookTimeout: 30_000,
  },
})
