/**
 * `@groundplan/postgres/config`: PostgreSQL as an engine of an environment. It is a value: what it needs is loaded when it
 * is opened, so that a config which names it costs nothing.
 */
import type { Engine, FromEnv } from 'groundplan/driver'
import { postgresCapabilities } from './capabilities.ts'

export interface PostgresEngineOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string | FromEnv
  /** Connections of each process: at most so many for tables and queues, and so many for each database. Default 10. */
  readonly connections?: number
  /** Databases alone, where tables and queues are kept elsewhere. */
  readonly only?: 'databases'
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
  const { url, only } = options
  return {
    kind: 'engine',
    name: postgresCapabilities.engine,
    keeps: only ? [only] : ['store', 'queues', 'schedules', 'vault', 'databases'],
    capabilities: postgresCapabilities,
    variables: typeof url === 'string' ? [] : [url.variable],
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
