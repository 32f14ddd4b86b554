import { describe, expect, test } from 'vitest'
import { allCode } from './repository.ts'
import { checkSizes, knownSizes } from './sizes.ts'
import { treeOf } from './tree.ts'

test('functions and files of the repository keep to their sizes, and known offenders shrink only', () => {
  expect(checkSizes(allCode(), knownSizes())).toEqual([])
})

const lines = (count: number) => Array.from({ length: count }, (_, index) => `  a(${index})`).join('\n')

/** A function of this many lines, its first and last included. */
const functionOf = (count: number) => `function work() {\n${lines(count - 2)}\n}\n`

describe('a function', () => {
  test('may have 70 lines, not 71', () => {
    expect(checkSizes(treeOf({ 'a.ts': functionOf(70) }), {})).toEqual([])
    const complaint = 'a.ts:1: function work has 71 lines; the limit is 70'
    expect(checkSizes(treeOf({ 'a.ts': functionOf(71) }), {})).toEqual([complaint])
  })

  test.each([
    ['an arrow', `\nexport const work = () => {\n${lines(80)}\n}`, 2],
    ['a method', `class A {\n  work() {\n${lines(80)}\n  }\n}`, 2],
    ['a property', `const a = {\n  work: async () => {\n${lines(80)}\n  }\n}`, 2],
  ])('is named: %s', (_what, text, line) => {
    expect(checkSizes(treeOf({ 'a.ts': text }), {})).toEqual([
      expect.stringContaining(`a.ts:${line}: function work has 82 lines`),
    ])
  })

  test('counts without the tests that stand in it, and each test counts for itself', () => {
    const body = (count: number) => `test.skipIf(no)('a', () => {\n${lines(count)}\n})`
    const suite = `export function suite() {\n  describe('b', () => {\n${body(60)}\n${body(60)}\n  })\n}`
    expect(checkSizes(treeOf({ 'a.ts': suite }), {})).toEqual([])
    expect(checkSizes(treeOf({ 'a.ts': suite.replace(body(60), body(80)) }), {})).toHaveLength(1)
  })
})

test('a file may have 600 lines, not 601', () => {
  expect(checkSizes(treeOf({ 'a.ts': 'a()\n'.repeat(600) }), {})).toEqual([])
  expect(checkSizes(treeOf({ 'a.ts': 'a()\n'.repeat(601) }), {})).toEqual([
    'a.ts: file has 601 lines; the limit is 600',
  ])
})

describe('a known offender', () => {
  const offender = treeOf({ 'a.ts': functionOf(90) })

  test('passes at its size', () => {
    expect(checkSizes(offender, { 'a.ts#work': 90 })).toEqual([])
  })
  test('may not grow', () => {
    expect(checkSizes(offender, { 'a.ts#work': 89 })).toEqual([expect.stringMatching(/90 lines; it had 89/)])
  })
  test('that shrank has its entry lowered', () => {
    expect(checkSizes(offender, { 'a.ts#work': 95 })).toEqual([expect.stringContaining('lower the entry')])
  })
  test('that is gone has its entry removed', () => {
    expect(checkSizes(treeOf({}), { 'a.ts#work': 90 })).toEqual([expect.stringContaining('remove the entry')])
  })
})
