/** What containers would run, as processes here: images made by their steps, started as their files say, nginx before them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { freePort } from '../../scripts/lib/free-port.mjs'
import { type Image, replayed, textOf } from './image.ts'
import { type Nginx, openNginx } from './nginx.ts'
import { buildCommand, repository } from './running.ts'

const run = promisify(execFile)

const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
for (const each of dueBuilds('.')) if (each.folder === 'targets/server') await compile('.', each)`

/** What `groundplan compose` writes for the counter, in a folder of its own. */
export async function writtenFiles(
  ...flags: readonly string[]
): Promise<Disposable & { readonly path: string; text(file: string): string }> {
  await buildCommand()
  await run(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository })
  mkdirSync(join(repository, '.groundplan'), { recursive: true })
  const path = mkdtempSync(join(repository, '.groundplan', 'compose-'))
  const args = ['framework/bin/groundplan.js', 'compose', 'counter', '--out', path, ...flags]
  await run(process.execPath, args, { cwd: repository })
  return {
    path,
    text: file => textOf(join(path, file)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** A folder that another user can look into. */
export function sharedFolder(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'groundplan-image-')))
  chmodSync(path, 0o755)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** The steps of `server.Dockerfile` or `web.Dockerfile`, done. */
export function imageOf(
  which: 'server' | 'web',
  text: (file: string) => string,
  folder: string,
  before?: string,
): Promise<Image> {
  const ignored = text(`${which}.Dockerfile.dockerignore`)
  const context = { folder: repository, ignored, modules: join(repository, 'node_modules'), before }
  return replayed(text(`${which}.Dockerfile`), context, join(folder, which))
}

interface Service {
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string | null>>
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
}

function composeIn(text: string): Compose {
  return parse(text)
}

export interface Container {
  readonly process: ChildProcess
  said(): string
  /** The exit code of its health check, now. */
  health(): Promise<number>
  /** Ends it as `docker compose stop` does; gives its exit code and how long it took. */
  stop(): Promise<{ readonly code: number | null; readonly tookMs: number }>
}

/** What stands for what: a text of the image or the Compose file, and its value here. */
type Here = Readonly<Record<string, string>>

const isRoot = process.getuid?.() === 0

/** Starts what a container would run: its user, its environment and nothing of ours. */
export function contained(
  { root, workdir, user, environment, command, health }: Image,
  service: Service,
  here: Here,
): Container {
  const adapted = (text: string): string =>
    Object.entries(here).reduce((all, [from, to]) => all.replaceAll(wholly(from), () => to), text)
  const given = Object.entries(service.environment ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [[name, adapted(value)] as const],
  )
  const own = { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment, ...Object.fromEntries(given) }
  const env = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, adapted(value)]))
  const options = {
    cwd: join(root, workdir),
    env: { ...env, NODE_ENV: 'production' as const },
    ...(isRoot ? { uid: user, gid: user } : {}),
  }
  const words = service.command ? [...command.slice(0, 2), ...service.command] : command
  const [program = '', ...args] = words.map(adapted)
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const pieces: string[] = []
  for (const pipe of [child.stdout, child.stderr]) pipe.on('data', piece => void pieces.push(String(piece)))
  return {
    process: child,
    said: () => pieces.join(''),
    async health() {
      const [check = '', ...words] = health.map(adapted)
      const [code] = await once(spawn(check, words, { ...options, stdio: 'ignore' }), 'exit')
      return Number(code)
    },
    async stop() {
      const since = performance.now()
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      child.kill('SIGTERM')
      await exited
      return { code: child.exitCode, tookMs: performance.now() - since }
    },
  }
}

/** Until then it may write where its folder is being removed. */
async function killed(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  const exited = once(process, 'exit')
  process.kill('SIGKILL')
  await exited
}

/** A text where it is not a part of a longer word. */
function wholly(text: string): RegExp {
  return new RegExp(`(?<!\\w)${text.replaceAll(/[.+*?^${}()|[\]\\]/g, String.raw`\$&`)}(?!\\w)`, 'g')
}

/** A file with a master key, which the user of the image may read. */
function masterKey(folder: string, { user }: Image): string {
  const path = join(folder, 'master.key')
  writeFileSync(path, `${'5a'.repeat(32)}\n`, { mode: 0o400 })
  if (isRoot) chownSync(path, user, user)
  return path
}

// ---------- all of it

/** Everything that the Compose file starts, with what is in front of it. Disposing of it ends and removes all. */
export class Hosted {
  readonly images: Readonly<Record<'server' | 'web', Image>>
  readonly containers: Record<'server' | 'web', Container>
  readonly nginx: Nginx
  /** The volume of the systems. */
  readonly data: string
  /** The file of the master key. */
  readonly key: string
  readonly #startServer: () => Container
  readonly #folders: readonly Disposable[]

  constructor(parts: Pick<Hosted, 'images' | 'nginx' | 'data' | 'key'> & Starts, folders: readonly Disposable[]) {
    this.images = parts.images
    this.nginx = parts.nginx
    this.data = parts.data
    this.key = parts.key
    this.#startServer = parts.startServer
    this.#folders = folders
    this.containers = { server: parts.startServer(), web: parts.startWeb() }
  }

  restartServer(): void {
    this.containers.server = this.#startServer()
  }

  /** Whether all health checks are content; throws when a container has ended. */
  async isWell(): Promise<boolean> {
    const all = Object.entries(this.containers).map(([name, { process, said, health }]) => {
      if (process.exitCode !== null) throw new Error(`${name} ended: ${said()}`)
      return health()
    })
    return (await Promise.all(all)).every(code => code === 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nginx[Symbol.asyncDispose]()
    await Promise.all(Object.values(this.containers).map(({ process }) => killed(process)))
    for (const folder of this.#folders) folder[Symbol.dispose]()
  }
}

interface Starts {
  startServer(): Container
  startWeb(): Container
}

/** Makes the images, and starts everything. */
export async function openHosted(): Promise<Hosted> {
  const written = await writtenFiles()
  const scratch = sharedFolder()
  const server = await imageOf('server', written.text, scratch.path)
  const web = await imageOf('web', written.text, scratch.path, join(scratch.path, 'server/build/app'))
  const key = masterKey(scratch.path, server)
  const data = join(server.root, 'data')
  const [port, systemsPort, pagesPort] = [await freePort(), await freePort(), await freePort()]
  const here = {
    ...{ '/run/secrets/master-key': key, 'http://server': 'http://127.0.0.1', '0.0.0.0': '127.0.0.1' },
    '${GROUNDPLAN_URL:-http://localhost}': `http://127.0.0.1:${port}`,
    ...{ '7400': String(systemsPort), '3000': String(pagesPort) },
  }
  const { services } = composeIn(written.text('docker-compose.yml'))
  const command = services.server?.command?.map(word => (word === '/data' ? data : word)) ?? []
  const hosts = { 'server:7400': `127.0.0.1:${systemsPort}`, 'web:3000': `127.0.0.1:${pagesPort}` }
  const nginx = await openNginx({ text: written.text('nginx.conf'), folder: join(scratch.path, 'nginx'), hosts }, port)
  const starts = {
    startServer: () => contained(server, { ...services.server, command }, here),
    startWeb: () => contained(web, services.web ?? {}, here),
  }
  return new Hosted({ images: { server, web }, nginx, data, key, ...starts }, [written, scratch])
}
