/** API keys in words. */
import { expect, it } from 'vitest'
import { rateWords, untilIn } from './key-words.ts'

it('says how much a key may call', () => {
  expect(rateWords({ name: 'free', perSecond: 5, perMonth: 10_000 })).toBe('free: 5 a second, 10,000 a month')
  expect(rateWords({ name: 'gold', perSecond: 1_000 })).toBe('gold: 1,000 a second')
})

it('says when a key ends, and nothing where it does not', () => {
  expect(untilIn('30', new Date('2026-03-01T10:00:00Z'))).toEqual({ expiresAt: '2026-03-31T10:00:00.000Z' })
  expect(untilIn('', new Date())).toEqual({})
})
