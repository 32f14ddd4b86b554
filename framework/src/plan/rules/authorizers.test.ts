import { expect, it } from 'vitest'
import { z } from 'zod'
import { authorizer } from '../authorizer.ts'
import { check, checkAll } from '../check.ts'
import { endpoint } from '../endpoint.ts'
import { gateway } from '../gateway.ts'
import { plan } from '../plan.ts'
import { service } from '../service.ts'

const Person = z.object({ name: z.string() })

function planOf(name: string, more: Partial<Parameters<typeof authorizer<typeof Person>>[1]>) {
  const caller = authorizer('person', { caller: Person, authorize: async () => undefined, ...more })
  const show = endpoint('GET /show', { summary: 'A test', caller, returns: z.string(), handle: () => 'shown' as const })
  return plan(name, { gateways: { api: gateway(service('server', { show })) } })
}

it('an authorizer that lets nobody in says why, and what to do', () => {
  const flawed = planOf('shop', { flaws: [{ message: 'There is no role "admn"', wayOut: 'declare it' }] })
  expect(check(flawed)).toMatchObject([
    { code: 'authorizer-invalid', message: 'There is no role "admn"', wayOut: 'declare it' },
  ])
})

it('plans at one address do not share a cookie', () => {
  const both = (one: string, other: string) => [
    planOf('shop', { shownBy: { cookie: one } }),
    planOf('office', { shownBy: { cookie: other } }),
  ]
  expect(checkAll(both('people', 'staff'))).toEqual([])
  expect(checkAll(both('people', 'people'))).toMatchObject([
    { code: 'names-collide', message: 'The plans "shop" and "office" both use the cookie "people"' },
  ])
})
