/** Amounts as people write them. */
import { expect, it } from 'vitest'
import { majorText, minorUnitsOf, moneyText } from './amounts.ts'

it.each([
  ['129.50', 'EUR', 12_950],
  ['129,5', 'EUR', 12_950],
  ['1.299,50', 'EUR', 129_950],
  ['1,299', 'EUR', 129_900],
  [' 12 ', 'EUR', 1_200],
  ['0.07', 'EUR', 7],
  ['900', 'JPY', 900],
  ['12.345', 'EUR', 1_234_500],
  ['9.50', 'JPY', undefined],
  ['-5', 'EUR', undefined],
  ['ten', 'EUR', undefined],
  ['', 'EUR', undefined],
])('S4: reads %j in %s as %s minor units', (text, currency, minorUnits) => {
  expect(minorUnitsOf(text, currency)).toBe(minorUnits)
})

it('reads what it writes', () => {
  for (const amount of [0, 7, 12_950, 129_999_999]) expect(minorUnitsOf(majorText(amount, 'EUR'), 'EUR')).toBe(amount)
  expect(moneyText(129_950, 'EUR')).toBe('€1,299.50')
})
