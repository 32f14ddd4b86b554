/** How tests run: all folders in one run, on the sources (no build needed). */
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
    // One more than there are cores: many tests wait for a process or a disk.
    maxWorkers: Math.min(4, availableParallelism() + 1),
    testTimeout: 15_000,
    hookTimeout: 30_000,
  },
})
