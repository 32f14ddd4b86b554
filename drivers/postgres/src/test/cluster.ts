/**
 * A PostgreSQL server of one's own, for a test or a benchmark: a new cluster in a temporary folder, on a free loopback port, run by a user
 * without rights.
 */
import { execFile, execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../../../scripts/lib/free-port.mjs'

const run = promisify(execFile)

export interface Server {
  readonly url: string
  readonly port: number
  /** The same server with another database. */
  urlOf(database: string): string
  stop(how: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  /** SIGKILL of the server and all that it has started. */
  kill(): Promise<void>
  remove(): Promise<void>
}

/** The newest PostgreSQL on this machine. */
export function binaries(): string | undefined {
  const versions = '/usr/lib/postgresql'
  const found = existsSync(versions) ? readdirSync(versions).sort((one, other) => Number(other) - Number(one)) : []
  const folders = [...found.map(version => join(versions, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  return folders.find(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
}

/** PostgreSQL refuses to run as root. */
function owner(): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody']).toString())
  return { uid: id('-u'), gid: id('-g') }
}

/** `settings`: lines of postgresql.conf. `safe`: whether it flushes to the disk, as it does outside of tests. */
export async function startServer(
  options: { readonly safe?: boolean; readonly settings?: readonly string[] } = {},
): Promise<Server> {
  const bin = binaries()
  if (!bin) throw new Error('there is no PostgreSQL on this machine')
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-pg-'))
  const as = owner()
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  const spawned = { ...as, cwd: folder }
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'test', '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '-N'],
    spawned,
  )
  const port = await freePort()
  const settings = [
    ...[`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'max_connections=60'],
    ...(options.safe ? [] : ['fsync=off']),
    ...(options.settings ?? []),
  ]
  const control = async (...args: readonly string[]): Promise<void> => {
    await run(join(bin, 'pg_ctl'), ['-D', data, '-w', ...args], spawned)
  }
  const start = () =>
    control('-l', join(folder, 'log'), '-o', settings.map(setting => `-c ${setting}`).join(' '), 'start')
  await start()
  const urlOf = (database: string): string => `postgres://test@127.0.0.1:${port}/${database}`
  return {
    port,
    url: urlOf('postgres'),
    urlOf,
    start,
    stop: how => control('-m', how, 'stop'),
    kill: () => killAll(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])),
    async remove() {
      await control('-m', 'immediate', 'stop').catch(() => {})
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** First the one that would start others anew. Resolves when all are gone: until then their memory is not free. */
async function killAll(postmaster: number): Promise<void> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(postmaster)]).catch(() => ({ stdout: '' }))
  const pids = [postmaster, ...stdout.split('\n').map(Number)].filter(pid => pid > 0)
  for (const pid of pids) signalled(pid, 'SIGKILL')
  while (pids.some(pid => signalled(pid, 0))) await new Promise(resolve => setTimeout(resolve, 10))
}

function signalled(pid: number, signal: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
