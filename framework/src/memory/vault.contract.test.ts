import { provePromises } from '../contract/suite/promises.ts'
import { vaultPromises } from '../contract/suite/vault.ts'
import { memoryClock } from './clock.ts'
import { memoryVault } from './vault.ts'

provePromises(
  'vault',
  'memory',
  vaultPromises,
  async () => {
    const clock = memoryClock(Date.UTC(2030, 0, 1))
    return {
      time: { clock, advance: ms => clock.advance(ms) },
      vault: memoryVault({ clock }),
      close: async () => {},
    }
  },
  { 'keeps versions and overlaps when its process is killed': { reason: 'memory survives nothing' } },
)
