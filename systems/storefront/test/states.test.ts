/**
 * Orders through all their states, with what becomes of the stock; and what may not be done to them.
 */
import { testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import { type OrderAction, type OrderState, orderStates, rebuiltOrder, transitions } from '../model/orders.ts'
import storefront from '../plan.ts'
import { orderLog, products, stockLog } from '../resources.ts'
import { anna, ben, customer, olga, operator } from './people.ts'

const price = { amount: 1_250, currency: 'EUR' }
const total = { amount: 2_500, currency: 'EUR' }

const actions: Readonly<Record<OrderAction['action'], OrderAction>> = {
  pay: { action: 'pay', paid: total, reference: 'RF18 5390' },
  reject: { action: 'reject', reason: 'no such address' },
  cancel: { action: 'cancel', reason: 'changed their mind' },
  fulfil: { action: 'fulfil', tracking: 'TR-1' },
  refund: { action: 'refund', reason: 'broken', returned: false },
}

/** How an order gets into a state. */
const ways: Readonly<Record<OrderState, readonly OrderAction['action'][]>> = {
  placed: [],
  paid: ['pay'],
  rejected: ['reject'],
  cancelled: ['cancel'],
  fulfilled: ['pay', 'fulfil'],
  refunded: ['pay', 'refund'],
}

async function shop() {
  const bed = await testbed(storefront, { at: new Date('2026-05-04T09:00:00Z'), throttle: false })
  const { ops } = bed.as(operator, olga)
  await ops.updateProduct({ params: { productId: 'tea' }, body: { name: 'Tea', category: 'drinks', price } })
  await bed.settled()
  await ops.stockUp({ params: { productId: 'tea' }, body: { units: 10 } })
  const place = async (as = anna) => {
    const reply = await bed.as(customer, as).customer.order({ body: { lines: [{ productId: 'tea', quantity: 2 }] } })
    if (!reply.ok) throw new Error(reply.problem.code)
    return { orderId: reply.value.orderId }
  }
  const stock = async () => (await bed.uses({ products: products.reader }).products.get({ productId: 'tea' }))?.stock
  const inState = async (state: OrderState) => {
    const params = await place()
    for (const each of ways[state]) await ops.change({ params, body: actions[each] })
    return params
  }
  return { bed, ops, place, stock, inState, [Symbol.asyncDispose]: () => bed.close() }
}

describe('An order', () => {
  const all = Object.keys(actions) as readonly OrderAction['action'][]
  const cases = orderStates.flatMap(state => all.map(action => ({ state, action })))

  it.each(cases)(
    'S4: that is $state, asked to $action, does what the table of transitions says',
    async ({ state, action }) => {
      await using made = await shop()
      const params = await made.inState(state)
      const before = await made.stock()
      const reply = await made.ops.change({ params, body: actions[action] })
      const allowed = transitions.find(each => each.from === state && each.action === action)
      if (!allowed) {
        expect(reply).toMatchObject({ ok: false, problem: { code: 'wrong-state' } })
        expect(await made.stock()).toBe(before)
        return
      }
      expect(reply).toMatchObject({ ok: true, value: { state: allowed.to } })
      expect(await made.stock()).toBe((before ?? 0) + (allowed.stock === 'back' ? 2 : 0))
    },
  )

  it('S4: refunded after it left the house gives back what was returned, and only then', async () => {
    await using made = await shop()
    const params = await made.inState('fulfilled')
    expect(await made.stock()).toBe(8)
    await made.ops.change({ params, body: { action: 'refund', reason: 'broken', returned: true } })
    expect(await made.stock()).toBe(10)
  })

  it('S4: is paid for with its total, in its currency, and nothing else', async () => {
    await using made = await shop()
    const params = await made.place()
    for (const paid of [price, { ...total, currency: 'USD' }]) {
      const reply = await made.ops.change({ params, body: { action: 'pay', paid, reference: 'r' } })
      expect(reply).toMatchObject({ problem: { code: 'wrong-amount' } })
    }
    expect(await made.ops.change({ params, body: actions.pay })).toMatchObject({ value: { reference: 'RF18 5390' } })
  })

  it('S4: that two operators change at once is changed once', async () => {
    await using made = await shop()
    const params = await made.place()
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        made.ops.change({ params, body: n % 2 === 0 ? actions.pay : actions.reject }),
      ),
    )
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1)
    const codes = new Set(replies.flatMap(reply => (reply.ok ? [] : [reply.problem.code])))
    expect([...codes].every(code => code === 'wrong-state' || code === 'changed-meanwhile')).toBe(true)
  })

  it('S4: changed by a request that is retried, is changed once and answered the same', async () => {
    await using made = await shop()
    const params = await made.place()
    const first = await made.ops.change({ params, body: actions.cancel, once: 'c-1' })
    expect(await made.ops.change({ params, body: actions.cancel, once: 'c-1' })).toEqual(first)
    expect(await made.stock()).toBe(10)
  })

  it('S3: is cancelled by its customer while it is not paid for, and by no other', async () => {
    await using made = await shop()
    const params = await made.place()
    const cancelBy = (who: typeof anna) => made.bed.as(customer, who).customer.cancel({ params, body: {} })
    expect(await cancelBy(ben)).toMatchObject({ problem: { code: 'not-found' } })
    expect(await cancelBy(anna)).toMatchObject({ value: { state: 'cancelled' } })
    expect(await made.stock()).toBe(10)
    expect(await cancelBy(anna)).toMatchObject({ problem: { code: 'wrong-state' } })
  })

  it('S8: keeps every event for ever; customer and operations see its history, and it can be rebuilt from it', async () => {
    await using made = await shop()
    const params = await made.inState('fulfilled')
    await made.ops.change({ params, body: actions.refund })
    await made.bed.advance('30 hours')
    const mine = await made.bed.as(customer, anna).customer.myOrderHistory({ params })
    const told = mine.ok ? mine.value.events : []
    expect(told.map(({ type, by }) => `${type} by ${by}`)).toEqual([
      ...['placed by anna', 'paid by olga', 'fulfilled by olga', 'refunded by olga'],
    ])
    expect(await made.ops.oneOrder({ params })).toMatchObject({ value: { events: told, order: rebuiltOrder(told) } })
    const kept = made.bed.uses({ log: orderLog.scanner, stock: stockLog.scanner })
    expect((await kept.log.scan()).items).toEqual(told)
    expect((await kept.stock.scan()).items.map(({ units, reason }) => [units, reason])).toEqual([
      [10, 'arrived'],
      [-2, 'ordered'],
    ])
  })

  it('S4: many at once are each done or refused by themselves', async () => {
    await using made = await shop()
    const paid = await Promise.all([made.inState('paid'), made.inState('paid')])
    const placed = await made.place()
    const orderIds = [...paid, placed, { orderId: 'no-such-order' }].map(({ orderId }) => orderId)
    const { value } = await made.ops.changeMany({ body: { orderIds, action: { action: 'fulfil' } }, once: 'b-1' })
    expect(value.results.map(({ order, problem }) => order?.state ?? problem?.code)).toEqual([
      ...['fulfilled', 'fulfilled', 'wrong-state', 'not-found'],
    ])
    expect(await made.ops.changeMany({ body: { orderIds, action: { action: 'fulfil' } }, once: 'b-1' })).toMatchObject({
      value,
    })
  })

  it('S3: of several products takes all of them or none', async () => {
    await using made = await shop()
    const { ops, bed } = made
    await ops.updateProduct({ params: { productId: 'cup' }, body: { name: 'Cup', category: 'drinks', price } })
    await bed.settled()
    await ops.stockUp({ params: { productId: 'cup' }, body: { units: 1 } })
    const buy = (cups: number) =>
      bed.as(customer, anna).customer.order({
        body: {
          lines: [
            { productId: 'tea', quantity: 3 },
            { productId: 'cup', quantity: cups },
          ],
        },
      })
    expect(await buy(2)).toMatchObject({ problem: { code: 'sold-out', detail: 'There are not 2 of "Cup" left' } })
    expect(await made.stock()).toBe(10)
    expect(await buy(1)).toMatchObject({ value: { total: { amount: 5_000, currency: 'EUR' } } })
    expect(await made.stock()).toBe(7)
  })

  it('S3: of a product twice, of two currencies, of nothing known, is refused with its reason', async () => {
    await using made = await shop()
    const { ops, bed } = made
    const dollars = { amount: 900, currency: 'USD' }
    await ops.updateProduct({ params: { productId: 'map' }, body: { name: 'Map', category: 'paper', price: dollars } })
    await bed.settled()
    await ops.stockUp({ params: { productId: 'map' }, body: { units: 5 } })
    const codeOf = async (...ids: readonly string[]) => {
      const lines = ids.map(productId => ({ productId, quantity: 1 }))
      const reply = await bed.as(customer, anna).customer.order({ body: { lines } })
      return reply.ok ? reply.value.state : reply.problem.code
    }
    expect(await codeOf('tea', 'tea')).toBe('product-twice')
    expect(await codeOf('tea', 'map')).toBe('several-currencies')
    expect(await codeOf('tea', 'no-such-thing')).toBe('unknown-product')
    await ops.updateProduct({ params: { productId: 'map' }, body: { retired: true } })
    await bed.settled()
    expect(await codeOf('map')).toBe('unknown-product')
    expect(await codeOf('tea')).toBe('placed')
  })
})
