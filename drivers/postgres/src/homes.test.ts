/** The systems' own cases on a PostgreSQL server: the same as in memory, on disk and on AWS. */
import { sellingIn } from '@systems/counter/test/selling'
import { orderLineIn } from '@systems/storefront/test/order-line'
import { signedInIn } from '@systems/storefront/test/signed-in'
import { afterAll, beforeAll, vi } from 'vitest'
import { type Server, startServer } from './test/cluster.ts'
import { homeOnPostgres } from './test/home.ts'
import { withPostgres } from './test/server.ts'

withPostgres('postgres: a home of the systems', () => {
  vi.setConfig({ testTimeout: 60_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  const onPostgres = homeOnPostgres(() => server.url)

  sellingIn('on PostgreSQL', onPostgres)
  orderLineIn('on PostgreSQL', onPostgres)
  signedInIn('on PostgreSQL', onPostgres)
})
