/** The systems' own cases on a PostgreSQL server: the same as in memory, on disk and on AWS. */
import { randomUUID } from 'node:crypto'
import { sellingIn } from '@systems/counter/test/selling'
import { orderLineIn } from '@systems/storefront/test/order-line'
import { signedInIn } from '@systems/storefront/test/signed-in'
import { homeOn, type OpenHome } from 'groundplan/home'
import { memoryBuckets } from 'groundplan/memory/bucket'
import { memoryMail } from 'groundplan/memory/mail'
import { afterAll, beforeAll, vi } from 'vitest'
import { migrate, postgresDrivers } from './drivers.ts'
import { type Server, startServer } from './test/cluster.ts'
import { asked } from './test/live.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

withPostgres('postgres: a home of the systems', () => {
  vi.setConfig({ testTimeout: 60_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  const onPostgres: OpenHome = homeOn(async shape => {
    const { clock } = realTime()
    const { url } = server
    const schema = `home-${randomUUID()}`
    await migrate(shape, { url, clock, schema })
    // Objects and mail are kept elsewhere: the server keeps neither.
    const accept = () => {}
    const buckets = memoryBuckets({ clock, baseUrl: 'http://localhost', key: 'k', buckets: shape.buckets, accept })
    const own = { url, clock, schema, masterKey: Buffer.alloc(32, 1), buckets, mail: memoryMail({ clock }) }
    // Each home has databases of its own.
    const databaseUrl = (name: string): string => Object.assign(new URL(url), { pathname: `/${schema}-${name}` }).href
    for (const { name } of shape.databases) await asked(url, `create database "${schema}-${name}"`)
    return postgresDrivers(shape, { ...own, databaseUrl })
  })

  sellingIn('on PostgreSQL', onPostgres)
  orderLineIn('on PostgreSQL', onPostgres)
  signedInIn('on PostgreSQL', onPostgres)
})
