/**
 * `@groundplan/postgres`: tables, queues, schedules, databases and the vault on a PostgreSQL server. Objects and mail it
 * does not keep: their drivers come from elsewhere.
 */
import type { Buckets, Clock, Drivers, MailCarrier, PlanShape } from 'groundplan/driver'
import { postgresCapabilities } from './capabilities.ts'
import { postgresDatabases } from './database.ts'
import { databaseUrl } from './databases.ts'
import { openEngine } from './engine.ts'
import { heldOf } from './environment.ts'
import { type Migrated, type MigrateOptions, migrate as migrated } from './migrate.ts'
import { postgresVault } from './vault.ts'

export { postgresCapabilities } from './capabilities.ts'
export { type PostgresEngineOptions, postgres } from './config.ts'
export { type PostgresDatabases, type PostgresDatabasesOptions, postgresDatabases } from './database.ts'
export type { Migrated, MigrateOptions } from './migrate.ts'
export { schemaVersion } from './schema.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  readonly clock: Clock
  /** Seals the vault: 32 bytes, the same in every process. */
  readonly masterKey: Uint8Array
  /** Who keeps objects; the same server does not. */
  readonly buckets: Buckets
  readonly mail: MailCarrier
  /** Where a database of the plan is. Default: on the same server, under the plan's name, `-` and its own. */
  readonly databaseUrl?: (name: string) => string
  /** The PostgreSQL schema that holds the plan. Default: the plan's name. */
  readonly schema?: string
  /** Connections of this process: at most so many for tables and queues, and so many for each database. Default 10. */
  readonly connections?: number
  /** For so long calls are tried again when the server cannot be reached. Default 10 seconds. */
  readonly patienceMs?: number
}

/**
 * Opens what a plan of this shape keeps on a server. `migrate` has made it before.
 * Faults: `engine-unavailable` (the server does not answer; the schema is not made, not up to date, or newer than this
 * program), `data-damaged` (another master key), `setting-invalid` (a master key that is none).
 * @example const drivers = await postgresDrivers(shapeOf(plan), { url, clock, masterKey, buckets, mail })
 */
export async function postgresDrivers(shape: PlanShape, options: PostgresOptions): Promise<Drivers> {
  const { clock, masterKey, buckets, mail } = options
  const engine = await openEngine(heldOf(shape), options)
  try {
    const { connections, schema, store, queues, schedules } = engine
    const vault = await postgresVault({ connections, schema, masterKey })
    const databases = postgresDatabases({
      ...options,
      urlOf: options.databaseUrl ?? (name => databaseUrl(shape, options.url, name)),
    })
    return {
      ...{
        capabilities: { ...postgresCapabilities, buckets: true },
        clock,
        store,
        queues,
        buckets,
        databases,
        vault,
        mail,
      },
      schedules,
      async close() {
        await Promise.all([databases.close(), engine.close()])
      },
    }
  } catch (error) {
    await engine.close()
    throw error
  }
}

/**
 * Makes the schema that holds a plan, or brings it up to date; one process at a time.
 * Faults: `engine-unavailable` (also where the schema is newer than this program), `plan-invalid` (a table or queue that
 * holds something is declared otherwise). Nothing is changed then.
 * @example await migrate(shapeOf(plan), { url, clock })
 */
export function migrate(shape: PlanShape, options: MigrateOptions): Promise<Migrated> {
  return migrated(heldOf(shape), options)
}
