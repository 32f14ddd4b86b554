import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { traceId } from '../test/telemetry.ts'
import { filterOf, keyOf, mayHold } from './trace-filter.ts'

describe('The filter of traces', () => {
  it('never denies a trace that is there', () => {
    const ids = fc.array(fc.stringMatching(/^[0-9a-f]{32}$/), { minLength: 1 })
    fc.assert(
      fc.property(ids, all => {
        const filter = filterOf(new Set(all.map(keyOf)))
        return all.every(id => mayHold(filter, keyOf(id)))
      }),
    )
  })

  it('admits few that are not, at ten bits a trace', () => {
    const filter = filterOf(new Set(Array.from({ length: 10_000 }, (_, number) => keyOf(traceId(number)))))
    expect(filter.length).toBe(12_500)
    const others = Array.from({ length: 10_000 }, (_, number) => keyOf(traceId(number + 10_000)))
    expect(others.filter(key => mayHold(filter, key)).length).toBeLessThan(200)
  })

  it('holds nothing when it is empty, and takes an id that is no number', () => {
    expect(mayHold(filterOf(new Set()), keyOf(traceId(1)))).toBe(false)
    expect(mayHold(filterOf(new Set([keyOf('no hexadecimal')])), keyOf('no hexadecimal'))).toBe(true)
  })
})
