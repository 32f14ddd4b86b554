/**
 * The vault on AWS: secrets in Secrets Manager (vault-secrets.ts), settings in SSM's Parameter Store, which costs nothing
 * for small ones (vault-settings.ts). Which is which, the name says: `<plan>/settings/…` is a setting. AWS encrypts both.
 */
import type { Vault } from 'groundplan/driver'

export interface AwsVaultOptions {
  readonly secrets: Vault
  readonly settings: Vault
}

export function awsVault({ secrets, settings }: AwsVaultOptions): Vault {
  const of = (name: string): Vault => (/^[^/]+\/settings\//.test(name) ? settings : secrets)
  return {
    get: name => of(name).get(name),
    set: (name, value, options) => of(name).set(name, value, options),
    remove: name => of(name).remove(name),
    async list(prefix) {
      const found = await Promise.all([secrets.list(prefix), settings.list(prefix)])
      return found.flat().sort((one, other) => (one.name < other.name ? -1 : 1))
    },
  }
}
