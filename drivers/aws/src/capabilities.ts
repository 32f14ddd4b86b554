/** What AWS keeps. */
import type { Capabilities } from 'groundplan/driver'

export const awsCapabilities: Capabilities = {
  engine: 'aws',
  // Leases, repeated ids and links go by AWS's clocks.
  clock: 'engine',
  survives: 'power loss',
  // Global indexes follow within fractions of a second as a rule; nothing is promised.
  indexLagMs: 5_000,
  liveChanges: true,
  databases: false,
  buckets: true,
}
