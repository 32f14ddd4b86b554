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

it('writes a text of several lines as it is, where that reads the same', () => {
  const run = 'if true; then\n  echo "yes: $A"\n\nfi\n'
  expect(yaml({ steps: [{ run }] })).toBe(`steps:
  - run: |
      if true; then
        echo "yes: $A"

      fi
`)
  for (const text of [
    run,
    ' indented\nfirst\n',
    '\nfirst\n',
    'a\n\n',
    'a\nb',
    'a \n b \n',
    'a\n \n',
    '\n',
    '# a\n- b\n',
    'a\tb\nc\n',
  ]) {
    expect(parse(yaml({ text, deep: { text } }))).toEqual({ text, deep: { text } })
  }
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
