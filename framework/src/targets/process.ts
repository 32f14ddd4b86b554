/**
 * A system in a process of its own, as `groundplan start` runs it, which a test kills and starts again: what was told
 * before must be true after. For tests of whole systems, over HTTP and on disk.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../contract/clock.ts'
import { systemClock } from '../embedded/clock.ts'

export interface MortalOptions {
  /** The system, as `groundplan.config.ts` names it. */
  readonly system: string
  /** The folder of `groundplan.config.ts`. */
  readonly root: string
  /** Where it keeps what it has: `--data`. */
  readonly data: string
  /**
   * By its clock each process begins so much later than the one before, as though it had been down for so long: what
   * those that died had leased or claimed is free again. Default 0.
   */
  readonly downMs?: number
}

/** A request that changes something, once. */
export interface Asking {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer that was heard to its end. */
export interface Heard {
  readonly status: number
  readonly body: unknown
}

export interface Mortal extends AsyncDisposable {
  /** Processes that were killed so far. */
  readonly kills: number
  /** Requests that had no answer because the process died, or that were told to come again, so far. */
  readonly askedAgain: number
  /** Of the process that lives. */
  readonly clock: Clock
  /**
   * Asks, and asks again: of the next process, where one dies before it has answered; after `Retry-After`, where it says
   * so. So whatever changes something needs an idempotency key. Rejects when an answer is missing without a kill.
   */
  ask(path: string, init?: RequestInit): Promise<Heard>
  /** SIGKILL; resolves when the next process answers. Kills that are asked for meanwhile come one after the other. */
  kill(): Promise<void>
  /**
   * Asks, and kills at the first byte of the answer: what is answered too early is not there yet. Gives the answer, of
   * that process or, where it was cut off, of the next.
   */
  killAtAnswer(path: string, init: Asking): Promise<Heard>
  /** Where the process that lives answers. */
  url(): Promise<string>
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>
}

/**
 * Starts a system that is there to be killed. The program must be built.
 * @example await using shop = await mortal({ system: 'counter', root: '.', data: folder })
 */
export async function mortal(options: MortalOptions): Promise<Mortal> {
  const lives = new Lives(options)
  await lives.begun()
  return lives
}

/** Beside the sources as beside what is built of them. */
const program = fileURLToPath(new URL('../../bin/groundplan.js', import.meta.url))

/** A process that answers. */
interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  readonly url: string
}

class Lives implements Mortal {
  readonly #options: MortalOptions
  /** The process that lives, or the one that will when it answers. */
  #life: Promise<Running>
  #killing: Promise<unknown>
  #kills = 0
  #askedAgain = 0

  constructor(options: MortalOptions) {
    this.#options = options
    this.#life = this.#killing = running(options, 0)
  }

  get kills(): number {
    return this.#kills
  }

  get askedAgain(): number {
    return this.#askedAgain
  }

  get clock(): Clock {
    return clockAhead(this.#aheadMs)
  }

  get #aheadMs(): number {
    return this.#kills * (this.#options.downMs ?? 0)
  }

  async url(): Promise<string> {
    return (await this.#life).url
  }

  async begun(): Promise<void> {
    await this.#life
  }

  async ask(path: string, init?: RequestInit): Promise<Heard> {
    for (;;) {
      const life = this.#life
      const heard = await this.#heard(await life, path, init).catch(error => {
        // Nothing but a kill may keep an answer from us.
        if (life === this.#life) throw error
      })
      if (heard && heard.comeAgainMs === 0) return heard
      this.#askedAgain++
      await wait(heard?.comeAgainMs ?? 0)
    }
  }

  async #heard({ url }: Running, path: string, init?: RequestInit): Promise<Heard & { readonly comeAgainMs: number }> {
    const response = await fetch(url + path, init)
    const text = await response.text()
    const comeAgainMs = Number(response.headers.get('retry-after') ?? 0) * 1_000
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), comeAgainMs }
  }

  async kill(): Promise<void> {
    await this.#nextKill(kill => void kill())
  }

  async killAtAnswer(path: string, init: Asking): Promise<Heard> {
    const heard = await this.#nextKill((kill, url) => heardUntilKilled(url + path, init, kill))
    return heard ?? this.ask(path, init)
  }

  /** `act` kills, when the process answers; then waits for the one that comes after it. */
  #nextKill<T>(act: (kill: () => void, url: string) => T | Promise<T>): Promise<T> {
    const next = this.#killing.then(async () => {
      const { child, ended, url } = await this.#life
      const kill = (): void => {
        child.kill('SIGKILL')
        this.#kills++
        this.#life = ended.then(() => running(this.#options, this.#aheadMs))
      }
      const result = await act(kill, url)
      await this.#life
      return result
    })
    this.#killing = next
    return next
  }

  async stop(): Promise<number | null> {
    await this.#killing
    const { child, ended } = await this.#life
    child.kill('SIGTERM')
    return ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#killing.catch(() => {})
    const life = await this.#life.catch(() => undefined)
    life?.child.kill('SIGKILL')
    await life?.ended
  }
}

/** The answer at whose first byte its process is killed; undefined where not the whole of it came. */
function heardUntilKilled(url: string, { body, ...options }: Asking, kill: () => void): Promise<Heard | undefined> {
  return new Promise(resolve => {
    const asked = request(url, options, response => {
      kill()
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('error', () => {})
      response.once('close', () => {
        const isAnswer = response.complete && response.headers['retry-after'] === undefined
        resolve(isAnswer ? { status: response.statusCode ?? 0, body: JSON.parse(text) } : undefined)
      })
    })
    asked.once('error', () => resolve(undefined))
    asked.end(body)
  })
}

/** Starts a process; resolves when it answers, rejects when it ends before. */
async function running({ system, root, data }: MortalOptions, aheadMs: number): Promise<Running> {
  const node = aheadMs === 0 ? [] : ['--import', aheadModule(aheadMs)]
  const command = ['start', system, '--data', data, '--port', '0', '--json', '--no-web']
  const child = spawn(process.execPath, [...node, program, ...command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  void ended.then(() => process.off('exit', kill))
  let complained = ''
  child.stderr.on('data', chunk => {
    complained += chunk
  })
  const early = ended.then(code => Promise.reject(new Error(`"${system}" ended with ${code}: ${complained}`)))
  return { child, ended, url: await Promise.race([addressIn(child.stdout), early]) }
}

/** The address in the line that says "ready". What comes after is read too, so that nothing is in its way. */
function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise(resolve => {
    createInterface({ input: output }).on('line', line => {
      const said = JSON.parse(line) as { readonly event?: string; readonly url?: string }
      if (said.event === 'ready' && said.url !== undefined) resolve(said.url)
    })
  })
}

/** A clock that is ahead of the system's. */
export function clockAhead(aheadMs: number): Clock {
  const system = systemClock()
  return { now: () => system.now() + aheadMs, at: (atMs, run) => system.at(atMs - aheadMs, run) }
}

/** The same in another process. */
function aheadModule(aheadMs: number): string {
  const code = `const { now } = Date; Date.now = () => now() + ${aheadMs}`
  return `data:text/javascript,${encodeURIComponent(code)}`
}
