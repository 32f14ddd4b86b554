/**
 * Thousands of random commands, several at a time, then everything that is kept is compared with what its events say:
 * orders, products, stock; and with what follows from them: figures, tallies, catalogue, inbox.
 */
import { testbed } from 'groundplan/testbed'
import { expect, inject, it } from 'vitest'
import type { z } from 'zod'
import { catalogue } from '../backend/catalogue.ts'
import { entryOf } from '../model/catalogue.ts'
import { type Order, type OrderAction, orderStates, rebuiltOrder } from '../model/orders.ts'
import { type Product, type ProductChanges, rebuiltProduct } from '../model/products.ts'
import { added, type Figures, noFigures } from '../model/sales.ts'
import storefront from '../plan.ts'
import * as kept from '../resources.ts'
import { customer, customerNamed, olga, operator } from './people.ts'
import { type Chance, chance } from './random.ts'

const commands = inject('thorough') ? 10_000 : 2_000
const atOnce = 8

const productIds = ['tea', 'cup', 'pot', 'tin', 'mat', 'jar'] as const
const customers = ['anna', 'ben', 'cleo', 'dora', 'emil'] as const

type Bed = Awaited<ReturnType<typeof shop>>

async function shop() {
  return await testbed(storefront, { at: new Date('2026-05-04T09:00:00Z'), throttle: false })
}

/** One command of somebody, with whatever comes of it; gives the order that it made. */
async function command(bed: Bed, by: Chance, orders: readonly string[]): Promise<string | undefined> {
  const { ops } = bed.as(operator, olga)
  const productId = by.one(productIds)
  const params = { productId }
  const dice = by.below(100)
  if (dice < 45) return await order(bed, by)
  if (dice < 55) await ops.stockUp({ params, body: { units: 1 + by.below(12) } })
  else if (dice < 58) await ops.stockUp({ params, body: { units: -1 - by.below(5), reason: 'corrected' } })
  else if (dice < 66) await ops.updateProduct({ params, body: changes(by) })
  else {
    const orderId = orders[by.below(orders.length)]
    if (orderId !== undefined) await change(bed, by, orderId)
  }
  return undefined
}

async function order(bed: Bed, by: Chance): Promise<string | undefined> {
  const wanted = new Set(Array.from({ length: 1 + by.below(3) }, () => by.one(productIds)))
  const lines = [...wanted].map(productId => ({ productId, quantity: 1 + by.below(3) }))
  const who = customerNamed(by.one(customers))
  const reply = await bed.as(customer, who).customer.order({ body: { lines } })
  return reply.ok ? reply.value.orderId : undefined
}

function changes(by: Chance): z.input<typeof ProductChanges> {
  const name = `Thing ${by.below(1_000)}`
  const all: readonly [z.input<typeof ProductChanges>, ...z.input<typeof ProductChanges>[]] = [
    { name },
    { price: { amount: 100 + by.below(900), currency: 'EUR' } },
    { category: by.one(['drinks', 'kitchen', 'gifts']) },
    { retired: by.below(2) === 0 },
    { name, description: `About it: ${by.below(1_000)}` },
  ]
  return by.one(all)
}

async function change(bed: Bed, by: Chance, orderId: string): Promise<void> {
  const { ops } = bed.as(operator, olga)
  const params = { orderId }
  const now = await ops.oneOrder({ params })
  if (!now.ok) return
  const reason = 'because'
  const all: readonly [OrderAction, ...OrderAction[]] = [
    { action: 'pay', paid: now.value.order.total, reference: `r ${by.below(1_000)}` },
    { action: 'fulfil', ...(by.below(2) === 0 ? { tracking: 'TR' } : {}) },
    { action: 'reject', reason },
    { action: 'refund', reason, returned: by.below(2) === 0 },
    { action: 'cancel', reason },
  ]
  await ops.change({ params, body: by.one(all) })
}

it('S8: after thousands of random commands, orders, products and stock are what their events make of them, and all that follows agrees', {
  timeout: 600_000,
}, async () => {
  const seed = Math.floor(Math.random() * 2 ** 32)
  const by = chance(seed)
  await using bed = await shop()
  for (const productId of productIds) {
    const body = { name: productId, category: 'drinks', price: { amount: 450, currency: 'EUR' } }
    await bed.as(operator, olga).ops.updateProduct({ params: { productId }, body })
  }
  await bed.settled()
  const orders: string[] = []
  for (let done = 0; done < commands; done += atOnce) {
    const made = await Promise.all(Array.from({ length: atOnce }, () => command(bed, by, orders.slice(-60))))
    orders.push(...made.flatMap(orderId => (orderId === undefined ? [] : [orderId])))
    if (done % 400 === 0) await bed.advance('3 hours')
  }
  await bed.settled()
  const so = `with the seed ${seed}`
  const all = await everything(bed)
  expect(all.orders.length, so).toBe(orders.length)
  expect(orders.length, so).toBeGreaterThan(commands / 20)
  for (const state of orderStates)
    expect(
      all.orders.some(order => order.state === state),
      `${so}: ${state}`,
    ).toBe(true)
  compareWithLogs(all, so)
  compareFigures(all, so)
  compareCatalogue(all, so)
})

