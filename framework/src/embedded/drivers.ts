/**
 * The complete set of drivers on one folder: tables, queues, schedules, the index of objects, the vault and mail in one
 * LMDB environment; objects, databases and mail also as files beside it.
 *
 * In the folder: `data.mdb` and the lock of the process that has it, `objects/`, `databases/`, `mail/`, `master.key`.
 */
import { hkdfSync } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../contract/clock.ts'
import type { Drivers, PlanShape } from '../contract/drivers.ts'
import { uploadPrefix } from '../contract/names.ts'
import { schedulesOn, schedulesTable } from '../contract/schedule.ts'
import { type EmbeddedBuckets, embeddedBuckets } from './bucket.ts'
import { embeddedCapabilities } from './capabilities.ts'
import { type EmbeddedDatabases, embeddedDatabases } from './database.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { embeddedMail } from './mail.ts'
import { checkMasterKey, masterKeyIn } from './master-key.ts'
import { embeddedQueues } from './queue.ts'
import { embeddedStore } from './store.ts'
import { type EmbeddedVault, embeddedVault, opensVault } from './vault.ts'

export interface EmbeddedOptions {
  /** The folder of this plan's data; made when it is not there. One process at a time. */
  readonly folder: string
  readonly clock: Clock
  /** Where links to objects lead. */
  readonly baseUrl: string
  /** Seals the vault and signs links: 32 bytes. Default: the file `master.key` in the folder, made at the first start. */
  readonly masterKey?: Uint8Array
}

export interface EmbeddedDrivers extends Drivers {
  readonly buckets: EmbeddedBuckets
  readonly vault: EmbeddedVault
}

/**
 * Opens everything that a plan of this shape keeps in a folder.
 * Faults: `engine-unavailable` (another process has the folder, it cannot be written, it belongs to another plan, others
 * may read the master key), `data-damaged` (a file was changed, the master key is another), `setting-invalid` (a master
 * key that is none), `plan-invalid` (a table or queue that holds something was declared otherwise). Nothing is changed
 * then, and the folder is free again.
 * @example const drivers = await embeddedDrivers(shapeOf(plan), { folder: 'data/shop', clock: systemClock(), baseUrl })
 */
export async function embeddedDrivers(shape: PlanShape, options: EmbeddedOptions): Promise<EmbeddedDrivers> {
  const environment = openEnvironment(options.folder, { plan: shape.plan })
  try {
    return await driversOn(environment, shape, options)
  } catch (error) {
    await environment.close()
    throw error
  }
}

async function driversOn(
  environment: Environment,
  shape: PlanShape,
  options: EmbeddedOptions,
): Promise<EmbeddedDrivers> {
  const { folder, clock, baseUrl } = options
  // First what may be refused without having written anything.
  const masterKey = await keyOf(environment, options)
  const vault = await embeddedVault(environment, { clock, masterKey })
  // The folder is ours alone: whoever has leased or claimed something before is gone.
  const opening = `${process.pid}/${clock.now()}`
  const queues = await embeddedQueues(environment, { clock, queues: shape.queues, freesLeases: true })
  const store = await embeddedStore(environment, { clock, tables: [...shape.tables, schedulesTable], queues })
  const mail = await embeddedMail(environment, { clock })
  const databases = embeddedDatabases({ folder: join(folder, 'databases'), clock })
  const buckets = embeddedBuckets(environment, {
    clock,
    baseUrl,
    key: linkKey(masterKey),
    bucketPrefix: uploadPrefix(shape.plan),
    buckets: shape.buckets,
    accept: messages => queues.accept(queues.drafts(messages)),
  })
  return {
    ...{ capabilities: embeddedCapabilities, clock, store, queues, buckets, databases, vault, mail },
    opening,
    schedules: schedulesOn(store, clock, opening),
    close: () => closed(environment, buckets, databases),
  }
}

async function keyOf(environment: Environment, { folder, masterKey }: EmbeddedOptions): Promise<Uint8Array> {
  if (!masterKey) return masterKeyIn(folder, key => opensVault(environment, key))
  checkMasterKey(masterKey)
  return masterKey
}

/** Links and credentials to upload work on every process that has the master key, and after a restart. */
function linkKey(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, '', 'groundplan links', 32))
}

/** Everything is given back, whatever one of them says. */
async function closed(environment: Environment, ...parts: readonly (EmbeddedBuckets | EmbeddedDatabases)[]) {
  const ended = await Promise.allSettled(parts.map(part => part.close()))
  await environment.close()
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}
