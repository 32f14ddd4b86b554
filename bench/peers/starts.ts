/** From the command to the first good answer, and the memory of the whole family of processes then. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Installed } from './install.ts'
import { freePort } from './servers.ts'
import { type Column, cell, headed, row } from './table.ts'

interface Stack {
  readonly title: string
  readonly path: string
  command(
    port: number,
    data: string,
  ): { readonly program: string; readonly options: readonly string[]; readonly folder: string }
}

function stacks({ folder, node }: Installed, root: string): readonly Stack[] {
  const bin = (name: string): string => join(folder, 'node_modules', name)
  return [
    {
      title: 'bare `node:http`',
      path: '/',
      command: port => ({
        program: node,
        options: ['-e', `require('http').createServer((q, a) => a.end('{}')).listen(${port}, '127.0.0.1')`],
        folder,
      }),
    },
    {
      title: 'Architect sandbox: a function, a table, a queue',
      path: '/',
      command: port => ({
        program: node,
        options: [bin('@architect/sandbox/src/cli/cli.js'), '--port', String(port)],
        folder: join(folder, 'projects/architect'),
      }),
    },
    {
      title: 'serverless-offline: a function',
      path: '/',
      command: port => ({
        program: node,
        options: [bin('serverless/bin/serverless.js'), 'offline', '--httpPort', String(port), '--noPrependStageInUrl'],
        folder: join(folder, 'projects/serverless'),
      }),
    },
    {
      title: '**Groundplan**: counter, on disk',
      path: '/api/counter/counter',
      command: (port, data) => ({
        program: process.execPath,
        options: [
          'framework/bin/groundplan.js',
          'start',
          'counter',
          '--port',
          String(port),
          '--data',
          data,
          '--no-web',
        ],
        folder: root,
      }),
    },
  ]
}

/** Gives a Markdown table. The first start of each warms the file cache and is not counted. */
export async function starts(peers: Installed, root: string, rounds: number): Promise<string> {
  const all = stacks(peers, root)
  const measured = new Map(all.map(({ title }) => [title, [] as Record<string, number>[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const stack of all) {
      const taken = await started(stack)
      if (round > 0) measured.get(stack.title)?.push(taken)
    }
  }
  const columns: readonly Column[] = [
    { title: 'ms to the first good answer', key: 'ms', against: all[1]?.title ?? '' },
    { title: 'PSS MB', key: 'pss' },
    { title: 'processes', key: 'processes' },
  ]
  const head = headed(['', ...columns.map(({ title }) => title)])
  return `\n${head}\n${all.map(({ title }) => row([title, ...columns.map(each => cell(each, title, measured))])).join('\n')}\n`
}

async function started({ title, path, command }: Stack): Promise<Record<string, number>> {
  const port = await freePort()
  const data = mkdtempSync(join(tmpdir(), 'groundplan-start-'))
  const { program, options, folder } = command(port, data)
  const from = performance.now()
  const env = { ...process.env, ARC_QUIET: '1', SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' }
  const child = spawn(program, options, { cwd: folder, stdio: 'ignore', env, detached: true })
  try {
    while (!(await isGood(`http://127.0.0.1:${port}${path}`))) {
      if (child.exitCode !== null || performance.now() - from > 30_000) throw new Error(`${title} gave no good answer`)
      await wait(3)
    }
    const ms = performance.now() - from
    const family = familyOf(child.pid ?? 0)
    return { ms, pss: family.reduce((sum, pid) => sum + pssMb(pid), 0), processes: family.length }
  } finally {
    await ended(child)
    rmSync(data, { recursive: true, force: true })
  }
}

async function isGood(url: string): Promise<boolean> {
  return fetch(url).then(
    async answer => {
      await answer.arrayBuffer()
      return answer.ok
    },
    () => false,
  )
}

/** A process with all that it started. */
function familyOf(pid: number): readonly number[] {
  const children = readdirSync('/proc').filter(name => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
  return [pid, ...children.flatMap(name => familyOf(Number(name)))]
}

function parentOf(pid: number): number {
  const path = `/proc/${pid}/stat`
  return existsSync(path)
    ? Number(
        readFileSync(path, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')[1],
      )
    : 0
}

function pssMb(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1_024
}

/** It was started as a group of its own, so that its children go with it. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  const late = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), 5_000)
  await gone
  clearTimeout(late)
}
