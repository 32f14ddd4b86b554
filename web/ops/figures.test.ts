/** What the dashboard makes of figures. */
import { expect, it } from 'vitest'
import type { Product } from '../storefront/shapes.ts'
import { daysUpTo, lagOverTime, leastStock, mainCurrency, salesByDay } from './figures.ts'

const none = {
  orderedUnits: 0,
  orderedAmount: 0,
  withdrawnUnits: 0,
  withdrawnAmount: 0,
  refundedUnits: 0,
  refundedAmount: 0,
}
const days = [
  { ...none, day: '2026-02-28', currency: 'EUR', orderedAmount: 10_000, refundedAmount: 2_500 },
  { ...none, day: '2026-03-01', currency: 'EUR', orderedAmount: 5_000, withdrawnAmount: 5_000 },
  { ...none, day: '2026-03-01', currency: 'JPY', orderedAmount: 900 },
]

it('S4: sales of a day are what was ordered less what came back; a day without any is nought', () => {
  const shown = daysUpTo(Date.parse('2026-03-02T12:00:00Z'), 4)
  expect(shown).toEqual(['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02'])
  expect(mainCurrency({ days })).toBe('EUR')
  const { points, words } = salesByDay({ days }, shown, 'EUR')
  expect(points).toEqual([
    { name: '27 Feb', value: 0 },
    { name: '28 Feb', value: 7_500 },
    { name: '1 Mar', value: 0 },
    { name: '2 Mar', value: 0 },
  ])
  expect(words(7_500)).toBe('€75.00')
})

it('shows what there is least of, and nothing that is retired', () => {
  const product = (name: string, stock: number, retired = false): Product => ({
    ...{ productId: name, name, stock, retired, description: '', category: 'bags', edition: 1 },
    price: { amount: 1, currency: 'EUR' },
  })
  const all = [product('many', 90), product('gone', 0, true), product('few', 2), product('none', 0)]
  expect(leastStock(all, 2).points.map(({ name }) => name)).toEqual(['none', 'few'])
})

it('S7: shows the lag of the catalogue as it was measured', () => {
  const { points, words } = lagOverTime([
    { atMs: 0, lagMs: 12 },
    { atMs: 2_000, lagMs: 480 },
  ])
  expect(points.map(({ value }) => words(value))).toEqual(['12 ms', '480 ms'])
})
