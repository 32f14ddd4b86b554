/** The databases of a plan, made where the server does not have them yet: one of its own for each. */
import type { MigrationProgress, MigrationStep, PlanShape } from 'groundplan/driver'
import { type ConnectionOptions, Connections, faultOf } from './connections.ts'
import { quoted } from './schema.ts'

type Databases = Pick<PlanShape, 'plan' | 'databases'>
type ServerOptions = Pick<ConnectionOptions, 'url' | 'password' | 'clock'>
type Ask = (text: string, values?: readonly unknown[]) => Promise<readonly Readonly<Record<string, string>>[]>

/** Changes nothing. */
export function missingDatabases(shape: Databases, options: ServerOptions): Promise<readonly MigrationStep[]> {
  return apart(options, async ask => (await missing(shape, ask)).map(making))
}

/** Two processes that make the same one at the same moment: one of them makes it. */
export function makeDatabases(
  shape: Databases,
  options: ServerOptions,
  told: (progress: MigrationProgress) => void,
): Promise<void> {
  return apart(options, async ask => {
    for (const name of await missing(shape, ask)) {
      await ask(`create database ${quoted(name)}`).catch(error => {
        if (error?.code !== '42P04') throw error
      })
      told({ step: making(name), done: 1 })
    }
  })
}

function making(name: string): MigrationStep {
  return { what: `make the database "${name}"` }
}

async function missing({ plan, databases }: Databases, ask: Ask): Promise<readonly string[]> {
  const names = databases.map(({ name }) => `${plan}-${name}`)
  const rows = await ask('select datname from pg_database where datname = any ($1)', [names])
  const there = new Set(rows.map(({ datname }) => datname))
  return names.filter(name => !there.has(name))
}

async function apart<T>(options: ServerOptions, run: (ask: Ask) => Promise<T>): Promise<T> {
  const { url, password, clock } = options
  const connections = new Connections({ url, clock, connections: 1, ...(password ? { password } : {}) })
  const client = await connections.apart()
  try {
    return await run(async (text, values = []) => (await client.query(text, [...values])).rows)
  } catch (error) {
    throw faultOf(error, 'databases')
  } finally {
    await client.end().catch(() => {})
    await connections.close()
  }
}
