import fc from 'fast-check'
import { expect, test } from 'vitest'
import { largerThan } from './larger-than.ts'

test('a pattern takes the numbers above its bound, and no others', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (bound, number) => {
      expect(new RegExp(largerThan(bound)).test(String(number))).toBe(number > bound)
    }),
    { numRuns: 2_000 },
  )
})

test.each([1, 9, 10, 99, 1_048_576, 6_291_456, 9_999_999])('the pattern of %d knows its neighbours', bound => {
  const pattern = new RegExp(largerThan(bound))
  expect([bound - 1, bound, bound + 1].map(number => pattern.test(String(number)))).toEqual([false, false, true])
  expect(pattern.test(`000${bound + 1}`)).toBe(true)
})
