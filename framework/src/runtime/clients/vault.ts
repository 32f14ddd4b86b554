/**
 * The clients of secrets and settings. Values are kept for a minute, so that a busy handler does not ask the vault each
 * time and a change still arrives within five.
 */
import { compileReader } from '../../compile/reader.ts'
import type { Clock } from '../../contract/clock.ts'
import { secretName, settingName } from '../../contract/names.ts'
import { fault } from '../../contract/problems.ts'
import { Secret } from '../../contract/secret.ts'
import type { Vault } from '../../contract/vault.ts'
import type {
  SecretReader,
  SecretResource,
  SecretsKeeper,
  Setting,
  SettingReader,
  TenantSecrets,
} from '../../plan/secret.ts'
import { issuesText } from './reading.ts'

const keptMs = 60_000

/** A vault whose answers are kept for a while. */
export interface CachedVault {
  get(name: string): Promise<string | undefined>
  set(name: string, value: string): Promise<void>
  remove(name: string): Promise<void>
  list(prefix: string): Promise<readonly string[]>
}

/** `learned` hears each secret value that was read or set, so that logs can be scrubbed of it. */
export function cachedVault(vault: Vault, clock: Clock, learned: (name: string, value: string) => void): CachedVault {
  const learn = (name: string, value: string): void => {
    const [, secret] = name.split('/secrets/')
    if (secret !== undefined) learned(secret, value)
  }
  const kept = new Map<string, { readonly value: string | undefined; readonly untilMs: number }>()
  return {
    async get(name) {
      const known = kept.get(name)
      if (known && known.untilMs > clock.now()) return known.value
      const value = (await vault.get(name))?.value
      kept.set(name, { value, untilMs: clock.now() + keptMs })
      if (value !== undefined) learn(name, value)
      return value
    },
    async set(name, value) {
      learn(name, value)
      await vault.set(name, value)
      kept.delete(name)
    },
    async remove(name) {
      await vault.remove(name)
      kept.delete(name)
    },
    list: async prefix => (await vault.list(prefix)).map(entry => entry.name),
  }
}

export function secretClient(plan: string, secret: SecretResource | TenantSecrets, vault: CachedVault): unknown {
  return secret.perTenant ? tenantSecrets(plan, secret, vault) : oneSecret(plan, secret, vault)
}

function oneSecret(plan: string, { name }: SecretResource, vault: CachedVault): SecretReader {
  return {
    async get() {
      const value = await vault.get(secretName(plan, name))
      if (value !== undefined) return new Secret(name, value)
      throw fault(
        'secret-missing',
        `"${name}" is not in the vault: set it with \`groundplan secret set ${plan} ${name}\``,
      )
    },
  }
}

function tenantSecrets(plan: string, { name }: TenantSecrets, vault: CachedVault): SecretsKeeper {
  const prefix = `${secretName(plan, name)}/`
  return {
    async get(tenant) {
      const value = await vault.get(secretName(plan, name, tenant))
      return value === undefined ? undefined : new Secret(`${name} of ${tenant}`, value)
    },
    set: (tenant, value) => vault.set(secretName(plan, name, tenant), value),
    remove: tenant => vault.remove(secretName(plan, name, tenant)),
    tenants: async () => (await vault.list(prefix)).map(full => full.slice(prefix.length)),
  }
}

export function settingClient(plan: string, setting: Setting<unknown>, vault: CachedVault): SettingReader<unknown> {
  const { name, schema } = setting
  const reader = compileReader(schema)
  return {
    async get() {
      const value = await vault.get(settingName(plan, name))
      const read = reader.read(value)
      if (read.ok) return read.value
      if (value === undefined) {
        throw fault('setting-missing', `"${name}" is not set: set it with \`groundplan setting set ${plan} ${name}\``)
      }
      throw fault('setting-invalid', `"${name}": ${issuesText(read.issues)}`)
    },
  }
}
