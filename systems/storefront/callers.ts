/**
 * Who calls: customers on one side, operators on the other, signed in with accounts of the shop. Everything that knows
 * how a caller is known stands here.
 */
import { accounts } from '@groundplan/accounts'
import { accountsMail } from './resources.ts'

export const people = accounts('shop', {
  title: 'Storefront',
  roles: ['customer', 'operator'],
  newcomers: { roles: ['customer'] },
  managers: 'operator',
  mail: accountsMail,
  pages: '/storefront/account',
  home: '/shop',
})

export const customer = people.session({ role: 'customer' })
export const operator = people.session({ role: 'operator' })

interface Person {
  readonly userId: string
}

/** Whose orders are whose, and who did something. */
export function idOf({ userId }: Person): string {
  return userId
}
