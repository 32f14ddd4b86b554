import { describe, expect, it } from 'vitest'
import { command, understand } from './command.ts'
import { Failure } from './errors.ts'
import { testTerminal } from './test/terminal.ts'

const spec = {
  name: 'start',
  takes: '[system…]',
  flags: {
    port: { type: 'string', value: '<port>', help: '' },
    json: { type: 'boolean', help: '' },
    'no-seed': { type: 'boolean', help: '' },
  },
} as const

describe('The arguments of a command', () => {
  it('are flags and names, in any order', () => {
    const { given, names } = understand(spec, ['counter', '--port', '80', 'storefront', '--no-seed'])
    expect(given).toEqual({ port: '80', 'no-seed': true })
    expect(names).toEqual(['counter', 'storefront'])
  })

  it('take a value after an equals sign too, and the last of several', () => {
    expect(understand(spec, ['--port=80', '--port=81']).given.port).toBe('81')
  })

  it('are all names after two dashes', () => {
    expect(understand(spec, ['--', '--json']).names).toEqual(['--json'])
  })

  it.each([
    [['--prot', '80'], '"start" has no flag --prot', 'did you mean --port?'],
    [['--zzzzzz'], '"start" has no flag --zzzzzz', 'groundplan start --help'],
    [['--constructor'], '"start" has no flag --constructor', 'groundplan start --help'],
    [['--port'], '--port needs a value', 'groundplan start --port <port>'],
    [['--port='], '--port needs a value', 'groundplan start --port <port>'],
    [['--port', '--json'], '--port needs a value', 'groundplan start --port <port>'],
    [['--json=yes'], '--json takes no value', 'groundplan start --json'],
    [['-p'], '"start" has no flag -p', 'did you mean --port?'],
  ])('%j are refused with a way out', (args, message, wayOut) => {
    expect(refusal(() => understand(spec, args))).toMatchObject({ message, wayOut, exitCode: 2 })
  })

  it('are refused where a command takes no names', () => {
    const { takes: _, ...alone } = spec
    expect(refusal(() => understand(alone, ['counter']))).toMatchObject({
      message: '"start" takes no "counter"',
      exitCode: 2,
    })
  })

  it('reach the command as it declares them', async () => {
    const asked: unknown[] = []
    const test = command({
      ...spec,
      summary: '',
      examples: [],
      run: async ({ port, json }, names) => {
        asked.push(port, json, names)
        return 7
      },
    })
    expect(await test.run(['--port', '80', 'a'], testTerminal())).toBe(7)
    expect(asked).toEqual(['80', undefined, ['a']])
  })
})

function refusal(run: () => unknown): Failure {
  try {
    run()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was refused')
}
