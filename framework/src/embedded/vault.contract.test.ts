import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provePromises } from '../contract/suite/promises.ts'
import { vaultPromises } from '../contract/suite/vault.ts'
import { memoryClock } from '../memory/clock.ts'
import { openEnvironment } from './environment.ts'
import { embeddedVault } from './vault.ts'

provePromises('vault', 'embedded', vaultPromises, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'groundplan-vault-'))
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const masterKey = Buffer.alloc(32, 7)
  let environment = openEnvironment(folder, { plan: 'test' })
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    vault: await embeddedVault(environment, { clock, masterKey }),
    async reopen() {
      await environment.close()
      environment = openEnvironment(folder, { plan: 'test' })
      return embeddedVault(environment, { clock, masterKey })
    },
    async close() {
      await environment.close()
      await rm(folder, { recursive: true })
    },
  }
})
