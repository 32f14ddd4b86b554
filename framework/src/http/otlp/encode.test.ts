import { describe, expect, it } from 'vitest'
import type { LogRecord, SpanRecord } from '../../contract/telemetry.ts'
import { anyValue, keyValues, logJson, metricsJson, nanoseconds, requestBody, spanJson } from './encode.ts'

const span: SpanRecord = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentId: 'b7ad6b7169203331',
  name: 'orders.insert',
  kind: 'client',
  startMs: 1_792_000_000_123,
  endMs: 1_792_000_000_125,
  attributes: { 'db.operation.name': 'insert', count: 3, share: 0.5, kept: true },
}

describe('A value', () => {
  it.each([
    ['text', { stringValue: 'text' }],
    ['', { stringValue: '' }],
    [true, { boolValue: true }],
    [0, { intValue: '0' }],
    [-7, { intValue: '-7' }],
    [Number.MAX_SAFE_INTEGER, { intValue: '9007199254740991' }],
    [2 ** 60, { doubleValue: 2 ** 60 }],
    [0.5, { doubleValue: 0.5 }],
    [null, {}],
    [undefined, {}],
    [['a', 1], { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } }],
    [{ a: { b: [] } }, anyNested()],
  ])('%j has exactly one kind, or none', (value, expected) => {
    expect(anyValue(value)).toEqual(expected)
  })

  function anyNested() {
    const inner = { kvlistValue: { values: [{ key: 'b', value: { arrayValue: { values: [] } } }] } }
    return { kvlistValue: { values: [{ key: 'a', value: inner }] } }
  }

  it('that is undefined is no entry', () => {
    expect(keyValues({ a: undefined, b: null })).toEqual([{ key: 'b', value: {} }])
  })
})

describe('A time', () => {
  it('has all its nanoseconds', () => {
    expect(nanoseconds(1_792_000_000_123)).toBe('1792000000123000000')
    expect(nanoseconds(1_792_000_000_123.5)).toBe('1792000000123500000')
    expect(nanoseconds(0)).toBe('0')
    expect(nanoseconds(1.9999999)).toBe('2000000')
  })
})

describe('A span', () => {
  it('has hexadecimal ids, numbers for enums, text for 64 bits', () => {
    expect(spanJson(span)).toEqual({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      parentSpanId: 'b7ad6b7169203331',
      flags: 1,
      name: 'orders.insert',
      kind: 3,
      startTimeUnixNano: '1792000000123000000',
      endTimeUnixNano: '1792000000125000000',
      attributes: [
        { key: 'db.operation.name', value: { stringValue: 'insert' } },
        { key: 'count', value: { intValue: '3' } },
        { key: 'share', value: { doubleValue: 0.5 } },
        { key: 'kept', value: { boolValue: true } },
      ],
    })
  })

  it('without a parent says nothing of one', () => {
    const { parentId, ...root } = span
    expect(spanJson(root)).not.toHaveProperty('parentSpanId')
  })

  it.each([
    ['internal', 1],
    ['server', 2],
    ['client', 3],
    ['producer', 4],
    ['consumer', 5],
  ] as const)('of kind %s is %d', (kind, number) => {
    expect(spanJson({ ...span, kind })).toMatchObject({ kind: number })
  })

  it('of a request is named by method and route, and says which handler it was', () => {
    const attributes = { 'http.request.method': 'POST', 'http.route': '/orders/{id}' }
    expect(spanJson({ ...span, kind: 'server', name: 'backend/place', attributes })).toMatchObject({
      name: 'POST /orders/{id}',
      attributes: expect.arrayContaining([{ key: 'groundplan.handler', value: { stringValue: 'backend/place' } }]),
    })
    expect(spanJson({ ...span, kind: 'client', attributes })).toMatchObject({ name: 'orders.insert' })
  })

  it('of a message is named by its queue', () => {
    const attributes = { 'messaging.destination.name': 'jobs' }
    expect(spanJson({ ...span, kind: 'consumer', name: 'backend/work', attributes })).toMatchObject({
      name: 'process jobs',
    })
  })

  it('that failed has the status error; one that refused its caller has none', () => {
    const server: SpanRecord = { ...span, kind: 'server', failure: 'sold-out' }
    const withStatus = (status: number) => ({ ...server, attributes: { 'http.response.status_code': status } })
    expect(spanJson(server)).toMatchObject({ status: { code: 2, message: 'sold-out' } })
    expect(spanJson(withStatus(503))).toMatchObject({ status: { code: 2 } })
    expect(spanJson(withStatus(409))).not.toHaveProperty('status')
    expect(spanJson({ ...withStatus(409), kind: 'client' })).toMatchObject({ status: { code: 2 } })
  })
})

