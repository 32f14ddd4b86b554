/**
 * Services of a plan that other processes run, asked over HTTP at their internal address (internal.ts): for processes that
 * `groundplan start --service` divides a plan among, and for functions that ask containers. `lambdaHandler` uses it by
 * itself for the services that its option `others` names; a driver has nothing to do but to hand that text on.
 */
import type { IncomingMessage, RequestOptions } from 'node:http'
import type { ServiceFunctions } from '../contract/engine.ts'
import { fault } from '../contract/problems.ts'

export interface OverHttpOptions {
  /** Whether connections are kept for the next request. Not where the process sleeps in between: they would be dead. */
  readonly keepAlive: boolean
  /** A connection that is older is not used again, so that processes which joined are found, too. Default: a minute. */
  readonly longestMs?: number
}

/** Where each service runs, as `front=http://front.shop.internal:7400,books=http://…` says. Faults: `setting-missing`. */
export function othersIn(text: string): ReadonlyMap<string, string> {
  const pairs = text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
  return new Map(
    pairs.map(pair => {
      const at = pair.indexOf('=')
      const [service, url] = [pair.slice(0, at), pair.slice(at + 1)]
      if (at > 0 && /^https?:\/\//.test(url) && URL.canParse(url)) return [service, url.replace(/\/$/, '')]
      throw fault('setting-missing', `"${pair}" does not say where a service runs: write service=http://host:port`)
    }),
  )
}

/**
 * Asks services at these addresses.
 * @example const others = servicesOverHttp('shop', othersIn('books=http://books.shop.internal:7400'), { keepAlive: true })
 */
export function servicesOverHttp(
  plan: string,
  urls: ReadonlyMap<string, string>,
  options: OverHttpOptions,
): ServiceFunctions & { close(): void } {
  const http = new Asking(options)
  const addressOf = (service: string): string => {
    const url = urls.get(service)
    if (url === undefined) throw fault('service-unavailable', `nobody says where the service ${service} runs`)
    return `${url}/internal/${plan}`
  }
  return {
    async call(service, json) {
      const pieces: Buffer[] = []
      for await (const piece of await http.opened(service, addressOf(service), json)) pieces.push(piece)
      return Buffer.concat(pieces).toString()
    },
    stream: (service, json, signal) => http.opened(service, addressOf(service), json, signal),
    close: () => http.close(),
  }
}

/** A host that is gone answers nothing at all: who asks has no time for the system's own patience. */
const connectMs = 3_000

class Asking {
  readonly #keepAlive: boolean
  readonly #longestMs: number
  readonly #closing: (() => void)[] = []
  #loaded: Promise<Loaded> | undefined

  constructor({ keepAlive, longestMs = 60_000 }: OverHttpOptions) {
    this.#keepAlive = keepAlive
    this.#longestMs = longestMs
  }

  /** The answer, as it comes. */
  async opened(service: string, url: string, json: string, signal?: AbortSignal): Promise<AsyncIterable<Buffer>> {
    try {
      const answer = await this.#sent(new URL(url), json, signal)
      if (answer.statusCode === 200) return pieces(service, answer)
      answer.resume()
      throw new Error(`it answered ${answer.statusCode}`)
    } catch (error) {
      throw unreachable(service, error)
    }
  }

  close(): void {
    for (const close of this.#closing.splice(0)) close()
  }

  async #sent(url: URL, json: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    this.#loaded ??= this.#load()
    const { optionsFor, request } = await this.#loaded
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }
      const asked = request(
        url,
        { method: 'POST', headers, ...optionsFor(url), ...(signal ? { signal } : {}) },
        resolve,
      )
      asked.once('error', reject)
      asked.once('socket', socket => {
        if (!socket.connecting) return
        const late = (): void => void socket.destroy(new Error('nobody answers there'))
        socket.setTimeout(connectMs, late)
        socket.once('connect', () => socket.setTimeout(0).off('timeout', late))
      })
      asked.end(json)
    })
  }

  /** It keeps no connection for longer than that: Node asks it of each whose answer is complete. */
  #young<Agent extends Kept>(agent: Agent): Agent {
    const firstKeptMs = new WeakMap<object, number>()
    const keeps = agent.keepSocketAlive.bind(agent)
    agent.keepSocketAlive = socket => {
      const sinceMs = firstKeptMs.get(socket) ?? performance.now()
      firstKeptMs.set(socket, sinceMs)
      return performance.now() - sinceMs <= this.#longestMs && keeps(socket)
    }
    return agent
  }

  /** When the first is asked: a function that asks nobody does not load it. */
  async #load(): Promise<Loaded> {
    const [http, https] = [await import('node:http'), await import('node:https')]
    const agents = this.#keepAlive
      ? ([this.#young(new http.Agent({ keepAlive: true })), this.#young(new https.Agent({ keepAlive: true }))] as const)
      : ([false, false] as const)
    for (const agent of agents) if (agent) this.#closing.push(() => agent.destroy())
    return {
      optionsFor: ({ protocol }) => ({ agent: protocol === 'https:' ? agents[1] : agents[0] }),
      request: (url, options, answered) => (url.protocol === 'https:' ? https : http).request(url, options, answered),
    }
  }
}

interface Kept {
  keepSocketAlive(socket: object): unknown
}

interface Loaded {
  optionsFor(url: URL): Pick<RequestOptions, 'agent'>
  request: (
    url: URL,
    options: RequestOptions,
    answered: (answer: IncomingMessage) => void,
  ) => ReturnType<typeof import('node:http').request>
}

/** What breaks off is a fault, too. */
async function* pieces(service: string, answer: IncomingMessage): AsyncIterable<Buffer> {
  try {
    for await (const piece of answer) yield piece
  } catch (error) {
    throw unreachable(service, error)
  }
}

function unreachable(service: string, error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error)
  return fault('service-unavailable', `the service ${service} cannot be reached: ${why}`, {}, error)
}
