/**
 * What makes the tests of accounts quick, and nothing else of them different: their beds begin with files of PostgreSQL
 * that were made before, and passwords are hashed with little cost. What a hash costs, and how many are made at once, is shown by
 * the tests of `hashing.ts`, `hashing-threads.ts` and `turns.ts`; that nothing is hashed that need not be, by counting.
 */
import { scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { DatabaseTemplate } from 'groundplan/testbed'
import { afterAll, beforeAll, inject } from 'vitest'
import { type Derivation, HashingThreads } from '../src/hashing-threads.ts'

export const template: DatabaseTemplate = {
  files: async () => new Blob([await readFile(inject('databaseFiles'))]),
}

const { derive } = HashingThreads.prototype

/** In this process' own time: no thread is begun for it. */
function quick({ password, salt, bytes, options }: Derivation): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, { ...options, N: 16, p: 1 }, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** From now on, for the tests of this file. */
export function quickHashes(): void {
  beforeAll(() => {
    HashingThreads.prototype.derive = quick
  })
  afterAll(() => {
    HashingThreads.prototype.derive = derive
  })
}
