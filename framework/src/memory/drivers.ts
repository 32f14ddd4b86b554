/**
 * A complete set of drivers without I/O. What they keep lives as long as they do; several runtimes may use one set, one
 * after the other (a process that died and came back) or side by side.
 */
import type { Capabilities } from '../contract/capabilities.ts'
import type { Clock } from '../contract/clock.ts'
import type { Drivers, PlanShape } from '../contract/drivers.ts'
import { uploadPrefix } from '../contract/names.ts'
import { schedulesOn, schedulesTable } from '../contract/schedule.ts'
import { memoryBuckets } from './bucket.ts'
import { type DatabaseTemplate, type MemoryDatabases, memoryDatabases } from './database.ts'
import { memoryMail } from './mail.ts'
import { memoryQueues } from './queue.ts'
import { memoryStore } from './store.ts'
import { memoryVault } from './vault.ts'

export interface MemoryOptions {
  readonly clock: Clock
  /** How long indexes lag behind, in the clock's time. Default 0. */
  readonly indexLagMs?: number
  /** Whether messages of a commit wait in an outbox first, as they do on engines whose queues are elsewhere. */
  readonly outbox?: boolean
  /** Where links to objects lead. */
  readonly baseUrl?: string
  /** Signs links to objects. */
  readonly linkKey: string
  /** What new databases begin with. */
  readonly databaseTemplate?: DatabaseTemplate
  /** Databases elsewhere, closed with these drivers. Default: in memory. */
  readonly databases?: MemoryDatabases
}

export function memoryDrivers(shape: PlanShape, options: MemoryOptions): Drivers {
  const { clock, indexLagMs = 0, outbox = false, baseUrl = 'http://localhost', linkKey } = options
  const queues = memoryQueues({ clock, queues: shape.queues })
  const store = memoryStore({
    clock,
    indexLagMs,
    tables: [...shape.tables, schedulesTable],
    ...(outbox ? {} : { queues }),
  })
  const { databaseTemplate: template } = options
  const databases = options.databases ?? memoryDatabases(template ? { template } : {})
  return {
    capabilities: memoryCapabilities(indexLagMs),
    clock,
    store,
    queues,
    schedules: schedulesOn(store, clock),
    buckets: memoryBuckets({
      clock,
      baseUrl,
      key: linkKey,
      bucketPrefix: uploadPrefix(shape.plan),
      buckets: shape.buckets,
      accept: messages => queues.accept(messages),
    }),
    databases,
    vault: memoryVault({ clock }),
    mail: memoryMail({ clock }),
    close: () => databases.close(),
  }
}

export function memoryCapabilities(indexLagMs: number): Capabilities {
  return {
    engine: 'memory',
    clock: 'ours',
    survives: 'nothing',
    indexLagMs,
    liveChanges: true,
    databases: true,
    buckets: true,
    uploads: 'bounded',
  }
}
