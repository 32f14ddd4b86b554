/** A folder for one test. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryFolder {
  readonly path: string
  remove(): void
}

export function temporaryFolder(parent = tmpdir()): TemporaryFolder {
  const path = mkdtempSync(join(parent, 'groundplan-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/**
 * A folder in memory, where the system has one: for tests of what is done, many thousand times, not of whether it lasts.
 */
export function folderInMemory(): TemporaryFolder {
  const memory = '/dev/shm'
  return temporaryFolder(existsSync(memory) ? memory : tmpdir())
}
