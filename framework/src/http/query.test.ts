import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queryOf } from './query.ts'

describe('a query', () => {
  it('gives each name its value, or the list of its values', () => {
    expect({ ...queryOf('a=1&b=2&a=3&a=4&c&d=&&=x') }).toEqual({ a: ['1', '3', '4'], b: '2', c: '', d: '', '': 'x' })
    expect({ ...queryOf('a=b=c&%C3%A4+x=%26') }).toEqual({ a: 'b=c', 'ä x': '&' })
  })

  it('has no names but its own', () => {
    const query = queryOf('__proto__=1&toString=2')
    expect(Object.keys(query ?? {})).toEqual(['__proto__', 'toString'])
    expect(query && 'constructor' in query).toBe(false)
  })

  it('that is not percent-encoded UTF-8, or holds a NUL, is none', () => {
    for (const text of ['a=%', 'a=%zz', '%c3=1', 'a=%00', 'a=1&b=%ed%a0%80'])
      expect(queryOf(text), text).toBeUndefined()
  })

  it('is read as URLSearchParams reads it', () => {
    const text = fc.string({ unit: 'grapheme' }).filter(each => !each.includes('\0'))
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), pairs => {
        const params = new URLSearchParams(pairs)
        const query = queryOf(params.toString())
        for (const name of params.keys()) expect([query?.[name]].flat()).toEqual(params.getAll(name))
      }),
    )
  })
})
