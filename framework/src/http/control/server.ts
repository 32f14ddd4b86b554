/**
 * The control socket: a running plan's operator, for other processes of the same owner on the same machine. Who may
 * open the socket's file has the right; there is no port and no token.
 *
 *   POST /v1/<method of Operator>   a JSON object in, JSON out; streams are lines of JSON
 *
 * What goes wrong is a problem (RFC 9457); when a stream has begun, it stands in the trailer `groundplan-problem`, as JSON
 * that is percent-encoded.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Clock, sleep } from '../../contract/clock.ts'
import type { Operator } from '../../contract/operator.ts'
import { problems } from '../../contract/problem-table.ts'
import { fault, isFault } from '../../contract/problems.ts'
import { readJson } from '../json.ts'
import { asks } from './asks.ts'
import { type ControlPlace, closeToOthers, ownPlace, shortPlace } from './place.ts'

/** A secret has at most 64 KB and a message 256 KB; JSON may write each of their bytes as six. */
const mostBodyBytes = 2 * 1_024 * 1_024
const mostConnections = 64
const chunkLength = 32 * 1_024

export interface Control {
  /** The socket's file, or the pipe's name. */
  readonly path: string
  /** Takes nothing more; resolves when what was asked has been answered, or is cut off after `graceMs`. */
  close(graceMs: number): Promise<void>
}

export interface ControlOptions {
  /** The plan's data folder. Whoever opens the socket holds its lock. */
  readonly folder: string
  readonly clock: Clock
  /** Hears of what nobody foresaw; who asked is told no more than that. */
  report(error: unknown): void
}

/**
 * Opens the control socket of a plan's data folder.
 * - `now`: who is asked; another one when the plan was replaced. Faults while there is none.
 * @example const control = await openControl(() => operatorOf(runtime, drivers, options), { folder, clock, report })
 */
export async function openControl(now: () => Operator, options: ControlOptions): Promise<Control> {
  const { folder, clock, report } = options
  const server = createServer((request, response) => {
    answer(now, request, response).catch(error => {
      if (!isFault(error)) report(error)
      refuse(response, error)
    })
  })
  server.maxConnections = mostConnections
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  const place = await listening(server, folder)
  return {
    path: place.path,
    async close(graceMs) {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      const over = new AbortController()
      await Promise.race([closed, sleep(clock, graceMs, over.signal)])
      over.abort()
      server.closeAllConnections()
      await closed
      place.remove()
    },
  }
}

/** In the folder where that is possible, else at a short place. */
async function listening(server: Server, folder: string): Promise<ControlPlace> {
  const own = ownPlace(folder)
  if (own && (await listens(server, own).catch(() => false))) return own
  const short = shortPlace(folder)
  try {
    await listens(server, short)
    return short
  } catch (error) {
    short.remove()
    throw fault('engine-unavailable', `no control socket can be opened for "${folder}": ${error}`, {}, error)
  }
}

function listens(server: Server, place: ControlPlace): Promise<true> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(place.path, () => {
      server.off('error', reject)
      closeToOthers(place)
      resolve(true)
    })
  })
}

async function answer(now: () => Operator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = methodOf(request)
  const read = asks[method].safeParse(await bodyOf(request))
  if (!read.success) throw unreadable(read.error.issues)
  // The schema of the same method has just read it.
  const run = now()[method] as (ask: unknown) => Promise<unknown> | AsyncIterable<unknown>
  const given = run(read.data)
  if (isStream(given)) await stream(response, given)
  else send(response, 200, 'application/json', (await given) ?? null)
}

/** Says where it is wrong, and repeats nothing that was given. */
function unreadable(issues: readonly { readonly path: PropertyKey[]; readonly message: string }[]): Error {
  const detail = issues.map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`).join('; ')
  return fault('request-invalid', detail)
}

function methodOf({ method, url = '' }: IncomingMessage): keyof Operator {
  const name = /^\/v1\/(\w+)$/.exec(url)?.[1]
  if (name === undefined || !isMethod(name)) throw fault('no-such-route', `there is nothing at ${url.slice(0, 200)}`)
  if (method !== 'POST') throw fault('method-not-allowed', `ask ${url} with POST`)
  return name
}

function isMethod(name: string): name is keyof Operator {
  return Object.hasOwn(asks, name)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBodyBytes) throw fault('body-too-large', `the limit is ${mostBodyBytes} bytes`)
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  const read = readJson(Buffer.concat(chunks))
  if (read.ok) return read.value
  throw fault('invalid-json', read.why)
}

function isStream(given: object): given is AsyncIterable<unknown> {
  return Symbol.asyncIterator in given
}

function send(response: ServerResponse, status: number, type: string, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, { 'content-type': type, 'content-length': body.length, 'cache-control': 'no-store' })
  response.end(body)
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return
  const problem = problemOf(error)
  if (response.headersSent) {
    response.addTrailers({ [problemTrailer]: encodeURIComponent(JSON.stringify(problem)) })
    response.end()
    return
  }
  // What is left of a body that is too large is not read.
  if (problem.code === 'body-too-large') response.setHeader('connection', 'close')
  send(response, problem.status, 'application/problem+json', problem)
}

export const problemTrailer = 'groundplan-problem'

/** All there is to say: who may open the socket may know it. What is no fault was not foreseen, and may say too much. */
function problemOf(error: unknown) {
  const found = isFault(error) ? error : fault('handler-failed', 'something unforeseen: see the logs')
  const { code, status, detail } = found
  return { type: 'about:blank', title: problems[code].title, status, code, detail }
}

async function stream(response: ServerResponse, items: AsyncIterable<unknown>): Promise<void> {
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    trailer: problemTrailer,
  })
  for await (const chunk of chunksOf(items)) {
    if (!response.write(chunk)) await drained(response)
    if (response.destroyed) return
  }
  response.end()
}

/** Lines, several at once. What was made before a failure is given before it. */
async function* chunksOf(items: AsyncIterable<unknown>): AsyncIterable<string> {
  let chunk = ''
  let failed: { readonly error: unknown } | undefined
  try {
    for await (const item of items) {
      chunk += `${JSON.stringify(item)}\n`
      if (chunk.length < chunkLength) continue
      yield chunk
      chunk = ''
    }
  } catch (error) {
    failed = { error }
  }
  if (chunk !== '') yield chunk
  if (failed) throw failed.error
}

/** Until it takes more, or nobody listens any longer. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}
