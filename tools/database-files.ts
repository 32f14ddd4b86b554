/**
 * The files of a PostgreSQL that nobody has used, for all tests that open databases in memory: those of the build, unpacked,
 * or made once for a version of it, in two seconds, and kept in .groundplan/test, which may be removed at any time. Tests
 * are told where they are: `inject('databaseFiles')`.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { root } from './tree.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly databaseFiles: string
  }
}

/** What these files depend on: who makes them, and how. */
const sources = ['node_modules/@electric-sql/pglite/package.json', 'framework/src/memory/database.ts']

/** Vitest calls this before the tests. */
export default async function setup({ provide }: TestProject): Promise<void> {
  const hash = createHash('sha256')
  for (const path of sources) hash.update(readFileSync(join(root, path)))
  const folder = join(root, '.groundplan', 'test')
  const file = join(folder, `database-${hash.digest('hex').slice(0, 16)}.tar`)
  if (!existsSync(file)) await make(folder, file)
  provide('databaseFiles', file)
}

async function make(folder: string, file: string): Promise<void> {
  const { databaseTemplate } = await import('../framework/src/memory/database.ts')
  const files = await databaseTemplate().files()
  mkdirSync(folder, { recursive: true })
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, Buffer.from(await files.arrayBuffer()))
  // Another run may do so at the same moment; both are the same.
  renameSync(fresh, file)
}