async function everything(bed: Bed) {
  const clients = bed.uses({
    ...{ orders: kept.orders.scanner, orderLog: kept.orderLog.scanner, tallies: kept.tallies.scanner },
    ...{ products: kept.products.scanner, productLog: kept.productLog.scanner, stockLog: kept.stockLog.scanner },
    ...{ sales: kept.sales.scanner, inbox: kept.inbox.scanner, catalogue: catalogue.scanner },
  })
  return {
    orders: await allOf(page => clients.orders.scan(page)),
    orderEvents: byId(await allOf(page => clients.orderLog.scan(page)), ({ orderId }) => orderId),
    products: await allOf(page => clients.products.scan(page)),
    productEvents: byId(await allOf(page => clients.productLog.scan(page)), ({ productId }) => productId),
    movements: byId(await allOf(page => clients.stockLog.scan(page)), ({ productId }) => productId),
    facts: await allOf(page => clients.sales.scan(page)),
    tallies: await allOf(page => clients.tallies.scan(page)),
    notices: await allOf(page => clients.inbox.scan(page)),
    entries: await allOf(page => clients.catalogue.scan(page)),
  }
}
type Everything = Awaited<ReturnType<typeof everything>>

type Scan<T> = (page: { limit: number; after?: string | undefined }) => Promise<{ items: T[]; after?: string }>

async function allOf<T>(scan: Scan<T>): Promise<readonly T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page = await scan({ limit: 1_000, after })
    items.push(...page.items)
    after = page.after
  } while (after !== undefined)
  return items
}

function byId<T>(all: readonly T[], idOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const each of all) found.set(idOf(each), [...(found.get(idOf(each)) ?? []), each])
  return found
}

function compareWithLogs({ orders, orderEvents, products, productEvents, movements }: Everything, so: string): void {
  for (const order of orders) expect(rebuiltOrder(orderEvents.get(order.orderId) ?? []), so).toEqual(order)
  expect(orderEvents.size, so).toBe(orders.length)
  for (const product of products) {
    const { productId } = product
    const rebuilt = rebuiltProduct(productEvents.get(productId) ?? [], movements.get(productId) ?? [])
    expect(withoutRevision(rebuilt), so).toEqual(withoutRevision(product))
  }
}

/** The store counts every write of a product, sales too; its events need not. */
function withoutRevision(product: Product | undefined): Partial<Product> {
  const { revision: _counted, ...rest } = product ?? {}
  return rest
}

function compareFigures({ orders, facts, tallies, notices }: Everything, so: string): void {
  const sold = facts.reduce<Figures>((all, fact) => added(all, fact), noFigures)
  const units = (of: readonly Order[]) => of.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.quantity, 0)
  const amount = (of: readonly Order[]) => of.reduce((sum, { total }) => sum + total.amount, 0)
  const withdrawn = orders.filter(({ state }) => state === 'rejected' || state === 'cancelled')
  const refunded = orders.filter(({ state }) => state === 'refunded')
  expect(sold, so).toEqual({
    ...{ orderedUnits: units(orders), orderedAmount: amount(orders) },
    ...{ withdrawnUnits: units(withdrawn), withdrawnAmount: amount(withdrawn) },
    ...{ refundedUnits: units(refunded), refundedAmount: amount(refunded) },
  })
  for (const state of orderStates) {
    const counted = tallies.find(each => each.state === state)?.orders
    expect(counted, `${so}: ${state}`).toBe(orders.filter(order => order.state === state).length)
  }
  const told = orders.length + orders.filter(({ state }) => state === 'cancelled').length
  expect(notices.length, so).toBe(told)
}

function compareCatalogue({ products, entries }: Everything, so: string): void {
  const shown = products.filter(({ retired }) => !retired)
  expect(entries.length, so).toBe(shown.length)
  for (const product of shown) {
    const entry = entries.find(({ productId }) => productId === product.productId)
    expect(entry, so).toMatchObject(entryOf(product))
  }
}
