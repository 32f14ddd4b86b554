import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyCharacter } from '../contract/suite/any-character.ts'
import { jsonText } from './text.ts'

test('every UTF-16 unit is written as JSON.stringify writes it, in short strings and in long ones', () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const short = String.fromCharCode(unit)
    const long = `sixteen units and ${short}`
    if (jsonText(short) !== JSON.stringify(short)) expect(jsonText(short)).toBe(JSON.stringify(short))
    if (jsonText(long) !== JSON.stringify(long)) expect(jsonText(long)).toBe(JSON.stringify(long))
  }
})

test('strings of any length and any characters are written as JSON.stringify writes them', () => {
  const units = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 60 }), fc.string({ maxLength: 60 }))
  fc.assert(
    fc.property(units, value => jsonText(value) === JSON.stringify(value)),
    { seed: 1 },
  )
})
