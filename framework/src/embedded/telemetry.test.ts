import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anyCharacter } from '../contract/suite/any-character.ts'
import type { LogRecord, SpanRecord } from '../contract/telemetry.ts'
import { type MemoryClock, memoryClock } from '../memory/clock.ts'
import { type Loss, openTelemetry, readTelemetry, type TelemetryOptions, type TelemetryStore } from './telemetry.ts'
import { temporaryFolder } from './test/folder.ts'
import { logOf, messagesOf, spanOf, traceId } from './test/telemetry.ts'
import { killedWriter } from './test/telemetry-child.ts'

const KB = 1_024
const start = Date.UTC(2030, 0, 1)

let temporary: ReturnType<typeof temporaryFolder>
let clock: MemoryClock
let folder: string
const opened: TelemetryStore[] = []

beforeEach(() => {
  temporary = temporaryFolder()
  folder = join(temporary.path, 'counter')
  clock = memoryClock(start)
})

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  temporary.remove()
})

function open(more: Partial<TelemetryOptions> = {}): TelemetryStore {
  const store = openTelemetry(folder, { plan: 'counter', clock, ...more })
  opened.push(store)
  return store
}

const reader = () => readTelemetry([folder], clock)

function files(ending = '.jsonl'): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter(name => name.endsWith(ending))
        .sort()
        .map(name => join(folder, name))
    : []
}

function bytesKept(): number {
  return [...files(), ...files('.json')].reduce((sum, file) => sum + statSync(file).size, 0)
}

describe('Telemetry on disk', () => {
  it('gives back the spans of a trace, in the order they began, and no others', async () => {
    const store = open()
    const child = spanOf(1, { spanId: 'b'.repeat(16), parentId: 'a'.repeat(16), startMs: 1_002, name: 'stock.add' })
    const root = spanOf(1, { spanId: 'a'.repeat(16), attributes: { 'http.route': '/decrement', n: 1, yes: true } })
    for (const span of [spanOf(2), child, root, spanOf(3)]) store.span(span)
    expect(await store.spansOf(traceId(1))).toEqual([root, child])
    expect(await store.spansOf(traceId(4))).toEqual([])
  })

  it('writes within half a second, without being asked', async () => {
    const store = open()
    store.span(spanOf(1))
    store.log(logOf('sold'))
    expect(files()).toEqual([])
    await clock.advance(499)
    expect(files()).toEqual([])
    await clock.advance(1)
    await expect.poll(() => reader().spansOf(traceId(1))).toHaveLength(1)
    expect(await messagesOf(reader().logs())).toEqual(['sold'])
  })

  it('makes no file while there is nothing to keep', async () => {
    const store = open()
    await clock.advance(10_000)
    await store.close()
    expect(existsSync(folder)).toBe(false)
  })

  it('keeps its files from other people', async () => {
    const store = open()
    store.span(spanOf(1))
    await store.close()
    for (const file of [...files(), ...files('.json')]) expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is there again after a restart, and goes on in a file of its own', async () => {
    for (const number of [1, 2, 3]) {
      const store = open()
      store.span(spanOf(number))
      store.log(logOf(`start ${number}`, { atMs: start + number }))
      await store.close()
    }
    expect(files()).toHaveLength(3)
    const again = open()
    expect(await again.spansOf(traceId(2))).toEqual([spanOf(2)])
    expect(await messagesOf(again.logs())).toEqual(['start 1', 'start 2', 'start 3'])
  })

  it('keeps a record that is too large without its fields, a span without its attributes', async () => {
    const store = open()
    store.log(logOf('x'.repeat(5_000), { fields: { text: 'y'.repeat(200 * KB) } }))
    store.span(spanOf(1, { attributes: { text: 'y'.repeat(200 * KB) } }))
    const [record] = await collected(store.logs())
    expect(record?.message).toBe('x'.repeat(1_000))
    expect(record?.fields).toEqual({ cut: 'the record was too large' })
    expect(await store.spansOf(traceId(1))).toEqual([spanOf(1, { attributes: { 'groundplan.cut': true } })])
  })

  it('never throws at whoever gives it something', async () => {
    const losses: Loss[] = []
    const store = open({ lost: loss => losses.push(loss) })
    const circle: Record<string, unknown> = {}
    circle.self = circle
    store.log(logOf('circle', { fields: circle }))
    store.log(logOf('large', { fields: { count: 1n } }))
    expect(losses).toMatchObject([{ logs: 1 }, { logs: 1 }])
    store.log(logOf('fine'))
    expect(await messagesOf(store.logs({ level: 'info' }))).toContain('fine')
    await store.close()
    store.span(spanOf(1))
    expect(losses.at(-1)).toEqual({ spans: 1, logs: 0, why: 'it came after the end' })
  })
})

