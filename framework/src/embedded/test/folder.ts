/** A folder for one test. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryFolder {
  readonly path: string
  remove(): void
}

/** Made when somebody asks where it is: tests that are left out leave none. */
export function temporaryFolder(parent = tmpdir()): TemporaryFolder {
  let made: string | undefined
  return {
    get path() {
      made ??= mkdtempSync(join(parent, 'groundplan-'))
      return made
    },
    remove: () => {
      if (made !== undefined) rmSync(made, { recursive: true, force: true })
    },
  }
}

/**
 * A folder in memory, where the system has one: for tests of what is done, many thousand times, not of whether it lasts.
 */
export function folderInMemory(): TemporaryFolder {
  const memory = '/dev/shm'
  return temporaryFolder(existsSync(memory) ? memory : tmpdir())
}
