/**
 * The people that a manager sees: all of them, or those of the manager's tenant, and then nobody else exists.
 */
import { problem } from 'groundplan'
import { z } from 'zod'
import type { Kit, Uses } from './kit.ts'
import type { SignedIn } from './session.ts'

export const PersonShown = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.email(),
  verified: z.boolean(),
  secondFactor: z.boolean(),
  roles: z.array(z.string()),
  tenant: z.string().optional(),
  /** Nobody signs in to it. */
  locked: z.boolean(),
  since: z.iso.datetime(),
})

export const nobody = problem('not-found', 'There is no such person')

/** Nobody manages where no role does. */
export function manager({ door, managers }: Kit) {
  return managers === undefined ? door.signedIn(['nobody-manages'], []) : door.signedIn([managers])
}

export function peopleIn({ sql }: Uses['db'], tenant: string | undefined) {
  const all = sql
    .selectFrom('user')
    .leftJoin('memberships', 'memberships.user_id', 'user.id')
    .select(['id', 'name', 'email', 'emailVerified', 'twoFactorEnabled', 'createdAt', 'roles', 'tenant', 'locked_at'])
  return tenant === undefined ? all : all.where('tenant', '=', tenant)
}

export type PersonRow = Awaited<ReturnType<ReturnType<typeof peopleIn>['execute']>>[number]

export function personShown(row: PersonRow): z.input<typeof PersonShown> {
  const { id, name, email, emailVerified, twoFactorEnabled, createdAt, roles, tenant, locked_at } = row
  return {
    userId: id,
    name,
    email,
    verified: emailVerified,
    secondFactor: twoFactorEnabled === true,
    roles: roles ?? [],
    ...(tenant ? { tenant } : {}),
    locked: locked_at !== null,
    since: createdAt,
  }
}

/** A person whom this manager may see. */
export function personOf({ db }: Uses, userId: string, { tenant }: SignedIn): Promise<PersonRow | undefined> {
  return peopleIn(db, tenant).where('user.id', '=', userId).executeTakeFirst()
}
