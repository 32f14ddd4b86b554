/** A collector on a port of this machine: remembers what it was sent, and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

export interface CollectorAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Collector {
  readonly url: string
  readonly received: readonly Received[]
  /** How the next requests are answered, one after the other; `silence` never answers. Then: 200. */
  answer(...next: readonly (CollectorAnswer | 'silence' | 'hang up')[]): void
  close(): Promise<void>
}

export async function collector(port = 0): Promise<Collector> {
  const received: Received[] = []
  const answers: (CollectorAnswer | 'silence' | 'hang up')[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8')
    received.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) })
    const answer = answers.shift() ?? { status: 200, body: '{}' }
    if (answer === 'hang up') request.socket.destroy()
    if (typeof answer === 'string') return
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body)
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (...next) => void answers.push(...next),
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
