/** A vault in memory: nothing outlives the process, and nothing leaves it, so nothing is encrypted. */
import type { Clock } from '../contract/clock.ts'
import { checkVaultEntry, checkVaultName, type Vault, type VaultEntry } from '../contract/vault.ts'

/** An empty vault. */
export function memoryVault(options: { readonly clock: Clock }): Vault {
  const { clock } = options
  const entries = new Map<string, VaultEntry>()
  const find = (name: string): VaultEntry | undefined => {
    checkVaultName(name)
    const found = entries.get(name)
    return found && current(found, clock.now())
  }
  return {
    get: async name => find(name),
    async set(name, value, { overlapMs = 0 } = {}) {
      checkVaultEntry(name, value)
      const before = find(name)
      const changedAtMs = clock.now()
      const entry: VaultEntry = {
        name,
        value,
        version: (before?.version ?? 0) + 1,
        changedAtMs,
        ...(before && overlapMs > 0 ? { previous: previousOf(before, changedAtMs + overlapMs) } : {}),
      }
      entries.set(name, entry)
      return entry
    },
    async remove(name) {
      checkVaultName(name)
      entries.delete(name)
    },
    async list(prefix) {
      const names = [...entries.values()].filter(({ name }) => name.startsWith(prefix))
      return names
        .map(({ name, version, changedAtMs }) => ({ name, version, changedAtMs }))
        .sort((one, other) => (one.name < other.name ? -1 : 1))
    },
  }
}

function previousOf({ value, version }: VaultEntry, untilMs: number): NonNullable<VaultEntry['previous']> {
  return { value, version, untilMs }
}

/** The entry without a previous version whose overlap has ended. */
function current({ previous, ...entry }: VaultEntry, nowMs: number): VaultEntry {
  return previous && nowMs < previous.untilMs ? { ...entry, previous } : entry
}
