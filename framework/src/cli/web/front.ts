/**
 * The web front behind the port of `groundplan start`: one Next.js application in a process of its own. Requests that no
 * gateway answers are handed on to it.
 *
 * - *starting*: the process runs and does not listen yet. A request waits a moment, then is told to come back.
 * - *up*: it listens; requests go to it.
 * - *down*: it died. It is started again after a pause that doubles each time, up to ten seconds, and is short again
 *   once it has been up for half a minute.
 * - *stopped*: for good. It ends with this process in every case, a SIGKILL included.
 */
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Level, LogSink } from '../../contract/telemetry.ts'
import type { Environment } from '../environment.ts'
import { type Child, startChild } from './child.ts'
import { forward, hasBody, tunnel } from './proxy.ts'
import { sayStarting } from './starting-page.ts'

export interface FrontOptions {
  /** The folder of the Next.js application. */
  readonly folder: string
  /** With hot reload, from the sources. Default: what was built. */
  readonly dev?: boolean
  readonly environment: Environment
  readonly logs: LogSink
  /** Default: 250. Tests wait for less. */
  readonly firstPauseMs?: number
  /** How long a request waits for a front that is starting. Default: 5000. */
  readonly patienceMs?: number
}

export interface Front {
  /** Answers what is not the systems' own; gives false for that. An `extra` of the server, for `/`. */
  answer(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean>
  /** Hands on a web socket: the hot reload of `dev`, where alone it is. */
  readonly upgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined
  /** Tells the front where the systems are, once the server listens. It serves nothing before. */
  locate(address: string): void
  /** Ends it for good; what it answers may finish for `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

/** A front that is yet to be started. */
export interface OpenFront {
  open(): Front
}

/** Starts the front, and keeps it up until it is stopped. */
export function openFront(options: FrontOptions): Front {
  return new KeptFront(options)
}

const longestPauseMs = 10_000
const soundMs = 30_000

/** Addresses that are never pages: an unknown one below them is refused with a problem. */
const notPages = /^\/(?:api|links)(?:[/?]|$)/

class KeptFront implements Front {
  readonly #options: FrontOptions
  readonly #agent = new Agent({ keepAlive: true, timeout: 60_000 })
  readonly #tunnels = new Set<() => void>()
  #address: string | undefined
  #child: Child
  #port: number | undefined
  #up = gate()
  #pauseMs: number
  #pause: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: FrontOptions) {
    this.#options = options
    this.#pauseMs = options.firstPauseMs ?? 250
    this.#child = this.#begin()
  }

  // ---------- its life

  #begin(): Child {
    const { folder, dev = false, environment } = this.#options
    const child = startChild({ folder, dev, environment, said: (level, line) => this.#tell(level, line) })
    const sinceMs = performance.now()
    if (this.#address !== undefined) child.locate(this.#address)
    child.port.then(
      port => this.#isUp(port),
      () => {},
    )
    void child.ended.then(why => this.#ended(why, performance.now() - sinceMs))
    return child
  }

  #isUp(port: number): void {
    this.#port = port
    this.#up.open()
  }

  #ended(why: string, upMs: number): void {
    if (this.#stopped) return
    if (this.#port !== undefined) {
      this.#port = undefined
      this.#up = gate()
    }
    if (upMs > soundMs) this.#pauseMs = this.#options.firstPauseMs ?? 250
    this.#tell('error', `the web front ended (${why}); it starts again in ${this.#pauseMs} ms`)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#child = this.#begin()
    }, this.#pauseMs)
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs)
  }

  locate(address: string): void {
    this.#address = address
    this.#child.locate(address)
  }

  async stop(graceMs = 2_000): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    clearTimeout(this.#pause)
    this.#port = undefined
    this.#up.open()
    for (const end of this.#tunnels) end()
    if (!this.#pause) await this.#child.stop(graceMs)
    this.#agent.destroy()
  }

  #tell(level: Level, line: string): void {
    const message = line.replaceAll(ansi, '').trim()
    if (message !== '') this.#options.logs({ level, atMs: Date.now(), plan: 'web', message })
  }

  // ---------- requests

  answer(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean> {
    return notPages.test(request.url ?? '') ? false : this.#handOn(request, response)
  }

  async #handOn(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const untilMs = performance.now() + (this.#options.patienceMs ?? 5_000)
    do {
      const port = this.#port ?? (await this.#portWithin(untilMs - performance.now()))
      if (port === undefined || response.destroyed) break
      if ((await forward(request, response, port, this.#agent)) === 'answered') return true
      // It died between. What has no body can be asked again.
      if (this.#port === port) await pause(50)
    } while (!hasBody(request.headers) && !response.headersSent && !response.destroyed && performance.now() < untilMs)
    if (!response.headersSent && !response.destroyed) sayStarting(request, response)
    return true
  }

  async #portWithin(mostMs: number): Promise<number | undefined> {
    await Promise.race([this.#up.opened, pause(Math.max(mostMs, 0))])
    return this.#port
  }

  get upgrade() {
    return this.#options.dev ? this.#upgrade : undefined
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (this.#port === undefined || notPages.test(request.url ?? '')) {
      socket.destroy()
      return
    }
    const end = tunnel(request, socket, head, this.#port)
    this.#tunnels.add(end)
    socket.once('close', () => this.#tunnels.delete(end))
  }
}

/** Colours of a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are made of
const ansi = /\u001b\[[\d;]*m/g

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref())
}

interface Gate {
  readonly opened: Promise<void>
  open(): void
}

/** Closed until it is opened. */
function gate(): Gate {
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open: () => open() }
}
