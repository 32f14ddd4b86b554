import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { repository } from './test/project.ts'

/** The command as it is installed: the built program, in a process of its own. */
const program = join(repository, 'framework/bin/groundplan.js')

let child: ChildProcess | undefined

/** Builds it as `npm run build` does, unless that was done. */
const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
for (const each of dueBuilds('.')) if (each.folder === 'framework') await compile('.', each)`

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository })
}, 120_000)

afterEach(() => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
})

interface Running {
  readonly url: string
  readonly lines: () => readonly Record<string, unknown>[]
  /** Code and signal, once it has ended. */
  readonly ended: Promise<unknown[]>
  readonly process: ChildProcess
}

async function start(...args: readonly string[]): Promise<Running> {
  const started = spawn(process.execPath, [program, 'start', ...args, '--port', '0', '--json'], {
    cwd: repository,
    detached: true,
  })
  child = started
  let said = ''
  let complained = ''
  started.stdout.on('data', chunk => (said += chunk))
  started.stderr.on('data', chunk => (complained += chunk))
  const ended = once(started, 'close')
  const lines = (): Record<string, unknown>[] =>
    said
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  const url = () => lines().find(({ event }) => event === 'ready')?.url
  const early = ended.then(() => Promise.reject(new Error(`ended early: ${said}${complained}`)))
  await Promise.race([early, expect.poll(url, { timeout: 30_000, interval: 10 }).toBeDefined()])
  return { url: String(url()), lines, ended, process: started }
}

describe('The built command', { timeout: 60_000 }, () => {
  it('serves the counter over HTTP, and SIGTERM ends it with 0 and nothing left behind', async () => {
    const { url, lines, ended, process } = await start('counter')
    const sold = await fetch(`${url}/api/counter/decrement`, { method: 'POST' })
    expect(await sold.json()).toEqual({ product: 'camera', left: 999 })
    const shown = await fetch(`${url}/api/counter/counter`)
    expect(await shown.json()).toEqual({ product: 'camera', left: 999 })
    process.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(lines().map(({ event }) => event)).toEqual(['ready', 'stopping', 'stopped'])
    await expect(fetch(url)).rejects.toThrow()
    expect(() => globalThis.process.kill(-(process.pid ?? 0), 0), 'its process group').toThrow('ESRCH')
  })

  it('ends its event streams when it stops', async () => {
    const { url, ended, process } = await start('counter')
    const live = await fetch(`${url}/api/counter/live`)
    const reader = live.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toMatch(/^(retry|data): /)
    process.kill('SIGINT')
    let chunk = await reader?.read()
    while (chunk && !chunk.done) chunk = await reader?.read()
    expect(chunk?.done).toBe(true)
    expect(await ended).toEqual([0, null])
  })

  it('takes two signals at once for one', async () => {
    const { ended, process } = await start('counter')
    process.kill('SIGINT')
    process.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('stops when nobody reads any more what it says', async () => {
    const { url, ended, process } = await start('counter', '--log', 'debug')
    process.stdout?.destroy()
    await fetch(`${url}/api/counter/counter`).catch(() => {})
    expect(await ended).toEqual([0, null])
  })

  it('gives exit codes that mean something', async () => {
    expect(await exitOf('version')).toBe(0)
    expect(await exitOf('check', 'counter')).toBe(0)
    expect(await exitOf('start', '--no-such-flag')).toBe(2)
  })
})

async function exitOf(...args: readonly string[]): Promise<unknown> {
  child = spawn(process.execPath, [program, ...args], { cwd: repository, stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  return code
}
