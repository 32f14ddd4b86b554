import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonBytes, measured } from './json.ts'
import { character } from './suite/store-tools.ts'

/** Any JSON, without what the contract refuses: numbers out of range, attributes without a name. */
const json = fc.json({ stringUnit: character }).map(text =>
  JSON.parse(text, (_, value) => {
    const size = Math.abs(value)
    if (typeof value === 'number' && size > 0 && (size < 1e-130 || size > 9e125)) return 1
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const named = Object.entries(value).map(([name, part]) => [name === '' ? 'empty' : name, part])
    return Object.fromEntries(named)
  }),
)

describe('an item as JSON', () => {
  it('has the size of its text in UTF-8', () => {
    fc.assert(
      fc.property(json, value => {
        expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)))
      }),
      { numRuns: 500 },
    )
    const odd = [
      '',
      '"',
      '\\',
      '\b\t\n\v\f\r',
      '\0\u001f\u007f\u0080',
      'ü',
      '\u07ff\u0800\uffff',
      '\u{1f600}',
      {},
      [],
      [[]],
    ]
    for (const value of [...odd, odd, -0, 1e21, 1e-7, null, true, false]) {
      expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)))
    }
  })

  it('is copied and frozen through and through', () => {
    const given = { id: 'a', list: [{ n: 1 }], in: { deep: { er: [1] } } }
    const { item } = measured(given, 'an item')
    expect(item).toEqual(given)
    expect(item).not.toBe(given)
    const all = (value: unknown): readonly unknown[] =>
      typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(all)] : []
    expect(all(item)).toHaveLength(6)
    expect(all(item).every(Object.isFrozen)).toBe(true)
    expect(all(given).some(Object.isFrozen)).toBe(false)
  })

  it('is what JSON makes of it: nothing undefined, and 0 for -0', () => {
    const given = { a: undefined, zero: -0, in: { b: undefined, c: [-0] } }
    expect(measured(given, 'an item').item).toStrictEqual({ zero: 0, in: { c: [0] } })
    expect(measured(given, 'an item').bytes).toBe('{"zero":0,"in":{"c":[0]}}'.length)
  })

  it('has attributes of any name, and none that it inherits', () => {
    const given = JSON.parse('{"__proto__": {"__proto__": 1}, "constructor": 2}')
    const { item } = measured(given, 'an item')
    expect(JSON.stringify(item)).toBe(JSON.stringify(given))
    expect(Object.getPrototypeOf(item)).toBe(Object.prototype)
    const bare: Record<string, unknown> = Object.create(null)
    bare.a = 1
    expect(measured(bare, 'an item').item).toEqual({ a: 1 })
  })

  it('is refused with what it has that is not JSON', () => {
    const told = (value: unknown): string => {
      try {
        measured({ id: 'a', value }, 'an item of table "x"')
        return 'kept'
      } catch (error) {
        return String(error)
      }
    }
    expect(told(new Date(0))).toBe('Fault: item-invalid: an item of table "x" is not JSON: it has an instance of Date')
    expect(told([1, undefined])).toMatch(/is not JSON: it has a list with undefined in it$/)
    expect(told(() => 1)).toMatch(/it has a function$/)
    expect(told(Number.NaN)).toMatch(/has the number NaN, which not every engine can keep$/)
    expect(told('\ud800')).toMatch(/has half a character/)
    expect(told({ '': 1 })).toMatch(/has an attribute without a name$/)
    class Money {}
    expect(() => measured(new Money() as Record<string, unknown>, 'an item')).toThrow(/an instance of Money/)
  })
})
