/** The servers that peers need, on loopback ports and folders of their own: Redis, NATS, PostgreSQL from Debian. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { DiskSpeed } from './disk-speed.ts'

export interface Server {
  readonly port: number
  stop(): Promise<void>
}

/** @param appendfsync when Redis flushes its log: `always` or `everysec` */
export async function redis(folder: string, disk: DiskSpeed, appendfsync: 'always' | 'everysec'): Promise<Server> {
  const port = await freePort()
  const options = ['--port', port, '--bind', '127.0.0.1', '--dir', made(folder), '--save', '', '--appendonly', 'yes']
  return listening(port, ...disk.under('redis-server', [...options, '--appendfsync', appendfsync].map(String)))
}

export async function nats(folder: string, disk: DiskSpeed): Promise<Server> {
  const port = await freePort()
  const options = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', made(folder)]
  return listening(port, ...disk.under('nats-server', options))
}

/** PostgreSQL refuses to run as root, so there its files belong to its own user. */
export async function postgres(folder: string, disk: DiskSpeed): Promise<Server> {
  const port = await freePort()
  const programs = postgresPrograms()
  const data = join(made(folder), 'data')
  const user = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []
  if (user.length > 0) execFileSync('chown', ['postgres', folder])
  chmodSync(folder, 0o755)
  const as = (program: string, options: readonly string[]): [string, string[]] => {
    const [first = '', ...rest] = [...user, join(programs, program), ...options]
    return [first, rest]
  }
  execFileSync(...as('initdb', ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C']), {
    stdio: 'ignore',
  })
  const options = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-c', 'max_connections=100']
  const server = await listening(port, ...disk.under(...as('postgres', options)))
  return {
    port,
    async stop() {
      // Asks the server itself, not the process that became its user.
      execFileSync(...as('pg_ctl', ['stop', '-D', data, '-m', 'fast']), { stdio: 'ignore' })
      await server.stop()
    },
  }
}

/** What is not installed, with the package that has it. */
export function missing(): readonly string[] {
  const programs = { 'redis-server': 'redis-server', 'nats-server': 'nats-server' }
  const path = (process.env.PATH ?? '').split(':').concat('/usr/sbin')
  const absent = Object.entries(programs).flatMap(([program, name]) =>
    path.some(folder => existsSync(join(folder, program))) ? [] : [name],
  )
  return existsSync('/usr/lib/postgresql') ? absent : [...absent, 'postgresql']
}

function postgresPrograms(): string {
  const [latest = ''] = readdirSync('/usr/lib/postgresql').sort((one, other) => Number(other) - Number(one))
  return join('/usr/lib/postgresql', latest, 'bin')
}

async function listening(port: number, program: string, options: readonly string[]): Promise<Server> {
  const path = `${process.env.PATH}:/usr/sbin`
  const child = spawn(program, options, { stdio: 'ignore', env: { ...process.env, PATH: path } })
  for (let tries = 0; !(await answers(port)); tries++) {
    if (child.exitCode !== null || tries > 500) throw new Error(`${program} does not listen`)
    await wait(20)
  }
  return { port, stop: () => stopped(child) }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** A folder that a server's own user may enter, on the disk that `parent` is on. */
export function serverFolder(parent = tmpdir()): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(parent, 'groundplan-peers-'))
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true })
  return folder
}
