import { describe, expect, it } from 'vitest'
import { type Block, placed } from './layers.ts'

const block = (id: string, layer: number, height = 40): Block => ({
  id,
  layer,
  height,
  parts: [{ id, at: height / 2 }],
})

describe('Placing in layers', () => {
  it('orders a layer so that lines do not cross', () => {
    const tops = placed(
      [block('a', 0), block('b', 0), block('x', 1), block('y', 1)],
      [
        { left: 'a', right: 'y' },
        { left: 'b', right: 'x' },
      ],
    )
    const [a = 0, b = 0, x = 0, y = 0] = ['a', 'b', 'x', 'y'].map(id => tops.get(id))
    expect(Math.sign(b - a)).toBe(Math.sign(x - y))
  })

  it('never lets blocks of a layer overlap', () => {
    const right = Array.from({ length: 12 }, (_, index) => block(`r${index}`, 1, 20 + index))
    const tops = placed(
      [block('l', 0), ...right],
      right.slice(3).map(({ id }) => ({ left: 'l', right: id })),
    )
    const sorted = right.toSorted((a, b) => (tops.get(a.id) ?? 0) - (tops.get(b.id) ?? 0))
    const gaps = sorted
      .slice(1)
      .map(
        ({ id }, index) =>
          (tops.get(id) ?? 0) - (tops.get(sorted[index]?.id ?? '') ?? 0) - (sorted[index]?.height ?? 0),
      )
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(17) // places are whole pixels
  })

  it('stands what nothing joins below the rest, and begins at 0', () => {
    const tops = placed([block('alone', 1), block('l', 0), block('r', 1)], [{ left: 'l', right: 'r' }])
    expect(tops.get('alone')).toBeGreaterThan(tops.get('r') ?? Number.NaN)
    expect(Math.min(...tops.values())).toBe(0)
    expect(placed([], []).size).toBe(0)
  })
})