describe('Recent traces', () => {
  it('come with the latest first, in one line each, as many as asked for', async () => {
    const store = open()
    store.span(spanOf(1, { endMs: 5_000 }))
    store.span(spanOf(2, { name: 'stock.add', parentId: 'c'.repeat(16), kind: 'client', startMs: 1_100, endMs: 1_200 }))
    store.span(spanOf(2, { name: 'server/sell', startMs: 1_150, endMs: 7_000, failure: 'broken' }))
    store.span(spanOf(3, { endMs: 6_000 }))
    expect(await store.recentTraces()).toEqual([
      summary(2, { startMs: 1_150, endMs: 7_000, spans: 2, failed: true }),
      summary(3, { endMs: 6_000 }),
      summary(1, { endMs: 5_000 }),
    ])
    expect(await store.recentTraces({ limit: 1 })).toHaveLength(1)
  })

  it('can be asked for by handler and by failure, and by the failure of a handler', async () => {
    const store = open()
    store.span(spanOf(1, { name: 'server/show' }))
    store.span(spanOf(2, { failure: 'broken', attributes: { 'http.response.status_code': 500 } }))
    store.span(spanOf(3, { failure: 'sold-out', attributes: { 'http.response.status_code': 409 } }))
    store.span(spanOf(4, { name: 'server/show' }))
    store.span(spanOf(4, { name: 'mail.send', kind: 'client', failure: 'no mail' }))
    const numbers = async (query: Parameters<TelemetryStore['recentTraces']>[0]) =>
      (await store.recentTraces(query)).map(({ traceId }) => Number.parseInt(traceId.slice(8), 16)).sort()
    expect(await numbers({ handler: 'server/show' })).toEqual([1, 4])
    expect(await numbers({ failed: true })).toEqual([2, 4])
    expect(await numbers({ failed: true, handler: 'server/show' })).toEqual([])
    expect(await numbers({ failed: true, handler: 'server/sell' })).toEqual([2])
    expect(await numbers({ handler: 'server/sel' })).toEqual([])
  })

  it('are whole although their spans lie in several files', async () => {
    const store = open({ maxBytes: 256 * KB })
    store.span(spanOf(1, { startMs: 1 }))
    for (let filler = 10; filler < 150; filler++) store.span(spanOf(filler, { attributes: { text: 'x'.repeat(300) } }))
    store.span(spanOf(1, { parentId: 'd'.repeat(16), name: 'server/later', startMs: 2, endMs: 9_000 }))
    const [latest] = await store.recentTraces({ limit: 1 })
    expect(files().length).toBeGreaterThan(2)
    expect(latest).toEqual(summary(1, { startMs: 1, endMs: 9_000, spans: 2 }))
  })

  it('are found by the beginning of their id', async () => {
    const store = open()
    for (let trace = 0; trace < 20; trace++) store.span(spanOf(trace))
    store.log(logOf('not sampled', { trace: traceId(77) }))
    expect(await store.tracesLike(traceId(7).slice(0, 8))).toEqual([traceId(7)])
    expect(await store.tracesLike(traceId(77).slice(0, 10))).toEqual([traceId(77)])
    expect(await store.tracesLike('', 3)).toHaveLength(3)
    expect(await store.tracesLike('zzzzzzzz')).toEqual([])
  })
})

