import { provePromises } from 'groundplan/suite/promises'
import { vaultPromises } from 'groundplan/suite/vault'
import { afterAll, beforeAll, vi } from 'vitest'
import type { Engine } from './engine.ts'
import { bed } from './test/bed.ts'
import { type Server, startServer } from './test/cluster.ts'
import { withPostgres } from './test/server.ts'
import { postgresVault } from './vault.ts'

withPostgres('contract: vault on postgres', () => {
  // Thousands of small transactions each, on a machine that does other things besides.
  vi.setConfig({ testTimeout: 120_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  provePromises('vault', 'postgres', vaultPromises, async () => {
    const made = await bed(server.url, { tables: [], queues: [] })
    const masterKey = Buffer.alloc(32, 7)
    const vaultOf = ({ connections, schema }: Engine) => postgresVault({ connections, schema, masterKey })
    return {
      time: made.time,
      vault: await vaultOf(await made.open()),
      reopen: async () => vaultOf(await made.open()),
      close: () => made.close(),
    }
  })
})
