/** What PostgreSQL keeps. */
import type { Capabilities } from 'groundplan/driver'

export const postgresCapabilities: Capabilities = {
  engine: 'postgres',
  clock: 'engine',
  survives: 'power loss',
  indexLagMs: 0,
  liveChanges: true,
  databases: true,
  buckets: false,
}
