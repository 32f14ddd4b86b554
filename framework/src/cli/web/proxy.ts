/**
 * Hands a request on to the process of the web front, and its answer back, piece by piece as they come. What belongs to
 * one connection alone stays on it (RFC 9110, 7.6.1).
 */
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** How the front took it: `refused` when it was not there, and nothing has been answered yet. */
export type Forwarded = 'answered' | 'refused'

/** Of one connection, or believed by the front as from a proxy: this server is the first that a browser reaches. */
const stays = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'expect', 'forwarded', 'x-forwarded-for', 'x-forwarded-host'],
  ...['x-forwarded-port', 'x-forwarded-proto', 'x-real-ip'],
])

/** Resolves when the answer has left. */
export async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  agent: Agent,
): Promise<Forwarded> {
  const given = await answerOf(incoming, outgoing, port, agent)
  if (given === undefined) return 'refused'
  if (outgoing.destroyed) {
    given.destroy()
    return 'answered'
  }
  outgoing.writeHead(given.statusCode ?? 502, handedOn(given.rawHeaders, given.headers))
  // Whoever goes away, on either side, ends the other; there is nobody left to tell.
  await pipeline(given, outgoing).catch(() => {})
  return 'answered'
}

/** The head of the front's answer; undefined when there is none. */
function answerOf(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  agent: Agent,
): Promise<IncomingMessage | undefined> {
  return new Promise(resolve => {
    const { method, url, rawHeaders, headers } = incoming
    const sending = request({
      ...{ host: '127.0.0.1', port, agent, method, path: url },
      headers: handedOn(rawHeaders, headers),
      setHost: false,
    })
    sending.once('response', resolve)
    sending.once('error', () => resolve(undefined))
    outgoing.once('close', () => outgoing.writableFinished || sending.destroy())
    if (hasBody(headers)) pipeline(incoming, sending).catch(() => {})
    else sending.end()
  })
}

export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** The header lines that go on, in their order and as often as they came. */
function handedOn(raw: readonly string[], { connection = '' }: IncomingHttpHeaders): string[] {
  const named = new Set(connection.split(',').map(name => name.trim().toLowerCase()))
  const lines: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2)
    const lower = name.toLowerCase()
    if (!stays.has(lower) && !named.has(lower)) lines.push(name, value)
  }
  return lines
}

/** Hands on a connection that stops being HTTP: the web socket of Next's hot reload. Gives what ends it. */
export function tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer, port: number): () => void {
  const front = connect({ host: '127.0.0.1', port })
  const end = (): void => {
    client.destroy()
    front.destroy()
  }
  for (const side of [client, front]) side.on('error', end).on('close', end)
  front.on('connect', () => {
    front.write(`${requestHead(incoming)}\r\n\r\n`)
    front.write(head)
    front.pipe(client).pipe(front)
  })
  return end
}

function requestHead({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []))
  return [`${method} ${url} HTTP/1.1`, ...lines].join('\r\n')
}
