/**
 * The command in a process of its own, as it is installed: the built program.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from './project.ts'

export const program = join(repository, 'framework/bin/groundplan.js')

const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
const needed = ['framework', 'drivers/postgres', 'targets/aws']
for (const each of dueBuilds('.')) if (needed.includes(each.folder)) await compile('.', each)`

/** Builds the program as `npm run build` does, unless that was done. */
export async function buildProgram(): Promise<void> {
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository })
}

export interface Running {
  readonly url: string
  /** What it said, line by line. */
  lines(): readonly Record<string, unknown>[]
  /** All that it wrote, errors too. */
  text(): string
  /** Code and signal, once it has ended. */
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
  readonly process: ChildProcess
}

export interface ProcessOptions {
  /** Default: this repository's folder, without its web front. */
  readonly cwd?: string
  /** Run before the program, such as `ulimit -f 100;`. */
  readonly shell?: string
}

/** Runs a command that serves; resolves when it is ready, rejects when it ends before. */
export async function serving(args: readonly string[], options: ProcessOptions = {}): Promise<Running> {
  const front = options.cwd === undefined ? ['--no-web'] : []
  const running = begun([...args, ...front, '--port', '0', '--json'], options)
  const early = running.ended.then(() => Promise.reject(new Error(`ended early: ${running.text()}`)))
  const ready = (): Record<string, unknown> | undefined => running.lines().find(({ event }) => event === 'ready')
  const heard = new Promise<void>(resolve => {
    running.process.stdout?.on('data', () => ready() && resolve())
  })
  await Promise.race([early, heard])
  early.catch(() => {})
  return { ...running, url: String(ready()?.url) }
}

/** Runs a command to its end. */
export async function ran(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<{ readonly code: number | null; readonly text: string }> {
  const { ended, text } = begun(args, options)
  const [code] = await ended
  return { code, text: text() }
}

function begun(args: readonly string[], { cwd = repository, shell }: ProcessOptions): Omit<Running, 'url'> {
  const words = [process.execPath, program, ...args]
  const started = shell
    ? spawn('sh', ['-c', `${shell} exec "$@"`, 'sh', ...words], { cwd, detached: true })
    : spawn(process.execPath, [program, ...args], { cwd, detached: true })
  let said = ''
  let complained = ''
  started.stdout.on('data', chunk => {
    said += chunk
  })
  started.stderr.on('data', chunk => {
    complained += chunk
  })
  const lines = (): Record<string, unknown>[] =>
    said
      .split('\n')
      .slice(0, -1)
      .flatMap(line => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const ended = once(started, 'close').then(([code, signal]) => [code, signal] as const)
  return { lines, text: () => said + complained, ended, process: started }
}
