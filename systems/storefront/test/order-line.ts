/**
 * One order through the whole shop, wherever it runs: customer-bff → backend → stock, event → operations' inbox and mail,
 * and the catalogue view. The same cases in the testbed, on disk, on PostgreSQL and on AWS.
 */
import type { Home, HomeOptions, OpenHome } from 'groundplan/home'
import { describe, expect, it } from 'vitest'
import storefront from '../plan.ts'
import { orders, products } from '../resources.ts'
import { anna, ben, customer, olga, operator } from './people.ts'

const tea = {
  productId: 'tea',
  name: 'Green tea',
  category: 'drinks',
  price: { amount: 450, currency: 'EUR' },
}
const ofTea = (quantity: number) => ({ lines: [{ productId: 'tea', quantity }] })

type Shop = Home<typeof storefront.gateways>
type OpenShop = (stock: number) => Promise<Shop>

export function orderLineIn(home: string, open: OpenHome): void {
  const options: HomeOptions = { throttle: false }
  const shop = async (stock: number): Promise<Shop> => {
    const opened = await open(storefront, options)
    await stockTea(opened, stock)
    return opened
  }
  describe(`storefront ${home}: one order`, () => {
    ordering(shop)
    following(shop)
    contending(shop)
  })
}

/** A shop that has one product. */
export async function stockTea(shop: Shop, stock: number): Promise<void> {
  await shop.uses({ products: products.writer }).products.put({ ...tea, stock })
  await shop.settled()
}

function ordering(shop: OpenShop): void {
  it('S3: a customer places an order and sees it among its own', async () => {
    await using bed = await shop(10)
    const placed = await bed.as(customer, anna).customer.order({ body: ofTea(2) })
    const total = { amount: 900, currency: 'EUR' }
    const lines = [{ productName: 'Green tea', quantity: 2 }]
    expect(placed).toMatchObject({ ok: true, value: { customerId: 'anna', lines, total, state: 'placed' } })
    await bed.settled()
    // Its own orders are found by an index, which may lag.
    await expect
      .poll(async () => (await bed.as(customer, anna).customer.myOrders({})).value.items, { timeout: 10_000 })
      .toHaveLength(1)
    expect((await bed.as(customer, ben).customer.myOrders({})).value.items).toEqual([])
  })

  it('S3: another customer’s order is not found, as if it were not there', async () => {
    await using bed = await shop(10)
    const placed = await bed.as(customer, anna).customer.order({ body: ofTea(1) })
    const orderId = placed.ok ? placed.value.orderId : ''
    const others = await bed.as(customer, ben).customer.myOrder({ params: { orderId } })
    const nobodys = await bed.as(customer, ben).customer.myOrder({ params: { orderId: 'no-such-order' } })
    expect(others).toMatchObject({ ok: false, problem: { code: 'not-found' } })
    expect(others).toEqual(nobodys)
  })

  it('S2: nobody unknown is let in, and a customer opens no operations door', async () => {
    await using bed = await shop(10)
    expect((await bed.as(customer, anna).customer.myOrders({})).value.items).toEqual([])
    await expect(bed.as(customer, anna).ops.board({})).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(bed.gateways.customer.myOrders({})).rejects.toMatchObject({ code: 'not-authenticated' })
    const forged = bed.with({ authorization: 'Bearer forged' })
    await expect(forged.customer.myOrders({})).rejects.toMatchObject({ code: 'not-authenticated' })
  })
}

function following(shop: OpenShop): void {
  it('S5: operations hear of the order once, in their inbox and by mail', async () => {
    await using bed = await shop(10)
    const placed = await bed.as(customer, anna).customer.order({ body: ofTea(2) })
    await bed.settled()
    // The order's own: it may be another day by now.
    const day = placed.ok ? placed.value.placedAt.slice(0, 10) : ''
    const { value } = await bed.as(operator, olga).ops.inbox({ params: { day } })
    expect(value.notices).toMatchObject([{ text: 'anna ordered 2 × Green tea' }])
    const subject = `New order ${placed.ok ? placed.value.orderId : ''}`
    expect(await bed.mails()).toMatchObject([{ to: ['operations@example.org'], subject }])
  })

  it('S7: the catalogue is a view that follows the products', async () => {
    await using bed = await shop(1)
    const entry = { productId: 'tea' }
    expect(await bed.gateways.customer.product({ params: entry })).toMatchObject({ value: { available: true } })
    await bed.as(customer, anna).customer.order({ body: ofTea(1) })
    await bed.settled()
    expect(await bed.gateways.customer.product({ params: entry })).toMatchObject({ value: { available: false } })
  })

  it('S6: a product’s update goes through the queue into the catalogue; retired, it leaves it', async () => {
    await using bed = await shop(10)
    const { ops } = bed.as(operator, olga)
    const params = { productId: 'tea' }
    await ops.updateProduct({ params, body: { name: 'Sencha' } })
    await bed.settled()
    expect(await bed.gateways.customer.product({ params })).toMatchObject({ value: { name: 'Sencha' } })
    await ops.updateProduct({ params, body: { retired: true } })
    await bed.settled()
    expect(await bed.gateways.customer.product({ params })).toMatchObject({ problem: { code: 'not-found' } })
  })
}

function contending(shop: OpenShop): void {
  it('S13: the last unit is sold once to 50 simultaneous buyers', async () => {
    await using bed = await shop(1)
    const { customer: bff } = bed.as(customer, anna)
    const replies = await Promise.all(Array.from({ length: 50 }, () => bff.order({ body: ofTea(1) })))
    expect(replies.filter(reply => reply.ok)).toHaveLength(1)
    const refused = replies.flatMap(reply => (reply.ok ? [] : [reply.problem.code]))
    expect(new Set(refused)).toEqual(new Set(['sold-out']))
    await bed.settled()
    const kept = bed.uses({ orders: orders.scanner, products: products.reader })
    expect(await kept.products.get({ productId: 'tea' })).toMatchObject({ stock: 0 })
    expect((await kept.orders.scan()).items).toHaveLength(1)
    expect(await bed.mails()).toHaveLength(1)
  })

  it('S13: a request retried with its Idempotency-Key places one order; the same key for another request is refused', async () => {
    await using bed = await shop(10)
    const { customer: bff } = bed.as(customer, anna)
    const body = ofTea(1)
    const first = await bff.order({ body, once: 'k-1' })
    expect(await bff.order({ body, once: 'k-1' })).toEqual(first)
    await expect(bff.order({ body: ofTea(2), once: 'k-1' })).rejects.toThrow('idempotency-key-reused')
    const others = await bed.as(customer, ben).customer.order({ body, once: 'k-1' })
    expect(others).not.toEqual(first)
    await bed.settled()
    expect((await bed.uses({ orders: orders.scanner }).orders.scan()).items).toHaveLength(2)
  })
}
