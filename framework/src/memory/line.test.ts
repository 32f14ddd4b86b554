import { describe, expect, it } from 'vitest'
import { Line } from './line.ts'

function drained(line: Line<number>): readonly number[] {
  const items: number[] = []
  for (let head = line.head; head !== undefined; head = line.head) {
    items.push(head)
    line.dropHead()
  }
  return items
}

describe('a line', () => {
  it('gives its items first come first, also while it grows', () => {
    const line = new Line<number>('key')
    const given: number[] = []
    for (let next = 0; next < 10_000; next++) {
      line.append(next)
      if (next % 3 === 0) continue
      given.push(line.head as number)
      line.dropHead()
    }
    given.push(...drained(line))
    expect(given).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
  })

  it('keeps the items it is told to keep, of those that are left', () => {
    const line = new Line<number>('key')
    for (let next = 0; next < 10; next++) line.append(next)
    for (let dropped = 0; dropped < 4; dropped++) line.dropHead()
    line.keepOnly(item => item % 2 === 0)
    line.append(99)
    expect(drained(line)).toEqual([4, 6, 8, 99])
  })

  it('has no head when it is empty, and goes on afterwards', () => {
    const line = new Line<number>('key')
    line.append(1)
    line.dropHead()
    expect(line.head).toBeUndefined()
    line.append(2)
    expect(line.head).toBe(2)
  })
})
