/**
 * What makes the tests of accounts quick, and nothing else of them different: their beds begin with files of PostgreSQL
 * that were made before, and passwords are hashed with little cost. What a hash costs, and how many are made at once, is shown by
 * the tests of `hashing.ts` and `turns.ts`; that nothing is hashed that need not be, by counting.
 */
import crypto, { type ScryptOptions } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { DatabaseTemplate } from 'groundplan/testbed'
import { afterAll, beforeAll, inject } from 'vitest'

export const template: DatabaseTemplate = {
  files: async () => new Blob([await readFile(inject('databaseFiles'))]),
}

const { scrypt } = crypto
type Derived = (error: Error | null, key: Buffer) => void

function quick(password: string, salt: Buffer, bytes: number, options: ScryptOptions, done: Derived): void {
  scrypt(password, salt, bytes, { ...options, N: 16, p: 1 }, done)
}

/** From now on, for the tests of this file. */
export function quickHashes(): void {
  const put = (value: unknown) => Object.defineProperty(crypto, 'scrypt', { value, configurable: true, writable: true })
  beforeAll(() => void put(quick))
  afterAll(() => void put(scrypt))
}
