/**
 * `secret` and `setting`: what differs between environments and must not stand in code. Both live in the vault.
 */
import type { z } from 'zod'
import { type Grant, grant, type Resource } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Schema } from './schema.ts'

/** A secret's value. Printing it, in whatever way, shows `[secret name]`. */
export interface Secret {
  readonly name: string
  /** The value itself: hand it to what needs it, keep it nowhere. */
  reveal(): string
}

export interface SecretReader {
  /** Refreshed within 5 minutes of a change. Problem code: `secret-missing`. */
  get(): Promise<Secret>
}

export interface SecretsReader {
  /** The secret of one tenant; `undefined` where none is kept. */
  get(tenant: string): Promise<Secret | undefined>
}

export interface SecretsKeeper extends SecretsReader {
  set(tenant: string, value: string): Promise<void>
  remove(tenant: string): Promise<void>
  /** The tenants that have one. */
  tenants(): Promise<readonly string[]>
}

export interface SecretResource extends Resource {
  readonly kind: 'secret'
  /** Whether there is one for each tenant. */
  readonly perTenant: false
  readonly reader: Grant<SecretReader>
}

export interface TenantSecrets extends Resource {
  readonly kind: 'secret'
  readonly perTenant: true
  readonly reader: Grant<SecretsReader>
  readonly keeper: Grant<SecretsKeeper>
}

/**
 * Declares a secret, kept encrypted in the vault.
 * - `per: 'tenant'`: one for each tenant, managed by handlers with the `keeper` grant.
 * @example
 * const platformKeys = secret('platform-keys', { per: 'tenant' })
 */
export function secret(name: string): SecretResource
export function secret(name: string, options: { readonly per: 'tenant' }): TenantSecrets
export function secret(name: string, options?: { readonly per: 'tenant' }): SecretResource | TenantSecrets {
  const place = calledFrom(secret)
  return options ? tenantSecrets(name, place) : oneSecret(name, place)
}

function oneSecret(name: string, place: Resource['place']): SecretResource {
  const self: SecretResource = {
    kind: 'secret',
    name,
    place,
    perTenant: false,
    get reader() {
      return grant<SecretReader>(self, 'reader')
    },
  }
  return self
}

function tenantSecrets(name: string, place: Resource['place']): TenantSecrets {
  const self: TenantSecrets = {
    kind: 'secret',
    name,
    place,
    perTenant: true,
    get reader() {
      return grant<SecretsReader>(self, 'reader')
    },
    get keeper() {
      return grant<SecretsKeeper>(self, 'keeper')
    },
  }
  return self
}

export interface SettingReader<Value> {
  /** The value now; changes arrive within 5 minutes. Problem codes: `setting-missing`, `setting-invalid`. */
  get(): Promise<Value>
}

export interface Setting<Value> extends Resource {
  readonly kind: 'setting'
  readonly schema: Schema
  readonly reader: Grant<SettingReader<Value>>
}

/**
 * Declares a setting. A schema with a default makes it optional.
 * @example
 * const pageSize = setting('page-size', z.coerce.number().int().default(20))
 */
export function setting<S extends Schema>(name: string, schema: S): Setting<z.output<S>> {
  const place = calledFrom(setting)
  const self: Setting<z.output<S>> = {
    kind: 'setting',
    name,
    place,
    schema,
    get reader() {
      return grant<SettingReader<z.output<S>>>(self, 'reader')
    },
  }
  return self
}
