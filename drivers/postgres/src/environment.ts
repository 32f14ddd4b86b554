/** What `config.ts` names, once it is asked for: what a plan has on a server is opened, or brought up to it. */
import {
  type MigrationStep,
  type Migrations,
  type Opened,
  type Opening,
  type PlanShape,
  schedulesTable,
} from 'groundplan/driver'
import type { PostgresEngineOptions } from './config.ts'
import { databasesOn } from './databases.ts'
import { makeDatabases, missingDatabases } from './databases-made.ts'
import { openEngine } from './engine.ts'
import { type MigrateOptions, migrate, pendingSteps } from './migrate.ts'
import { postgresVault } from './vault.ts'

export function migrationsOf(options: PostgresEngineOptions, shape: PlanShape, opening: Opening): Migrations {
  const addressing = addressed(options, opening)
  return {
    pending: async () => pendingOf(shape, await addressing, opening),
    async run(told) {
      const address = await addressing
      if (keepsTables(opening)) await migrate(heldOf(shape), { ...address, told })
      if (opening.parts.includes('databases')) await makeDatabases(shape, address, told)
    },
  }
}

async function pendingOf(
  shape: PlanShape,
  address: MigrateOptions,
  opening: Opening,
): Promise<readonly MigrationStep[]> {
  const steps = keepsTables(opening) ? await pendingSteps(heldOf(shape), address) : []
  if (!opening.parts.includes('databases')) return steps
  return [...steps, ...(await missingDatabases(shape, address))]
}

export async function opened(options: PostgresEngineOptions, shape: PlanShape, opening: Opening): Promise<Opened> {
  const address = await addressed(options, opening)
  const databases = databasesOn(shape, { ...address, makes: options.makesDatabases ?? false })
  if (!keepsTables(opening)) return { databases, close: () => databases.close() }
  const { masterKey } = opening
  const engine = await openEngine(heldOf(shape), address)
  try {
    const { connections, schema, store, queues, schedules } = engine
    const vault = await postgresVault({ connections, schema, masterKey })
    const close = async (): Promise<void> => void (await Promise.all([databases.close(), engine.close()]))
    return { store, queues, vault, databases, schedules, close }
  } catch (error) {
    await engine.close()
    throw error
  }
}

function keepsTables({ parts }: Opening): boolean {
  return parts.includes('store')
}

async function addressed({ url, password, connections }: PostgresEngineOptions, opening: Opening) {
  const asks = await password?.open(opening)
  const { clock, text } = opening
  return {
    url: text(url),
    clock,
    ...(asks ? { password: asks } : {}),
    ...(connections === undefined ? {} : { connections }),
  }
}

/** What the schema of a plan holds. */
export function heldOf({ plan, tables, queues }: PlanShape) {
  return { plan, queues, tables: [...tables, schedulesTable] }
}
