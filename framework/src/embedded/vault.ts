/**
 * A vault on disk: each entry sealed with AES-256-GCM before LMDB gets it.
 *
 * A sealed entry holds its value and, while an overlap lasts, the value before. Its name, version and time stand beside
 * it in the open, for lists, and are sealed in: an entry that was changed, or put under another name, cannot be opened.
 * Every seal has a nonce of its own, by chance. A mark, sealed in the same way, tells at the start whether the key is the
 * one that the entries were sealed with.
 *
 * What cannot be opened is never overwritten: a `set` opens what is there first. Removing it is possible, and then
 * setting it anew.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Clock } from '../contract/clock.ts'
import { fault } from '../contract/problems.ts'
import { checkVaultEntry, checkVaultName, type Vault, type VaultEntry } from '../contract/vault.ts'
import type { Environment } from './environment.ts'
import type { Bytes } from './kept.ts'
import { endOf } from './key-bytes.ts'
import { checkMasterKey } from './master-key.ts'
import { openUntilClosed } from './still-open.ts'

export interface EmbeddedVault extends Vault {
  /**
   * Seals every entry with another master key, all or none. From then on only that one opens them.
   * Faults: `data-damaged` where an entry cannot be opened; nothing is changed then.
   */
  reseal(masterKey: Uint8Array): Promise<void>
}

/** What is sealed. */
interface Secrets {
  readonly value: string
  readonly previous?: VaultEntry['previous']
}

/** An entry as kept. */
interface Kept {
  readonly version: number
  readonly changedAtMs: number
  /** Nonce, tag and cipher text, in base64. */
  readonly sealed: string
}

/** No name begins with a zero byte. */
const markKey = Buffer.from('\0mark')
const mark = 'groundplan vault'

/**
 * Opens the vault of an environment, with its master key of 32 bytes.
 * Faults: `data-damaged` where it was sealed with another one. Nothing is changed then.
 */
export async function embeddedVault(
  environment: Environment,
  options: { readonly clock: Clock; readonly masterKey: Uint8Array },
): Promise<EmbeddedVault> {
  const vault = new SealedVault(environment, options.clock, sealKey(options.masterKey))
  await vault.checkMark()
  return vault
}

/** Whether a vault that is there was sealed with this master key; undefined where none is there. */
export function opensVault(environment: Environment, masterKey: Uint8Array): boolean | undefined {
  const kept = environment.vault.getBinary(markKey)
  return kept && opened(sealKey(masterKey), kept.toString(), [mark]) === mark
}

/** The master key is used for other things too, so each has a key of its own that follows from it. */
function sealKey(masterKey: Uint8Array): Buffer {
  checkMasterKey(masterKey)
  return Buffer.from(hkdfSync('sha256', masterKey, '', mark, 32))
}

class SealedVault implements EmbeddedVault {
  readonly #environment: Environment
  readonly #entries: Bytes
  readonly #clock: Clock
  readonly #checkOpen: () => void
  /** The key that seals. While all is being sealed with it, the one before opens what is not yet. */
  #keys: readonly [Buffer, ...Buffer[]]

  constructor(environment: Environment, clock: Clock, key: Buffer) {
    this.#environment = environment
    this.#entries = environment.vault
    this.#clock = clock
    this.#checkOpen = openUntilClosed(environment)
    this.#keys = [key]
  }

  /** Compares the mark, or makes it. */
  async checkMark(): Promise<void> {
    const kept = this.#entries.getBinary(markKey)
    if (!kept) await this.#environment.transactions.write(() => () => this.#writeMark())
    else if (opened(this.#keys[0], kept.toString(), [mark]) !== mark) throw wrongKey(this.#environment.folder)
  }

  async get(name: string): Promise<VaultEntry | undefined> {
    checkVaultName(name)
    this.#checkOpen()
    return this.#find(name)
  }

  async set(name: string, value: string, { overlapMs = 0 }: { readonly overlapMs?: number } = {}): Promise<VaultEntry> {
    checkVaultEntry(name, value)
    return this.#environment.transactions.write(() => {
      const before = this.#find(name)
      const changedAtMs = this.#clock.now()
      const overlaps = before && overlapMs > 0
      const entry: VaultEntry = {
        name,
        value,
        version: (before?.version ?? 0) + 1,
        changedAtMs,
        ...(overlaps
          ? { previous: { value: before.value, version: before.version, untilMs: changedAtMs + overlapMs } }
          : {}),
      }
      return () => {
        this.#write(entry)
        return entry
      }
    })
  }

