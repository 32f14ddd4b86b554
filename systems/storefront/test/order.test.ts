/**
 * One order through the whole shop: customer-bff → backend → stock, event → operations' inbox and mail, and the
 * catalogue view.
 */
import { oneOf } from 'groundplan'
import { killedEverywhere, testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../backend/catalogue.ts'
import storefront from '../plan.ts'
import { inbox, orders, pictures, products } from '../resources.ts'
import { anna, ben, customer, olga, operator } from './people.ts'

const tea = {
  productId: 'tea',
  name: 'Green tea',
  category: 'drinks',
  price: { amount: 450, currency: 'EUR' },
  stock: 10,
}
const ofTea = (quantity: number) => ({ lines: [{ productId: 'tea', quantity }] })

async function shop(stock = 10, options: Parameters<typeof testbed>[1] = {}) {
  const bed = await testbed(storefront, { at: new Date('2026-05-04T09:00:00Z'), throttle: false, ...options })
  await bed.uses({ products: products.writer }).products.put({ ...tea, stock })
  await bed.settled()
  return bed
}

const keys = { orders: orders.scanner, products: products.reader, inbox: inbox.reader }

describe('storefront: one order', () => {
  it('S3: a customer places an order and sees it among its own', async () => {
    await using bed = await shop()
    const placed = await bed.as(customer, anna).customer.order({ body: ofTea(2) })
    expect(placed).toMatchObject({
      ok: true,
      value: {
        customerId: 'anna',
        lines: [{ productName: 'Green tea', quantity: 2 }],
        total: { amount: 900, currency: 'EUR' },
        state: 'placed',
      },
    })
    await bed.settled()
    const mine = await bed.as(customer, anna).customer.myOrders({})
    expect(mine.value.items).toHaveLength(1)
    expect((await bed.as(customer, ben).customer.myOrders({})).value.items).toEqual([])
  })

  it('S3: a customer sees each step of an order live, as operations take it, and of no other’s', async () => {
    await using bed = await shop()
    const { customer: mine } = bed.as(customer, anna)
    const [placed, other] = [await mine.order({ body: ofTea(2) }), await mine.order({ body: ofTea(1) })]
    if (!placed.ok || !other.ok) throw new Error('not placed')
    const { orderId, total } = placed.value
    await bed.settled()
    const live = await mine.live({ params: { orderId } })
    if (!live.ok) throw new Error('not opened')
    const steps = live.value[Symbol.asyncIterator]()
    const [first, second] = [steps.next(), steps.next()]
    const { ops } = bed.as(operator, olga)
    const book = (params: { orderId: string }, paid: typeof total) =>
      ops.change({ params, body: { action: 'pay', paid, reference: 'r' } })
    expect(await book(other.value, other.value.total)).toMatchObject({ ok: true })
    expect(await book({ orderId }, total)).toMatchObject({ ok: true })
    expect((await first).value).toMatchObject({ orderId, seq: 2, type: 'paid', by: 'olga' })
    await ops.change({ params: { orderId }, body: { action: 'fulfil', tracking: 'GP-1' } })
    expect((await second).value).toMatchObject({ orderId, seq: 3, type: 'fulfilled' })
    await steps.return?.()
    const others = await bed.as(customer, ben).customer.live({ params: { orderId } })
    expect(others).toMatchObject({ ok: false, problem: { code: 'not-found' } })
  })

  it('S3: another customer’s order is not found, as if it were not there', async () => {
    await using bed = await shop()
    const placed = await bed.as(customer, anna).customer.order({ body: ofTea(1) })
    const orderId = placed.ok ? placed.value.orderId : ''
    const others = await bed.as(customer, ben).customer.myOrder({ params: { orderId } })
    const nobodys = await bed.as(customer, ben).customer.myOrder({ params: { orderId: 'no-such-order' } })
    expect(others).toEqual(nobodys)
  })

  it('S5: operations hear of the order in their inbox and by mail', async () => {
    await using bed = await shop()
    const placed = await bed.as(customer, anna).customer.order({ body: ofTea(2) })
    await bed.settled()
    const { value } = await bed.as(operator, olga).ops.inbox({ params: { day: '2026-05-04' } })
    expect(value.notices).toMatchObject([{ text: 'anna ordered 2 × Green tea' }])
    const mails = await bed.mails()
    expect(mails).toMatchObject([
      { to: ['operations@example.org'], subject: `New order ${placed.ok ? placed.value.orderId : ''}` },
    ])
  })

  it('S7: the catalogue is a view that follows the products', async () => {
    await using bed = await shop(1)
    const entry = { productId: 'tea' }
    expect(await bed.gateways.customer.product({ params: entry })).toMatchObject({ value: { available: true } })
    await bed.as(customer, anna).customer.order({ body: ofTea(1) })
    await bed.settled()
    expect(await bed.gateways.customer.product({ params: entry })).toMatchObject({ value: { available: false } })
  })

  it('S6: a product’s update goes through the queue into table and catalogue; moved and retired, it leaves its old place', async () => {
    await using bed = await shop()
    const { ops } = bed.as(operator, olga)
    await ops.updateProduct({ params: { productId: 'tea' }, body: { category: 'leaves' } })
    await bed.settled()
    const { catalogue: view } = bed.uses({ catalogue: catalogue.scanner })
    expect((await view.scan()).items).toMatchObject([{ category: 'leaves', productId: 'tea' }])
    await ops.updateProduct({ params: { productId: 'tea' }, body: { retired: true } })
    await bed.settled()
    expect((await view.scan()).items).toEqual([])
  })

  it('S6: an update that cannot be applied is dead-lettered with its reason, told by the alarm, and redriven by a person', async () => {
    await using bed = await shop()
    const { ops } = bed.as(operator, olga)
    const asked = await ops.updateProduct({ params: { productId: 'tea' }, body: { picture: 'tea-1.png' } })
    expect(asked).toMatchObject({ value: { state: 'pending' } })
    const updateId = asked.ok ? asked.value.updateId : ''
    await bed.advance('50 milliseconds')
    expect((await ops.updates({})).value.items).toMatchObject([{ updateId, by: 'olga' }])
    await bed.advance('2 hours')
    await bed.settled({ deadLetters: 'expected' })
    const { items } = (await ops.failedUpdates()).value
    expect(items).toMatchObject([{ updateId, productId: 'tea', attempts: 5, changes: { picture: 'tea-1.png' } }])
    expect(items[0]?.reason).toContain('There is no picture "tea-1.png"')
    expect(items[0]?.trace).toMatch(/^[0-9a-f]{32}$/)
    expect((await bed.mails()).map(({ subject }) => subject)).toContain('[storefront] Alarm: updates-stuck')
    await bed.uses({ pictures: pictures.writer }).pictures.put('tea-1.png', 'a picture', { type: 'image/png' })
    expect(await ops.redrive({ params: { updateId } })).toMatchObject({ ok: true })
    await bed.settled()
    expect(await ops.product({ params: { productId: 'tea' } })).toMatchObject({ value: { picture: 'tea-1.png' } })
    expect((await ops.updates({ query: { state: 'applied' } })).value.items).toMatchObject([{ updateId }])
    expect(await ops.redrive({ params: { updateId } })).toMatchObject({ problem: { code: 'not-found' } })
    await bed.advance('2 minutes')
    expect((await bed.mails()).map(({ subject }) => subject)).toContain('[storefront] Over: updates-stuck')
  })

  it('S13: the last unit is sold once to 200 simultaneous buyers', async () => {
    await using bed = await shop(1)
    const { customer: bff } = bed.as(customer, anna)
    const replies = await Promise.all(Array.from({ length: 200 }, () => bff.order({ body: ofTea(1) })))
    expect(replies.filter(reply => reply.ok)).toHaveLength(1)
    const refused = replies.flatMap(reply => (reply.ok ? [] : [reply.problem.code]))
    expect(new Set(refused)).toEqual(new Set(['sold-out']))
    await bed.settled()
    const kept = bed.uses(keys)
    expect(await kept.products.get({ productId: 'tea' })).toMatchObject({ stock: 0 })
    expect((await kept.orders.scan()).items).toHaveLength(1)
    expect(await bed.mails()).toHaveLength(1)
  })

  it('S13: a request retried with its Idempotency-Key places one order; the same key for another request is refused', async () => {
    await using bed = await shop()
    const { customer: bff } = bed.as(customer, anna)
    const body = ofTea(1)
    const first = await bff.order({ body, once: 'k-1' })
    expect(await bff.order({ body, once: 'k-1' })).toEqual(first)
    await expect(bff.order({ body: ofTea(2), once: 'k-1' })).rejects.toThrow('idempotency-key-reused')
    const others = await bed.as(customer, ben).customer.order({ body, once: 'k-1' })
    expect(others).not.toEqual(first)
    await bed.settled()
    expect((await bed.uses(keys).orders.scan()).items).toHaveLength(2)
  })

  it('S13: killed at every point and started again: no order without stock, no event lost or early, one answer a key', {
    timeout: 120_000,
  }, async () => {
    const kept = async (bed: Awaited<ReturnType<typeof shop>>, table: string) =>
      (await bed.drivers.store.scan(table, { limit: 10 })).items
    const points = await killedEverywhere({
      boot: () => shop(3),
      act: bed => bed.as(customer, anna).customer.order({ body: ofTea(1), once: 'the-order' }),
      async atDeath(bed, point) {
        const placed = (await kept(bed, 'orders')).length
        expect(await kept(bed, 'products'), `point ${point}`).toMatchObject([{ stock: 3 - placed }])
        expect((await kept(bed, 'inbox')).length, `an event left early, point ${point}`).toBeLessThanOrEqual(placed)
      },
      async check(bed, { first, again, point }) {
        if (first) expect(again, `point ${point}`).toEqual(first)
        const placed = await kept(bed, 'orders')
        expect(placed, `point ${point}`).toHaveLength(1)
        expect(again, `point ${point}`).toMatchObject({ ok: true, value: placed[0] })
        expect(await kept(bed, 'products'), `point ${point}`).toMatchObject([{ stock: 2 }])
        expect(await kept(bed, 'inbox'), `point ${point}`).toHaveLength(1)
        expect(await bed.mails(), `point ${point}`).toHaveLength(1)
        expect(await kept(bed, 'catalogue'), `point ${point}`).toMatchObject([{ available: true }])
      },
    })
    expect(points).toBeGreaterThan(40)
  })

  it('joins the whole order into one trace, across services and queues', async () => {
    await using bed = await shop()
    const from = bed.traces.length
    await bed.as(customer, anna).customer.order({ body: ofTea(1) })
    await bed.settled()
    const spans = bed.traces.slice(from)
    const root = spans.find(span => span.name === 'customer-bff/order')
    const joined = spans.filter(span => span.traceId === root?.traceId).map(span => span.name)
    for (const name of ['backend/placeOrder', 'backend/tellOperations', 'mail/operations']) {
      expect(joined).toContain(name)
    }
  })

  it('orders can be cancelled in some states only: conditions of a write', async () => {
    await using bed = await shop()
    const placed = await bed.as(customer, anna).customer.order({ body: ofTea(1) })
    const key = { orderId: placed.ok ? placed.value.orderId : '' }
    const { orders: kept } = bed.uses({ orders: orders.writer })
    await kept.patch(key, { state: 'cancelled' }, { when: { state: oneOf('placed', 'paid') } })
    await expect(kept.patch(key, { state: 'fulfilled' }, { when: { state: 'placed' } })).rejects.toThrow('conflict')
  })
})
