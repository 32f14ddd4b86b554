/**
 * More buyers than units, all at once.
 */
import { testbed } from 'groundplan/testbed'
import { expect, it } from 'vitest'
import { newProduct, newProductUses } from '../backend/new-product.ts'
import { rebuiltProduct } from '../model/products.ts'
import storefront from '../plan.ts'
import { orders, productLog, products, stockLog } from '../resources.ts'
import { customer, customerNamed } from './people.ts'

const shoppers = 500
const units = 100
const productId = 'last-hundred'

it('S13: 500 shoppers on the last 100 units: 100 orders, and 400 hear that it is sold out, and nothing else', {
  timeout: 120_000,
}, async () => {
  await using bed = await testbed(storefront, { throttle: false })
  const clients = bed.uses(newProductUses)
  const changes = { name: 'Last hundred', category: 'lasts', price: { amount: 999, currency: 'EUR' } }
  const first = { stock: units, by: 'test', at: bed.now.toISOString(), movementId: 'first' }
  await newProduct(productId, changes, first, clients)
  const shop = async (n: number) => {
    const as = bed.as(customer, customerNamed(`shopper-${n}`))
    return await as.customer.order({ body: { lines: [{ productId, quantity: 1 }] }, once: `the-order-of-${n}` })
  }
  const replies = await Promise.all(Array.from({ length: shoppers }, (_, n) => shop(n)))
  const refusals = replies.flatMap(reply => (reply.ok ? [] : [reply.problem.code]))
  expect(replies.length - refusals.length).toBe(units)
  expect(new Set(refusals)).toEqual(new Set(['sold-out']))
  await bed.settled()
  const kept = bed.uses({
    orders: orders.scanner,
    products: products.reader,
    log: productLog.reader,
    stock: stockLog.reader,
  })
  const placed = (await kept.orders.scan({ limit: 1_000 })).items
  expect(placed).toHaveLength(units)
  expect(new Set(placed.map(({ customerId }) => customerId)).size).toBe(units)
  expect(await kept.products.get({ productId })).toMatchObject({ stock: 0 })
  const events = (await kept.log.query({ productId })).items
  const movements = (await kept.stock.query({ productId }, { limit: 1_000 })).items
  expect(movements).toHaveLength(units + 1)
  expect(rebuiltProduct(events, movements)).toMatchObject({ stock: 0 })
  expect(await bed.mails()).toHaveLength(units)
})
