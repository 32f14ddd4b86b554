/** A small system with accounts, for their tests: customers and operators of two tenants. */
import { accounts } from '@groundplan/accounts'
import { apiKeys, endpoint, gateway, mailbox, plan, service } from 'groundplan'
import { z } from 'zod'

// #region keys
const partnerKeys = apiKeys('partner', {
  scopes: ['read', 'write'],
  rates: { free: { perSecond: 5, perMonth: 10_000 } },
})
// #endregion keys

// #region people
export const mail = mailbox('shop', { from: 'Shop <shop@example.org>' })

export const people = accounts('people', {
  title: 'The shop',
  roles: ['customer', 'operator', 'treasurer'],
  tenants: ['north', 'south'],
  newcomers: { roles: ['customer'], tenant: 'north' },
  managers: 'operator',
  secondFactor: 'treasurer',
  mail,
  home: '/shelves',
  apiKeys: { keys: partnerKeys, role: 'customer' },
})
// #endregion people

const Me = z.object({ userId: z.string(), roles: z.array(z.string()), tenant: z.string() })

/** Behind the front: whoever is signed in. */
// #region session
export const greet = endpoint('GET /greeting', {
  summary: 'Who is calling',
  caller: people.session(),
  returns: Me,
  handle: ({ caller: { userId, roles, tenant } }) => ({ userId, roles: [...roles], tenant }),
})
const back = service('back', { greet })

const me = endpoint('GET /me', {
  summary: 'Who is calling, as the service behind is told',
  caller: people.session({ role: 'customer' }),
  returns: Me,
  uses: { back: back.client },
  async handle(_call, { back }) {
    const reply = await back.greet()
    return reply.value
  },
})
// #endregion session

const buy = endpoint('POST /orders', {
  summary: 'Something that changes something',
  caller: people.session({ role: 'customer' }),
  returns: z.object({ by: z.string() }),
  handle: ({ caller }) => ({ by: caller.userId }),
})
const office = endpoint('GET /office', {
  summary: 'For operators',
  caller: people.session({ role: 'operator' }),
  returns: z.object({ by: z.string() }),
  handle: ({ caller }) => ({ by: caller.userId }),
})
const south = endpoint('GET /south', {
  summary: 'For one tenant',
  caller: people.session({ tenant: 'south' }),
  returns: z.object({ tenant: z.literal('south') }),
  handle: () => ({ tenant: 'south' as const }),
})
const front = service('front', { me, buy, office, south })

const whose = endpoint('GET /account', {
  summary: 'Whose key it is',
  caller: partnerKeys.with('read'),
  returns: z.object({ account: z.string() }),
  handle: ({ caller: { account } }) => ({ account }),
})
const keys = service('keys', { whose })

export default plan('shop', { gateways: { api: gateway(front), accounts: people.gateway, keys: gateway(keys) } })
