import { execFileSync, spawn } from 'node:child_process'
import { PassThrough, Readable } from 'node:stream'
import { beforeAll, describe, expect, it } from 'vitest'
import { canAsk, sure } from './operating.ts'
import { operatedProject, programCommand } from './test/operated.ts'
import { buildProgram } from './test/process.ts'
import { testTerminal } from './test/terminal.ts'
import { secretText } from './typed.ts'

beforeAll(buildProgram, 120_000)

/** Somebody who types, key by key, and sees what raw mode does not hide. */
function keyboard(keys: string, environment: Readonly<Record<string, string>> = {}) {
  const modes: boolean[] = []
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => void modes.push(on) })
  for (const key of keys) input.write(key)
  return { modes, terminal: testTerminal({ input, interactive: true, environment }) }
}

describe('a secret that is typed', () => {
  it('is read unseen, with what was taken back left out', async () => {
    const { modes, terminal } = keyboard('hiddeb\u007fn välue\r')
    expect(await secretText(terminal, 'shop/token')).toBe('hidden välue')
    expect(modes).toEqual([true, false])
    expect(terminal.said() + terminal.complained()).toBe('Value of shop/token: \n')
  })

  it('is not set when Ctrl-C is pressed, and the keyboard is given back', async () => {
    const { modes, terminal } = keyboard('half\u0003')
    await expect(secretText(terminal, 'shop/token')).rejects.toMatchObject({
      exitCode: 130,
      message: 'Nothing was done',
    })
    expect(modes).toEqual([true, false])
  })

  it('is never asked for in a pipeline, even one that has a keyboard', async () => {
    const { terminal } = keyboard('value\r', { CI: 'true' })
    await expect(secretText(terminal, 'shop/token')).rejects.toMatchObject({ exitCode: 2 })
    expect(terminal.complained()).toBe('')
  })
})

describe('a secret that is piped in', () => {
  it.each([
    ['value', 'value'],
    ['value\n', 'value'],
    ['value\r\n', 'value'],
    ['-----BEGIN\nKEY-----\n\n', '-----BEGIN\nKEY-----\n'],
    ['  spaces ', '  spaces '],
  ])('%j is %j', async (piped, value) => {
    const terminal = testTerminal({ input: Readable.from([Buffer.from(piped)]) })
    expect(await secretText(terminal, 'shop/token')).toBe(value)
  })

  it('may come in parts that end within a character', async () => {
    const bytes = Buffer.from('schlüssel')
    const terminal = testTerminal({ input: Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]) })
    expect(await secretText(terminal, 'shop/token')).toBe('schlüssel')
  })
})

describe('what cannot be taken back', () => {
  it('is done when somebody says yes, and only then', async () => {
    for (const [keys, does] of [
      ['y\n', true],
      ['YES\n', true],
      ['\n', false],
      ['n\n', false],
      ['yellow\n', false],
    ] as const) {
      const { terminal } = keyboard(keys)
      const asked = sure(terminal, undefined, 'Remove it?').then(
        () => true,
        () => false,
      )
      expect(await asked, JSON.stringify(keys)).toBe(does)
      expect(terminal.complained()).toBe('Remove it? [y/N] ')
    }
  })

  it('needs --yes where nobody can be asked: in a pipe, in a pipeline, without a terminal', async () => {
    const { terminal: pipeline } = keyboard('y\n', { CI: '1' })
    for (const terminal of [testTerminal(), pipeline]) {
      expect(canAsk(terminal)).toBe(false)
      await expect(sure(terminal, undefined, 'Remove it?')).rejects.toMatchObject({ wayOut: 'add --yes to do it' })
      await sure(terminal, true, 'Remove it?')
      expect(terminal.complained()).toBe('')
    }
  })
})

const hasScript = ((): boolean => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
})()
if (!hasScript) console.warn('Not tested here: a real terminal, since there is no util-linux script(1)')

describe.skipIf(!hasScript)('on a real terminal', { timeout: 60_000 }, () => {
  it('a secret is not echoed while it is typed, and a purge waits for an answer', async () => {
    using project = operatedProject()
    const set = await typed(project.root, ['secret', 'set', 'shop/token'], 'Value of shop/token: ', 'k-unseen-1234\r')
    expect(set).toContain('shop/token is set (version 1)')
    expect(set).not.toContain('unseen')
    const purge = await typed(project.root, ['queue', 'purge', 'shop/jobs'], '[y/N] ', 'n\r')
    expect(purge).toContain('Nothing was done')
  })
})

/** What a terminal shows of a command, and of the keys that are pressed once it has shown this. */
function typed(folder: string, args: readonly string[], prompt: string, keys: string): Promise<string> {
  const words = programCommand(args).map(word => `'${word.replaceAll("'", "'\\''")}'`)
  const { CI: _ci, ...env } = process.env
  const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], { cwd: folder, env })
  let shown = ''
  let pressed = false
  return new Promise((resolve, reject) => {
    child.stdout.on('data', text => {
      shown += text
      if (pressed || !shown.includes(prompt)) return
      pressed = true
      child.stdin.write(keys)
    })
    child.on('error', reject)
    child.on('close', () => resolve(shown))
  })
}
