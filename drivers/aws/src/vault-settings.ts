/**
 * Settings in SSM's Parameter Store, encrypted. Its own versions are ours: it counts each time a parameter is set. The
 * value is JSON of what we keep, with the one before while an overlap lasts. AWS keeps 8 KB at most; what has more is
 * refused.
 */
import type {
  DeleteParameterRequest,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  Parameter,
  PutParameterRequest,
  PutParameterResult,
} from '@aws-sdk/client-ssm'
import { type Clock, checkVaultEntry, checkVaultName, fault, type Vault, type VaultEntry } from 'groundplan/driver'
import { type AwsOptions, awsErrorOf, persistently, type Spending } from './client.ts'
import { type Does, type JsonService, SignedCalls } from './signed-calls.ts'

interface Operations {
  readonly DeleteParameter: Does<DeleteParameterRequest, object>
  readonly GetParameter: Does<GetParameterRequest, GetParameterResult>
  readonly GetParametersByPath: Does<GetParametersByPathRequest, GetParametersByPathResult>
  readonly PutParameter: Does<PutParameterRequest, PutParameterResult>
}

const service: JsonService = { host: 'ssm', signedFor: 'ssm', target: 'AmazonSSM', json: '1.1' }

/** SSM takes no more of one parameter. */
const mostBytes = 8 * 1_024

export interface SettingsVault extends Vault {
  close(): void
}

/** @param prefix what all names begin with there: the environment */
export function settingsVault(options: AwsOptions, prefix: string): SettingsVault {
  return new Settings(options, prefix)
}

interface Kept {
  readonly value: string
  readonly changedAtMs: number
  readonly previous?: NonNullable<VaultEntry['previous']>
}

class Settings implements SettingsVault {
  readonly #calls: SignedCalls<Operations>
  readonly #clock: Clock
  readonly #spent: AwsOptions['spent']
  readonly #path: string

  constructor(options: AwsOptions, prefix: string) {
    this.#calls = new SignedCalls<Operations>(service, options)
    this.#clock = options.clock
    this.#spent = options.spent
    this.#path = `/${prefix}/`
  }

  async get(name: string): Promise<VaultEntry | undefined> {
    checkVaultName(name)
    const asked = { Name: this.#path + name, WithDecryption: true }
    const found = await this.#unlessMissing('GetParameter', name, asked)
    return found?.Parameter && this.#entry(found.Parameter)
  }

  async set(name: string, value: string, { overlapMs = 0 }: { readonly overlapMs?: number } = {}): Promise<VaultEntry> {
    checkVaultEntry(name, value)
    const before = overlapMs > 0 ? await this.get(name) : undefined
    const changedAtMs = this.#clock.now()
    const overlap = before && { value: before.value, version: before.version, untilMs: changedAtMs + overlapMs }
    const kept: Kept = { value, changedAtMs, ...(overlap ? { previous: overlap } : {}) }
    const Value = JSON.stringify(kept)
    if (Buffer.byteLength(Value) > mostBytes) {
      throw fault(
        'item-too-large',
        `"${name}" is too large: a setting on AWS has at most 8 KB with all that is kept of it`,
      )
    }
    const { Version = 1 } = await this.#call('PutParameter', name, {
      Name: this.#path + name,
      Value,
      Type: 'SecureString',
      Overwrite: true,
      Tier: 'Intelligent-Tiering',
    })
    return { name, version: Version, ...kept }
  }

  async remove(name: string): Promise<void> {
    checkVaultName(name)
    await this.#unlessMissing('DeleteParameter', name, { Name: this.#path + name })
  }

  async list(prefix: string) {
    const found: VaultEntry[] = []
    let next: string | undefined
    do {
      const page: GetParametersByPathResult = await this.#call('GetParametersByPath', prefix, {
        ...{ Path: this.#path, Recursive: true, WithDecryption: true, MaxResults: 10 },
        ...(next === undefined ? {} : { NextToken: next }),
      })
      found.push(...(page.Parameters ?? []).map(parameter => this.#entry(parameter)))
      next = page.NextToken
    } while (next !== undefined)
    return found
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, version, changedAtMs }) => ({ name, version, changedAtMs }))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  close(): void {
    this.#calls.close()
  }

  #entry({ Name = '', Value = '', Version = 0 }: Parameter): VaultEntry {
    const name = Name.slice(this.#path.length)
    const { previous, ...kept } = keptIn(name, Value)
    const overlaps = previous && this.#clock.now() < previous.untilMs
    return { name, version: Version, ...kept, ...(overlaps ? { previous } : {}) }
  }

  async #unlessMissing<O extends keyof Operations>(
    operation: O,
    name: string,
    input: Operations[O]['input'],
  ): Promise<Operations[O]['output'] | undefined> {
    try {
      return await this.#call(operation, name, input)
    } catch (error) {
      if (awsErrorOf(error).name === 'ParameterNotFound') return undefined
      throw error
    }
  }

  #call<O extends keyof Operations>(
    operation: O,
    resource: string,
    input: Operations[O]['input'],
  ): Promise<Operations[O]['output']> {
    const spending: Spending = { service: 'ssm', operation, resource, units: 1 }
    return persistently(this.#clock, `${operation} of ${resource}`, () => {
      this.#spent?.(spending)
      return this.#calls.call(operation, input)
    })
  }
}

/** Faults: `data-damaged`. Never says the value. */
function keptIn(name: string, text: string): Kept {
  try {
    return JSON.parse(text) as Kept
  } catch {
    throw fault('data-damaged', `"${name}" in the Parameter Store was not set by us`)
  }
}
