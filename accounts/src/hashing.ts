/**
 * Password hashes: scrypt on threads of a low priority. What hashes takes its turn, few at a time, so that a flood of
 * sign-ins takes neither the main thread nor all the cores. Each hash says how it was made, so that costs can grow.
 */
import crypto from 'node:crypto'
import { availableParallelism } from 'node:os'
import { HashingThreads } from './hashing-threads.ts'
import { type Turns, turns } from './turns.ts'

/** OWASP's least for scrypt, in the form that takes the least memory: 16 MB, five times over. */
const cost = { N: 2 ** 14, r: 8, p: 5 }
const keyBytes = 32
const saltBytes = 16
/** Who comes when so many wait, for some seconds each, is told to come again. */
const mostWaiting = 20

export interface Hashing {
  hash(password: string): Promise<string>
  verify(given: { readonly hash: string; readonly password: string }): Promise<boolean>
  /**
   * Runs what hashes when it is its turn. Undefined: so many wait that it is not even begun. Who was here before goes
   * first, so that a crowd of strangers does not keep him out.
   */
  readonly inTurn: Turns
}

/** One core stays free for everybody else. */
export function hashing(atOnce: number = Math.max(1, Math.min(3, availableParallelism() - 1))): Hashing {
  const threads = new HashingThreads(atOnce)
  const derived = (password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> => {
    const options = { N, r, p, maxmem: 256 * N * r }
    // However it was typed, the same password is the same bytes.
    return threads.derive({ password: password.normalize('NFKC'), salt, bytes: keyBytes, options })
  }
  return {
    inTurn: turns(atOnce, mostWaiting),
    async hash(password) {
      const salt = crypto.randomBytes(saltBytes)
      const key = await derived(password, salt, cost)
      return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
    },
    async verify({ hash, password }) {
      const [kind, N, r, p, salt = '', expected = ''] = hash.split('$')
      if (kind !== 'scrypt') return false
      const known = Buffer.from(expected, 'base64url')
      const used = { N: Number(N), r: Number(r), p: Number(p) }
      const key = await derived(password, Buffer.from(salt, 'base64url'), used)
      return known.length === key.length && crypto.timingSafeEqual(known, key)
    },
  }
}
