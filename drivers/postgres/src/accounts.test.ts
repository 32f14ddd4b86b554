/**
 * The whole suite of `@groundplan/accounts` on a PostgreSQL server: people, passwords and sessions are kept there, the
 * rest in the bed, whose time is advanced.
 */
import { randomUUID } from 'node:crypto'
import { browsingIn } from '@groundplan/accounts/test/browser'
import { lineIn } from '@groundplan/accounts/test/line'
import { managingIn } from '@groundplan/accounts/test/managing'
import { pagesIn } from '@groundplan/accounts/test/pages'
import { sessionsIn } from '@groundplan/accounts/test/sessions'
import { signingIn } from '@groundplan/accounts/test/sign-in'
import { testbed } from 'groundplan/testbed'
import { afterAll, beforeAll } from 'vitest'
import { postgresDatabases } from './drivers.ts'
import { type Server, startServer } from './test/cluster.ts'
import { asked } from './test/live.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

withPostgres('postgres: accounts', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  /** Databases of one bed's own. */
  function databases() {
    const run = randomUUID()
    const urlOf = (name: string): string => server.urlOf(`${run}-${name}`)
    const opened = postgresDatabases({ urlOf, clock: realTime().clock })
    return {
      ...opened,
      async open(name: string) {
        await asked(server.url, `create database "${run}-${name}"`).catch(refuseAllBut('42P04'))
        return opened.open(name)
      },
    }
  }

  const onPostgres: typeof testbed = (plan, options = {}) => testbed(plan, { ...options, databases: databases() })

  lineIn('on PostgreSQL', onPostgres)
  signingIn('on PostgreSQL', onPostgres)
  sessionsIn('on PostgreSQL', onPostgres)
  browsingIn('on PostgreSQL', onPostgres)
  managingIn('on PostgreSQL', onPostgres)
  pagesIn('on PostgreSQL', onPostgres)
})

/** It is there already: opened before. */
function refuseAllBut(code: string) {
  return (error: unknown): void => {
    if (!(error instanceof Error && 'code' in error && error.code === code)) throw error
  }
}
