import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { yaml } from './yaml.ts'

it('writes blocks, and quotes where a reader would take a text for something else', () => {
  const document = {
    openapi: '3.1.1',
    tags: [{ name: 'orders' }, { name: 'no' }],
    paths: {},
    list: [[1, 'two: 2'], []],
  }
  expect(yaml(document)).toBe(`openapi: "3.1.1"
tags:
  - name: orders
  - name: "no"
paths: {}
list:
  - - 1
    - "two: 2"
  - []
`)
})

it('any JSON comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
      const data = JSON.parse(JSON.stringify(value))
      expect(parse(yaml(data))).toEqual(data)
      expect(parse(yaml(data), { version: '1.1' })).toEqual(data)
    }),
    { numRuns: 500 },
  )
})
