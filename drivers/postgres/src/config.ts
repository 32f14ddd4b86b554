/**
 * `@groundplan/postgres/config`: PostgreSQL as an engine of an environment. It is a value: what it needs is loaded when it
 * is opened, so that a config which names it costs nothing.
 */
import { type Engine, type FromEnv, variablesIn } from 'groundplan/driver'
import { postgresCapabilities } from './capabilities.ts'
import type { PasswordSource } from './login.ts'

export type { Password, PasswordSource } from './login.ts'

export interface PostgresEngineOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string | FromEnv
  /** Asked at each new connection, where it changes: `auroraPassword(…)` of `@groundplan/aws/config`. Default: the address has it. */
  readonly password?: PasswordSource
  /** Connections of each process: at most so many for tables and queues, and so many for each database. Default 10. */
  readonly connections?: number
  /** Databases alone, where tables and queues are kept elsewhere. */
  readonly only?: 'databases'
  /** Makes databases that are missing when they are opened: where nobody can run `groundplan migrate`. Default false. */
  readonly makesDatabases?: boolean
}

/**
 * Tables, queues, schedules, databases and the vault on a PostgreSQL server: each plan in a schema of its name, each of its
 * databases in one of its own. Objects and mail are elsewhere.
 * @example
 * export default config({
 *   systems: { counter: './systems/counter/plan.ts' },
 *   environments: { production: { drivers: postgres({ url: fromEnv('DATABASE_URL') }) } },
 * })
 */
export function postgres(options: PostgresEngineOptions): Engine {
  const { url, password, only } = options
  return {
    kind: 'engine',
    name: postgresCapabilities.engine,
    keeps: only ? [only] : ['store', 'queues', 'schedules', 'vault', 'databases'],
    capabilities: postgresCapabilities,
    variables: [...variablesIn([url]), ...(password?.variables ?? [])],
    async open(shape, opening) {
      const { opened } = await import('./environment.ts')
      return opened(options, shape, opening)
    },
    migrations(shape, opening) {
      const migrations = import('./environment.ts').then(({ migrationsOf }) => migrationsOf(options, shape, opening))
      return {
        pending: async () => (await migrations).pending(),
        run: async told => (await migrations).run(told),
      }
    },
  }
}
