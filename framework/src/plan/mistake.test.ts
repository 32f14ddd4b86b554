import { expect, test } from 'vitest'
import { finding, inOrder, placed, printed } from './mistake.ts'

const at = (file: string, line: number) => placed(() => ({ file, line }))
const nowhere = placed(() => undefined)

test('a finding is printed on one line, from the folder asked for', () => {
  const places = [at('/code/shop/plan.ts', 3), at('/code/shop/orders.ts', 12), at('/elsewhere/plan.ts', 1)]
  const found = finding('name-taken', places, 'Three are one', 'rename two')
  expect(printed(found, '/code/shop')).toBe(
    'plan.ts:3  Three are one (also orders.ts:12, /elsewhere/plan.ts:1) — rename two',
  )
  expect(printed(found, '/code/')).toContain('shop/plan.ts:3  Three')
  expect(printed(found)).toContain('/code/shop/plan.ts:3  Three')
})

test('a place is named once, and one that is not known is left out', () => {
  expect(printed(finding('name-taken', [nowhere, at('a.ts', 1), at('a.ts', 1)], 'It', 'out'))).toBe('a.ts:1  It — out')
  expect(printed(finding('name-taken', [nowhere], 'It', 'out'))).toBe('It — out')
})

test('findings stand in the order of files and lines, those of one line as they were found', () => {
  const found = [
    finding('route-taken', [at('b.ts', 1)], '4', ''),
    finding('route-taken', [at('a.ts', 10)], '3', ''),
    finding('route-taken', [at('a.ts', 9)], '1', ''),
    finding('route-taken', [at('a.ts', 9)], '2', ''),
    finding('route-taken', [nowhere], '0', ''),
  ]
  expect(inOrder(found).map(({ message }) => message)).toEqual(['0', '1', '2', '3', '4'])
})
