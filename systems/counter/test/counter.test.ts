/**
 * counter as a whole, in the testbed.
 */
import { killedEverywhere, testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import counter, { sales, stock } from '../plan.ts'

const camera = { product: 'camera' }

describe('counter', () => {
  it('C1: begins at 1000', async () => {
    await using bed = await testbed(counter)
    expect(await bed.gateways.api.show()).toEqual({ ok: true, value: { product: 'camera', left: 1000 } })
  })

  it('C2: a sale takes one off and gives the new value', async () => {
    await using bed = await testbed(counter)
    expect(await bed.gateways.api.sell()).toEqual({ ok: true, value: { product: 'camera', left: 999 } })
    expect(await bed.gateways.api.sell()).toEqual({ ok: true, value: { product: 'camera', left: 998 } })
    expect(await bed.gateways.api.show()).toMatchObject({ value: { left: 998 } })
  })

  it('C3: a reset sets it back to 1000', async () => {
    await using bed = await testbed(counter)
    await bed.gateways.api.sell()
    expect(await bed.gateways.api.reset()).toMatchObject({ value: { left: 1000 } })
    expect(await bed.gateways.api.show()).toMatchObject({ value: { left: 1000 } })
  })

  it('C14: at 0 the answer is sold-out, never -1', async () => {
    await using bed = await testbed(counter)
    const { stock: counts } = bed.uses({ stock: stock.writer })
    await counts.put({ ...camera, left: 1 })
    expect(await bed.gateways.api.sell()).toMatchObject({ ok: true, value: { left: 0 } })
    expect(await bed.gateways.api.sell()).toMatchObject({ ok: false, problem: { code: 'sold-out' } })
    expect(await bed.gateways.api.show()).toMatchObject({ value: { left: 0 } })
  })

  it('C14: 200 clients selling at once never lose or double a sale', async () => {
    await using bed = await testbed(counter, { throttle: false })
    const replies = await Promise.all(
      Array.from({ length: 1_200 }, (_each, number) =>
        bed.gateways.api.sell({ once: `sale-${number % 200}-${number}` }),
      ),
    )
    const sold = replies.flatMap(reply => (reply.ok ? [reply.value.left] : []))
    expect(sold).toHaveLength(1_000)
    expect(new Set(sold).size).toBe(1_000)
    expect(Math.min(...sold)).toBe(0)
    await bed.settled()
  })

  it('C14: a sale retried under its idempotency key is one sale, with the same answer', async () => {
    await using bed = await testbed(counter)
    const first = await bed.gateways.api.sell({ once: 'one' })
    await bed.gateways.api.sell({ once: 'another' })
    expect(await bed.gateways.api.sell({ once: 'one' })).toEqual(first)
    expect(await bed.gateways.api.show()).toMatchObject({ value: { left: 998 } })
  })

  // #region killed
  it('C14: killed at every point of a sale and retried, one camera is sold', async () => {
    const points = await killedEverywhere({
      boot: () => testbed(counter),
      act: bed => bed.gateways.api.sell({ once: 'the-sale' }),
      async check(bed, { first, again, point }) {
        expect(again, `point ${point}`).toMatchObject({ ok: true, value: { left: 999 } })
        if (first) expect(again, `point ${point}`).toEqual(first)
        expect(await bed.gateways.api.show(), `point ${point}`).toMatchObject({ value: { left: 999 } })
        expect((await bed.gateways.api.lastSales()).value.sales, `point ${point}`).toHaveLength(1)
      },
    })
    expect(points).toBeGreaterThan(10)
  })
  // #endregion killed

  it('C15: every open page hears of a sale made elsewhere', async () => {
    await using bed = await testbed(counter)
    const pages = await Promise.all([bed.gateways.api.live(), bed.gateways.api.live()])
    const seen = pages.map(async ({ value }) => {
      const heard: number[] = []
      for await (const { left } of value) {
        heard.push(left)
        if (left === 998) return heard
      }
      return heard
    })
    await bed.settled()
    await bed.gateways.api.sell()
    await bed.settled()
    await bed.gateways.api.sell()
    expect(await Promise.all(seen)).toEqual([
      [1000, 999, 998],
      [1000, 999, 998],
    ])
  })

  it('C15: shows the last sales with their times, the newest first', async () => {
    await using bed = await testbed(counter, { at: new Date('2026-03-01T10:00:00Z') })
    for (let sale = 0; sale < 12; sale++) {
      await bed.gateways.api.sell()
      await bed.advance('1 minute')
    }
    await bed.gateways.api.reset()
    await bed.settled()
    const { value } = await bed.gateways.api.lastSales()
    expect(value.sales).toHaveLength(10)
    expect(value.sales[0]?.soldAt).toBe('2026-03-01T10:11:00.000Z')
    const { sales: kept } = bed.uses({ sales: sales.reader })
    expect((await kept.query(camera)).items).toHaveLength(12)
  })
})
