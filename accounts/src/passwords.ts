/**
 * Whether a password is an account's, asked without better-auth: most who try one are wrong, and what it costs to make
 * better-auth for each of them is felt by everybody else. One query and one hash, whoever it is: an account that is not
 * there, or has no password, is looked for and hashed for like any other.
 */
import type { Hashing } from './hashing.ts'
import type { Uses } from './kit.ts'

export interface Shown {
  readonly email: string
  readonly password: string
}

export interface Fitting {
  /** Whose address it is, if anybody's: for the audit trail, and for no answer. */
  readonly userId?: string
  /** That the password fits; undefined: it fits none. */
  readonly hash?: string
}

export async function fitting(
  { db }: Pick<Uses, 'db'>,
  hashing: Hashing,
  { email, password }: Shown,
): Promise<Fitting> {
  const kept = await keptHash(db, email)
  if (!kept?.password) {
    await hashing.hash(password)
    return kept ? { userId: kept.userId } : {}
  }
  const { userId, password: hash } = kept
  return (await hashing.verify({ hash, password })) ? { userId, hash } : { userId }
}

/** As better-auth looks for it. */
async function keptHash({ sql }: Uses['db'], email: string) {
  return await sql
    .selectFrom('user')
    .innerJoin('account', 'account.userId', 'user.id')
    .select(['user.id as userId', 'account.password'])
    .where('user.email', '=', email)
    .where('account.providerId', '=', 'credential')
    .whereRef('account.accountId', '=', 'user.id')
    .executeTakeFirst()
}

/** Knows that a hash fits a password: better-auth asks again, and nothing is hashed twice. Any other is hashed. */
export function knowing(hashing: Hashing, hash: string, password: string): Hashing {
  return {
    ...hashing,
    verify: async given => (given.hash === hash && given.password === password) || hashing.verify(given),
  }
}
