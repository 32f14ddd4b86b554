/**
 * A function as Lambda runs it: its bundle in processes of its own, one for each event at a time, spoken to by the runtime
 * API. A process that does not answer in its time is killed, as Lambda does.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { transform } from 'esbuild'

export interface FunctionOptions {
  readonly name: string
  /** Where its files are. */
  readonly folder: string
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
  /** Default: as many as are asked for. */
  readonly mostProcesses?: number
}

export type Outcome =
  | { readonly ok: true; readonly payload: Buffer; readonly type: string }
  | { readonly ok: false; readonly error: { readonly errorType: string; readonly errorMessage: string } }

type TakesPiece = (piece: Buffer) => void

interface Invocation {
  readonly id: string
  readonly event: string
  readonly untilMs: number
  readonly took: TakesPiece
  settle(outcome: Outcome): void
}

/** The program that speaks the runtime API, without its types: Node 20 reads none. */
async function bootstrapIn(folder: string): Promise<string> {
  const source = await readFile(new URL('bootstrap.ts', import.meta.url), 'utf8')
  const file = join(folder, '.bootstrap.mjs')
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node20.19' })
  // Another process of the function may be reading it just now: it has the one or the other, and never half of one.
  const written = `${file}.${randomUUID()}`
  await writeFile(written, code)
  await rename(written, file)
  return file
}

export class RunningFunction {
  readonly options: FunctionOptions
  readonly #processes: FunctionProcess[] = []
  readonly #waiting: ((free: FunctionProcess) => void)[] = []

  constructor(options: FunctionOptions) {
    this.options = options
  }

  /** What the processes have written. */
  get output(): string {
    return this.#processes.map(({ output }) => output).join('')
  }

  get starts(): number {
    return this.#processes.reduce((sum, { starts }) => sum + starts, 0)
  }

  /** `took`: is given the pieces of the answer as they come. */
  async invoke(event: unknown, took: TakesPiece = () => {}): Promise<Outcome> {
    const free = await this.#free()
    try {
      return await free.invoke(JSON.stringify(event), took)
    } finally {
      const next = this.#waiting.shift()
      if (next) next(free)
      else free.busy = false
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map(each => each.stop()))
  }

  async #free(): Promise<FunctionProcess> {
    const found = this.#processes.find(({ busy }) => !busy)
    if (found) {
      found.busy = true
      return found
    }
    const { mostProcesses = Number.POSITIVE_INFINITY } = this.options
    if (this.#processes.length >= mostProcesses) return new Promise(resolve => this.#waiting.push(resolve))
    const made = new FunctionProcess(this.options)
    this.#processes.push(made)
    return made
  }
}

class FunctionProcess {
  busy = true
  output = ''
  starts = 0
  readonly #options: FunctionOptions
  readonly #server: Server
  #child: ChildProcess | undefined
  #asking: ((invocation: Invocation) => void) | undefined
  #current: Invocation | undefined
  #failedInit: Outcome | undefined

  constructor(options: FunctionOptions) {
    this.#options = options
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  async invoke(event: string, took: TakesPiece): Promise<Outcome> {
    if (!this.#child) await this.#start()
    const { timeoutMs } = this.#options
    return new Promise(resolve => {
      const timer = setTimeout(() => void this.#kill(), timeoutMs)
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer)
        this.#current = undefined
        resolve(outcome)
      }
      this.#current = { id: randomUUID(), event, untilMs: Date.now() + timeoutMs, took, settle }
      if (this.#failedInit) settle(this.#failedInit)
      else if (this.#asking) this.#hand(this.#asking)
    })
  }

  async stop(): Promise<void> {
    await this.#end()
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #start(): Promise<void> {
    if (!this.#server.listening) {
      this.#server.listen(0, '127.0.0.1')
      await once(this.#server, 'listening')
    }
    this.starts++
    this.#failedInit = undefined
    const { port } = this.#server.address() as AddressInfo
    const { folder, environment, name } = this.#options
    const child = spawn(process.execPath, [await bootstrapIn(folder)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        AWS_LAMBDA_FUNCTION_NAME: name,
        LAMBDA_TASK_ROOT: folder,
        _HANDLER: 'index.handler',
        ...environment,
      },
    })
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', part => (this.output += String(part)))
    child.once('exit', () => this.#exited(child))
    this.#child = child
  }

  #exited(child: ChildProcess): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#asking = undefined
    const errorMessage = `RequestId: ${this.#current?.id} Error: Runtime exited`
    this.#current?.settle(this.#failedInit ?? { ok: false, error: { errorType: 'Runtime.ExitError', errorMessage } })
  }

  async #kill(): Promise<void> {
    const current = this.#current
    await this.#end()
    const errorMessage = `${current?.id} Task timed out after ${(this.#options.timeoutMs / 1_000).toFixed(2)} seconds`
    current?.settle({ ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage } })
  }

  async #end(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.#asking = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  // ---------- the runtime API

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.replace('/2018-06-01/runtime/', '') ?? ''
    if (request.method === 'GET' && path === 'invocation/next') {
      this.#next(response)
      return
    }
    const [, id, what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
    const current = this.#current?.id === id && what === 'response' ? this.#current : undefined
    const body = await read(request, current?.took).catch(() => undefined)
    if (body === undefined) return
    response.writeHead(202).end()
    if (path === 'init/error') this.#failedInit = { ok: false, error: JSON.parse(body.toString()) }
    else if (this.#current?.id !== id) return
    else if (what === 'error') this.#current?.settle({ ok: false, error: JSON.parse(body.toString()) })
    else this.#current?.settle({ ok: true, payload: body, type: request.headers['content-type'] ?? '' })
  }

  #next(response: ServerResponse): void {
    this.#asking = ({ id, event, untilMs }) => {
      this.#asking = undefined
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': id,
        'Lambda-Runtime-Deadline-Ms': String(untilMs),
        'Lambda-Runtime-Invoked-Function-Arn': arnOf(this.#options.name),
        'Lambda-Runtime-Trace-Id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1',
      })
      response.end(event)
    }
    if (this.#current) this.#hand(this.#asking)
  }

  #hand(asking: (invocation: Invocation) => void): void {
    if (this.#current) asking(this.#current)
  }
}

export function arnOf(name: string): string {
  return `arn:aws:lambda:us-east-1:123456789012:function:${name}`
}

async function read(request: IncomingMessage, took: TakesPiece = () => {}): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) {
    parts.push(part as Buffer)
    took(part as Buffer)
  }
  return Buffer.concat(parts)
}
