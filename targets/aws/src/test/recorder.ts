/** Stands before an engine, hands every request on as it is, and tells what each asked for. */
import { createServer } from 'node:http'
import { type Asked, askedBy } from './evaluator.ts'

export interface Recorder {
  readonly endpoint: string
  close(): Promise<void>
}

export async function recorded(engine: string, tell: (asked: Asked) => void): Promise<Recorder> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', async () => {
      const body = Buffer.concat(parts)
      const target = String(request.headers['x-amz-target'] ?? '')
      if (target !== '') for (const asked of askedBy(target, JSON.parse(body.toString() || '{}'))) tell(asked)
      const { host: _, connection: __, 'content-length': ___, expect: ____, ...headers } = request.headers
      const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
      const reply = await fetch(engine + request.url, { method: request.method ?? 'POST', headers: given, body }).catch(
        () => undefined,
      )
      const type = reply?.headers.get('content-type') ?? 'application/json'
      const text = reply ? Buffer.from(await reply.arrayBuffer()) : Buffer.from('')
      const crc = reply?.headers.get('x-amz-crc32')
      response.writeHead(reply?.status ?? 503, { 'content-type': type, ...(crc ? { 'x-amz-crc32': crc } : {}) })
      response.end(text)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
