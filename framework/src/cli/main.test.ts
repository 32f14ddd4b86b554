import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram, type Running, ran, serving } from './test/process.ts'

const running: Running[] = []
const folders: string[] = []

beforeAll(buildProgram, 120_000)

afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill('SIGKILL')
    await ended
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-data-'))
  folders.push(folder)
  return folder
}

async function start(...args: readonly string[]): Promise<Running> {
  const started = await serving(['start', ...(args.includes('--data') ? [] : ['--data', dataFolder()]), ...args])
  running.push(started)
  return started
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
  return (await ran(args)).code
}