describe('A log record', () => {
  const record: LogRecord = { level: 'warn', atMs: 5, message: 'late', plan: 'shop' }

  it('has its severity as a number and as text', () => {
    expect(logJson(record)).toEqual({
      timeUnixNano: '5000000',
      observedTimeUnixNano: '5000000',
      severityNumber: 13,
      severityText: 'WARN',
      body: { stringValue: 'late' },
      attributes: [],
    })
  })

  it('has its trace, handler and fields', () => {
    const fields = { order: { id: 'o-1', lines: [1, 2] } }
    expect(logJson({ ...record, trace: span.traceId, handler: 'backend/place', fields })).toMatchObject({
      traceId: span.traceId,
      attributes: keyValues({ ...fields, 'groundplan.handler': 'backend/place' }),
    })
  })

  it('has an error in the words of the conventions', () => {
    const error = {
      name: 'TypeError',
      message: 'broken',
      stack: 'TypeError: broken\n at a',
      cause: { message: 'deep' },
    }
    expect(logJson({ ...record, fields: { error, tick: 1 } })).toMatchObject({
      attributes: keyValues({
        tick: 1,
        'exception.type': 'TypeError',
        'exception.message': 'broken',
        'exception.stacktrace': 'TypeError: broken\n at a',
        error: { cause: { message: 'deep' } },
      }),
    })
    expect(logJson({ ...record, fields: { error: 'a text' } })).toMatchObject({
      attributes: keyValues({ error: 'a text' }),
    })
  })
})

describe('Counts', () => {
  it('are a histogram without buckets and a sum, both cumulative', () => {
    const handlers = { 'server/sell': { calls: 4, failures: 1, totalMs: 2_500, longestMs: 1_500 } }
    const common = {
      attributes: keyValues({ 'groundplan.service': 'server', 'groundplan.handler': 'server/sell' }),
      startTimeUnixNano: '1000000',
      timeUnixNano: '2000000',
    }
    expect(metricsJson({ plan: 'counter', sinceMs: 1, handlers }, 2)).toMatchObject([
      {
        name: 'groundplan.handler.duration',
        unit: 's',
        histogram: { aggregationTemporality: 2, dataPoints: [{ ...common, count: '4', sum: 2.5, max: 1.5 }] },
      },
      {
        name: 'groundplan.handler.failures',
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...common, asInt: '1' }] },
      },
    ])
  })

  it('of nothing are nothing', () => {
    expect(metricsJson({ plan: 'counter', sinceMs: 1, handlers: {} }, 2)).toEqual([])
  })
})

describe('A request', () => {
  it('groups what it holds by plan', () => {
    const items = [
      { plan: 'a', json: '{"n":1}' },
      { plan: 'b', json: '{"n":2}' },
      { plan: 'a', json: '{"n":3}' },
    ]
    const scope = { name: 'groundplan' }
    expect(JSON.parse(requestBody('traces', items, plan => ({ of: plan })))).toEqual({
      resourceSpans: [
        { resource: { of: 'a' }, scopeSpans: [{ scope, spans: [{ n: 1 }, { n: 3 }] }] },
        { resource: { of: 'b' }, scopeSpans: [{ scope, spans: [{ n: 2 }] }] },
      ],
    })
    expect(Object.keys(JSON.parse(requestBody('logs', items, () => ({}))))).toEqual(['resourceLogs'])
    expect(requestBody('metrics', items.slice(0, 1), () => ({}))).toContain('"scopeMetrics":[{"scope":')
  })
})
