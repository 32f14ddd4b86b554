import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogRecord } from '../contract/telemetry.ts'
import { keepTelemetry, systemClock, type TelemetryKeeper } from '../targets/telemetry.ts'
import { placesOf } from './places.ts'
import { run } from './run.ts'
import { shopFiles, type TestProject, testProject } from './test/project.ts'
import { type TestTerminal, testTerminal } from './test/terminal.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

let project: TestProject
let kept: TelemetryKeeper

beforeEach(() => {
  project = testProject(shopFiles)
  kept = keepTelemetry(placesOf(project.root, { folder: project.root }).telemetry, systemClock(), { report: () => {} })
})

afterEach(async () => {
  await kept.close(1_000)
  project[Symbol.dispose]()
})

/** Keeps records; they are in the files when it resolves. */
async function keep(...records: readonly Partial<LogRecord>[]): Promise<void> {
  for (const record of records) kept.logs({ level: 'info', atMs: Date.now(), message: '', plan: 'shop', ...record })
  await kept.reader('shop').spansOf('')
  await kept.reader('other').spansOf('')
}

interface Said {
  readonly code: number
  readonly lines: readonly string[]
  readonly complaint: string
}

async function logs(args: readonly string[], options: Parameters<typeof testTerminal>[0] = {}): Promise<Said> {
  const terminal = testTerminal({ folder: project.root, ...options })
  const code = await run(['logs', ...args], terminal)
  return { code, lines: terminal.said().split('\n').slice(0, -1), complaint: terminal.complained() }
}

const messages = ({ lines }: Said) => lines.map(line => (JSON.parse(line) as { message: string }).message)

describe('groundplan logs', { timeout: 60_000 }, () => {
  it('shows what all systems logged, the oldest first, as lines of JSON where nobody looks', async () => {
    await keep(
      { message: 'second', plan: 'other', atMs: Date.now() + 1 },
      { message: 'first', level: 'debug', handler: 'backend/list', trace: traceId, fields: { count: 1 }, atMs: 5 },
    )
    const said = await logs([])
    expect(said.code).toBe(0)
    expect(said.lines.map(line => JSON.parse(line))).toMatchObject([
      {
        time: '1970-01-01T00:00:00.005Z',
        level: 'debug',
        plan: 'shop',
        handler: 'backend/list',
        message: 'first',
        trace: traceId,
        fields: { count: 1 },
      },
      { message: 'second', plan: 'other' },
    ])
  })

  it('shows them to people in a line each, unless --json asks otherwise', async () => {
    await keep({ message: 'sold', handler: 'backend/list', fields: { count: 1 } })
    expect((await logs([], { interactive: true })).lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}shop backend\/list {2}sold {2}count=1$/,
    )
    expect((await logs(['--json'], { interactive: true })).lines[0]).toMatch(/^\{"time"/)
  })

  it('shows those asked for', async () => {
    await keep(
      { message: 'old', atMs: Date.now() - 3_600_000 },
      { message: 'listed', handler: 'backend/list', trace: traceId },
      { message: 'broken', level: 'error', handler: 'backend/place' },
      { message: 'elsewhere', plan: 'other' },
    )
    expect(messages(await logs(['shop']))).toEqual(['old', 'listed', 'broken'])
    expect(messages(await logs(['--since', '10m', 'shop']))).toEqual(['listed', 'broken'])
    expect(messages(await logs(['--level', 'warn']))).toEqual(['broken'])
    expect(messages(await logs(['--handler', 'backend/list']))).toEqual(['listed'])
    expect(messages(await logs(['--trace', traceId]))).toEqual(['listed'])
    expect(messages(await logs(['--trace', traceId.slice(0, 8)]))).toEqual(['listed'])
    expect(messages(await logs(['--trace', `00-${traceId}-00f067aa0ba902b7-01`]))).toEqual(['listed'])
  })

  it('follows until a signal, and ends with 0', async () => {
    await keep({ message: 'before' })
    const terminal: TestTerminal = testTerminal({ folder: project.root })
    const ended = run(['logs', '--follow'], terminal)
    await expect.poll(terminal.said, { timeout: 10_000 }).toContain('before')
    await keep({ message: 'after' })
    await expect.poll(terminal.said, { timeout: 10_000 }).toContain('after')
    terminal.signal('SIGINT')
    expect(await ended).toBe(0)
    expect(terminal.listeners()).toBe(0)
    expect(terminal.said().split('\n')).toHaveLength(3)
  })

  it.each([
    [['--level', 'loud'], 2, '"loud" is no level'],
    [['--since', 'noon'], 2, '"noon" is no time'],
    [['--trace', 'xyz'], 2, '"xyz" is no trace'],
    [['--trace', 'abc'], 1, 'Nothing is kept of the trace abc'],
    [['shpo'], 2, 'There is no system "shpo"'],
  ])('%j ends with %d', async (args, code, complaint) => {
    await keep({ message: 'something' })
    const said = await logs(args)
    expect(said.complaint).toContain(complaint)
    expect(said.code).toBe(code)
  })

  it('says that nothing is kept yet', async () => {
    const said = await logs([])
    expect(said.code).toBe(1)
    expect(said.complaint).toContain('Nothing is kept yet')
  })

  it('names the traces when several begin alike', async () => {
    const other = `4bf9${'0'.repeat(28)}`
    await keep({ trace: traceId }, { trace: other })
    const { code, complaint } = await logs(['--trace', '4bf9'])
    expect(code).toBe(1)
    expect(complaint).toContain(traceId)
    expect(complaint).toContain(other)
  })
})
