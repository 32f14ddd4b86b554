import fc from 'fast-check'
import { expect, test } from 'vitest'
import { circlesIn, circleText } from './circles.ts'

const circles = (steps: Readonly<Record<string, string>>) =>
  circlesIn(Object.keys(steps), node => [...(steps[node] ?? '')]).map(circle => circle.join(''))

test('a circle is found wherever it begins, without the way to it', () => {
  expect(circles({ a: 'b', b: 'c', c: 'b' })).toEqual(['bc'])
  expect(circles({ a: 'a' })).toEqual(['a'])
  expect(circles({ a: 'bc', b: 'd', c: 'd', d: '' })).toEqual([])
  expect(circles({ a: 'b', b: 'a', c: 'd', d: 'c' })).toEqual(['ab', 'cd'])
})

test('without the last step of each circle there is none', () => {
  const node = fc.nat(7)
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node)), steps => {
      const nodes = [0, 1, 2, 3, 4, 5, 6, 7]
      const next = (list: readonly (readonly [number, number])[]) => (from: number) =>
        list.flatMap(([first, second]) => (first === from ? [second] : []))
      const found = circlesIn(nodes, next(steps))
      for (const circle of found) {
        circle.forEach((from, at) => {
          expect(next(steps)(from)).toContain(circle[(at + 1) % circle.length])
        })
      }
      const left = steps.filter(([from, to]) => !found.some(circle => circle.at(-1) === from && circle[0] === to))
      expect(circlesIn(nodes, next(left))).toEqual([])
    }),
  )
})

test('a circle reads back to its beginning', () => {
  expect(circleText(['orders', 'billing'])).toBe('orders → billing → orders')
})
