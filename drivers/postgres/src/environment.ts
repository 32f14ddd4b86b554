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
import { postgresDatabases } from './database.ts'
import { makeDatabases, missingDatabases } from './databases-made.ts'
import { openEngine } from './engine.ts'
import { type MigrateOptions, migrate, pendingSteps } from './migrate.ts'
import { postgresVault } from './vault.ts'

export function migrationsOf(options: PostgresEngineOptions, shape: PlanShape, opening: Opening): Migrations {
  const address = addressed(options, opening)
  return {
    pending: () => pendingOf(shape, address, opening),
    async run(told) {
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
  const address = addressed(options, opening)
  const databases = postgresDatabases({ ...address, urlOf: name => databaseUrl(shape, address.url, name) })
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

function addressed({ url, connections }: PostgresEngineOptions, { clock, text }: Opening) {
  return { url: text(url), clock, ...(connections === undefined ? {} : { connections }) }
}

/** What the schema of a plan holds. */
export function heldOf({ plan, tables, queues }: PlanShape) {
  return { plan, queues, tables: [...tables, schedulesTable] }
}

/** Where a database of a plan is: on the same server, under the plan's name and its own. */
export function databaseUrl({ plan }: Pick<PlanShape, 'plan'>, url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${encodeURIComponent(`${plan}-${name}`)}`
  return address.href
}
