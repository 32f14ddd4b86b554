import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SpanRecord } from '../contract/telemetry.ts'
import { type MemoryClock, memoryClock } from '../memory/clock.ts'
import { type OtlpExporter, type OtlpOptions, otlpExporter, type PlanMetrics } from './otlp.ts'
import { type Collector, collector } from './test/collector.ts'

const start = Date.UTC(2030, 0, 1)

let there: Collector
let clock: MemoryClock
let losses: { readonly count: number; readonly what: string; readonly why: string }[]
let counts: readonly PlanMetrics[]

beforeEach(async () => {
  there = await collector()
  clock = memoryClock(start)
  losses = []
  counts = []
})

afterEach(() => there.close())

function exporter(more: Partial<OtlpOptions> = {}, url = there.url): OtlpExporter {
  const endpoint = (signal: string) => ({ url: `${url}/v1/${signal}`, headers: { 'api-key': 'secret-1' } })
  const endpoints = { traces: endpoint('traces'), logs: endpoint('logs'), metrics: endpoint('metrics') }
  return otlpExporter(
    { endpoints, resource: { 'host.name': 'here' }, ...more },
    {
      clock,
      fetch,
      fraction: () => 0.5,
      metrics: () => counts,
      lost: (count, what, why) => void losses.push({ count, what, why }),
    },
  )
}

function span(number: number, more: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: number.toString(16).padStart(32, '0'),
    spanId: '00f067aa0ba902b7',
    name: `span ${number}`,
    kind: 'internal',
    startMs: start,
    endMs: start + 1,
    attributes: {},
    ...more,
  }
}

/** Lets time pass, in steps, until so many requests have come. */
async function requests(count: number, stepMs = 100): Promise<void> {
  const passed = async (): Promise<number> => {
    await clock.advance(stepMs)
    return there.received.length
  }
  await expect.poll(passed, { interval: 5 }).toBeGreaterThanOrEqual(count)
}

function names(at: number): readonly string[] {
  const body = there.received[at]?.body as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }
  return body.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  )
}

describe('An exporter', () => {
  it('sends spans and log records to their addresses a second later, with headers, by plan', async () => {
    const to = exporter()
    to.span('shop', span(1))
    to.span('counter', span(2))
    to.log({ level: 'info', atMs: start, message: 'sold', plan: 'shop' })
    await clock.advance(999)
    expect(there.received).toEqual([])
    await requests(2)
    const [traces, logs] = [...there.received].sort((one, other) => (one.path < other.path ? 1 : -1))
    expect(traces).toMatchObject({
      path: '/v1/traces',
      headers: { 'content-type': 'application/json', 'api-key': 'secret-1' },
      body: { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'span 1' }] }] }, {}] },
    })
    expect(logs).toMatchObject({ path: '/v1/logs', body: { resourceLogs: [{ scopeLogs: [{}] }] } })
    expect(JSON.stringify(logs?.body)).toContain('{"key":"service.name","value":{"stringValue":"shop"}}')
    expect(JSON.stringify(logs?.body)).toContain('{"key":"host.name","value":{"stringValue":"here"}}')
    await to.close(1_000)
    expect(losses).toEqual([])
  })

  it('sends at once when many wait, in requests of 512 at most', async () => {
    const to = exporter()
    for (let number = 0; number < 1_200; number++) to.span('shop', span(number))
    await requests(2, 0)
    expect(there.received.slice(0, 2).map((_, at) => names(at).length)).toEqual([512, 512])
    await to.close(1_000)
    expect(names(2)).toHaveLength(176)
    expect(names(2).at(-1)).toBe('span 1199')
  })

  it('sends counts each minute, and at the end', async () => {
    const handlers = { 'server/sell': { calls: 1, failures: 0, totalMs: 3, longestMs: 3 } }
    counts = [{ plan: 'counter', sinceMs: start, handlers }]
    const to = exporter()
    await clock.advance(59_000)
    expect(there.received).toEqual([])
    await requests(1, 1_000)
    expect(there.received[0]).toMatchObject({ path: '/v1/metrics' })
    expect(JSON.stringify(there.received[0]?.body)).toContain('"groundplan.handler.duration"')
    await to.close(1_000)
    expect(there.received).toHaveLength(2)
    expect(clock.nextAt()).toBeUndefined()
  })

  it('sends nothing of a kind without an address', async () => {
    const to = exporter({ endpoints: {} })
    to.span('shop', span(1))
    to.log({ level: 'info', atMs: start, message: 'sold', plan: 'shop' })
    await to.close(1_000)
    expect(there.received).toEqual([])
    expect(losses).toEqual([])
  })

  it('compresses when asked to', async () => {
    const traces = { url: `${there.url}/v1/traces`, headers: {}, compression: 'gzip' } as const
    const to = exporter({ endpoints: { traces } })
    to.span('shop', span(1))
    await to.close(1_000)
    expect(there.received[0]?.headers['content-encoding']).toBe('gzip')
    expect(names(0)).toEqual(['span 1'])
  })
})

