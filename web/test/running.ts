/**
 * The whole thing in a process of its own, as `npm start` runs it: the built command, the systems on disk, the pages.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, vi } from 'vitest'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
const needed = ['framework', 'accounts', 'drivers/postgres', 'targets/aws']
for (const each of dueBuilds('.')) if (needed.includes(each.folder)) await compile('.', each)`

/** Builds the command as `npm run build` does, unless that was done. The command builds the pages. */
export async function buildCommand(): Promise<void> {
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository })
}

export interface StartOptions {
  /** Default: one of its own, removed when it is disposed of. */
  readonly data?: string
  /** Default: any that is free. */
  readonly port?: number
  readonly systems?: readonly string[]
  readonly command?: 'start' | 'dev'
  /** Default: this repository. */
  readonly folder?: string
}

/** What runs. Disposing of it ends the process and removes its data, where that is its own. */
export class Running {
  readonly url: string
  readonly port: number
  readonly data: string
  readonly process: ChildProcess
  readonly text: () => string
  readonly #ended: Promise<unknown>
  readonly #ownData: boolean

  constructor(url: string, data: string, ownData: boolean, process: ChildProcess, text: () => string) {
    this.url = url
    this.port = Number(new URL(url).port)
    this.data = data
    this.process = process
    this.text = text
    this.#ended = ended(process)
    this.#ownData = ownData
  }

  /** Resolves when it has ended, with its exit code. */
  async end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.process.kill(signal)
    await this.#ended
    return this.process.exitCode
  }

  /** The process id of the web front; undefined while there is none. */
  frontId(): Promise<number | undefined> {
    return childOf(this.process.pid ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
    if (this.#ownData) rmSync(this.data, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Resolves when it can be asked. */
export async function start(options: StartOptions = {}): Promise<Running> {
  const { systems = ['counter', 'storefront'], port = 0, command = 'start', folder = repository } = options
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'groundplan-web-'))
  const program = join(repository, 'framework/bin/groundplan.js')
  const args = [program, command, ...systems, '--data', data, '--port', String(port), '--json']
  const process = spawn(globalThis.process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const pieces: string[] = []
  for (const pipe of [process.stdout, process.stderr]) pipe.on('data', piece => void pieces.push(String(piece)))
  const text = (): string => pieces.join('')
  const url = await Promise.race([
    readyUrl(process, text),
    ended(process).then(() => Promise.reject(new Error(`it ended: ${text()}`))),
  ])
  const running = new Running(url, data, options.data === undefined, process, text)
  if (command === 'start' && !systems.includes('--no-web')) await pagesAreUp(running)
  return running
}

/** Until then who asks for a page waits, and is told after a while to come back. */
async function pagesAreUp(running: Running): Promise<void> {
  const asked = () => fetch(`${running.url}/icon.svg`).then(({ status }) => status)
  try {
    await vi.waitFor(async () => expect(await asked()).not.toBe(503), { timeout: 60_000 })
  } catch (error) {
    await running[Symbol.asyncDispose]()
    throw error
  }
}

function readyUrl({ stdout }: ChildProcess, text: () => string): Promise<string> {
  return new Promise(resolve => {
    stdout?.on('data', () => {
      const line = text()
        .split('\n')
        .find(each => each.includes('"event":"ready"') && each.endsWith('}'))
      if (line !== undefined) resolve(String(JSON.parse(line).url))
    })
  })
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
}

async function childOf(parent: number): Promise<number | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args='])
  const line = stdout.split('\n').find(each => new RegExp(`^\\s*\\d+\\s+${parent}\\s.*web-front\\.js`).test(each))
  return line === undefined ? undefined : Number.parseInt(line, 10)
}

/** Sells so many cameras, as others would: as fast as the gateway lets them. */
export async function sellElsewhere(url: string, count: number): Promise<void> {
  for (let sold = 0; sold < count; ) {
    const most = Math.min(count - sold, 50)
    const answers = await Promise.all(
      Array.from({ length: most }, () => fetch(`${url}/api/counter/decrement`, { method: 'POST' })),
    )
    sold += answers.filter(({ ok }) => ok).length
    await Promise.all(answers.map(answer => answer.arrayBuffer()))
  }
}

/**
 * How long it takes until what was done is seen, in ms: at best, of three times at most. A machine that tests has its
 * moments; seen it is each time.
 */
export async function soonestMs(does: () => Promise<unknown>, isSeen: () => Promise<unknown>): Promise<number> {
  let soonest = Number.POSITIVE_INFINITY
  for (let times = 0; times < 3 && soonest >= 1_000; times++) {
    await does()
    const began = performance.now()
    await isSeen()
    soonest = Math.min(soonest, performance.now() - began)
  }
  return soonest
}

/** How many are left, by the API. */
export async function leftBy(url: string): Promise<number> {
  const { left } = (await (await fetch(`${url}/api/counter/counter`)).json()) as { readonly left: number } // as its plan says
  return left
}
