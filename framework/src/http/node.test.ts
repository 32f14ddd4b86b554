/** The Node door, asked by an ordinary client. What a hostile one sends is in hostile.test.ts. */
import { once } from 'node:events'
import { request as ask, type IncomingMessage } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryClock } from '../memory/clock.ts'
import { type Served, type ServeOptions, serve } from './node.ts'
import { doorOf } from './test/door.ts'
import { type Hooks, shop } from './test/shop.ts'
import { jsonRequest, request, Wire } from './test/wire.ts'

/** Machines that test are busy ones. */
const patient = { timeout: 10_000 }

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

interface Shop extends Served {
  readonly api: string
  readonly reported: unknown[]
}

async function opened(
  hooks: Hooks = {},
  options: Partial<ServeOptions> & { origins?: readonly string[] } = {},
): Promise<Shop> {
  const reported: unknown[] = []
  const { origins, ...rest } = options
  const door = doorOf(shop(hooks, origins ? { origins, credentials: true } : {}))
  const served = await serve([door], { clock: memoryClock(0), report: error => reported.push(error), ...rest })
  open.push(() => served.close(0))
  return { ...served, api: `${served.url}${options.mount === '/' ? '' : '/api/shop'}`, reported }
}

const order = { customer: 'Ann', items: [{ sku: 'a', quantity: 1 }] }

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function codeIn(answer: Response): Promise<unknown> {
  return ((await answer.json()) as { code?: unknown }).code
}

/** The bytes as they travel: fetch would decompress them. */
async function raw(url: string, headers: Record<string, string>): Promise<{ message: IncomingMessage; body: Buffer }> {
  const asking = ask(url, { headers })
  asking.end()
  const [message] = (await once(asking, 'response')) as [IncomingMessage]
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece as Buffer)
  return { message, body: Buffer.concat(pieces) }
}

describe('an endpoint', () => {
  it('is called with parameters, query and body, and answers JSON', async () => {
    const { api } = await opened()
    const placed = await post(`${api}/orders/%C3%A4%2F1`, order)
    expect(placed.status).toBe(201)
    expect(placed.headers.get('content-type')).toBe('application/json')
    expect(placed.headers.get('location')).not.toBeNull()
    expect(await placed.json()).toEqual({ ...order, express: false, orderId: 'ä/1', total: 1 })
    const hello = await fetch(`${api}/hello?name=Ann+B%20C&tag=x&tag=y`)
    expect(await hello.json()).toEqual({ hello: 'Ann B C', tags: ['x', 'y'] })
  })

  it('answers HEAD as GET, without the body', async () => {
    const { api } = await opened()
    const head = await fetch(`${api}/hello`, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(String('{"hello":"world","tags":[]}'.length))
    expect(await head.text()).toBe('')
  })

  it('answers a problem that it declares, and 204 when it has nothing to say', async () => {
    const { api } = await opened()
    const late = await post(`${api}/orders/1`, { ...order, customer: 'late' })
    expect(late.status).toBe(409)
    expect(late.headers.get('content-type')).toBe('application/problem+json')
    expect(await late.json()).toMatchObject({ code: 'sold-out', detail: 'The last one is gone', status: 409 })
    const small = await fetch(`${api}/small`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.x+json; charset=UTF-8' },
      body: '{"text":""}',
    })
    expect([small.status, await small.text()]).toEqual([204, ''])
  })

  it('sees credentials in headers and cookies', async () => {
    const { api } = await opened()
    expect((await fetch(`${api}/me`)).status).toBe(401)
    expect(await (await fetch(`${api}/me`, { headers: { 'X-Key': 'Ann' } })).json()).toEqual({ name: 'Ann' })
    const cookie = { cookie: 'a=1; session="B%20C"' }
    expect(await (await fetch(`${api}/me`, { headers: cookie })).json()).toEqual({ name: 'B C' })
  })

  it('carries the safe headers on every answer, and says nothing about the server', async () => {
    const { api } = await opened()
    for (const answer of [await fetch(`${api}/hello`), await fetch(`${api}/nowhere`), await fetch(`${api}/me`)]) {
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
      expect(answer.headers.get('server')).toBeNull()
      expect(answer.headers.get('x-powered-by')).toBeNull()
    }
  })

  it('that gives an impossible header fails with a problem, and is reported', async () => {
    const { api, reported } = await opened()
    const broken = await fetch(`${api}/broken`)
    expect([broken.status, await codeIn(broken)]).toEqual([500, 'handler-failed'])
    expect(String(reported[0])).toMatch(/invalid character/i)
  })
})

