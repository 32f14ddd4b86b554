/** The typed client, against the Node door, and against a server that says what it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryClock } from '../memory/clock.ts'
import { EventParser } from './client/events.ts'
import { ClientError, type ClientOptions, client, routesOf } from './client.ts'
import { serve } from './node.ts'
import { doorOf } from './test/door.ts'
import { type Hooks, shop } from './test/shop.ts'

/** Machines that test are busy ones. */
const patient = { timeout: 10_000 }

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function shopClient(hooks: Hooks = {}, options: ClientOptions = {}) {
  const plan = shop(hooks)
  const served = await serve([doorOf(plan)], { clock: memoryClock(0), report: () => {} })
  open.push(() => served.close(0))
  return { shop: client(plan.gateways.api, `${served.url}/api/shop/`, options), served, plan }
}

type Script = (request: IncomingMessage, response: ServerResponse) => void

/** A server that answers each request by the next step of a script, the last one for all that follow. */
async function scripted(...script: readonly Script[]): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    request.resume()
    script[Math.min(seen.length, script.length) - 1]?.(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push(() => {
    server.closeAllConnections()
    return new Promise<void>(resolve => server.close(() => resolve()))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function answers(status: number, body: unknown, headers: Record<string, string> = {}): Script {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  return (_request, response) =>
    response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body))
}

const cuts: Script = request => request.socket.destroy()
const busy = answers(503, { code: 'overloaded', status: 503 }, { 'retry-after': '0' })
const hello = answers(200, { hello: 'again', tags: [] })
const body = { customer: 'Ann', items: [] }
const { api } = shop().gateways

async function failure(work: Promise<unknown>): Promise<ClientError> {
  const error = await work.then(
    () => undefined,
    caught => caught,
  )
  expect(error).toBeInstanceOf(ClientError)
  return error
}

describe('a client', () => {
  it('sends parameters, query, headers and body as the route asks, and gives the value', async () => {
    const { shop } = await shopClient({}, { headers: () => ({ 'x-key': 'Ann' }) })
    expect(await shop.hello()).toEqual({ ok: true, value: { hello: 'world', tags: [] } })
    const named = await shop.hello({ query: { name: 'Ä & b', tag: ['x', 'y'] } })
    expect(named.value).toEqual({ hello: 'Ä & b', tags: ['x', 'y'] })
    const placed = await shop.place({ params: { orderId: 'a/b?c' }, body })
    expect(placed).toEqual({ ok: true, value: { ...body, express: false, orderId: 'a/b?c', total: 0 } })
    expect((await shop.me()).value).toEqual({ name: 'Ann' })
    expect(await shop.small({ body: { text: '' } })).toEqual({ ok: true, value: undefined })
  })

  it('gives the problems that the endpoint names as replies', async () => {
    const { shop } = await shopClient()
    const late = await shop.place({ params: { orderId: '1' }, body: { ...body, customer: 'late' } })
    expect(late).toEqual({ ok: false, problem: { kind: 'problem', code: 'sold-out', detail: 'The last one is gone' } })
  })

  it('throws everything else, with status, code, issues and trace', async () => {
    const { shop } = await shopClient()
    const wrong = await failure(shop.place({ params: { orderId: '1' }, body: { ...body, customer: '' } }))
    expect(wrong).toMatchObject({
      endpoint: 'place',
      status: 400,
      code: 'request-invalid',
      issues: [{ path: '/body/customer' }],
    })
    expect(wrong.message).toMatch(/^place: request-invalid: /)
    expect(await failure(shop.me())).toMatchObject({ status: 401, code: 'not-authenticated' })
    const { url } = await scripted(answers(500, { code: 'handler-failed', trace: 'abc' }))
    expect(await failure(client(api, url).hello())).toMatchObject({ status: 500, code: 'handler-failed', trace: 'abc' })
    const proxy = await scripted((_request, response) => response.writeHead(404).end('<h1>no</h1>'))
    expect(await failure(client(api, proxy.url).hello())).toMatchObject({ status: 404, code: 'http-404' })
  })

  it('gives files with their type and name', async () => {
    const { shop } = await shopClient()
    const { value } = await shop.text({ params: { size: '3' } })
    expect({ ...value, content: Buffer.from(value.content as Uint8Array).toString() }).toEqual({
      type: 'text/plain',
      content: 'aaa',
      name: 'Ärger "1".txt',
    })
  })

  it('needs the routes alone, as JSON', async () => {
    const { served, plan } = await shopClient()
    const routes = JSON.parse(JSON.stringify(routesOf(plan.gateways.api)))
    const shop = client<typeof plan.gateways.api>(routes, `${served.url}/api/shop`)
    expect((await shop.hello({ query: { name: 'routes' } })).value.hello).toBe('routes')
  })

  it('refuses parameters that would be another address', async () => {
    const { shop } = await shopClient()
    for (const orderId of ['', '.', '..'])
      await expect(shop.place({ params: { orderId }, body })).rejects.toThrow(TypeError)
  })
})

describe('retries', () => {
  it('happen for a GET when the network fails or the service is not there', async () => {
    const { url, seen } = await scripted(cuts, busy, hello)
    expect((await client(api, url).hello()).value.hello).toBe('again')
    expect(seen).toHaveLength(3)
  })

  it('end after the tries that were asked for, with the last failure', async () => {
    const { url, seen } = await scripted(busy)
    expect(await failure(client(api, url, { tries: 2 }).hello())).toMatchObject({
      status: 503,
      code: 'overloaded',
      retryAfterS: 0,
    })
    expect(seen).toHaveLength(2)
    const gone = await scripted(cuts)
    expect(await failure(client(api, gone.url, { tries: 1 }).hello())).toMatchObject({
      status: undefined,
      code: 'service-unavailable',
    })
  })

  it('do not happen for what is not safe to repeat, or is not about to change', async () => {
    const { url, seen } = await scripted(busy)
    await failure(client(api, url).place({ params: { orderId: '1' }, body }))
    expect(seen).toHaveLength(1)
    const wrong = await scripted(answers(400, { code: 'request-invalid' }))
    await failure(client(api, wrong.url).hello())
    expect(wrong.seen).toHaveLength(1)
    const later = await scripted(answers(429, { code: 'quota-used-up' }, { 'retry-after': '86400' }))
    expect(await failure(client(api, later.url).hello())).toMatchObject({ retryAfterS: 86_400 })
    expect(later.seen).toHaveLength(1)
  })

  it('carry the same key where the endpoint has `once`, made here unless given', async () => {
    const inFlight = answers(409, { code: 'call-in-flight' }, { 'retry-after': '0' })
    const routes = {
      pay: { method: 'POST', path: '/pay', answers: 'json', fails: [], once: 'Idempotency-Key' },
    } as const
    const { url, seen } = await scripted(cuts, inFlight, hello)
    const paying = client<typeof api>(routes, url) as unknown as Record<
      'pay',
      (request?: { once?: string }) => Promise<unknown>
    >
    await paying.pay()
    const keys = seen.map(each => each.headers['idempotency-key'])
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(keys).size).toBe(1)
    await paying.pay({ once: 'mine' })
    expect(seen.at(-1)?.headers['idempotency-key']).toBe('mine')
  })
})

