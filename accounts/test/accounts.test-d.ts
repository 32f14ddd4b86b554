/** The types of accounts: callers know the roles and tenants that were declared, and nobody can ask for others. */
import { accounts } from '@groundplan/accounts'
import { endpoint, mailbox } from 'groundplan'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const mail = mailbox('shop', { from: 'shop@example.org' })
const people = accounts('people', { roles: ['customer', 'operator'], tenants: ['north', 'south'], mail })
const alone = accounts('alone', { roles: ['customer'], mail })

const usual = { summary: 'A test', returns: z.string() }
endpoint('GET /one', {
  ...usual,
  caller: people.session({ role: 'operator', tenant: 'north' }),
  handle({ caller }) {
    expectTypeOf(caller.roles).toEqualTypeOf<readonly ('customer' | 'operator')[]>()
    expectTypeOf(caller.tenant).toEqualTypeOf<'north' | 'south'>()
    expectTypeOf(caller.userId).toEqualTypeOf<string>()
    return caller.tenant
  },
})
endpoint('GET /two', {
  ...usual,
  caller: alone.session({ role: ['customer'] }),
  handle({ caller }) {
    expectTypeOf(caller.tenant).toEqualTypeOf<undefined>()
    return caller.userId
  },
})

// @ts-expect-error there is no such role
people.session({ role: 'king' })
// @ts-expect-error there is no such tenant
people.session({ tenant: 'east' })
// @ts-expect-error there are no tenants
alone.session({ tenant: 'north' })
// @ts-expect-error newcomers have roles that are declared
accounts('other', { roles: ['customer'], newcomers: { roles: ['operator'] }, mail })
// @ts-expect-error managers have a role that is declared
accounts('another', { roles: ['customer'], managers: 'operator', mail })
