/** Starting and stopping the engines that tests need: nothing but what was started here is ever taken for one, or ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { down, endpoints, up } from '../scripts/lib/engines/engines.mjs'

describe('the engines of tests', () => {
  let root = ''
  const children: ChildProcess[] = []

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'groundplan-engines-'))
  })

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    rmSync(root, { recursive: true })
  })

  /** A process that waits, and when it has ended. */
  async function waiting() {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'], { stdio: 'ignore' })
    children.push(child)
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
    await new Promise(resolve => child.once('spawn', resolve))
    return { child, ended }
  }

  function note(
    engines: Readonly<Record<string, { readonly pid: number | undefined; readonly program: string }>>,
  ): void {
    const folder = join(root, '.groundplan', 'engines')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'running.json'), JSON.stringify(engines))
  }

  it('are none before any was started', async () => {
    expect(endpoints(root)).toEqual({})
    await down(root)
  })

  it('are refused by a name that none has', async () => {
    await expect(up(root, ['nothing'])).rejects.toMatchObject({
      code: 64,
      message: expect.stringContaining('dynamodb'),
    })
    expect(endpoints(root)).toEqual({})
  })

  it('are ended by down, and nothing else is', async () => {
    const [engine, stranger] = [await waiting(), await waiting()]
    note({
      engine: { pid: engine.child.pid, program: process.execPath },
      // Its id was used again by somebody else.
      gone: { pid: stranger.child.pid, program: '/no/such/program' },
    })
    expect(Object.keys(endpoints(root))).toEqual(['engine'])
    await Promise.all([down(root), engine.ended])
    expect(endpoints(root)).toEqual({})
    expect(stranger.child.exitCode ?? stranger.child.signalCode).toBeNull()
  })
})
