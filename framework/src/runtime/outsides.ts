/**
 * Outsides: the clients of what lies outside the plan's own engines: connections to other people's APIs, and SQL.
 */
import type { Drivers } from '../contract/drivers.ts'
import { fault } from '../contract/problems.ts'
import type { Parts } from '../plan/parts.ts'
import type { CallKit } from './call.ts'
import type { CachedVault } from './clients/vault.ts'
import type { WiringParts } from './wiring.ts'

export interface Outsides extends Pick<WiringParts, 'connection' | 'database'> {
  close(): Promise<void>
}

export function outsides(
  _parts: Parts,
  _drivers: Drivers,
  _vault: CachedVault,
  _kit: CallKit,
  _fetch: typeof fetch,
): Outsides {
  return {
    connection: connection => {
      throw fault('unsupported', `connection "${connection.name}"`)
    },
    database: database => {
      throw fault('unsupported', `database "${database.name}"`)
    },
    close: async () => {},
  }
}