describe('Kept logs', () => {
  const at = (seconds: number): number => start + seconds * 1_000

  it('can be asked for by time, level, handler and trace', async () => {
    const store = open()
    store.log(logOf('a', { atMs: at(1), level: 'debug', handler: 'server/sell' }))
    store.log(logOf('b', { atMs: at(2), level: 'warn', handler: 'server/sell', trace: traceId(1) }))
    store.log(logOf('c', { atMs: at(3), level: 'error', handler: 'server/show', trace: traceId(2) }))
    expect(await messagesOf(store.logs())).toEqual(['a', 'b', 'c'])
    expect(await messagesOf(store.logs({ sinceMs: at(2) }))).toEqual(['b', 'c'])
    expect(await messagesOf(store.logs({ level: 'warn' }))).toEqual(['b', 'c'])
    expect(await messagesOf(store.logs({ handler: 'server/sell' }))).toEqual(['a', 'b'])
    expect(await messagesOf(store.logs({ trace: traceId(2) }))).toEqual(['c'])
    expect(await messagesOf(store.logs({ level: 'error', handler: 'server/sell' }))).toEqual([])
  })

  it('of processes and plans side by side come in the order of their times', async () => {
    const other = join(temporary.path, 'shop')
    const stores = [open(), open(), openTelemetry(other, { plan: 'shop', clock })]
    opened.push(...stores.slice(2))
    for (let second = 0; second < 30; second++) {
      stores[second % 3]?.log(logOf(`${second}`, { atMs: at(second) }))
      if (second % 7 === 0) for (const store of stores) await store.flush()
    }
    for (const store of stores) await store.flush()
    const both = readTelemetry([folder, other], clock)
    expect(await messagesOf(both.logs())).toEqual(Array.from({ length: 30 }, (_, second) => `${second}`))
  })

  it('follow what is written, through full files and new ones, until told to stop', async () => {
    const store = open({ maxBytes: 256 * KB })
    const stop = new AbortController()
    store.log(logOf('0', { fields: { text: 'x'.repeat(1_000) } }))
    await store.flush()
    const seen: string[] = []
    const following = (async () => {
      for await (const { message } of reader().logs({ follow: true, signal: stop.signal })) seen.push(message)
    })()
    for (let number = 1; number < 60; number++) {
      store.log(logOf(`${number}`, { atMs: at(number), fields: { text: 'x'.repeat(1_000) } }))
      if (number % 20 === 0) await clock.advance(600)
    }
    await store.flush()
    const later = async (): Promise<number> => {
      await clock.advance(250)
      return seen.length
    }
    await expect.poll(later).toBe(60)
    expect(files().length).toBeGreaterThan(2)
    stop.abort()
    await following
    expect(seen).toEqual(Array.from({ length: 60 }, (_, number) => `${number}`))
  })

  it('can be left while they are followed', async () => {
    const store = open()
    store.log(logOf('first'))
    await store.flush()
    for await (const { message } of reader().logs({ follow: true })) {
      expect(message).toBe('first')
      break
    }
    expect(clock.nextAt()).toBeUndefined()
  })
})

