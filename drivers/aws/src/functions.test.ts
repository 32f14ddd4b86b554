/** Services of a plan that are functions, asked by what runs elsewhere: over HTTP, as Lambda's API has it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { aws } from './config.ts'
import { realClock } from './test/clock.ts'

interface Asked {
  readonly url: string
  readonly signed: boolean
  readonly body: string
}

/** Lambda's API, where the function `books` is and no other. */
async function lambda() {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const signed = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') ?? false
    asked.push({ url: request.url ?? '', signed, body: Buffer.concat(pieces).toString() })
    const isThere = request.url?.includes('/shop-test-books/') ?? false
    response.writeHead(isThere ? 200 : 404).end('{"answered":true}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    asked,
    endpoint: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

describe('functions of an environment on AWS', () => {
  it('are asked by their live version, signed; one that is not there is a service that is unavailable', async () => {
    await using there = await lambda()
    const endpoints = { lambda: there.endpoint, dynamodb: 'http://127.0.0.1:9' }
    const engine = aws({
      ...{ region: 'eu-central-1', environment: 'test', endpoints },
      credentials: { accessKeyId: 'one', secretAccessKey: 'two' },
    })
    const { functions, close } = await engine.open(
      { plan: 'shop', tables: [], queues: [], buckets: [], databases: [] },
      {
        ...{ clock: realClock(), masterKey: Buffer.alloc(32), parts: engine.keeps, others: {}, carried: true },
        text: value => (typeof value === 'string' ? value : ''),
      },
    )
    try {
      // Nothing is opened before one is asked.
      expect(there.asked).toEqual([])
      expect(await functions?.call('books', '{"groundplan":{}}')).toBe('{"answered":true}')
      const url = '/2015-03-31/functions/shop-test-books/invocations?Qualifier=live'
      expect(there.asked).toEqual([{ url, signed: true, body: '{"groundplan":{}}' }])
      await expect(functions?.call('lost', '{}')).rejects.toMatchObject({ code: 'service-unavailable' })
    } finally {
      await close()
    }
  })
})
