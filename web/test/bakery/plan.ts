/**
 * A small system with accounts of another kind than storefront's, for the tests of their pages: two tenants, nobody signs
 * up by themselves, and programs call with API keys.
 */
import { accounts } from '@groundplan/accounts'
import { apiKeys, endpoint, gateway, mailbox, plan, service } from 'groundplan'
import { z } from 'zod'

const keys = apiKeys('bread', {
  scopes: ['read', 'order'],
  rates: { small: { perSecond: 5, perMonth: 10_000 }, large: { perSecond: 50 } },
})

export const people = accounts('bakers', {
  title: 'The bakery',
  roles: ['baker', 'manager', 'treasurer'],
  tenants: ['north', 'south'],
  managers: 'manager',
  secondFactor: 'treasurer',
  mail: mailbox('bakery', { from: 'The bakery <bakery@example.org>' }),
  pages: '/bakery/account',
  home: '/look',
  apiKeys: { keys, role: 'baker' },
})

const loaves = endpoint('GET /loaves', {
  summary: 'For programs',
  caller: keys.with('read'),
  returns: z.object({ of: z.string() }),
  handle: ({ caller }) => ({ of: caller.account }),
})

export default plan('bakery', {
  gateways: { accounts: people.gateway, api: gateway(service('front', { loaves })) },
})
