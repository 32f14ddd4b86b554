/**
 * People who did not sign up themselves: of a seed, or invited.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Clients } from 'groundplan'
import type { Hashing } from './hashing.ts'
import type { Database } from './keeping.ts'

type People = Clients<{ people: Database['writer'] }>['people']

export interface NewPerson {
  readonly name: string
  readonly email: string
  readonly roles: readonly string[]
  readonly tenant?: string | undefined
  /** Default: made of the address, so that enrolling somebody again is the same person. */
  readonly userId?: string | undefined
  /** Without one, a mail lets them choose it. */
  readonly password?: string | undefined
  /** Signs in on this machine alone: for sample data. */
  readonly development?: boolean | undefined
}

/** Makes a person whose address counts as confirmed. Gives the id; somebody known by that address stays as he is. */
export async function enrolled(db: People, at: Date, hashing: Hashing, person: NewPerson): Promise<string> {
  const email = person.email.toLowerCase()
  const known = await db.sql.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()
  if (known) return known.id
  const { name, roles, tenant = null, development = false } = person
  const id = person.userId ?? createHash('sha256').update(email).digest('base64url').slice(0, 32)
  const password = await hashing.hash(person.password ?? randomBytes(32).toString('base64url'))
  const now = { createdAt: at.toISOString(), updatedAt: at.toISOString() }
  await db.transaction(async tx => {
    const user = { id, name, email, emailVerified: true, image: null, twoFactorEnabled: false, ...now }
    await tx.insertInto('user').values(user).execute()
    const account = { id: `credential-${id}`, accountId: id, providerId: 'credential', userId: id, password, ...now }
    await tx.insertInto('account').values(account).execute()
    await tx
      .insertInto('memberships')
      .values({ user_id: id, roles: [...roles], tenant, development, locked_at: null })
      .execute()
  })
  return id
}
