/**
 * What a person is here: roles and tenant, and whether the account is locked. Whoever signed up gets it at the first
 * sign-in, or earlier where a manager gives a role or locks the account.
 */
import type { Kit, Uses } from './kit.ts'

/** What a newcomer is, with these roles in the place of the usual ones where they are given. */
export function newcomer({ newcomers }: Pick<Kit, 'newcomers'>, userId: string, given?: readonly string[]) {
  const { roles = [], tenant } = newcomers ?? {}
  return {
    user_id: userId,
    roles: [...new Set(given ?? roles)],
    tenant: tenant === 'own' ? userId : (tenant ?? null),
    development: false,
    locked_at: null,
  }
}

export type Membership = Omit<ReturnType<typeof newcomer>, 'locked_at'> & { readonly locked_at: string | null }

/** Keeps a membership; of one that is there already, these columns alone. */
export async function kept({ db }: Pick<Uses, 'db'>, membership: Membership, column: 'roles' | 'locked_at') {
  const changed = column === 'roles' ? { roles: membership.roles } : { locked_at: membership.locked_at }
  await db.sql
    .insertInto('memberships')
    .values(membership)
    .onConflict(conflict => conflict.column('user_id').doUpdateSet(changed))
    .execute()
}
