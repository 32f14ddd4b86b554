/**
 * Secrets in Secrets Manager. Its own versions are ours: the id of a version says its number, so that of two who set the
 * same one the second is refused and sets the next. A label of the version says the rest:
 *
 *   groundplan-<when it was set>-<until when the version before is read as well>-<e: empty>-<number>
 *
 * Secrets Manager takes an empty value for none, and 20 labels for all versions, so those of old ones are taken off. The
 * version before has its own label, AWSPREVIOUS. Reading takes one call, two while a rotation lasts.
 */
import type { ListSecretsResponse, SecretListEntry } from '@aws-sdk/client-secrets-manager'
import { type Clock, checkVaultEntry, checkVaultName, fault, type Vault, type VaultEntry } from 'groundplan/driver'
import { type AwsOptions, awsErrorOf, persistently, type Spending } from './client.ts'
import { type SecretsOperations, secretsManager } from './secrets-manager.ts'
import { SignedCalls } from './signed-calls.ts'

const current = 'AWSCURRENT'
const previous = 'AWSPREVIOUS'
const ours = 'groundplan-'
const mostAttempts = 100

export interface SecretsVault extends Vault {
  close(): void
}

/** @param prefix what all names begin with there: the environment */
export function secretsVault(options: AwsOptions, prefix: string): SecretsVault {
  return new Secrets(options, prefix)
}

interface Version {
  readonly value: string
  readonly version: number
  readonly changedAtMs: number
  readonly untilMs: number
}

class Secrets implements SecretsVault {
  readonly #calls: SignedCalls<SecretsOperations>
  readonly #clock: Clock
  readonly #spent: AwsOptions['spent']
  readonly #prefix: string

  constructor(options: AwsOptions, prefix: string) {
    this.#calls = new SignedCalls<SecretsOperations>(secretsManager, options)
    this.#clock = options.clock
    this.#spent = options.spent
    this.#prefix = `${prefix}@`
  }

  async get(name: string): Promise<VaultEntry | undefined> {
    checkVaultName(name)
    const found = await this.#version(name, current)
    if (!found) return undefined
    const { untilMs, ...entry } = found
    const before = untilMs > this.#clock.now() ? await this.#version(name, previous) : undefined
    return {
      name,
      ...entry,
      ...(before ? { previous: { value: before.value, version: before.version, untilMs } } : {}),
    }
  }

