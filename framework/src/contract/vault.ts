/**
 * Vault: secrets and settings. Encrypted at rest; the current and the previous version of a secret while a rotation
 * lasts.
 */

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
   * Sets a value. With `overlapMs` the value before stays readable as `previous` for so long.
   * Names: 1 to 200 characters of a–z, 0–9, `-`, `_`, `.` and `/`. Values: at most 64 KB. Faults: `invalid-key`, `item-too-large`.
   */
  set(name: string, value: string, options?: { readonly overlapMs?: number }): Promise<VaultEntry>
  remove(name: string): Promise<void>
  /** Names below a prefix, sorted, without values. */
  list(
    prefix: string,
  ): Promise<readonly { readonly name: string; readonly version: number; readonly changedAtMs: number }[]>
}
