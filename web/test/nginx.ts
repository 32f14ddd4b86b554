/** The real nginx, with a configuration as it was written: only its own port, its folder and the names of hosts differ. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const places = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx']

/** Where it is; undefined where there is none. */
export const nginxPath = places.find(place => existsSync(place))
if (nginxPath === undefined) console.warn('SKIPPED: no nginx was found; what `groundplan compose` writes is not run')

export interface Before {
  /** The text of the configuration. */
  readonly text: string
  /** An empty folder, for what would be in `/tmp` of the container. */
  readonly folder: string
  /** For each `host:port` of the configuration, the one here. */
  readonly hosts: Readonly<Record<string, string>>
}

export interface Nginx extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What it logged. */
  log(): string
}

/** Nobody, who has no rights. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

export async function openNginx({ text, folder, hosts }: Before, port: number): Promise<Nginx> {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o777) // the process has no rights
  const conf = join(folder, 'nginx.conf')
  writeFileSync(conf, adapted(text, folder, hosts, port))
  // A pipe of Node is a socket, which nobody can open by its name, /dev/stdout.
  const log = join(folder, 'log')
  const file = openSync(log, 'a')
  chmodSync(log, 0o666)
  const args = ['-p', folder, '-c', conf, '-g', 'daemon off;']
  const child = spawn(nginxPath ?? 'nginx', args, { stdio: ['ignore', file, file], ...nobody })
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  await up(
    url,
    () => child.exitCode === null,
    () => readFileSync(log, 'utf8'),
  )
  return {
    ...{ url, port },
    log: () => readFileSync(log, 'utf8'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGQUIT')
      const cut = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await gone
      clearTimeout(cut)
    },
  }
}

function adapted(text: string, folder: string, hosts: Before['hosts'], port: number): string {
  const moved = text.replaceAll(/(?<=\s)\/tmp\//g, `${folder}/`).replaceAll('listen 8080', `listen 127.0.0.1:${port}`)
  const named = Object.entries(hosts).reduce(
    (all, [from, to]) => all.replace(`server ${from};`, `server ${to};`),
    moved,
  )
  return named.replaceAll(/\/dev\/(?:stdout|stderr)/g, join(folder, 'log'))
}

async function up(url: string, lives: () => boolean, log: () => string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/-/nginx`).catch(() => undefined)
    if (answer?.status === 204) return
    if (!lives()) throw new Error(`nginx ended: ${log()}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
