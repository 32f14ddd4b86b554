import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Heap, nowhere, type Placed } from './heap.ts'

interface Item extends Placed {
  readonly value: number
}

const item = (value: number): Item => ({ value, place: nowhere })
const valuesOf = (items: Iterable<Item>): readonly number[] => [...items].map(({ value }) => value)

function heapOf(values: readonly number[]): { readonly heap: Heap<Item>; readonly items: readonly Item[] } {
  const heap = new Heap<Item>((one, other) => one.value < other.value)
  const items = values.map(item)
  for (const one of items) heap.add(one)
  return { heap, items }
}

function drained(heap: Heap<Item>): readonly number[] {
  const values: number[] = []
  for (let first = heap.first; first; first = heap.first) {
    heap.remove(first)
    values.push(first.value)
  }
  return values
}

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)

describe('a heap', () => {
  it('gives what it holds in order, whatever was added and removed from its middle', () => {
    const holding = fc.array(fc.record({ value: fc.integer({ min: -20, max: 20 }), removed: fc.boolean() }))
    fc.assert(
      fc.property(holding, holding, (before, after) => {
        const { heap, items } = heapOf(before.map(({ value }) => value))
        for (const [index, { removed }] of before.entries()) if (removed) heap.remove(items[index] as Item)
        for (const { value } of after) heap.add(item(value))
        const left = [...before.filter(({ removed }) => !removed), ...after].map(({ value }) => value)
        expect(heap.size).toBe(left.length)
        expect(valuesOf(heap.inOrder())).toEqual(sorted(left))
        expect(drained(heap)).toEqual(sorted(left))
      }),
    )
  })

  it('leaves itself as it is when looked through', () => {
    const { heap } = heapOf([5, 3, 9, 1])
    const [first] = heap.inOrder()
    expect(first?.value).toBe(1)
    expect(heap.size).toBe(4)
    expect(drained(heap)).toEqual([1, 3, 5, 9])
  })

  it('does not remove what another heap holds, nor anything twice', () => {
    const { heap, items } = heapOf([1, 2])
    const other = heapOf([3, 4])
    for (const one of [...other.items, item(5)]) heap.remove(one)
    expect(heap.size).toBe(2)
    const [first] = items
    if (first) heap.remove(first)
    if (first) heap.remove(first)
    expect(drained(heap)).toEqual([2])
    expect(drained(other.heap)).toEqual([3, 4])
  })

  it('forgets where its items were when it is cleared', () => {
    const { heap, items } = heapOf([1, 2, 3])
    heap.clear()
    expect(heap.size).toBe(0)
    expect(items.map(({ place }) => place)).toEqual([nowhere, nowhere, nowhere])
  })

  it('compares about log n times to add and to remove, also with many items', () => {
    let compared = 0
    const heap = new Heap<Item>((one, other) => {
      compared++
      return one.value < other.value
    })
    const count = 131_072
    // Descending, so that each item rises all the way: the worst case.
    for (let value = count; value > 0; value--) heap.add(item(value))
    const most = Math.ceil(Math.log2(count))
    expect(compared).toBeLessThanOrEqual(count * most)
    compared = 0
    for (let taken = 0; taken < 1_000; taken++) heap.remove(heap.first as Item)
    expect(compared).toBeLessThanOrEqual(1_000 * 3 * most)
  })
})
