import { describe, expect, it } from 'vitest'
import { fault } from '../contract/problems.ts'
import { memoryClock } from '../memory/clock.ts'
import { systemEntropy } from './entropy.ts'
import { type SpanRecord, type Tracer, tracer } from './telemetry.ts'

const start = Date.UTC(2030, 0, 1)

function kept(): { readonly spans: SpanRecord[]; readonly tracer: Tracer } {
  const spans: SpanRecord[] = []
  const telemetry = { sampled: 1, sink: (span: SpanRecord) => void spans.push(span) }
  const scrub = (text: string) => text.replaceAll('k-81f3a', '[secret key]')
  return { spans, tracer: tracer(telemetry, memoryClock(start), systemEntropy(), scrub) }
}

describe('A span', () => {
  it('that failed says what kind of failure it was', () => {
    const { spans, tracer } = kept()
    tracer.start('one', 'client', undefined).end(fault('timed-out', 'late'))
    tracer.start('two', 'client', undefined).end('rate-limited')
    tracer.start('three', 'client', undefined).end()
    expect(spans.map(({ failure, attributes }) => [failure, attributes])).toEqual([
      ['timed-out: late', { 'error.type': 'timed-out' }],
      ['rate-limited', { 'error.type': 'rate-limited' }],
      [undefined, {}],
    ])
  })

  it('of what is told when it is over begins in the past', () => {
    const { spans, tracer } = kept()
    tracer.start('mail POST', 'client', undefined, {}, start - 30).end()
    expect(spans).toMatchObject([{ startMs: start - 30, endMs: start }])
  })

  it('holds no secret, in whatever it says', () => {
    const { spans, tracer } = kept()
    const span = tracer.start('one', 'client', undefined, { 'url.path': '/k-81f3a' })
    span.set('note', 'k-81f3a')
    span.end(new Error('no such key: k-81f3a'))
    expect(spans).toHaveLength(1)
    expect(JSON.stringify(spans)).not.toContain('81f3a')
  })
})
