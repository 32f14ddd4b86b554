/**
 * `@groundplan/postgres/databases`: the databases of a plan on one server, each under the plan's name and its own. Where
 * nobody can bring the server up to the plan before, those that are missing are made when the first is opened.
 */
import type { PlanShape } from 'groundplan/driver'
import { type PostgresDatabases, type PostgresDatabasesOptions, postgresDatabases } from './database.ts'
import { makeDatabases } from './databases-made.ts'

export interface DatabasesOnOptions extends Omit<PostgresDatabasesOptions, 'urlOf'> {
  /** Of any database of the server, by which others are made. */
  readonly url: string
  readonly makes: boolean
}

/** Faults: `engine-unavailable`. */
export function databasesOn(
  shape: Pick<PlanShape, 'plan' | 'databases'>,
  { url, makes, ...options }: DatabasesOnOptions,
): PostgresDatabases {
  const databases = postgresDatabases({ ...options, urlOf: name => databaseUrl(shape, url, name) })
  let making: Promise<void> | undefined
  const made = async (): Promise<void> => {
    making ??= makeDatabases(shape, { url, ...options }, () => {})
    making.catch(() => {
      making = undefined
    })
    return making
  }
  return {
    async open(name) {
      if (makes) await made()
      return databases.open(name)
    },
    close: () => databases.close(),
  }
}

/** Where a database of a plan is: on the same server, under the plan's name and its own. */
export function databaseUrl({ plan }: Pick<PlanShape, 'plan'>, url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${encodeURIComponent(`${plan}-${name}`)}`
  return address.href
}
