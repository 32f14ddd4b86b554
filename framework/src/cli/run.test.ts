import { describe, expect, it } from 'vitest'
import { run } from './run.ts'
import { shopFiles, testProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

async function running(args: readonly string[], files: Readonly<Record<string, string>> = {}) {
  using project = testProject(files)
  const terminal = testTerminal({ folder: project.root })
  const code = await run(args, terminal)
  return { code, said: terminal.said(), complained: terminal.complained() }
}

describe('The command line', () => {
  it('without a command says what there is, as wrong usage', async () => {
    const { code, said, complained } = await running([])
    expect(code).toBe(2)
    expect(said).toBe('')
    expect(complained).toContain('groundplan <command> [flags]')
  })

  it.each([['help'], ['--help'], ['-h']])('%s lists all commands', async command => {
    const { code, said } = await running([command])
    expect(code).toBe(0)
    for (const name of ['start', 'check', 'openapi', 'help', 'version'])
      expect(said).toMatch(new RegExp(`^  ${name}`, 'm'))
  })

  it.each(['start', 'check', 'openapi', 'help', 'version'])('%s --help has flags and examples', async command => {
    const { code, said } = await running([command, '--help'])
    expect(code).toBe(0)
    expect(said).toMatch(new RegExp(`^Usage {2}groundplan ${command}`, 'm'))
    expect(said).toMatch(/^Flags\n/m)
    expect(said).toMatch(new RegExp(`^Examples\\n {2}groundplan ${command}`, 'm'))
    expect(await running(['help', command])).toEqual({ code, said, complained: '' })
  })

  it('names the nearest command', async () => {
    const { code, complained } = await running(['strat'])
    expect(code).toBe(2)
    expect(complained).toBe('error There is no command "strat"\n  → did you mean "groundplan start"?\n')
  })

  it('says its version', async () => {
    expect(await running(['--version'])).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^groundplan \d+\.\d+\.\d+, Node /),
    })
    const { said } = await running(['version', '--json'])
    expect(JSON.parse(said)).toEqual({ groundplan: expect.any(String), node: process.versions.node })
  })

  it('tells failures as a line of JSON to a machine', async () => {
    const { code, said, complained } = await running(['check', '--json'])
    expect(code).toBe(1)
    expect(said).toBe('')
    expect(JSON.parse(complained)).toMatchObject({ level: 'error', event: 'failed', exitCode: 1 })
  })
})

const broken = { ...shopFiles, 'shop/model.ts': shopFiles['shop/model.ts']?.replace("'products'", "'Products!'") ?? '' }

describe('groundplan check', () => {
  it('finds nothing wrong with a good plan', async () => {
    expect(await running(['check'], shopFiles)).toEqual({ code: 0, said: 'shop: no mistakes\n', complained: '' })
  })

  it('shows mistakes with place, message and way out, and fails', async () => {
    const { code, said } = await running(['check', 'shop'], broken)
    expect(code).toBe(1)
    expect(said).toMatch(/^mistake shop\/model\.ts:4 {2}The table name "Products!" .*\n {2}→ .*\nshop: 1 mistake\n$/)
  })

  it('shows them to a machine', async () => {
    const { code, said } = await running(['check', '--json'], broken)
    const lines: unknown[] = said
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(code).toBe(1)
    expect(lines).toEqual([
      {
        level: 'error',
        event: 'mistake',
        code: 'name-invalid',
        message: expect.stringContaining('Products!'),
        wayOut: expect.any(String),
        places: [{ file: 'shop/model.ts', line: 4 }],
      },
      { event: 'checked', plans: ['shop'], mistakes: 1, notes: 0 },
    ])
  })
})

describe('groundplan openapi', () => {
  it('prints the document of the only gateway', async () => {
    const { code, said } = await running(['openapi', 'shop', '--server', 'https://shop.example.org'], shopFiles)
    expect(code).toBe(0)
    expect(JSON.parse(said)).toMatchObject({
      openapi: '3.1.1',
      info: { title: 'shop' },
      servers: [{ url: 'https://shop.example.org' }],
      paths: { '/products/{productId}': { get: { operationId: 'list' } } },
    })
  })

  it('stands where `start` serves it, unless told otherwise', async () => {
    const { said } = await running(['openapi', 'shop', 'api'], shopFiles)
    expect(JSON.parse(said)).toMatchObject({ servers: [{ url: '/api/shop' }] })
  })

  it.each([
    [[], 'Which system?', 'groundplan openapi shop'],
    [['shpo'], 'There is no system "shpo"', 'did you mean "shop"?'],
    [['shop', 'apy'], '"shop" has no gateway "apy"', 'did you mean "api"?'],
  ])('of %j is refused with a way out', async (names, message, wayOut) => {
    const { code, complained } = await running(['openapi', ...names], shopFiles)
    expect(code).toBe(2)
    expect(complained).toBe(`error ${message}\n  → ${wayOut}\n`)
  })
})
