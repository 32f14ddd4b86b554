import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Roll } from './roll.ts'

it('holds what came and has not left, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 })), toggles => {
      const entries = Array.from({ length: 10 }, (_, name) => ({ name, place: -1 }))
      const roll = new Roll<{ name: number; place: number }>()
      const there = new Set<number>()
      for (const name of toggles) {
        const entry = entries[name]
        if (!entry) continue
        if (there.delete(name)) {
          expect(roll.remove(entry)).toBe(true)
        } else {
          expect(roll.remove(entry)).toBe(false)
          roll.add(entry)
          there.add(name)
        }
        expect(new Set(roll.all().map(each => each.name))).toEqual(there)
        expect(roll.size).toBe(there.size)
      }
    }),
  )
})
