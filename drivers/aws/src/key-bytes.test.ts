/** Keys as bytes have the contract's order, whatever they are. */
import fc from 'fast-check'
import { compareKeyValues, fitsKey, type KeyValue } from 'groundplan/driver'
import { anyCharacter } from 'groundplan/suite/any-character'
import { describe, expect, it } from 'vitest'
import { bytesOf, endOfPrefix, highest, lowest, prefixBytes } from './key-bytes.ts'

const texts = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 8 }).filter(text => fitsKey(text, 1))
const numbers = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 }))
const keys: fc.Arbitrary<KeyValue> = fc.oneof(texts, numbers)

describe('keys as bytes', () => {
  it('are ordered as keys are', () => {
    const property = fc.property(keys, keys, (one, other) => {
      expect(Math.sign(Buffer.compare(bytesOf(one), bytesOf(other)))).toBe(Math.sign(compareKeyValues(one, other)))
    })
    fc.assert(property, { numRuns: 2_000 })
  })

  it('lie between the lowest and the highest', () => {
    for (const key of [Number.MIN_SAFE_INTEGER, -1, 0, 1, Number.MAX_SAFE_INTEGER, '\0', '\u{10ffff}'.repeat(64)]) {
      expect(Buffer.compare(lowest, bytesOf(key))).toBe(-1)
      expect(Buffer.compare(bytesOf(key), highest)).toBe(-1)
    }
  })

  it('lie within a prefix where the text begins with it, and only there', () => {
    const property = fc.property(texts, fc.string({ unit: anyCharacter, maxLength: 2 }), (text, prefix) => {
      fc.pre(fitsKey(`${prefix}.`, 1))
      const bytes = bytesOf(text)
      const within = Buffer.compare(prefixBytes(prefix), bytes) <= 0 && Buffer.compare(bytes, endOfPrefix(prefix)) <= 0
      expect(within).toBe(text.startsWith(prefix))
    })
    fc.assert(property, { numRuns: 2_000 })
  })
})
