/**
 * What is to be done before a system can run where it is meant to: by the engines of its environment, and by the
 * migrations of its databases.
 */
import type { Databases } from '../contract/database.ts'
import type { MigrationProgress, MigrationStep, Migrations } from '../contract/engine.ts'
import { shapeOf } from '../contract/plan-shape.ts'
import { isFault } from '../contract/problems.ts'
import type { Migration } from '../plan/database.ts'
import { type AnyDatabase, partsOf, resourcesOf } from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'
import { migrate, pendingMigrations } from '../runtime/database/migrate.ts'
import { runtimeTables } from '../runtime/runtime.ts'
import { ofEngine, partsOfEngines, shapeInEnvironment } from '../targets/placed.ts'
import { systemClock } from '../targets/telemetry.ts'
import type { PlacedAt } from './environments.ts'

/** The work on one plan. */
export function migrationsOf(plan: Plan, placement: PlacedAt): Migrations {
  const databases = resourcesOf(partsOf(plan), 'database')
  return {
    async pending() {
      const steps = await onEngines(plan, placement, migrations => migrations.pending())
      const own: MigrationStep[] = []
      await onDatabases(plan, placement, async opened => {
        for (const each of databases) own.push(...(await pendingOf(opened, each)).map(({ name }) => stepOf(each, name)))
      })
      return [...steps.flat(), ...own]
    },
    async run(told) {
      await onEngines(plan, placement, migrations => migrations.run(told))
      await onDatabases(plan, placement, async opened => {
        for (const each of databases) await migrated(opened, each, told)
      })
    },
  }
}

/** Asks each engine that has migrations, about what it keeps. */
async function onEngines<T>(plan: Plan, at: PlacedAt, run: (migrations: Migrations) => Promise<T>): Promise<T[]> {
  const shape = shapeInEnvironment(shapeOf(plan, runtimeTables), at.engines)
  const results: T[] = []
  for (const [engine, parts] of partsOfEngines(at.engines)) {
    const migrations = engine.migrations?.(shape, { ...at, clock: systemClock(), parts, others: {} })
    if (!migrations) continue
    try {
      results.push(await run(migrations))
    } catch (error) {
      throw ofEngine(error, engine)
    }
  }
  return results
}

/** With the databases of a plan; those on this machine's disk are brought up when the system starts. */
async function onDatabases(plan: Plan, at: PlacedAt, run: (databases: Databases) => Promise<void>): Promise<void> {
  const shape = shapeOf(plan, runtimeTables)
  const engine = at.engines.find(({ keeps }) => keeps.includes('databases'))
  if (!engine || shape.databases.length === 0) return
  const opened = await engine.open(shape, { ...at, clock: systemClock(), parts: ['databases'], others: {} })
  try {
    if (opened.databases) await run(opened.databases)
  } catch (error) {
    throw ofEngine(error, engine)
  } finally {
    await opened.close()
  }
}

/** In a database that is still to be made, all of them. */
async function pendingOf(databases: Databases, { name, spec }: AnyDatabase): Promise<readonly Migration[]> {
  try {
    return await pendingMigrations(await databases.open(name), spec)
  } catch (error) {
    if (isFault(error) && error.more.sqlState === notThere) return spec.migrations
    throw error
  }
}

/** PostgreSQL's word for a database that a server does not have. */
const notThere = '3D000'

async function migrated(
  databases: Databases,
  database: AnyDatabase,
  told: (progress: MigrationProgress) => void,
): Promise<void> {
  const engine = await databases.open(database.name)
  for (const name of await migrate(engine, database.spec)) told({ step: stepOf(database, name), done: 1 })
}

function stepOf({ name }: AnyDatabase, migration: string): MigrationStep {
  return { what: `run the migration "${migration}" of the database "${name}"` }
}
