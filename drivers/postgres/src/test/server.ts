/** Tests on a PostgreSQL server. Where the machine has none they say so, loudly, and are skipped. */
import { describe, it } from 'vitest'
import { binaries } from './cluster.ts'

/** Runs tests where there is a server to run them on. */
export function withPostgres(title: string, tests: () => void): void {
  if (binaries()) {
    tests()
    return
  }
  console.warn(`\n!!! ${title}: SKIPPED, there is no PostgreSQL on this machine (Debian: apt-get install postgresql)\n`)
  describe(title, () => it.skip('needs PostgreSQL on this machine', () => {}))
}