describe('The bound', () => {
  it('is never exceeded; the oldest goes first', async () => {
    const maxBytes = 256 * KB
    const store = open({ maxBytes })
    const text = 'x'.repeat(500)
    for (let number = 0; number < 2_000; number++) {
      store.log(logOf(`${number}`, { fields: { text } }))
      if (number % 25 === 0) await store.flush()
      if (number % 100 === 0) expect(bytesKept()).toBeLessThanOrEqual(maxBytes)
    }
    await store.close()
    expect(bytesKept()).toBeLessThanOrEqual(maxBytes)
    expect(bytesKept()).toBeGreaterThan(maxBytes * 0.7)
    const left = (await messagesOf(reader().logs())).map(Number)
    expect(left.at(-1)).toBe(1_999)
    expect(left).toEqual(Array.from({ length: left.length }, (_, index) => 2_000 - left.length + index))
  })

  it('holds for a process that is started again and again: at most 256 files', async () => {
    for (let number = 0; number < 260; number++) {
      const store = openTelemetry(folder, { plan: 'counter', clock })
      store.log(logOf(`${number}`, { atMs: start + number }))
      await store.close()
    }
    expect(files()).toHaveLength(256)
    expect((await messagesOf(reader().logs())).slice(0, 2)).toEqual(['4', '5'])
  })

  it('of memory holds in a burst: what is too much is dropped, counted, told and logged', async () => {
    const losses: Loss[] = []
    const store = open({ lost: loss => losses.push(loss) })
    const text = 'x'.repeat(10 * KB)
    for (let number = 0; number < 600; number++) store.log(logOf(`${number}`, { fields: { text } }))
    expect(losses.length).toBeGreaterThan(150)
    expect(new Set(losses.map(({ why }) => why))).toEqual(new Set(['more came than the disk took']))
    await store.flush()
    store.log(logOf('after', { atMs: start }))
    const records = await collected(store.logs())
    const told = records.find(({ message }) => message.startsWith('telemetry was dropped'))
    expect(told).toMatchObject({ level: 'warn', fields: { spans: 0, logs: losses.length } })
    expect(records.filter(({ message }) => /^\d+$/.test(message))).toHaveLength(600 - losses.length)
    expect(records.at(-1)?.message).toBe('after')
  })
})

describe('Files that are not as they were left', () => {
  it('are read as far as they can be: damaged lines and tails are passed over', async () => {
    const store = open()
    store.span(spanOf(1))
    store.log(logOf('whole'))
    await store.flush()
    const [file = ''] = files()
    appendFileSync(file, `{"trace":"${traceId(1)}","span":{"name":"half\n`)
    appendFileSync(
      file,
      `${'\0'.repeat(100)}\n"text"\n{"log":{}}\n{"log":null}\n\n{"trace":"${traceId(1)}","span":7}\n`,
    )
    store.log(logOf('after'))
    await store.flush()
    appendFileSync(file, `{"trace":"${traceId(1)}","span":{"name":"torn off`)
    expect(await reader().spansOf(traceId(1))).toEqual([spanOf(1)])
    expect(await messagesOf(reader().logs())).toEqual(['whole', 'after'])
    expect(await reader().recentTraces()).toHaveLength(1)
  })

  it('are read from end to end where the index is missing or damaged', async () => {
    const store = open()
    store.span(spanOf(1))
    await store.close()
    const [index = ''] = files('.json')
    writeFileSync(index, '{"toMs":1,')
    expect(await reader().spansOf(traceId(1))).toHaveLength(1)
    rmSync(index)
    expect(await reader().spansOf(traceId(1))).toHaveLength(1)
  })

  it('may be without their first line', async () => {
    const store = open()
    store.log(logOf('kept'))
    await store.close()
    const [file = ''] = files()
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^.*\n/, '\0\0\0\n'))
    expect(await messagesOf(reader().logs())).toEqual(['kept'])
  })

  it('may be removed while a process writes: it goes on in a new one', async () => {
    const store = open()
    store.log(logOf('gone'))
    await store.flush()
    rmSync(folder, { recursive: true })
    store.log(logOf('kept'))
    expect(await messagesOf(store.logs())).toEqual(['kept'])
  })

  it('may be refused by the disk: that is told, and nothing worse; when it takes some again, they are kept', async () => {
    writeFileSync(folder, 'a file where the folder should be')
    const losses: Loss[] = []
    const store = open({ lost: loss => losses.push(loss) })
    store.span(spanOf(1))
    store.log(logOf('lost'))
    await store.flush()
    expect(losses).toHaveLength(2)
    expect(losses[0]?.why).toContain('the disk refused it')
    expect(await store.spansOf(traceId(1))).toEqual([])
    rmSync(folder)
    store.log(logOf('kept', { atMs: start }))
    expect((await messagesOf(store.logs())).map(message => message.split(':')[0])).toEqual([
      'telemetry was dropped',
      'kept',
    ])
  })
})

