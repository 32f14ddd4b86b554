/**
 * The program as it is installed, on the config of this repository: in processes that know of a server by their variables
 * alone.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const program = join(repository, 'framework/bin/groundplan.js')
const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
const needed = ['framework', 'drivers/postgres', 'targets/aws']
for (const each of dueBuilds('.')) if (needed.includes(each.folder)) await compile('.', each)`

export type Variables = Readonly<Record<string, string>>

export interface Ran {
  readonly code: number | null
  readonly text: string
  /** What it said in JSON. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
}

export interface Running {
  readonly child: ChildProcess
  readonly url: string
}

/** Processes in one environment; all of them end with it. */
export class Program {
  /** Where each process keeps what is its own. */
  readonly folder = mkdtempSync(join(tmpdir(), 'groundplan-env-'))
  readonly variables: Variables
  readonly #running = new Set<ChildProcess>()

  constructor(url: string) {
    const key = join(this.folder, 'master.key')
    writeFileSync(key, '0f'.repeat(32), { mode: 0o600 })
    this.variables = { DATABASE_URL: url, GROUNDPLAN_MASTER_KEY_FILE: key }
  }

  /** Builds what the config needs, unless that was done. */
  async built(): Promise<void> {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository })
  }

  /** Runs a command to its end. */
  async ran(args: readonly string[], variables: Variables = this.variables): Promise<Ran> {
    const child = this.#spawned(args, variables)
    let text = ''
    for (const output of [child.stdout, child.stderr]) output?.on('data', data => (text += String(data)))
    const code = await ended(child)
    const json = text.split('\n').filter(line => line.startsWith('{'))
    return { code, text, lines: json.map(line => JSON.parse(line)) }
  }

  /**
   * One more process of the systems, on a machine of its own as far as it can tell: with all that they are, or what these
   * arguments say. Resolves when it answers.
   */
  async started(data: string, more: readonly string[] = ['counter', 'storefront', '--port', '0']): Promise<Running> {
    const args = ['start', '--env', 'production', '--json', '--no-web', ...more]
    const child = this.#spawned([...args, '--data', join(this.folder, data)], this.variables)
    let complained = ''
    child.stderr?.on('data', data => (complained += String(data)))
    const url = await new Promise<string>((resolve, reject) => {
      child.once('close', code => reject(new Error(`ended with ${code}: ${complained}`)))
      if (!child.stdout) return
      createInterface({ input: child.stdout }).on('line', line => {
        const { event, url } = JSON.parse(line) as { readonly event?: string; readonly url?: string }
        if (event === 'ready' && url !== undefined) resolve(url)
      })
    })
    return { child, url }
  }

  async kill(child: ChildProcess): Promise<void> {
    const gone = ended(child)
    child.kill('SIGKILL')
    await gone
  }

  async close(): Promise<void> {
    for (const child of this.#running) await this.kill(child)
    rmSync(this.folder, { recursive: true, force: true })
  }

  #spawned(args: readonly string[], given: Variables): ChildProcess {
    const env = { PATH: process.env.PATH ?? '', ...given }
    const child = spawn(process.execPath, [program, ...args], {
      cwd: repository,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    child.once('close', () => this.#running.delete(child))
    return child
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise(resolve => child.once('close', resolve))
}