  async set(name: string, value: string, { overlapMs = 0 }: { readonly overlapMs?: number } = {}): Promise<VaultEntry> {
    checkVaultEntry(name, value)
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const before = await this.#version(name, current)
      if (!before) await this.#make(name)
      const changedAtMs = this.#clock.now()
      const untilMs = before && overlapMs > 0 ? changedAtMs + overlapMs : 0
      const next = { value, version: (before?.version ?? 0) + 1, changedAtMs, untilMs }
      if (!(await this.#put(name, next))) continue
      if (before) await this.#tidy(name)
      const { untilMs: _, ...entry } = next
      const overlap = { value: before?.value ?? '', version: before?.version ?? 0, untilMs }
      return { name, ...entry, ...(untilMs > 0 ? { previous: overlap } : {}) }
    }
    throw fault('engine-unavailable', `too many set "${name}" at once`)
  }

  async remove(name: string): Promise<void> {
    checkVaultName(name)
    const asked = { SecretId: this.#prefix + name, ForceDeleteWithoutRecovery: true }
    await this.#unless('ResourceNotFoundException', 'DeleteSecret', name, asked)
  }

  async list(prefix: string) {
    const found: { readonly name: string; readonly version: number; readonly changedAtMs: number }[] = []
    let next: string | undefined
    do {
      const page: ListSecretsResponse = await this.#call('ListSecrets', prefix, {
        MaxResults: 100,
        Filters: [{ Key: 'name', Values: [this.#prefix + prefix] }],
        ...(next === undefined ? {} : { NextToken: next }),
      })
      found.push(...(page.SecretList ?? []).flatMap(entry => this.#listed(entry, prefix)))
      next = page.NextToken
    } while (next !== undefined)
    return found.sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  close(): void {
    this.#calls.close()
  }

  #listed({ Name = '', SecretVersionsToStages = {} }: SecretListEntry, prefix: string) {
    if (!Name.startsWith(this.#prefix + prefix)) return []
    const newest = Object.entries(SecretVersionsToStages).find(([, labels]) => labels.includes(current))
    if (!newest) return []
    const [id, labels] = newest
    return [{ name: Name.slice(this.#prefix.length), version: numberIn(id), changedAtMs: noteIn(labels).changedAtMs }]
  }

  async #version(name: string, VersionStage: string): Promise<Version | undefined> {
    const asked = { SecretId: this.#prefix + name, VersionStage }
    const found = await this.#unless('ResourceNotFoundException', 'GetSecretValue', name, asked)
    if (!found) return undefined
    const { SecretString = '', VersionId = '', VersionStages: labels = [] } = found
    const { isEmpty, ...times } = noteIn(labels)
    return { value: isEmpty ? '' : SecretString, version: numberIn(VersionId), ...times }
  }

  /** The secret without any value; somebody else may have made it meanwhile. */
  async #make(name: string): Promise<void> {
    await this.#unless('ResourceExistsException', 'CreateSecret', name, { Name: this.#prefix + name })
  }

  /** False: somebody has set this version. */
  async #put(name: string, next: Version): Promise<boolean> {
    const put = {
      SecretId: this.#prefix + name,
      ClientRequestToken: idOf(next.version),
      SecretString: next.value === '' ? '-' : next.value,
      VersionStages: [current, labelOf(next)],
    }
    return (await this.#unless('ResourceExistsException', 'PutSecretValue', name, put)) !== undefined
  }

  /** Takes our labels off the versions that nobody reads any more. Where that fails, the next `set` does it. */
  async #tidy(name: string): Promise<void> {
    const SecretId = this.#prefix + name
    try {
      const { VersionIdsToStages = {} } = await this.#call('DescribeSecret', name, { SecretId })
      for (const [id, labels] of Object.entries(VersionIdsToStages)) {
        const own = labels.find(label => label.startsWith(ours))
        if (own === undefined || labels.includes(current) || labels.includes(previous)) continue
        const removal = { SecretId, VersionStage: own, RemoveFromVersionId: id }
        await this.#call('UpdateSecretVersionStage', name, removal)
      }
    } catch {
      // The value is set.
    }
  }

  async #unless<O extends keyof SecretsOperations>(
    error: string,
    operation: O,
    name: string,
    input: SecretsOperations[O]['input'],
  ): Promise<SecretsOperations[O]['output'] | undefined> {
    try {
      return await this.#call(operation, name, input)
    } catch (thrown) {
      if (awsErrorOf(thrown).name === error) return undefined
      throw thrown
    }
  }

  #call<O extends keyof SecretsOperations>(
    operation: O,
    resource: string,
    input: SecretsOperations[O]['input'],
  ): Promise<SecretsOperations[O]['output']> {
    const spending: Spending = { service: 'secretsmanager', operation, resource, units: 1 }
    return persistently(this.#clock, `${operation} of ${resource}`, () => {
      this.#spent?.(spending)
      return this.#calls.call(operation, input)
    })
  }
}

/** Secrets Manager wants 32 characters at least. */
function idOf(version: number): string {
  return `groundplan-version-${String(version).padStart(16, '0')}`
}

function numberIn(id: string): number {
  return Number(/^groundplan-version-(\d+)$/.exec(id)?.[1] ?? 0)
}

function labelOf({ value, version, changedAtMs, untilMs }: Version): string {
  return `${ours}${changedAtMs}-${untilMs}-${value === '' ? 'e' : ''}-${version}`
}

function noteIn(labels: readonly string[]) {
  const own = labels.find(label => label.startsWith(ours)) ?? ours
  const [changedAtMs, untilMs, empty] = own.slice(ours.length).split('-')
  return { changedAtMs: Number(changedAtMs ?? 0), untilMs: Number(untilMs ?? 0), isEmpty: empty === 'e' }
}