describe('time', () => {
  it('that is up ends a call', async () => {
    const { url } = await scripted(() => {})
    expect(await failure(client(api, url, { timeout: '30 milliseconds' }).hello())).toMatchObject({
      code: 'timed-out',
      status: undefined,
    })
    expect(await failure(client(api, url).hello(undefined, { timeout: '30 milliseconds' }))).toMatchObject({
      code: 'timed-out',
    })
  })

  it('does not pass after the caller has stopped', async () => {
    const { url } = await scripted(() => {})
    const stop = new AbortController()
    const calling = client(api, url).hello({}, { signal: stop.signal })
    stop.abort()
    await expect(calling).rejects.toThrow('aborted')
    await expect(client(api, url, { signal: stop.signal }).hello()).rejects.toThrow('aborted')
  })
})

describe('event streams', () => {
  it('are connected again when they break or end', async () => {
    const streams =
      (...events: readonly string[]): Script =>
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('retry: 1\n\n')
        for (const event of events) response.write(`data: ${event}\n\n`)
      }
    const ends: Script = (request, response) => {
      streams('{"count":1}', '{"count":2}')(request, response)
      response.end()
    }
    const breaks: Script = (request, response) => {
      streams('{"count":3}')(request, response)
      response.write('data: {"count"')
      setImmediate(() => response.destroy())
    }
    const { url, seen } = await scripted(ends, breaks, busy, streams('{"count":4}'))
    const counts: number[] = []
    const { value } = await client(api, url).live()
    for await (const { count } of value) {
      counts.push(count)
      if (count === 4) break
    }
    expect(counts).toEqual([1, 2, 3, 4])
    expect(seen).toHaveLength(4)
    await expect.poll(() => seen.at(-1)?.destroyed, patient).toBe(true)
  })

  it('end with a refusal, and when the caller stops', async () => {
    const ended: Script = (_request, response) => response.writeHead(200).end('retry: 1\n\n')
    const refused = await scripted(ended, answers(401, { code: 'not-authenticated' }))
    const { value } = await client(api, refused.url).live()
    expect(await failure(value[Symbol.asyncIterator]().next())).toMatchObject({ status: 401 })
    const { shop } = await shopClient()
    const stop = new AbortController()
    const reading = (await shop.live(undefined, { signal: stop.signal })).value[Symbol.asyncIterator]()
    expect(await reading.next()).toEqual({ done: false, value: { count: 1 } })
    const next = reading.next()
    stop.abort()
    await expect(next).rejects.toThrow('aborted')
  })

  it('are read however their text is cut', () => {
    const text =
      ': hello\r\nretry: 5\r\ndata: {"a":\r\ndata:1}\r\nid: 7\r\n\r\ndata\n\nevent: x\n\ndata: last\r\rdata: lost'
    const whole = new EventParser().take(text)
    expect(whole).toEqual([{ retryMs: 5 }, { data: '{"a":\n1}' }, { data: '' }, { data: 'last' }])
    for (let size = 1; size < 7; size++) {
      const parser = new EventParser()
      const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
      expect(pieces.flatMap(piece => parser.take(piece))).toEqual(whole)
    }
  })
})

describe('the module', () => {
  it('brings a browser a few kilobytes, and nothing of Node, Zod or the runtime', async () => {
    const entry = new URL('./client.ts', import.meta.url).pathname
    const { metafile, outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
    })
    const inputs = Object.keys(metafile.inputs).map(path => path.replace(/^.*framework\/src\//, ''))
    expect(inputs.filter(path => !path.startsWith('http/client') && path !== 'plan/words.ts')).toEqual([])
    expect(outputFiles[0]?.contents.length).toBeLessThan(10_000)
  })
})
