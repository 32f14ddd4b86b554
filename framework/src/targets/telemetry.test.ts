import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogRecord, SpanRecord } from '../contract/telemetry.ts'
import { type Collector, collector } from '../http/test/collector.ts'
import { type MemoryClock, memoryClock } from '../memory/clock.ts'
import { type KeepOptions, keepTelemetry, keptPlans, readKept, type TelemetryKeeper } from './telemetry.ts'

const start = Date.UTC(2030, 0, 1)

let folder: string
let clock: MemoryClock
let reported: LogRecord[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundplan-'))
  clock = memoryClock(start)
  reported = []
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function keep(more: Partial<KeepOptions> = {}, to = folder): TelemetryKeeper {
  return keepTelemetry(to, clock, { report: record => void reported.push(record), ...more })
}

const span: SpanRecord = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  name: 'server/sell',
  kind: 'server',
  startMs: start,
  endMs: start + 5,
  attributes: {},
}

function record(plan: string, message: string): LogRecord {
  return { level: 'info', atMs: start, message, plan }
}

describe('A keeper of telemetry', () => {
  it('keeps each plan in a folder of its own, for this process and for others', async () => {
    const kept = keep()
    kept.telemetry('counter').sink?.(span)
    kept.logs(record('shop', 'sold'))
    expect(await kept.reader('counter').spansOf(span.traceId)).toEqual([span])
    expect(await kept.reader('shop').spansOf(span.traceId)).toEqual([])
    await kept.close(1_000)
    expect(await keptPlans(folder)).toEqual(['counter', 'shop'])
    expect(await readKept(folder, ['counter', 'shop']).spansOf(span.traceId)).toEqual([span])
    expect(await keptPlans(join(folder, 'nowhere'))).toEqual([])
  })

  it('samples one trace in ten, or as many as it is told', () => {
    expect(keep().telemetry('shop').sampled).toBe(0.1)
    expect(keep({ sampled: 1 }).telemetry('shop').sampled).toBe(1)
  })

  it('takes nothing after its end', async () => {
    const kept = keep()
    await kept.close(1_000)
    kept.logs(record('shop', 'late'))
    kept.telemetry('shop').sink?.(span)
    expect(clock.nextAt()).toBeUndefined()
    expect(existsSync(join(folder, 'shop'))).toBe(false)
  })
})

describe('What is lost', () => {
  it('is told a second later, together, then once a minute at most', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const kept = keep({}, file)
    const lose = async (count: number): Promise<void> => {
      for (let number = 0; number < count; number++) kept.logs(record('shop', 'lost'))
      await kept.reader('shop').spansOf('')
    }
    await lose(3)
    kept.telemetry('shop').sink?.(span)
    await kept.reader('shop').spansOf('')
    await clock.advance(1_000)
    expect(reported).toMatchObject([
      {
        level: 'warn',
        message: expect.stringMatching(/^telemetry was lost: 3 log records, 1 spans: the disk refused/),
      },
    ])
    await lose(2)
    await clock.advance(50_000)
    expect(reported).toHaveLength(1)
    await clock.advance(10_000)
    expect(reported[1]?.message).toContain('2 log records')
    await lose(1)
    await kept.close(1_000)
    expect(reported[2]?.message).toContain('1 log records')
    expect(clock.nextAt()).toBeUndefined()
  })
})

describe('A keeper with a collector', () => {
  let there: Collector
  beforeEach(async () => {
    there = await collector()
  })
  afterEach(() => there.close())

  function exporting(url = there.url): TelemetryKeeper {
    const endpoint = (signal: string) => ({ url: `${url}/v1/${signal}`, headers: {} })
    const endpoints = { traces: endpoint('traces'), logs: endpoint('logs'), metrics: endpoint('metrics') }
    return keep({ otlp: { endpoints, resource: {} } })
  }

  it('exports what it keeps, and what is counted, at the end as well', async () => {
    const kept = exporting()
    const handlers = { 'server/sell': { calls: 1, failures: 0, totalMs: 1, longestMs: 1 } }
    kept.measure(() => [{ plan: 'counter', sinceMs: start, handlers }])
    kept.telemetry('counter').sink?.(span)
    kept.logs(record('counter', 'sold'))
    await kept.close(1_000)
    expect(there.received.map(({ path }) => path).sort()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces'])
    expect(await readKept(folder, ['counter']).spansOf(span.traceId)).toHaveLength(1)
    expect(reported).toEqual([])
  })

  it('ends within the grace although the collector is silent, and says what was lost', async () => {
    there.answer('silence')
    const kept = exporting()
    kept.telemetry('counter').sink?.(span)
    const closed = kept.close(2_000)
    await expect.poll(() => there.received.length).toBe(1)
    await clock.advance(2_000)
    await closed
    await expect.poll(() => reported).toMatchObject([{ message: expect.stringContaining('1 spans: the process ends') }])
    await expect.poll(() => readdirSync(join(folder, 'counter'))).toContain('0000000001.index.json')
    expect(readFileSync(join(folder, 'counter', '0000000001.jsonl'), 'utf8')).toContain(span.traceId)
  })
})