describe('addresses', () => {
  it('a single gateway can stand at the root', async () => {
    const { url } = await opened({}, { mount: '/' })
    expect((await fetch(`${url}/hello`)).status).toBe(200)
    expect((await fetch(`${url}/openapi.json`)).status).toBe(200)
  })

  it('are refused when two gateways would share one, or several would stand at the root', async () => {
    const options = { clock: memoryClock(0), report: () => {} }
    const doors = [doorOf(shop()), doorOf(shop())]
    await expect(serve(doors, options)).rejects.toThrow('Two gateways stand at /api/shop')
    await expect(serve(doors, { ...options, mount: '/' })).rejects.toThrow('Only one gateway')
  })

  it('of nothing are 404, of another method 405 with what is allowed', async () => {
    const { url, api } = await opened()
    const nowhere = await fetch(`${url}/elsewhere`)
    expect([nowhere.status, await codeIn(nowhere)]).toEqual([404, 'no-such-route'])
    const wrong = await fetch(`${api}/orders/1`)
    expect([wrong.status, await codeIn(wrong), wrong.headers.get('allow')]).toEqual([
      405,
      'method-not-allowed',
      'OPTIONS, POST',
    ])
    const options = await fetch(`${api}/hello`, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  it('in absolute form and `*` are understood', async () => {
    const { port } = await opened()
    const wire = new Wire(port)
    open.push(() => wire.destroy())
    expect((await wire.send(request('GET http://anything.example/api/shop/hello?name=x')).reply())?.body).toContain(
      '"x"',
    )
    expect((await wire.send(request('OPTIONS *')).reply())?.status).toBe(204)
  })
})

describe('bodies', () => {
  it('of other media types are 415', async () => {
    const { api } = await opened()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', '']) {
      const answer = await fetch(`${api}/orders/1`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: Buffer.from('{}'),
      })
      expect([answer.status, await codeIn(answer)]).toEqual([415, 'unsupported-media-type'])
    }
  })

  it('may be as large as the endpoint says, announced or not', async () => {
    const { api, port } = await opened()
    expect((await post(`${api}/orders/1`, { ...order, note: 'n'.repeat(2_900_000) })).status).toBe(201)
    const large = await post(`${api}/orders/1`, { ...order, note: 'n'.repeat(5_300_000) })
    expect([large.status, await codeIn(large)]).toEqual([413, 'body-too-large'])
    const wire = new Wire(port)
    open.push(() => wire.destroy())
    wire.send(request('PUT /api/shop/small', { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }))
    wire.send(`400\r\n${'x'.repeat(1_024)}\r\n1\r\nx\r\n`)
    expect((await wire.reply())?.status).toBe(413)
    await wire.closed()
  })

  it('are asked for when the client waits to be', async () => {
    const { port } = await opened()
    const wire = new Wire(port)
    open.push(() => wire.destroy())
    const [head, body] = jsonRequest('PUT /api/shop/small', '{"text":"a"}', { Expect: '100-continue' }).split(
      '\r\n\r\n',
    )
    wire.send(`${head}\r\n\r\n`)
    expect((await wire.reply())?.status).toBe(100)
    expect((await wire.send(body ?? '').reply())?.status).toBe(204)
    wire.send(
      request('PUT /api/shop/small', {
        'Content-Type': 'application/json',
        'Content-Length': 2_000,
        Expect: '100-continue',
      }),
    )
    expect((await wire.reply())?.status).toBe(413)
    await wire.closed()
  })

  it('in many pieces are put together', async () => {
    const { port } = await opened()
    const wire = new Wire(port)
    open.push(() => wire.destroy())
    const text = JSON.stringify({ text: 'ä'.repeat(300) })
    wire.send(request('PUT /api/shop/small', { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }))
    for (const byte of Buffer.from(text))
      wire.send(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]))
    expect((await wire.send('0\r\n\r\n').reply())?.status).toBe(204)
    expect((await wire.send(request('GET /api/shop/hello')).reply())?.status).toBe(200)
  })
})

