/**
 * The shop as people use it, wherever it runs: they sign in, order, book and see, each at their own gateway with what the
 * accounts gave them. The same cases in the testbed, on PostgreSQL and on AWS.
 */
import { seed } from 'groundplan'
import type { Home, OpenHome } from 'groundplan/home'
import { describe, expect, it } from 'vitest'
import { people } from '../callers.ts'
import storefront from '../plan.ts'
import { stockTea } from './order-line.ts'

type Shop = Home<typeof storefront.gateways>

const password = 'twelve letters and more'
const staff = seed({
  uses: { accounts: people.database.writer },
  async handle({ at }, { accounts }) {
    for (const [name, role] of [['Anna', 'customer'] as const, ['Olga', 'operator'] as const]) {
      const email = `${name.toLowerCase()}@example.org`
      await people.enrol(accounts, at, { userId: name.toLowerCase(), name, email, password, roles: [role] })
    }
    return []
  },
})

/** Somebody with the token of a sign-in. */
async function signedIn(shop: Shop, name: string) {
  const body = { email: `${name}@example.org`, password, deliver: 'body' } as const
  const reply = await shop.gateways.accounts.signIn({ body })
  const token = reply.ok && reply.value.state === 'signed-in' ? reply.value.tokens?.accessToken : undefined
  if (token === undefined) throw new Error(`${name} was not signed in: ${JSON.stringify(reply)}`)
  return shop.with({ authorization: `Bearer ${token}` })
}

export function signedInIn(home: string, open: OpenHome): void {
  // Passwords are hashed as slowly as they are kept.
  describe(`storefront ${home}: signed in`, { timeout: 120_000 }, () => {
    it('S15: a customer signs in and orders, an operator signs in and books; each sees it, and neither the other’s side', async () => {
      await using shop = await open(storefront, { throttle: false })
      await stockTea(shop, 10)
      await shop.seed(staff)
      const [anna, olga] = [await signedIn(shop, 'anna'), await signedIn(shop, 'olga')]
      const placed = await anna.customer.order({ body: { lines: [{ productId: 'tea', quantity: 2 }] } })
      expect(placed).toMatchObject({ ok: true, value: { customerId: 'anna', state: 'placed' } })
      const params = { orderId: placed.ok ? placed.value.orderId : '' }
      await shop.settled()
      const board = async () => (await olga.ops.board({})).value.items.map(({ orderId }) => orderId)
      await expect.poll(board, { timeout: 10_000 }).toEqual([params.orderId])
      const pay = { action: 'pay', paid: { amount: 900, currency: 'EUR' }, reference: 'transfer 1' } as const
      expect(await olga.ops.change({ params, body: pay })).toMatchObject({ ok: true, value: { state: 'paid' } })
      expect(await anna.customer.myOrder({ params })).toMatchObject({ ok: true, value: { state: 'paid' } })
      await expect(anna.ops.board({})).rejects.toMatchObject({ code: 'not-allowed' })
      await expect(olga.customer.myOrders({})).rejects.toMatchObject({ code: 'not-allowed' })
    })

    it('S15: whoever signs out is out at the shop’s gateways within a second', async () => {
      await using shop = await open(storefront, { throttle: false })
      await shop.seed(staff)
      const anna = await signedIn(shop, 'anna')
      expect(await anna.customer.myOrders({})).toMatchObject({ ok: true })
      await anna.accounts.signOut()
      const asked = () =>
        anna.customer.myOrders({}).then(
          () => 'in',
          () => 'out',
        )
      if ('advance' in shop && typeof shop.advance === 'function') await shop.advance('1 second')
      await expect.poll(asked, { timeout: 1_000, interval: 50 }).toBe('out')
    })
  })
}
