import { describe, expect, it } from 'vitest'
import type { LogRecord, SpanRecord } from '../contract/telemetry.ts'
import { paint } from './terminal.ts'
import { durationText, waterfall } from './waterfall.ts'

const start = new Date(2030, 0, 2, 3, 4, 5, 6).getTime()
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const plain = paint(false)

function span(spanId: string, name: string, fromMs: number, toMs: number, more: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId,
    spanId,
    name,
    kind: 'client',
    startMs: start + fromMs,
    endMs: start + toMs,
    attributes: {},
    ...more,
  }
}

function log(message: string, atMs: number, more: Partial<LogRecord> = {}): LogRecord {
  return { level: 'info', atMs: start + atMs, message, plan: 'shop', ...more }
}

function lines(spans: readonly SpanRecord[], logs: readonly LogRecord[] = []): readonly string[] {
  return waterfall({ traceId, spans, logs }, plain).split('\n')
}

describe('A waterfall', () => {
  it('shows spans below what began them, with their time as a bar, and what was logged between', () => {
    const spans = [
      span('a', 'backend/placeOrder', 0, 60, { kind: 'server' }),
      span('c', 'mail.send', 30, 60, {
        parentId: 'a',
        failure: 'timed-out: no answer',
        attributes: { 'server.address': 'mail.example.org', attempt: 2 },
      }),
      span('b', 'products.get', 2, 4, { parentId: 'a' }),
    ]
    const logs = [
      log('placed', 10, {
        handler: 'backend/placeOrder',
        trace: traceId,
        fields: { orderId: 'o-1', note: 'two words' },
      }),
      log('elsewhere', 70, { level: 'warn' }),
    ]
    expect(lines(spans, logs)).toEqual([
      `trace ${traceId}  2030-01-02 03:04:05.006  70 ms  3 spans, 2 log records`,
      '',
      'backend/placeOrder       60 ms  ██████████████████████████',
      '  products.get            2 ms  █',
      '  +10 ms info placed orderId=o-1 note="two words"',
      '  mail.send              30 ms              █████████████',
      '    ✗ timed-out: no answer',
      '      server.address=mail.example.org',
      '      attempt=2',
      '+70 ms warn elsewhere',
      '',
    ])
  })

  it('shows what has no parent here at the top, and every span once although ids lead in a circle', () => {
    const spans = [
      span('a', 'a', 0, 1, { parentId: 'b' }),
      span('b', 'b', 1, 2, { parentId: 'a' }),
      span('c', 'c', 2, 3, { parentId: 'c' }),
      span('d', 'd', 3, 4, { parentId: 'elsewhere' }),
    ]
    const names = lines(spans)
      .slice(2, -1)
      .map(line => line.slice(0, 3))
    expect(names).toEqual(['d  ', 'a  ', '  b', 'c  '])
  })

  it('makes every span visible, however short', () => {
    const [, , first = '', second = ''] = lines([span('a', 'a', 0, 10_000), span('b', 'b', 10_000, 10_000)])
    expect(first.endsWith('█'.repeat(30))).toBe(true)
    expect(second.endsWith(`${' '.repeat(29)}▏`)).toBe(true)
    expect(lines([span('a', 'a', 0, 0)])[2]).toBe('a        0 ms  ▏')
  })

  it('shows an error in a log record by its first line', () => {
    const error = { name: 'Error', message: 'broken', stack: 'Error: broken\n    at a' }
    expect(lines([], [log('failed', 0, { level: 'error', fields: { error } })])[2]).toBe(
      '+0 ms error failed error="Error: broken"',
    )
  })

  it('cannot be told by what others sent to show something else', () => {
    const evil = '\u001b[2J\nfake'
    const text = waterfall(
      {
        traceId,
        spans: [span('a', evil, 0, 1, { failure: evil, attributes: { [evil]: evil } })],
        logs: [log(evil, 0, { fields: { [evil]: evil } })],
      },
      plain,
    )
    expect(text).not.toContain('\u001b')
    expect(text).not.toMatch(/^fake/m)
  })

  it('stays readable and quick with very many spans, and very deep ones', () => {
    const deep = Array.from({ length: 50_000 }, (_, at) => span(`${at}`, 's', at, at + 1, { parentId: `${at - 1}` }))
    const shown = lines(deep)
    expect(shown).toHaveLength(1_004)
    expect(shown.at(-2)).toBe('… and 49000 more; --json has all')
    expect(Math.max(...shown.map(line => line.length))).toBeLessThan(120)
  })

  it('colours failures, of the caller otherwise than ours', () => {
    const attributes = { 'http.response.status_code': 409 }
    const refused = span('a', 'a', 0, 1, { kind: 'server', failure: 'sold-out', attributes })
    const ink = paint(true)
    expect(waterfall({ traceId, spans: [refused], logs: [] }, ink)).toContain(ink.yellow('✗ sold-out'))
    expect(waterfall({ traceId, spans: [{ ...refused, attributes: {} }], logs: [] }, ink)).toContain(
      ink.red('✗ sold-out'),
    )
  })
})

describe('A length of time', () => {
  it.each([
    [0, '0 ms'],
    [0.25, '0.3 ms'],
    [999, '999 ms'],
    [1_234, '1.23 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '60 min 0 s'],
  ])('of %d ms reads %s', (ms, text) => expect(durationText(ms)).toBe(text))
})
