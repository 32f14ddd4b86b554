/**
 * What the promises of databases share: the subject, one empty database, failures as data.
 */
import { expect } from 'vitest'
import type { DatabaseEngine, DatabaseShape, Databases } from '../database.ts'
import { type Fault, isFault, type ProblemCode } from '../problems.ts'
import type { Promised, Promises, Subject } from './promises.ts'

export interface DatabaseSubject extends Subject {
  readonly databases: Databases
}

export type DatabaseNeeds = readonly DatabaseShape[]
export type DatabasePromises = Promises<DatabaseSubject, DatabaseNeeds>

/** A promise about one empty database. */
export function onDatabase(keep: (db: DatabaseEngine) => Promise<void>): Promised<DatabaseSubject, DatabaseNeeds> {
  return { needs: [{ name: 'main' }], keep: async ({ databases }) => keep(await databases.open('main')) }
}

/** The fault that a call fails with. */
export async function faultOf(call: Promise<unknown>): Promise<Fault> {
  const failure: unknown = await call.then(
    value => new Error(`did not fail, but gave ${JSON.stringify(value)}`),
    error => error,
  )
  if (!isFault(failure)) throw failure
  return failure
}

/** Expects a call to fail with this code and, if given, this SQLSTATE. */
export async function expectFault(call: Promise<unknown>, code: ProblemCode, sqlState?: string): Promise<Fault> {
  const failure = await faultOf(call)
  expect({ code: failure.code, sqlState: sqlState && failure.more.sqlState }, failure.message).toEqual({
    code,
    sqlState,
  })
  return failure
}

/** The only value of the only row. */
export async function onlyValue(db: Pick<DatabaseEngine, 'query'>, text: string, parameters?: readonly unknown[]) {
  const { rows } = await db.query(text, parameters)
  expect(rows).toHaveLength(1)
  return Object.values(rows[0] ?? {})[0]
}

/** A promise that is resolved from outside. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open: () => open() }
}
