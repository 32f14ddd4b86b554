import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attributeOf,
  compareKeys,
  compareTexts,
  cursorOf,
  indexKeyOf,
  isWellFormed,
  keyObject,
  keyOf,
  orderKeyOf,
  pageOf,
  positionIn,
} from './keys.ts'
import type { TableShape } from './store.ts'
import { character } from './suite/store-tools.ts'

const text = fc.string({ unit: character, maxLength: 6 })
const shape: TableShape = {
  name: 'orders',
  key: ['shop', 'number'],
  indexes: { customer: ['customer', 'placedAt'], state: ['state'] },
  changesTo: [],
}

describe('the order of keys', () => {
  it('is that of bytes in UTF-8, for texts', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
    )
    expect('\uffff' > '\u{1f600}').toBe(true)
    expect(compareTexts('\uffff', '\u{1f600}')).toBeLessThan(0)
  })

  it('puts numbers by value before texts, and the first parts before the second', () => {
    const inOrder = [[-5, 'z'], [2, 'a'], [10, 1], [10, 2], [10, '1'], ['a'], ['a', 1], ['a', 'b'], ['ab', 'a']]
    for (const [at, key] of inOrder.entries()) {
      for (const [other, another] of inOrder.entries()) {
        expect(Math.sign(compareKeys(key, another))).toBe(Math.sign(at - other))
      }
    }
  })
})

describe('a key', () => {
  it('is read in the order of the shape, whatever else an item has', () => {
    const item = { total: 5, number: 7, shop: 's', customer: 'c', placedAt: '2030', state: null }
    expect(keyOf(shape, item)).toEqual(['s', 7])
    expect(keyObject(shape, item)).toEqual({ shop: 's', number: 7 })
    expect(indexKeyOf(shape, 'customer', item)).toEqual(['c', '2030'])
    expect(indexKeyOf(shape, 'state', item)).toBeUndefined()
    expect(orderKeyOf(shape, item)).toBe('["s",7]')
  })

  it('names the attribute, the table and what is wrong when it is none', () => {
    const told = (item: Readonly<Record<string, unknown>>): string => {
      try {
        return `no fault: ${JSON.stringify(keyOf(shape, item))}`
      } catch (error) {
        return String(error)
      }
    }
    expect(told({ shop: '', number: 1 })).toBe('Fault: invalid-key: "shop" of table "orders" is empty')
    expect(told({ shop: 's' })).toBe(
      'Fault: invalid-key: "number" of table "orders" is absent, not a text or safe integer',
    )
    expect(told({ shop: 's', number: -0 })).toBe(
      'Fault: invalid-key: "number" of table "orders" is -0, not a safe integer',
    )
    expect(told({ shop: 's', number: 'x'.repeat(257) })).toMatch(/has 257 bytes, the limit is 256$/)
    expect(told({ shop: 's', number: [] })).toMatch(/is a list, not/)
  })

  it('has only attributes of its own', () => {
    expect(attributeOf({}, 'constructor')).toBeUndefined()
    expect(attributeOf(JSON.parse('{"__proto__": 1}'), '__proto__')).toBe(1)
    const odd = { ...shape, key: ['__proto__'] }
    expect(Object.entries(keyObject(odd, JSON.parse('{"__proto__": "a"}')))).toEqual([['__proto__', 'a']])
  })

  it('has no half characters', () => {
    expect(['a', '\u{1f600}', '\ud7ff\ue000'].every(isWellFormed)).toBe(true)
    expect(['\ud83d', 'a\ude00', '\ude00\ud83d'].some(isWellFormed)).toBe(false)
  })
})

describe('a cursor', () => {
  it('gives back the position it was made of, to the query it was made for', () => {
    const value = fc.oneof(
      fc.string({ unit: character, minLength: 1, maxLength: 20 }),
      fc.maxSafeInteger().map(n => n + 0),
    )
    fc.assert(
      fc.property(value, value, value, value, fc.boolean(), (partition, sort, shop, number, reverse) => {
        const asked = { index: 'customer', partition, reverse }
        expect(positionIn(shape, asked, cursorOf(shape, asked, [sort, shop, number]))).toEqual([sort, shop, number])
      }),
    )
  })

  it('is made where one item more was found than the page has', () => {
    const items = [1, 2, 3].map(number => ({ shop: 's', number, customer: 'c', placedAt: `p${number}` }))
    expect(pageOf(shape, { partition: 's' }, items, 3)).toEqual({ items })
    const page = pageOf(shape, { partition: 's' }, items, 2)
    expect(page.items).toEqual(items.slice(0, 2))
    expect(positionIn(shape, { partition: 's' }, page.after ?? '')).toEqual([2])
    const indexed = { index: 'customer', partition: 'c' }
    expect(positionIn(shape, indexed, pageOf(shape, indexed, items, 1).after ?? '')).toEqual(['p1', 's', 1])
    expect(positionIn(shape, {}, pageOf(shape, {}, items, 1).after ?? '')).toEqual(['s', 1])
  })

  it('may stand in an address as it is', () => {
    expect(cursorOf(shape, { partition: 's' }, ['\u{1f600}\uffff?&=+/'])).toMatch(/^[\w-]+$/)
  })
})
