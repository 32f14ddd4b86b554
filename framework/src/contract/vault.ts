/**
 * Vault: secrets and settings. Encrypted at rest; the current and the previous version of a secret while a rotation
 * lasts.
 */
import { limits, readable, utf8Bytes } from './limits.ts'
import { fault } from './problems.ts'

export interface VaultEntry {
  readonly name: string
  readonly value: string
  /** Counts up from 1 at each `set`. */
  readonly version: number
  readonly changedAtMs: number
  /** The version before, while its overlap lasts. */
  readonly previous?: { readonly value: string; readonly version: number; readonly untilMs: number }
}

export interface Vault {
  get(name: string): Promise<VaultEntry | undefined>
  /**
   * Sets a value. With `overlapMs` the value before stays readable as `previous` for so long; without, and at the next
   * `set`, what was `previous` is gone.
   * Names: 1 to 200 characters of a–z, 0–9, `-`, `_`, `.` and `/`. Values: at most 64 KB. Faults: `invalid-key`, `item-too-large`.
   */
  set(name: string, value: string, options?: { readonly overlapMs?: number }): Promise<VaultEntry>
  /** With its previous version. Set again, it counts from 1. Nothing happens where nothing is. */
  remove(name: string): Promise<void>
  /** Names below a prefix, sorted, without values. */
  list(
    prefix: string,
  ): Promise<readonly { readonly name: string; readonly version: number; readonly changedAtMs: number }[]>
}

/** Refuses what is no name of an entry. Faults: `invalid-key`. */
export function checkVaultName(name: string): void {
  if (/^[a-z0-9\-_./]+$/.test(name) && name.length <= limits.secretNameLength) return
  const allowed = `1 to ${limits.secretNameLength} characters of a-z, 0-9, "-", "_", "." and "/"`
  throw fault('invalid-key', `the name of a secret or setting has ${allowed}, not "${name}"`)
}

/** Refuses what no vault keeps. Faults: `invalid-key`, `item-too-large`. Never says the value. */
export function checkVaultEntry(name: string, value: string): void {
  checkVaultName(name)
  const bytes = utf8Bytes(value)
  if (bytes <= limits.secretBytes) return
  throw fault('item-too-large', `"${name}" has ${readable(bytes)}, the limit is ${readable(limits.secretBytes)}`)
}
