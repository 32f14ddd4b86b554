import { databasePromises } from 'groundplan/suite/database'
import { provePromises } from 'groundplan/suite/promises'
import pg from 'pg'
import { afterAll, beforeAll, vi } from 'vitest'
import { postgresDatabases } from './database.ts'
import { type Server, startServer } from './test/cluster.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

withPostgres('contract: database on postgres', () => {
  // Thousands of small transactions each, on a machine that does other things besides.
  vi.setConfig({ testTimeout: 120_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
    for (const name of ['main', 'other']) await asAdmin(server, `create database ${name}`)
  }, 60_000)
  afterAll(() => server.remove())

  provePromises('database', 'postgres', databasePromises, async shapes => {
    const time = realTime()
    const databases = postgresDatabases({ clock: time.clock, urlOf: name => server.urlOf(name) })
    for (const { name } of shapes) {
      const database = await databases.open(name)
      await database.script('drop schema public cascade; create schema public')
    }
    return { databases, time, close: () => databases.close() }
  })
})

async function asAdmin({ url }: Server, text: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(text)
  await client.end()
}
