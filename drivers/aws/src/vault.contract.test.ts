import { randomUUID } from 'node:crypto'
import { provePromises, type Skips } from 'groundplan/suite/promises'
import { type VaultSubject, vaultPromises } from 'groundplan/suite/vault'
import { vi } from 'vitest'
import type { AwsOptions } from './client.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials, type Engine } from './test/engines.ts'
import { type SecretsVault, secretsVault } from './vault-secrets.ts'
import { type SettingsVault, settingsVault } from './vault-settings.ts'

// Engines of others share this machine with all else that runs on it.
vi.setConfig({ testTimeout: 60_000 })

function vaultOn({ endpoint }: Engine, open: (options: AwsOptions, prefix: string) => SecretsVault | SettingsVault) {
  return async (): Promise<VaultSubject> => {
    const time = standingTime()
    const options = { clock: time.clock, region: 'eu-central-1', endpoint, credentials }
    const prefix = `test-${randomUUID().slice(0, 8)}`
    let vault = open(options, prefix)
    return {
      time,
      vault,
      async reopen() {
        vault.close()
        vault = open(options, prefix)
        return vault
      },
      async close() {
        for (const { name } of await vault.list('')) await vault.remove(name)
        vault.close()
      },
    }
  }
}

const settingSkips: Skips = {
  'keeps values of any text up to 64 KB, letter by letter': { reason: 'Parameter Store keeps 8 KB at most' },
}

await against('moto', engine => {
  provePromises('vault', 'Secrets Manager (moto)', vaultPromises, vaultOn(engine, secretsVault))
  provePromises('vault', 'Parameter Store (moto)', vaultPromises, vaultOn(engine, settingsVault), settingSkips)
})
