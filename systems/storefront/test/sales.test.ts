/**
 * Sales facts and their Parquet files, read back by an engine that did not write them; the dashboard; the live board.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { testbed } from 'groundplan/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { keyOf, parquetOf } from '../backend/export-sales.ts'
import { newProduct, newProductUses } from '../backend/new-product.ts'
import type { BoardQuery } from '../backend/orders.ts'
import type { SalesFact } from '../model/sales.ts'
import storefront from '../plan.ts'
import { warehouse } from '../resources.ts'
import { anna, ben, customer, olga, operator } from './people.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storefront-sales-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function shop() {
  const bed = await testbed(storefront, { at: new Date('2026-05-04T21:00:00Z'), throttle: false })
  const clients = bed.uses(newProductUses)
  for (const [productId, cents] of [
    ['tea', 450],
    ['cup', 1_200],
  ] as const) {
    const changes = { name: productId, category: 'drinks', price: { amount: cents, currency: 'EUR' } }
    await newProduct(
      productId,
      changes,
      { stock: 100, by: 'test', at: bed.now.toISOString(), movementId: 'm' },
      clients,
    )
  }
  const buy = async (productId: string, quantity: number, as = anna) => {
    const reply = await bed.as(customer, as).customer.order({ body: { lines: [{ productId, quantity }] } })
    if (!reply.ok) throw new Error(reply.problem.code)
    return reply.value
  }
  return { bed, ops: bed.as(operator, olga).ops, buy, [Symbol.asyncDispose]: () => bed.close() }
}

/** What DuckDB reads in files below the folder. */
async function asked(sql: string): Promise<readonly unknown[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const reader = await connection.runAndReadAll(sql.replaceAll('$folder', folder))
    return reader.getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

describe('Sales facts', () => {
  it('S9: are kept by product and day, and a night’s export is read by DuckDB as it was sold', async () => {
    await using made = await shop()
    const { bed, ops, buy } = made
    const first = await buy('tea', 4)
    await buy('cup', 1, ben)
    const gone = await buy('tea', 1)
    const reason = 'because'
    await ops.change({ params: gone, body: { action: 'cancel', reason } })
    await ops.change({ params: first, body: { action: 'pay', paid: first.total, reference: 'r' } })
    await bed.advance('2 hours')
    // The next day.
    await bed.advance('2 hours')
    await ops.change({ params: first, body: { action: 'refund', reason } })
    await buy('cup', 2)
    await bed.settled()
    const report = await ops.sales({ query: { from: '2026-05-04', to: '2026-05-05' } })
    const { days, products } = report.ok ? report.value : { days: [], products: [] }
    expect(days).toMatchObject([
      { day: '2026-05-04', orderedUnits: 6, orderedAmount: 3_450, withdrawnUnits: 1, withdrawnAmount: 450 },
      { day: '2026-05-05', orderedUnits: 2, orderedAmount: 2_400, refundedUnits: 4, refundedAmount: 1_800 },
    ])
    expect(products).toMatchObject([
      { productId: 'cup', orderedUnits: 3, orderedAmount: 3_600 },
      { productId: 'tea', orderedUnits: 5, refundedUnits: 4 },
    ])
    await bed.advance('1 day')
    const { files } = bed.uses({ files: warehouse.reader })
    for (const day of ['2026-05-04', '2026-05-05']) {
      const file = await files.get(keyOf(day))
      expect(file?.type).toBe('application/vnd.apache.parquet')
      writeFileSync(join(folder, `${day}.parquet`), (await file?.bytesOf()) ?? '')
    }
    expect(await asked(`select * from '$folder/2026-05-04.parquet' order by product_id`)).toEqual([
      row({ product_id: 'cup', ordered_units: '1', ordered_amount: '1200' }),
      row({
        ...{ product_id: 'tea', ordered_units: '5', ordered_amount: '2250' },
        ...{ withdrawn_units: '1', withdrawn_amount: '450' },
      }),
    ])
    const sums = `select sum(ordered_amount)::bigint as ordered, sum(refunded_amount)::bigint as refunded from '$folder/*.parquet'`
    expect(await asked(sums)).toEqual([{ ordered: '5850', refunded: '1800' }])
  })

  it('S9: are exported on demand, with a link; a day to come has none', async () => {
    await using made = await shop()
    await made.buy('tea', 3)
    await made.bed.settled()
    const written = await made.ops.exportSales({ params: { day: '2026-05-04' } })
    expect(written).toMatchObject({ ok: true, value: { rows: 1, key: 'sales/day=2026-05-04/sales.parquet' } })
    expect(written.ok && written.value.url).toContain('sales')
    expect(await made.ops.exportSales({ params: { day: '2026-05-05' } })).toMatchObject({
      problem: { code: 'day-to-come' },
    })
    const empty = await made.ops.exportSales({ params: { day: '2026-05-01' } })
    expect(empty).toMatchObject({ value: { rows: 0 } })
  })

  it('S9: 10,000 of them are a file that DuckDB reads whole, in the folder of its day', async () => {
    const facts: SalesFact[] = Array.from({ length: 10_000 }, (_, n) => ({
      ...{ day: '2026-05-04', productId: `product-${n}`, currency: n % 2 === 0 ? 'EUR' : 'USD' },
      ...{ orderedUnits: n, orderedAmount: n * 1_000_000_000, withdrawnUnits: 0, withdrawnAmount: 0 },
      ...{ refundedUnits: 0, refundedAmount: 0 },
    }))
    writeFileSync(join(folder, 'all.parquet'), parquetOf(facts))
    const sql = `select currency, count(*) as n, sum(ordered_amount)::varchar as total from '$folder/all.parquet' group by 1 order by 1`
    expect(await asked(sql)).toEqual([
      { currency: 'EUR', n: '5000', total: '24995000000000000' },
      { currency: 'USD', n: '5000', total: '25000000000000000' },
    ])
  })

  it('S9: a file of a day without sales is a table without rows', async () => {
    writeFileSync(join(folder, 'none.parquet'), parquetOf([]))
    expect(await asked(`select count(*) as n from '$folder/none.parquet'`)).toEqual([{ n: '0' }])
  })
})

const nothing = '0'
function row(some: Record<string, string>) {
  return {
    ...{ currency: 'EUR', ordered_units: nothing, ordered_amount: nothing, withdrawn_units: nothing },
    ...{ withdrawn_amount: nothing, refunded_units: nothing, refunded_amount: nothing, ...some },
  }
}

describe('Operations', () => {
  it('S4: see the shop at a glance', async () => {
    await using made = await shop()
    const first = await made.buy('tea', 2)
    await made.buy('cup', 1)
    await made.ops.change({ params: first, body: { action: 'pay', paid: first.total, reference: 'r' } })
    await made.ops.updateProduct({ params: { productId: 'tea' }, body: { picture: 'none.png' } })
    await made.bed.advance('20 milliseconds')
    await made.bed.advance('20 milliseconds')
    const { value } = await made.ops.dashboard()
    expect(value).toMatchObject({
      orders: { placed: 1, paid: 1, rejected: 0, fulfilled: 0, cancelled: 0, refunded: 0 },
      today: [{ currency: 'EUR', orderedUnits: 3, orderedAmount: 2_100 }],
      pendingUpdates: 1,
      failedUpdates: 0,
    })
    await made.bed.advance('1 hour')
    expect((await made.ops.dashboard()).value).toMatchObject({ pendingUpdates: 0, failedUpdates: 1 })
  })

  it('S5: see each notice once, and say that they have seen to it', async () => {
    await using made = await shop()
    await made.buy('tea', 2)
    await made.bed.settled()
    const params = { day: '2026-05-04' }
    const { notices } = (await made.ops.inbox({ params })).value
    expect(notices).toHaveLength(1)
    const noticeId = notices[0]?.noticeId ?? ''
    expect(await made.ops.seen({ params: { ...params, noticeId } })).toMatchObject({ ok: true })
    expect((await made.ops.inbox({ params })).value.notices[0]?.seenAt).toBeDefined()
    expect(await made.ops.seen({ params: { ...params, noticeId: 'none' } })).toMatchObject({ ok: false })
  })

  it('S4: see each step of an order live, past midnight too', async () => {
    await using made = await shop()
    await made.bed.advance('150 minutes')
    const live = await made.ops.live()
    const steps = live.value[Symbol.asyncIterator]()
    const first = steps.next()
    const order = await made.buy('tea', 2)
    await made.bed.settled()
    const { orderId } = order
    expect((await first).value).toMatchObject({ orderId, seq: 1, state: 'placed', customerName: 'anna' })
    // It is tomorrow.
    await made.bed.advance('45 minutes')
    const second = steps.next()
    await made.ops.change({ params: order, body: { action: 'pay', paid: order.total, reference: 'r' } })
    await made.bed.settled()
    expect((await second).value).toMatchObject({ orderId, seq: 2, state: 'paid', by: 'olga' })
    await steps.return?.()
    expect((await made.ops.recent()).value.items.map(({ state }) => state)).toEqual(['paid', 'placed'])
  })

  it('S4: find orders by their state, their time and their customer', async () => {
    await using made = await shop()
    await made.buy('tea', 1)
    await made.bed.advance('1 hour')
    const later = made.bed.now.toISOString()
    await made.buy('tea', 2, ben)
    await made.bed.settled()
    const found = async (query: z.input<typeof BoardQuery>) =>
      (await made.ops.board({ query })).value.items.map(({ customerId }) => customerId)
    expect(await found({})).toEqual(['anna', 'ben'])
    expect(await found({ from: later })).toEqual(['ben'])
    expect(await found({ customer: 'anna' })).toEqual(['anna'])
    expect(await found({ state: 'paid' })).toEqual([])
  })
})