describe('A collector that is too busy', () => {
  it.each([429, 502, 503, 504])('with %d is tried again, with the same', async status => {
    there.answer({ status }, { status })
    const to = exporter()
    to.span('shop', span(1))
    await requests(3)
    expect([0, 1, 2].map(names)).toEqual([['span 1'], ['span 1'], ['span 1']])
    await to.close(1_000)
    expect(losses).toEqual([])
  })

  it('is not asked before it said', async () => {
    there.answer({ status: 429, headers: { 'retry-after': '30' } })
    const to = exporter()
    to.span('shop', span(1))
    await requests(1)
    const refusedAtMs = clock.now()
    await clock.advance(29_000)
    expect(there.received).toHaveLength(1)
    await requests(2)
    expect(clock.now() - refusedAtMs).toBeGreaterThanOrEqual(30_000)
    await to.close(1_000)
    expect(losses).toEqual([])
  })

  it('is given up after ten attempts; then what came meanwhile is sent', async () => {
    there.answer(...Array.from({ length: 10 }, () => ({ status: 503 })))
    const to = exporter()
    to.span('shop', span(1))
    await requests(10, 1_000)
    await expect.poll(() => losses).toHaveLength(1)
    expect(losses[0]).toEqual({
      count: 1,
      what: 'spans',
      why: `the collector answered 503 (${there.url}/v1/traces)`,
    })
    to.span('shop', span(2))
    await to.close(1_000)
    expect(names(10)).toEqual(['span 2'])
  })

  it('that hangs up, or never answers, is tried again', async () => {
    there.answer('hang up', 'silence')
    const to = exporter()
    to.span('shop', span(1))
    await requests(3, 1_000)
    await to.close(1_000)
    expect(losses).toEqual([])
  })
})

describe('A collector that refuses', () => {
  it.each([400, 401, 404, 413, 500, 501])('with %d is not asked again; that is told', async status => {
    there.answer({ status, body: '{"message":"no such key"}' })
    const to = exporter()
    to.span('shop', span(1))
    to.span('shop', span(2))
    await requests(1)
    await expect.poll(() => losses).toHaveLength(1)
    await clock.advance(120_000)
    expect(there.received).toHaveLength(1)
    expect(losses).toEqual([
      { count: 2, what: 'spans', why: `the collector answered ${status}: no such key (${there.url}/v1/traces)` },
    ])
    await to.close(1_000)
  })

  it('by a redirect does not lead the credentials elsewhere', async () => {
    const elsewhere = await collector()
    there.answer({ status: 307, headers: { location: `${elsewhere.url}/v1/traces` } })
    const to = exporter()
    to.span('shop', span(1))
    await to.close(1_000)
    expect(elsewhere.received).toEqual([])
    expect(losses).toHaveLength(1)
    await elsewhere.close()
  })

  it('a part is heard: that is told, and not sent again', async () => {
    there.answer({ status: 200, body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}' })
    const to = exporter()
    to.span('shop', span(1))
    to.span('shop', span(2))
    await to.close(1_000)
    expect(there.received).toHaveLength(1)
    expect(losses).toMatchObject([{ count: 1, why: expect.stringContaining('rejected them: too old') }])
  })
})

describe('A queue that is full', () => {
  it('takes no more, and tells how many were lost', async () => {
    there.answer('silence')
    const to = exporter()
    for (let number = 0; number < 10_000; number++) to.span('shop', span(number))
    const onTheWay = 512
    expect(losses.length).toBe(10_000 - 8_192 - onTheWay)
    expect(losses[0]).toMatchObject({ count: 1, why: expect.stringContaining('more came than the collector took') })
    await to.close(0)
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(10_000)
  })

  it('is bounded in size as well', async () => {
    const to = exporter()
    const message = 'x'.repeat(900_000)
    for (let number = 0; number < 20; number++) to.log({ level: 'info', atMs: start, message, plan: 'shop' })
    expect(losses.length).toBeGreaterThanOrEqual(10)
    to.log({ level: 'info', atMs: start, message: 'x'.repeat(1_100_000), plan: 'shop' })
    expect(losses.at(-1)?.why).toContain('larger than 1 MB')
    await to.close(1_000)
  })
})

describe('The end', () => {
  it('sends what waits', async () => {
    const to = exporter()
    to.span('shop', span(1))
    await to.close(1_000)
    expect(names(0)).toEqual(['span 1'])
    expect(clock.nextAt()).toBeUndefined()
    to.span('shop', span(2))
    expect(losses).toMatchObject([{ count: 1, why: expect.stringContaining('after the end') }])
  })

  it('does not wait for a collector that is not there', async () => {
    const gone = await collector()
    await gone.close()
    const to = exporter({}, gone.url)
    to.span('shop', span(1))
    await to.close(60_000)
    expect(losses).toMatchObject([{ count: 1, why: expect.stringContaining('cannot be reached (ECONNREFUSED)') }])
  })

  it('cuts a wait short, and asks once more', async () => {
    there.answer({ status: 503 }, { status: 503 }, { status: 503 })
    const to = exporter()
    to.span('shop', span(1))
    await requests(1)
    await to.close(60_000)
    expect(losses).toMatchObject([{ count: 1 }])
    expect(there.received.length).toBeLessThanOrEqual(3)
  })

  it('waits for what the collector asked for, if the grace allows it', async () => {
    there.answer({ status: 429, headers: { 'retry-after': '2' } })
    const to = exporter()
    to.span('shop', span(1))
    const closed = to.close(5_000)
    await requests(2)
    await closed
    expect(losses).toEqual([])
    there.answer({ status: 429, headers: { 'retry-after': '7' } })
    const other = exporter()
    other.span('shop', span(2))
    await other.close(5_000)
    expect(losses).toHaveLength(1)
  })

  it('comes after the grace although the collector never answers', async () => {
    there.answer('silence')
    const to = exporter()
    to.span('shop', span(1))
    const closed = to.close(5_000)
    await expect.poll(() => there.received.length).toBe(1)
    await clock.advance(5_000)
    await closed
    expect(losses).toMatchObject([{ count: 1, why: expect.stringContaining('the process ends') }])
    expect(clock.nextAt()).toBeUndefined()
  })
})
