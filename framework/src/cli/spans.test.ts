import { describe, expect, it } from 'vitest'
import type { SpanRecord } from '../runtime/telemetry.ts'
import { spanRing } from './spans.ts'

describe('The ring of spans', () => {
  it('keeps the last ones, in order', () => {
    const ring = spanRing(3)
    const names = (): readonly string[] => ring.spans().map(({ name }) => name)
    expect(names()).toEqual([])
    for (const name of ['a', 'b']) ring.sink(spanNamed(name))
    expect(names()).toEqual(['a', 'b'])
    for (const name of ['c', 'd', 'e', 'f', 'g']) ring.sink(spanNamed(name))
    expect(names()).toEqual(['e', 'f', 'g'])
  })

  it('samples one trace in ten', () => {
    expect(spanRing().sampled).toBe(0.1)
  })
})

function spanNamed(name: string): SpanRecord {
  return { traceId: '1', spanId: '2', name, kind: 'server', startMs: 0, endMs: 1, attributes: {} }
}
