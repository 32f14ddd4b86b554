/**
 * Drivers: what a target hands to the runtime, and what a plan asks of them. One complete set, of one engine or several.
 */
import type { BucketShape, Buckets } from './bucket.ts'
import type { Capabilities } from './capabilities.ts'
import type { Clock } from './clock.ts'
import type { DatabaseShape, Databases } from './database.ts'
import type { MailCarrier } from './mail.ts'
import type { QueueShape, Queues } from './queue.ts'
import type { Schedules } from './schedule.ts'
import type { Store, TableShape } from './store.ts'
import type { Vault } from './vault.ts'

/** Everything a plan keeps or carries, with the names and options that engines need. */
export interface PlanShape {
  readonly plan: string
  readonly tables: readonly TableShape[]
  readonly queues: readonly QueueShape[]
  readonly buckets: readonly BucketShape[]
  readonly databases: readonly DatabaseShape[]
}

export interface Drivers {
  readonly capabilities: Capabilities
  /**
   * Names this opening of the data, where one process at a time has it: whatever was claimed in another one is free, since
   * whoever claimed it is gone. Absent where several processes share the data.
   */
  readonly opening?: string
  readonly clock: Clock
  readonly store: Store
  readonly queues: Queues
  readonly schedules: Schedules
  readonly buckets: Buckets
  readonly databases: Databases
  readonly vault: Vault
  readonly mail: MailCarrier
  /** Gives everything back: files, connections, timers. */
  close(): Promise<void>
}
