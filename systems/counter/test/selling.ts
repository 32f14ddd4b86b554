/**
 * What counter does wherever it runs: the same cases in the testbed, on disk, on PostgreSQL and on AWS.
 */
import type { OpenHome } from 'groundplan/home'
import { describe, expect, it } from 'vitest'
import counter, { sales, stock } from '../plan.ts'

const camera = { product: 'camera' }

// #region home
export function sellingIn(home: string, open: OpenHome): void {
  describe(`counter ${home}`, () => {
    it('C2: a sale takes one off and gives the new value', async () => {
      await using shop = await open(counter)
      expect(await shop.gateways.api.sell()).toEqual({ ok: true, value: { product: 'camera', left: 999 } })
      expect(await shop.gateways.api.sell()).toEqual({ ok: true, value: { product: 'camera', left: 998 } })
      expect(await shop.gateways.api.show()).toMatchObject({ value: { left: 998 } })
    })
    // #endregion home

    it('C1: begins at 1000', async () => {
      await using shop = await open(counter)
      expect(await shop.gateways.api.show()).toEqual({ ok: true, value: { product: 'camera', left: 1000 } })
    })

    it('C3: a reset sets it back to 1000', async () => {
      await using shop = await open(counter)
      await shop.gateways.api.sell()
      expect(await shop.gateways.api.reset()).toMatchObject({ value: { left: 1000 } })
      expect(await shop.gateways.api.show()).toMatchObject({ value: { left: 1000 } })
    })

    it('C14: at 0 the answer is sold-out, never -1', async () => {
      await using shop = await open(counter)
      const { stock: counts } = shop.uses({ stock: stock.writer })
      await counts.put({ ...camera, left: 1 })
      expect(await shop.gateways.api.sell()).toMatchObject({ ok: true, value: { left: 0 } })
      expect(await shop.gateways.api.sell()).toMatchObject({ ok: false, problem: { code: 'sold-out' } })
      expect(await shop.gateways.api.show()).toMatchObject({ value: { left: 0 } })
    })

    crowd(open)

    it('C14: a sale retried under its idempotency key is one sale, with the same answer', async () => {
      await using shop = await open(counter)
      const first = await shop.gateways.api.sell({ once: 'one' })
      await shop.gateways.api.sell({ once: 'another' })
      expect(await shop.gateways.api.sell({ once: 'one' })).toEqual(first)
      expect(await shop.gateways.api.show()).toMatchObject({ value: { left: 998 } })
    })

    looking(open)
  })
}

function crowd(open: OpenHome): void {
  it('C14: 100 clients selling the last 50 at once never lose or double a sale', { timeout: 120_000 }, async () => {
    await using shop = await open(counter, { throttle: false })
    const { stock: counts, sales: noted } = shop.uses({ stock: stock.writer, sales: sales.reader })
    await counts.put({ ...camera, left: 50 })
    await shop.settled()
    const before = (await noted.query(camera)).items.length
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_each, number) => shop.gateways.api.sell({ once: `sale-${number}` })),
    )
    const sold = replies.flatMap(reply => (reply.ok ? [reply.value.left] : []))
    expect(sold.sort((one, other) => one - other)).toEqual(Array.from({ length: 50 }, (_each, left) => left))
    await shop.settled()
    expect((await noted.query(camera, { limit: 500 })).items).toHaveLength(before + 50)
  })
}

function looking(open: OpenHome): void {
  it('C15: every open page hears of a sale made elsewhere', async () => {
    await using shop = await open(counter)
    const pages = await Promise.all([shop.gateways.api.live(), shop.gateways.api.live()])
    const heard = pages.map(({ value }) => value[Symbol.asyncIterator]())
    const next = () => Promise.all(heard.map(async page => (await page.next()).value?.left))
    expect(await next()).toEqual([1000, 1000])
    await shop.gateways.api.sell()
    expect(await next()).toEqual([999, 999])
    await shop.gateways.api.sell()
    expect(await next()).toEqual([998, 998])
    for (const page of heard) await page.return?.()
  })

  it('C15: shows the last sales with their times, the newest first', async () => {
    await using shop = await open(counter)
    const from = shop.now
    for (let sale = 0; sale < 12; sale++) {
      await shop.gateways.api.sell()
      await shop.settled()
    }
    await shop.gateways.api.reset()
    await shop.settled()
    const shown = (await shop.gateways.api.lastSales()).value.sales
    const { items } = await shop.uses({ sales: sales.reader }).sales.query(camera)
    expect(shown).toEqual(items.slice(2).reverse())
    expect(items).toHaveLength(12)
    const times = items.map(({ soldAt }) => soldAt)
    expect(times).toEqual([...times].sort())
    expect(Date.parse(times[0] ?? '')).toBeGreaterThanOrEqual(from.getTime())
  })
}
