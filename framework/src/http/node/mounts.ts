/**
 * Fetch handlers mounted in a gateway. They see addresses as the plan writes them, without the gateway's own part, so
 * that they are the same on every target; the body as a stream, within the gateway's limit.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { FetchHandler } from '../../plan/gateway.ts'
import { isBelow, type Mount, type Standing } from '../addresses.ts'
import { isFraming } from '../headers.ts'
import type { NodeExchange } from './exchange.ts'
import type { Incoming } from './incoming.ts'
import { pathAndQueryOf } from './target.ts'

export function mountAt({ mounts, base }: Standing, path: string): Mount | undefined {
  const inside = path.slice(base.length)
  return mounts.find(mount => isBelow(inside, mount.path === '/' ? '' : mount.path))
}

/**
 * Answers as a Fetch handler does, its address and body as they came, and the length of the body by its sender's word: it
 * may be signed. Rejects when the handler does.
 */
export async function callFetch(exchange: NodeExchange, handler: FetchHandler): Promise<void> {
  const request = requestOf(exchange.request, '', new LimitedBody(exchange.request, Infinity))
  const bytes = exchange.request.headers['content-length']
  if (bytes !== undefined) request.headers.set('content-length', bytes)
  await write(exchange, await handler(request))
}

/** Calls a mounted handler and writes its answer, unless the body was too large. Rejects when the handler does. */
export async function callMount(
  exchange: NodeExchange,
  standing: Standing,
  mount: Mount,
): Promise<'done' | 'too-large'> {
  const { request, response } = exchange
  const { base, maxBodyBytes } = standing
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return 'too-large'
  if (request.headers.expect !== undefined) response.writeContinue()
  const body = new LimitedBody(request, maxBodyBytes)
  try {
    await write(exchange, await mount.handler(requestOf(request, base, body)))
    return 'done'
  } catch (error) {
    if (body.tooLarge && !response.headersSent) return 'too-large'
    throw error
  }
}

function requestOf(request: Incoming, base: string, body: LimitedBody): Request {
  const { method = 'GET', url = '/', headers } = request
  const gone = new AbortController()
  request.onGone(() => gone.abort())
  const target = pathAndQueryOf(url)?.target ?? '/'
  const address = `http://${hostOf(headers.host)}${target.slice(base.length) || '/'}`
  const bare = method === 'GET' || method === 'HEAD'
  const given = bare ? {} : { body: Readable.toWeb(Readable.from(body)), duplex: 'half' as const }
  return new Request(address, { method, headers: headersOf(request), signal: gone.signal, ...given })
}

/** A body piece by piece, up to a limit. */
class LimitedBody {
  readonly #pieces: Readable
  readonly #maxBytes: number
  tooLarge = false

  constructor(pieces: Readable, maxBytes: number) {
    this.#pieces = pieces
    this.#maxBytes = maxBytes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const piece of this.#pieces.iterator({ destroyOnReturn: false })) {
      bytes += piece.length
      this.tooLarge = bytes > this.#maxBytes
      if (this.tooLarge) throw new RangeError(`the body is larger than ${this.#maxBytes} bytes`)
      yield piece
    }
  }
}

/** A host is written by the client: what is none must not become another part of the address. */
function hostOf(host: string | undefined): string {
  return host !== undefined && /^[\w.-]+(?::\d+)?$|^\[[\da-fA-F:.]+\](?::\d+)?$/.test(host) ? host : 'localhost'
}

function headersOf({ rawHeaders }: Incoming): Headers {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!isFraming(name)) headers.append(name, rawHeaders[at + 1] ?? '')
  }
  return headers
}

async function write({ response, request }: NodeExchange, answer: Response): Promise<void> {
  const head: string[] = []
  for (const [name, value] of answer.headers) if (!isFraming(name) || name === 'content-length') head.push(name, value)
  if (!answer.headers.has('x-content-type-options')) head.push('X-Content-Type-Options', 'nosniff')
  response.writeHead(answer.status, head)
  if (answer.body === null || request.method === 'HEAD') {
    response.end()
    await answer.body?.cancel()
    return
  }
  // The platform's own stream, in the type that Node's declarations give it.
  await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
}