describe('A process that is killed', () => {
  it('takes with it what came in its last second, and nothing else', { timeout: 30_000 }, async () => {
    const { told, killedAtMs } = await killedWriter(folder)
    const left = new Set(await messagesOf(reader().logs()))
    const lost = told.filter(({ number }) => !left.has(String(number)))
    expect(told.length).toBeGreaterThan(100)
    expect(lost.filter(({ atMs }) => atMs < killedAtMs - 1_000)).toEqual([])
    const store = open()
    store.log(logOf('again', { atMs: Date.now() }))
    expect((await messagesOf(store.logs())).at(-1)).toBe('again')
  })
})

describe('Whatever is given', () => {
  it('is found again: by trace, by log query, after restarts and with small files', async () => {
    await fc.assert(fc.asyncProperty(fc.array(given, { maxLength: 120 }), fc.nat(20), found), { numRuns: 30 })
  })

  type Given = { readonly span: SpanRecord } | { readonly log: LogRecord } | 'restart' | 'flush'

  const text = fc.oneof(fc.string({ unit: anyCharacter }), fc.string({ minLength: 500, maxLength: 900 }))
  const given: fc.Arbitrary<Given> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.nat(9), text).map(([trace, note]) => ({ span: spanOf(trace, { attributes: { note } }) })),
    },
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.option(fc.nat(9)), text, fc.constantFrom('debug', 'info', 'warn', 'error'))
        .map(([trace, message, level]) => ({
          log: logOf(message, { level, atMs: start, ...(trace === null ? {} : { trace: traceId(trace) }) }),
        })),
    },
    { weight: 1, arbitrary: fc.constantFrom('restart', 'flush') },
  )

  async function found(records: readonly Given[], wanted: number): Promise<void> {
    rmSync(folder, { recursive: true, force: true })
    let store = openTelemetry(folder, { plan: 'counter', clock, maxBytes: 256 * KB })
    for (const record of records) {
      if (record === 'flush') await store.flush()
      else if (record === 'restart') {
        await store.close()
        store = openTelemetry(folder, { plan: 'counter', clock, maxBytes: 256 * KB })
      } else if ('span' in record) store.span(record.span)
      else store.log(record.log)
    }
    const spans = records.flatMap(record => (typeof record === 'object' && 'span' in record ? [record.span] : []))
    const logs = records.flatMap(record => (typeof record === 'object' && 'log' in record ? [record.log] : []))
    const ofTrace = spans.filter(span => span.traceId === traceId(wanted))
    expect(await store.spansOf(traceId(wanted))).toEqual(plain(ofTrace))
    expect(await collected(store.logs({ level: 'warn', trace: traceId(wanted) }))).toEqual(
      plain(logs.filter(({ level, trace }) => trace === traceId(wanted) && (level === 'warn' || level === 'error'))),
    )
    expect(await collected(store.logs())).toEqual(plain(logs))
    expect(await store.recentTraces()).toHaveLength(new Set(spans.map(({ traceId }) => traceId)).size)
    await store.close()
  }
})

/** As JSON gives it back. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

function summary(trace: number, more: object) {
  const { startMs, endMs, name } = spanOf(trace)
  return { traceId: traceId(trace), plan: 'counter', name, startMs, endMs, spans: 1, failed: false, ...more }
}

async function collected(logs: AsyncIterable<LogRecord>): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of logs) records.push(record)
  return records
}
