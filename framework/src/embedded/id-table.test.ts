import { describe, expect, it } from 'vitest'
import { IdTable } from './id-table.ts'

describe('numbers under hashes', () => {
  it('are those that were added and are not gone, as in a plain list, through growing and shrinking', () => {
    const table = new IdTable()
    const list: { readonly hash: number; readonly number: number }[] = []
    let oldest = 1
    for (let number = 1; number <= 30_000; number++) {
      // Many share a hash, and many a place.
      const hash = (number * 7_919) % 4_001
      table.add(hash, number)
      list.push({ hash, number })
      if (number % 5_000 === 0) {
        oldest = number - 1_500
        table.forgetBelow(oldest)
      }
      if (number % 997 > 0) continue
      for (const asked of [hash, 0, 4_000, 5_000]) {
        const left = list.filter(each => each.hash === asked && each.number >= oldest).map(each => each.number)
        expect(table.under(asked).toSorted((one, other) => one - other)).toEqual(left)
      }
    }
  })
})