describe('compression', () => {
  it('is used for large answers, in the coding that is liked best', async () => {
    const { api } = await opened()
    const text = JSON.stringify({ text: 'b'.repeat(2_000) })
    const br = await raw(`${api}/long/2000`, { 'accept-encoding': 'gzip, br' })
    expect([br.message.headers['content-encoding'], br.message.headers.vary]).toEqual(['br', 'Accept-Encoding'])
    expect(brotliDecompressSync(br.body).toString()).toBe(text)
    const gzip = await raw(`${api}/long/2000`, { 'accept-encoding': 'gzip;q=1, br;q=0.5' })
    expect(gunzipSync(gzip.body).toString()).toBe(text)
    const plain = await raw(`${api}/long/2000`, { 'accept-encoding': 'br;q=0, identity' })
    expect([plain.message.headers['content-encoding'], plain.body.toString()]).toEqual([undefined, text])
  })

  it('is not used for small answers', async () => {
    const { api } = await opened()
    const small = await raw(`${api}/long/1000`, { 'accept-encoding': 'gzip, br' })
    expect(small.message.headers['content-encoding']).toBeUndefined()
  })
})

describe('files', () => {
  it('have their type, their name in UTF-8, and are in a sandbox', async () => {
    const { api } = await opened()
    const answer = await fetch(`${api}/files/3`)
    expect(await answer.text()).toBe('aaa')
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="_rger _1_.txt"; filename*=UTF-8''%C3%84rger%20%221%22.txt`,
    )
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
  })

  it('come piece by piece, and are let go when the client goes', async () => {
    let released = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(65_536)
      } finally {
        released = true
      }
    }
    const { api } = await opened({ pieces: endless() })
    const gone = new AbortController()
    const answer = await fetch(`${api}/pieces`, { signal: gone.signal })
    expect((await answer.body?.getReader().read())?.done).toBe(false)
    gone.abort()
    await expect.poll(() => released, patient).toBe(true)
  })

  it('that break off are seen to be cut', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10)
      throw new Error('the disk is gone')
    }
    const { api, reported } = await opened({ pieces: breaking() })
    await expect(fetch(`${api}/pieces`).then(answer => answer.arrayBuffer())).rejects.toThrow()
    expect(String(reported[0])).toContain('the disk is gone')
  })
})

describe('event streams', () => {
  it('send each event, and a comment every 15 seconds', async () => {
    const clock = memoryClock(0)
    const { port } = await opened({}, { clock })
    const wire = new Wire(port)
    open.push(() => wire.destroy())
    wire.send(request('GET /api/shop/live'))
    await wire.until(text => text.includes('data: {"count":1}\n\n'))
    expect(wire.text).toMatch(/content-type: text\/event-stream/i)
    expect(wire.text).toMatch(/x-accel-buffering: no/i)
    expect(wire.text).not.toMatch(/content-encoding/i)
    await clock.advance(45_000)
    await wire.until(text => text.split(':\n\n').length === 4)
  })

  it('end when the client goes', async () => {
    let ended = false
    async function* events(signal: AbortSignal): AsyncGenerator<{ count: number }> {
      yield { count: 1 }
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
      ended = true
    }
    const clock = memoryClock(0)
    const { api } = await opened({ events }, { clock })
    const gone = new AbortController()
    await fetch(`${api}/live`, { signal: gone.signal })
    gone.abort()
    await expect.poll(() => ended, patient).toBe(true)
    await expect.poll(() => clock.nextAt(), patient).toBeUndefined()
  })

  it('ask for no more events than the client reads', async () => {
    let made = 0
    let seen = -1
    async function* events(signal: AbortSignal): AsyncGenerator<{ count: number }> {
      while (!signal.aborted) yield { count: made++ }
    }
    const stands = (): boolean => {
      const still = made === seen
      seen = made
      return still
    }
    const { port } = await opened({ events })
    const wire = new Wire(port)
    open.push(() => wire.destroy())
    wire.send(request('GET /api/shop/live'))
    await wire.until(text => text.includes('data:'))
    wire.socket.pause()
    await expect.poll(() => stands(), { interval: 100, timeout: 10_000 }).toBe(true)
  })
})

describe('CORS', () => {
  const origins = ['https://shop.example.org']

  it('lets pages of named origins call and see the answer', async () => {
    const { api } = await opened({}, { origins })
    const named = await post(`${api}/orders/1`, order, { origin: 'https://shop.example.org' })
    expect(named.status).toBe(201)
    expect(named.headers.get('access-control-allow-origin')).toBe('https://shop.example.org')
    expect(named.headers.get('access-control-allow-credentials')).toBe('true')
    expect(named.headers.get('vary')).toBe('Origin')
    const other = await fetch(`${api}/hello`, { headers: { origin: 'https://evil.example' } })
    expect([other.status, other.headers.get('access-control-allow-origin'), other.headers.get('vary')]).toEqual([
      200,
      null,
      'Origin',
    ])
    const problem = await fetch(`${api}/me`, { headers: { origin: 'https://shop.example.org' } })
    expect(problem.headers.get('access-control-allow-origin')).toBe('https://shop.example.org')
  })

  it('answers preflights', async () => {
    const { api } = await opened({}, { origins })
    const headers = { origin: 'https://shop.example.org', 'access-control-request-method': 'POST' }
    const named = await fetch(`${api}/orders/1`, { method: 'OPTIONS', headers })
    expect(named.status).toBe(204)
    expect(named.headers.get('access-control-allow-methods')).toBe('OPTIONS, POST')
    expect(named.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining(['content-type', 'x-key']),
    )
    expect(named.headers.get('vary')).toContain('Access-Control-Request-Method')
    const other = await fetch(`${api}/orders/1`, {
      method: 'OPTIONS',
      headers: { ...headers, origin: 'https://evil.example' },
    })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('is not there unless it is declared, and then pages of other origins may change nothing', async () => {
    const { api, url } = await opened()
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: url, 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign) {
      const answer = await post(`${api}/orders/1`, order, headers as Record<string, string>)
      expect([answer.status, await codeIn(answer)]).toEqual([403, 'not-allowed'])
    }
    expect((await post(`${api}/orders/1`, order, { origin: url })).status).toBe(201)
    expect((await post(`${api}/orders/1`, order, { 'sec-fetch-site': 'same-origin' })).status).toBe(201)
    expect(
      (await fetch(`${api}/hello`, { headers: { origin: 'https://evil.example' } })).headers.get(
        'access-control-allow-origin',
      ),
    ).toBeNull()
  })
})

describe('handlers of others', () => {
  it('mounted in a gateway see a Fetch request without the gateway’s own address', async () => {
    const mounted = async (asked: Request): Promise<Response> => {
      const { pathname, search } = new URL(asked.url)
      return new Response(`${asked.method} ${pathname}${search} ${await asked.text()}`, {
        status: 202,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['x-seen', asked.headers.get('x-sent') ?? ''],
        ],
      })
    }
    const { api } = await opened({ mounted })
    const answer = await fetch(`${api}/legacy/a/b?c=d`, { method: 'POST', headers: { 'x-sent': 'yes' }, body: 'hello' })
    expect([answer.status, await answer.text()]).toEqual([202, 'POST /legacy/a/b?c=d hello'])
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect([answer.headers.get('x-seen'), answer.headers.get('x-content-type-options')]).toEqual(['yes', 'nosniff'])
  })

  it('mounted in a gateway get no more than the gateway’s limit', async () => {
    const { api, reported } = await opened({
      mounted: async asked => new Response(String((await asked.arrayBuffer()).byteLength)),
    })
    const large = await fetch(`${api}/legacy`, { method: 'POST', body: Buffer.alloc(7_000_000) })
    expect([large.status, await codeIn(large)]).toEqual([413, 'body-too-large'])
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let piece = 0; piece < 100; piece++) yield new Uint8Array(70_000)
    }
    const body = ReadableStream.from(pieces())
    const chunked = await fetch(`${api}/legacy`, { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(chunked.status).toBe(413)
    expect(reported).toEqual([])
  })

  it('below a prefix take what they like, the longest prefix first', async () => {
    const { url, api } = await opened(
      {},
      {
        extra: {
          '/files': (_request, response) => Boolean(response.end('files')),
          '/': (request, response) => request.url !== '/unwanted' && Boolean(response.end('web')),
        },
      },
    )
    expect(await (await fetch(`${url}/files/1`)).text()).toBe('files')
    expect(await (await fetch(`${url}/filesystem`)).text()).toBe('web')
    expect((await fetch(`${url}/unwanted`)).status).toBe(404)
    expect((await fetch(`${api}/nowhere`)).status).toBe(404)
    expect(await (await fetch(`${api}/hello`)).text()).toContain('world')
  })

  it('that throw are answered with a problem, and reported', async () => {
    const { url, reported } = await opened({}, { extra: { '/bad': () => Promise.reject(new Error('no')) } })
    const answer = await fetch(`${url}/bad`)
    expect([answer.status, await codeIn(answer)]).toEqual([500, 'handler-failed'])
    expect(String(reported[0])).toBe('Error: no')
  })
})

describe('closing', () => {
  it('lets calls finish, ends streams and idle connections, and takes no new ones', async () => {
    let release = (): void => {}
    const waiting = new Promise<void>(resolve => (release = resolve))
    const served = await opened({ waiting })
    const wires = [new Wire(served.port), new Wire(served.port), new Wire(served.port), new Wire(served.port)] as const
    for (const wire of wires) open.push(() => wire.destroy())
    const [idle, running, streaming, silent] = wires
    await idle.send(request('GET /api/shop/hello')).reply()
    running.send(request('GET /api/shop/wait'))
    streaming.send(request('GET /api/shop/live'))
    await streaming.until(text => text.includes('data:'))
    const closing = served.close(5_000)
    await Promise.all([idle.closed(), streaming.closed(), silent.closed()])
    expect(streaming.text.endsWith('0\r\n\r\n')).toBe(true)
    await expect(fetch(`${served.api}/hello`)).rejects.toThrow()
    release()
    const reply = await running.reply()
    expect([reply?.body, reply?.headers.connection]).toEqual(['{"done":true}', 'close'])
    await closing
    expect(served.close()).toBe(served.close())
  })

  it('cuts what does not finish in time', async () => {
    const served = await opened({ waiting: new Promise(() => {}) })
    const wire = new Wire(served.port)
    open.push(() => wire.destroy())
    wire.send(request('GET /api/shop/hello') + request('GET /api/shop/wait'))
    await wire.reply()
    await served.close(20)
    expect(await wire.reply()).toBeUndefined()
  })
})
