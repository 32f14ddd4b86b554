/**
 * Servers on loopback that answer as they are told, well or badly.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

export interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Served {
  readonly url: string
  readonly asked: Asked[]
  /** Each request takes the next; the last one stays. */
  answers: Handle[]
}

const servers: Server[] = []

/** A server that gives each request the next answer. */
export async function serve(...answers: Handle[]): Promise<Served> {
  const served: { url: string; asked: Asked[]; answers: Handle[] } = { url: '', asked: [], answers }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      served.asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
      const answer = served.answers.length > 1 ? served.answers.shift() : served.answers[0]
      answer?.(request, response)
    })
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return served
}

/** Ends all servers, after each test. */
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}

export const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Handle =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    response.end(JSON.stringify(value))
  }
export const status = (code: number, headers: Record<string, string> = {}): Handle =>
  json({ hint: 'hidden' }, code, headers)
export const redirect = (code: number, location: string): Handle => status(code, { location })
export const hang: Handle = () => {}
export const reset: Handle = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{"nodes":["a",')
  setImmediate(() => response.socket?.resetAndDestroy())
}
export const half: Handle = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"nodes":["a",')
  setImmediate(() => response.socket?.end())
}
export const stuck: Handle = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{"nodes":[')
}
export const text =
  (body: string, type: string): Handle =>
  (_, response) => {
    response.writeHead(200, { 'content-type': type })
    response.end(body)
  }
