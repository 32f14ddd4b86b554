import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SpanRecord } from '../contract/telemetry.ts'
import { keepTelemetry, systemClock, type TelemetryKeeper } from '../targets/telemetry.ts'
import { placesOf } from './places.ts'
import { run } from './run.ts'
import { shopFiles, type TestProject, testProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

const start = Date.UTC(2030, 0, 1)
const [one, two, three] = ['1', '2', '3'].map(digit => digit.repeat(32)) as [string, string, string]

let project: TestProject
let kept: TelemetryKeeper

beforeEach(async () => {
  project = testProject(shopFiles)
  kept = keepTelemetry(placesOf(project.root, { folder: project.root }).telemetry, systemClock(), { report: () => {} })
  keep('shop', one, { name: 'backend/list', endMs: start + 5 })
  keep('shop', two, { name: 'backend/place', startMs: start + 10, endMs: start + 30, failure: 'broken' })
  keep('shop', two, {
    name: 'mail.send',
    kind: 'client',
    parentId: 'a'.repeat(16),
    startMs: start + 12,
    endMs: start + 20,
  })
  keep('other', three, { name: 'server/sell', startMs: start + 40, endMs: start + 41 })
  kept.logs({ level: 'error', atMs: start + 30, message: 'failed', plan: 'shop', handler: 'backend/place', trace: two })
  for (const plan of ['shop', 'other']) await kept.reader(plan).spansOf('')
})

afterEach(async () => {
  await kept.close(1_000)
  project[Symbol.dispose]()
})

function keep(plan: string, traceId: string, more: Partial<SpanRecord>): void {
  const spanId = more.parentId === undefined ? 'a'.repeat(16) : 'b'.repeat(16)
  const common = { traceId, spanId, kind: 'server', startMs: start, endMs: start + 1, attributes: {} } as const
  kept.telemetry(plan).sink?.({ name: '', ...common, ...more })
}

async function trace(...args: readonly string[]) {
  const terminal = testTerminal({ folder: project.root })
  const code = await run(['trace', ...args], terminal)
  return { code, said: terminal.said(), complaint: terminal.complained() }
}

const ids = (said: string) =>
  said
    .split('\n')
    .slice(0, -1)
    .map(line => line.slice(0, 1))

describe('groundplan trace', { timeout: 60_000 }, () => {
  it('lists the latest traces of all systems, in a line each', async () => {
    const { code, said } = await trace()
    expect(code).toBe(0)
    expect(said.split('\n').slice(0, -1)).toEqual([
      expect.stringMatching(/^33333333 {2}\w{3} \d\d \d\d:\d\d:\d\d\.040 {2}other {2}server\/sell +1 ms +1 span$/),
      expect.stringMatching(/^22222222 .* shop {3}backend\/place +20 ms +2 spans {2}failed$/),
      expect.stringMatching(/^11111111 .* shop {3}backend\/list +5 ms +1 span$/),
    ])
  })

  it('lists those asked for', async () => {
    expect(ids((await trace('--failed')).said)).toEqual(['2'])
    expect(ids((await trace('--handler', 'backend/list')).said)).toEqual(['1'])
    expect(ids((await trace('--system', 'shop')).said)).toEqual(['2', '1'])
    expect(ids((await trace('--limit', '1')).said)).toEqual(['3'])
    expect((await trace('--handler', 'backend/none')).said).toBe('No such trace is kept.\n')
  })

  it('shows one as a waterfall, with what was logged in it', async () => {
    const { code, said } = await trace('2222')
    expect(code).toBe(0)
    const lines = said.split('\n')
    expect(lines[0]).toMatch(/^trace 2{32} .* 20 ms {2}2 spans, 1 log record$/)
    expect(lines.slice(2)).toEqual([
      'backend/place       20 ms  ██████████████████████████████',
      '  ✗ broken',
      '  mail.send          8 ms     ████████████',
      '  +20 ms error failed',
      '',
    ])
  })

  it('gives everything to a machine: a line for each in the list, one line for one', async () => {
    const list = (await trace('--json')).said
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
    expect(list).toHaveLength(3)
    expect(list[1]).toEqual({
      traceId: two,
      plan: 'shop',
      name: 'backend/place',
      startMs: start + 10,
      endMs: start + 30,
      spans: 2,
      failed: true,
    })
    const lines = (await trace(two, '--json')).said.split('\n')
    expect(lines).toHaveLength(2)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      traceId: two,
      spans: [{ name: 'backend/place', failure: 'broken' }, { name: 'mail.send' }],
      logs: [{ message: 'failed' }],
    })
  })

  it('shows what was logged in a trace that was not sampled', async () => {
    const unsampled = '4'.repeat(32)
    kept.logs({ level: 'info', atMs: start, message: 'only this', plan: 'shop', trace: unsampled })
    await kept.reader('shop').spansOf('')
    const { said } = await trace('44444444')
    expect(said).toContain('info only this')
    expect(said).toContain('No span of it is kept')
  })

  it.each([
    [['5555'], 1, 'Nothing is kept of the trace 5555'],
    [['nonsense'], 2, '"nonsense" is no trace'],
    [['1111', '2222'], 2, 'takes one id'],
    [['--limit', 'x'], 2, '"x" is no number of traces'],
    [['--system', 'shpo'], 2, 'There is no system "shpo"'],
  ])('%j ends with %d', async (args, code, complaint) => {
    const ended = await trace(...args)
    expect(ended.complaint).toContain(complaint)
    expect(ended.code).toBe(code)
  })
})
