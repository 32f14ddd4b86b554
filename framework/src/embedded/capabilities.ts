/** What our own engine keeps. */
import type { Capabilities } from '../contract/capabilities.ts'

export const embeddedCapabilities: Capabilities = {
  engine: 'embedded',
  clock: 'ours',
  survives: 'power loss',
  databasesSurvive: 'killed process',
  indexLagMs: 0,
  liveChanges: true,
  databases: true,
  buckets: true,
  uploads: 'bounded',
}
