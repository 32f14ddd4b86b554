import { describe, expect, it } from 'vitest'
import type { LogRecord } from '../runtime/log.ts'
import { atLeast, jsonLine, prettyLine } from './log-format.ts'
import { paint } from './terminal.ts'

const record: LogRecord = {
  level: 'warn',
  atMs: new Date(2030, 0, 2, 3, 4, 5, 6).getTime(),
  plan: 'storefront',
  handler: 'backend/placeOrder',
  message: 'late',
  trace: '4bf92f3577b34da6a3ce929d0e0e4736',
  fields: { orderId: 'o-1', note: 'two words', count: 3 },
}
const plain = paint(false)

describe('A line of JSON', () => {
  it('has the time as text, and fields apart from what is ours', () => {
    const line = jsonLine({ ...record, fields: { level: 'mine' } })
    expect(line.endsWith('\n')).toBe(true)
    expect(JSON.parse(line)).toEqual({
      time: new Date(record.atMs).toISOString(),
      level: 'warn',
      plan: 'storefront',
      handler: 'backend/placeOrder',
      message: 'late',
      trace: record.trace,
      fields: { level: 'mine' },
    })
  })
})

describe('A line for people', () => {
  it('has time, level, speaker, message, fields and the beginning of the trace', () => {
    expect(prettyLine(record, plain, '/project')).toBe(
      '03:04:05.006 warn  storefront backend/placeOrder  late  orderId=o-1  note="two words"  count=3  trace 4bf92f35\n',
    )
  })

  it('says nothing of what is not there', () => {
    const { handler, trace, fields, ...least } = record
    expect(prettyLine(least, plain, '/project')).toBe('03:04:05.006 warn  storefront  late\n')
  })

  it('shows the stack of an error and of its cause below', () => {
    const cause = { name: 'Error', message: 'deep', stack: 'Error: deep\n    at b (b.ts:2:2)' }
    const stack = 'Error: broken\n    at a (/project/systems/a.ts:1:1)\n    at node:internal/process/task_queues:95:5'
    const error = { name: 'Error', message: 'broken', stack, cause }
    expect(
      prettyLine({ ...record, fields: { error, tick: 1 } }, plain, '/project')
        .split('\n')
        .slice(0, -1),
    ).toEqual([
      '03:04:05.006 warn  storefront backend/placeOrder  late  tick=1  trace 4bf92f35',
      '    Error: broken',
      '        at a (systems/a.ts:1:1)',
      '    caused by Error: deep',
      '        at b (b.ts:2:2)',
    ])
  })

  it('is coloured when wanted', () => {
    expect(prettyLine(record, paint(true), '/project')).toContain('\u001b[33mwarn \u001b[39m')
  })
})

describe('A level', () => {
  it('lets through itself and what is above', () => {
    const seen: string[] = []
    const sink = atLeast('warn', ({ level }) => void seen.push(level))
    for (const level of ['debug', 'info', 'warn', 'error'] as const) sink({ ...record, level })
    expect(seen).toEqual(['warn', 'error'])
  })
})
