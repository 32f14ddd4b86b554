/**
 * counter as a whole, in the testbed: what it does everywhere, and what only a testbed can show.
 */
import { killedEverywhere, testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import counter, { sales } from '../plan.ts'
import { sellingIn } from './selling.ts'

const camera = { product: 'camera' }

sellingIn('in memory', testbed)

describe('counter', () => {
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
