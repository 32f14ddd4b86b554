/**
 * A vault on PostgreSQL: each entry sealed with AES-256-GCM before the server gets it, so neither it nor a copy of it can
 * be read without the master key, which comes from outside.
 *
 * A sealed entry holds its value and, while an overlap lasts, the value before. Name, version and time stand beside it in
 * the open, for lists, and are sealed in: an entry that was changed, or put under another name, cannot be opened. A mark
 * tells at the start whether the key is the one that the entries were sealed with. Sets of one name follow each other,
 * by a lock on its row.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { checkVaultEntry, checkVaultName, fault, isFault, type Vault, type VaultEntry } from 'groundplan/driver'
import type { Ask, Connections, Row } from './connections.ts'

export interface PostgresVaultOptions {
  readonly connections: Connections
  /** The quoted schema. */
  readonly schema: string
  /** 32 bytes, the same in every process. */
  readonly masterKey: Uint8Array
}

/** What is sealed. */
interface Secrets {
  readonly value: string
  readonly previous?: VaultEntry['previous']
}

/** No name of an entry has a space. */
const markName = 'the mark'
const mark = 'groundplan vault'

/** Faults: `setting-invalid` (a master key that is none), `data-damaged` (another one). Nothing is changed then. */
export async function postgresVault(options: PostgresVaultOptions): Promise<Vault> {
  const vault = new SealedVault(options, sealKey(options.masterKey))
  await vault.checkMark()
  return vault
}

/** The master key is used for other things too, so each has a key of its own that follows from it. */
function sealKey(masterKey: Uint8Array): Buffer {
  if (masterKey.byteLength === 32) return Buffer.from(hkdfSync('sha256', masterKey, '', mark, 32))
  throw fault('setting-invalid', `the master key has ${masterKey.byteLength} bytes, it must have 32`)
}

class SealedVault implements Vault {
  readonly #connections: Connections
  readonly #table: string
  readonly #now: string
  readonly #key: Buffer

  constructor({ connections, schema }: PostgresVaultOptions, key: Buffer) {
    this.#connections = connections
    this.#table = `${schema}.groundplan_vault`
    this.#now = `${schema}.groundplan_now()`
    this.#key = key
  }

  async checkMark(): Promise<void> {
    const made = sealed(this.#key, mark, [markName])
    await this.#connections.repeatable(`insert into ${this.#table} values ($1, 0, 0, $2) on conflict do nothing`, [
      markName,
      made,
    ])
    const [row] = await this.#connections.repeatable(`select sealed from ${this.#table} where name = $1`, [markName])
    if (opened(this.#key, String(row?.[0]), [markName]) === mark) return
    const detail = 'the vault was sealed with another master key. Nothing was changed'
    throw fault('data-damaged', `${detail}: start with the key that it was sealed with`)
  }

  async get(name: string): Promise<VaultEntry | undefined> {
    checkVaultName(name)
    const found = await this.#connections.repeatable(this.#select, [name])
    return this.#entryIn(name, found[0])
  }

  async set(name: string, value: string, { overlapMs = 0 }: { readonly overlapMs?: number } = {}): Promise<VaultEntry> {
    checkVaultEntry(name, value)
    try {
      return await this.#connections.transaction(ask => this.#set(ask, name, value, overlapMs))
    } catch (error) {
      if (!isFault(error, 'engine-unavailable')) throw error
      throw fault(
        'engine-unavailable',
        `the connection was lost, and whether "${name}" was set is not known`,
        {},
        error,
      )
    }
  }

  async remove(name: string): Promise<void> {
    checkVaultName(name)
    const [found] = await this.#connections.repeatable(`select sealed from ${this.#table} where name = $1`, [name])
    if (!found) return
    // When the answer is lost and it is asked again, somebody may have set the name anew: that stays.
    await this.#connections.repeatable(`delete from ${this.#table} where name = $1 and sealed = $2`, [name, found[0]])
  }

  async list(prefix: string): ReturnType<Vault['list']> {
    const text = `select name, version, changed_at_ms from ${this.#table}
      where starts_with(name, $1) and version > 0 order by name`
    const rows = await this.#connections.repeatable(text, [prefix])
    return rows.map(([name, version, changedAtMs]) => ({
      name: String(name),
      version: Number(version),
      changedAtMs: Number(changedAtMs),
    }))
  }

  get #select(): string {
    return `select version, changed_at_ms, sealed, ${this.#now} from ${this.#table} where name = $1`
  }

  async #set(ask: Ask, name: string, value: string, overlapMs: number): Promise<VaultEntry> {
    // A name that is not there has no row to lock.
    await ask('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${this.#table} ${name}`])
    const [found] = await ask(this.#select, [name])
    const before = this.#entryIn(name, found)
    const [now] = await ask(`select ${this.#now}`)
    const changedAtMs = Number(now?.[0])
    const entry: VaultEntry = {
      ...{ name, value, version: (before?.version ?? 0) + 1, changedAtMs },
      ...(before && overlapMs > 0 ? { previous: previousOf(before, changedAtMs + overlapMs) } : {}),
    }
    const secrets: Secrets = entry.previous ? { value, previous: entry.previous } : { value }
    const text = sealed(this.#key, JSON.stringify(secrets), [name, entry.version, changedAtMs])
    await ask(
      `insert into ${this.#table} values ($1, $2, $3, $4) on conflict (name) do update
       set version = excluded.version, changed_at_ms = excluded.changed_at_ms, sealed = excluded.sealed`,
      [name, entry.version, changedAtMs, text],
    )
    return entry
  }

  #entryIn(name: string, row: Row | undefined): VaultEntry | undefined {
    if (!row) return undefined
    const [version, changedAtMs, text, nowMs] = [Number(row[0]), Number(row[1]), String(row[2]), Number(row[3])]
    const json = opened(this.#key, text, [name, version, changedAtMs])
    if (json === undefined) throw damaged(name)
    const { value, previous } = JSON.parse(json) as Secrets
    return { name, value, version, changedAtMs, ...(previous && nowMs < previous.untilMs ? { previous } : {}) }
  }
}

function previousOf({ value, version }: VaultEntry, untilMs: number): NonNullable<VaultEntry['previous']> {
  return { value, version, untilMs }
}

function damaged(name: string): Error {
  const detail = `"${name}" in the vault cannot be opened: it was changed outside of the vault. Nothing was overwritten`
  return fault('data-damaged', `${detail}: remove it and set it anew`)
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
