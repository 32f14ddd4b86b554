import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKeys, type KeyValue } from '../contract/keys.ts'
import { character } from '../contract/suite/store-tools.ts'
import { OrderedMap } from './ordered-map.ts'
import { endOf, endOfPrefix, positionOf, prefixPosition } from './position.ts'

function keysIn(map: OrderedMap<number>, from: string, before: string, reverse = false): readonly string[] {
  const keys: string[] = []
  const visit = (_: number, key: string): boolean => keys.push(key) > 0
  if (reverse) map.descend(from, before, visit)
  else map.ascend(from, before, visit)
  return keys
}

describe('an ordered map', () => {
  it('does what a sorted list does, through any changes', () => {
    const key = fc.integer({ min: 0, max: 2_000 }).map(String)
    const change = fc.tuple(fc.boolean(), key)
    // Enough to fill, split and empty several chunks.
    const changes = fc.array(change, { minLength: 500, maxLength: 2_000, size: 'max' })
    fc.assert(
      fc.property(changes, key, key, (changes, from, before) => {
        const map = new OrderedMap<number>()
        const plain = new Map<string, number>()
        for (const [n, [remove, key]] of changes.entries()) {
          const was = plain.get(key)
          if (remove) {
            plain.delete(key)
            expect(map.delete(key)).toBe(was)
          } else {
            plain.set(key, n)
            expect(map.set(key, n)).toBe(was)
          }
        }
        const sorted = [...plain.keys()].sort()
        const wanted = sorted.filter(key => key >= from && key < before)
        expect(map.size).toBe(plain.size)
        expect(keysIn(map, '', '\uffff')).toEqual(sorted)
        expect(keysIn(map, from, before)).toEqual(wanted)
        expect(keysIn(map, from, before, true)).toEqual(wanted.toReversed())
        expect(map.first()).toBe(plain.get(sorted[0] ?? ''))
        expect(sorted.every(key => map.get(key) === plain.get(key))).toBe(true)
        for (const key of sorted) map.delete(key)
        expect([map.size, map.first(), keysIn(map, '', '\uffff', true)]).toEqual([0, undefined, []])
      }),
      { numRuns: 12 },
    )
  })

  it('stops a walk when it is told to', () => {
    const map = new OrderedMap<number>()
    for (let n = 0; n < 1_000; n++) map.set(String(n).padStart(4, '0'), n)
    const seen: number[] = []
    map.ascend('0500', '9', value => seen.push(value) < 3)
    map.descend('', '0500', value => seen.push(value) < 6)
    expect(seen).toEqual([500, 501, 502, 499, 498, 497])
  })
})

describe('positions', () => {
  const value = fc.oneof(
    fc.string({ unit: character, maxLength: 4 }),
    fc.string({ unit: fc.constantFrom('\0', '\u0001', 'a', '\uffff', '\u{10ffff}'), maxLength: 4 }),
    fc.maxSafeInteger(),
    fc.integer({ min: -3, max: 3 }),
  )
  const keys = fc.array(
    value.map(part => (typeof part === 'number' ? part + 0 : part)),
    { minLength: 1, maxLength: 3 },
  )
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

  it('are ordered as the keys they are made of', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(order(positionOf(a), positionOf(b))).toBe(Math.sign(compareKeys(a, b)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('end where the keys that begin alike end', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const begins = a.every((part, at) => Object.is(part, b[at]))
        const position = positionOf(b)
        expect(position >= positionOf(a) && position < endOf(positionOf(a))).toBe(begins)
      }),
      { numRuns: 1_000 },
    )
    expect(positionOf(['a', 1]) < endOf(positionOf(['a']))).toBe(true)
  })

  it('of a prefix hold the texts that begin with it', () => {
    const within = (partition: KeyValue, prefix: string, sort: KeyValue): boolean => {
      const from = prefixPosition([partition], prefix)
      const position = positionOf([partition, sort, 'more'])
      return position >= from && position < endOfPrefix(from)
    }
    const prefix = fc.string({ unit: fc.constantFrom('\0', 'a', '\uffff', '\u{10ffff}'), maxLength: 3 })
    fc.assert(
      fc.property(prefix, value, (prefix, sort) => {
        expect(within('p', prefix, sort)).toBe(typeof sort === 'string' && sort.startsWith(prefix))
      }),
      { numRuns: 1_000 },
    )
  })
})
