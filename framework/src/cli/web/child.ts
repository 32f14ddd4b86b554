/**
 * The process of the web front: begun, spoken to, ended. It is `framework/bin/web-front.js`, a program of its own, so
 * that pages take no memory and no time from the systems, and one that dies takes nobody along.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../environment.ts'

export interface ChildOptions {
  /** The folder of the Next.js application. */
  readonly folder: string
  /** With hot reload, from the sources; else what was built. */
  readonly dev: boolean
  readonly environment: Environment
  /** Each line that it writes: what it does to its standard output, what goes wrong to the other. */
  said(level: 'debug' | 'warn', line: string): void
}

export interface Child {
  /** The port it listens on, on this machine alone. Rejects when it ends before. */
  readonly port: Promise<number>
  /** Resolves when it has ended, with the reason. */
  readonly ended: Promise<string>
  /** Tells it where the systems are; it serves nothing before. */
  locate(address: string): void
  /** Lets it finish what it answers for so long, then ends it. */
  stop(graceMs: number): Promise<void>
}

/** The same place from the sources and from what is built of them. */
const program = fileURLToPath(new URL('../../../bin/web-front.js', import.meta.url))

export function startChild({ folder, dev, environment, said }: ChildOptions): Child {
  const child = spawn(process.execPath, [program, JSON.stringify({ folder, dev })], {
    cwd: folder,
    env: environmentFor(dev, environment),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  listen(child, said)
  const ended = endOf(child)
  const port = new Promise<number>((resolve, reject) => {
    child.once('message', message => resolve(portIn(message)))
    void ended.then(why => reject(new Error(`The web front ended: ${why}`)))
  })
  port.catch(() => {}) // whoever waits for it hears of it
  return {
    port,
    ended,
    locate: address => void (child.connected && child.send({ address }, () => {})),
    stop: graceMs => stopped(child, ended, graceMs),
  }
}

/** No tool of ours tells anybody that it is used, or asks a registry for packages: those are installed. */
export const quiet = { NEXT_TELEMETRY_DISABLED: '1', NEXT_IGNORE_INCORRECT_LOCKFILE: '1' }

/** What Next needs of the environment; no secret of a system reaches the front. */
const handedOn = /^(PATH|HOME|USERPROFILE|TMPDIR|TEMP|TMP|SystemRoot|LANG|LC_\w+|TZ|CI|NO_COLOR|NODE_EXTRA_CA_CERTS)$/i

function environmentFor(dev: boolean, environment: Environment): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => handedOn.test(name))
  return {
    ...Object.fromEntries(kept),
    NODE_ENV: dev ? 'development' : 'production',
    ...quiet,
  }
}

function listen({ stdout, stderr }: ChildProcess, said: ChildOptions['said']): void {
  if (stdout) createInterface({ input: stdout }).on('line', line => said('debug', line))
  if (stderr) createInterface({ input: stderr }).on('line', line => said('warn', line))
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

function portIn(message: unknown): number {
  const port = typeof message === 'object' && message !== null && 'port' in message ? message.port : undefined
  return typeof port === 'number' ? port : 0
}

async function stopped(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  child.kill('SIGTERM')
  const cut = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await ended
  clearTimeout(cut)
}