  async remove(name: string): Promise<void> {
    checkVaultName(name)
    await this.#environment.transactions.write(() => () => this.#entries.remove(Buffer.from(name)))
  }

  async list(prefix: string): ReturnType<Vault['list']> {
    this.#checkOpen()
    return this.#kept(prefix).map(({ name, kept: { version, changedAtMs } }) => ({ name, version, changedAtMs }))
  }

  async reseal(masterKey: Uint8Array): Promise<void> {
    const key = sealKey(masterKey)
    const { transactions } = this.#environment
    const [before] = this.#keys
    // As it was, when the transaction is not kept.
    const leave = transactions.join({ beforeCommit() {}, reload: () => this.#useKeys(before) })
    try {
      await transactions.write(group => {
        const entries = this.#kept('').map(({ name, kept }) => this.#open(name, kept))
        return () => {
          this.#useKeys(key, before)
          for (const entry of entries) this.#write(entry)
          this.#writeMark()
          group.whenVisible(() => this.#useKeys(key))
        }
      })
    } finally {
      leave()
    }
  }

  #useKeys(...keys: [Buffer, ...Buffer[]]): void {
    this.#keys = keys
  }

  #find(name: string): VaultEntry | undefined {
    const kept = this.#entries.getBinary(Buffer.from(name))
    if (!kept) return undefined
    const { previous, ...entry } = this.#open(name, keptIn(kept, name))
    return previous && this.#clock.now() < previous.untilMs ? { ...entry, previous } : entry
  }

  #kept(prefix: string): readonly { readonly name: string; readonly kept: Kept }[] {
    const begin = Buffer.from(prefix)
    const found = [...this.#entries.getRange({ start: begin, end: endOf(begin) })]
    return found
      .map(({ key, value }) => ({ name: Buffer.from(key).toString(), value }))
      .filter(({ name }) => !name.startsWith('\0'))
      .map(({ name, value }) => ({ name, kept: keptIn(value, name) }))
  }

  #open(name: string, { sealed, version, changedAtMs }: Kept): VaultEntry {
    const beside = [name, version, changedAtMs]
    const json = this.#keys.map(key => opened(key, sealed, beside)).find(text => text !== undefined)
    if (json === undefined) throw damaged(name)
    const { value, previous } = JSON.parse(json) as Secrets
    return { name, value, version, changedAtMs, ...(previous ? { previous } : {}) }
  }

  #write({ name, value, version, changedAtMs, previous }: VaultEntry): void {
    const secrets: Secrets = previous ? { value, previous } : { value }
    const [key] = this.#keys
    const kept: Kept = {
      version,
      changedAtMs,
      sealed: sealed(key, JSON.stringify(secrets), [name, version, changedAtMs]),
    }
    this.#entries.put(Buffer.from(name), Buffer.from(JSON.stringify(kept)))
  }

  #writeMark(): void {
    this.#entries.put(markKey, Buffer.from(sealed(this.#keys[0], mark, [mark])))
  }
}

function keptIn(value: Buffer, name: string): Kept {
  try {
    const { version, changedAtMs, sealed } = JSON.parse(value.toString()) as Partial<Kept>
    if (typeof version === 'number' && typeof changedAtMs === 'number' && typeof sealed === 'string') {
      return { version, changedAtMs, sealed }
    }
  } catch {
    // Told below.
  }
  throw damaged(name)
}

// ---------- sealing

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** What stands beside a sealed text and belongs to it. */
type Beside = readonly (string | number)[]

function sealed(key: Buffer, text: string, beside: Beside): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(JSON.stringify(beside)))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
}

/** The text; undefined where key, text or what stands beside it is another. */
function opened(key: Buffer, text: string, beside: Beside): string | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length < nonceBytes + tagBytes) return undefined
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(JSON.stringify(beside)))
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    return decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}

function wrongKey(folder: string): Error {
  const detail = `the vault in "${folder}" was sealed with another master key. Nothing was changed`
  return fault('data-damaged', `${detail}: start with the key that it was sealed with`)
}

function damaged(name: string): Error {
  const detail = `"${name}" in the vault cannot be opened: it was changed outside of the vault. Nothing was overwritten`
  return fault('data-damaged', `${detail}: remove it and set it anew, or put a copy of the data folder in its place`)
}
