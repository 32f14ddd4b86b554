/** Two processes of a plan, as two servers on real connections: how one asks the other, and what anybody else is told. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { shapeOf } from '../contract/plan-shape.ts'
import { memoryClock } from '../memory/clock.ts'
import { memoryDrivers } from '../memory/drivers.ts'
import { anyone, internal } from '../plan/authorizer.ts'
import { endpoint, file, stream } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { problem } from '../plan/problem.ts'
import { service } from '../plan/service.ts'
import { type Runtime, runtimeTables, startRuntime } from '../runtime/runtime.ts'
import { askElsewhere } from './ask-elsewhere.ts'
import { othersIn, servicesOverHttp } from './ask-over-http.ts'
import { internalAnswerer, internalPath } from './internal.ts'
import type { Extras } from './node/elsewhere.ts'
import { type Served, serve } from './node.ts'

const readers = { left: 0 }

const take = endpoint('POST /take', {
  summary: 'Takes some',
  caller: internal,
  body: z.object({ count: z.int() }),
  returns: z.object({ taken: z.int(), for: z.string() }),
  fails: { 'sold-out': 409 },
  handle: ({ body: { count }, caller }) =>
    count > 9 ? problem('sold-out', 'only nine are left') : { taken: count, for: caller.service },
})
const label = endpoint('GET /label', {
  summary: 'A label',
  caller: internal,
  returns: file('application/pdf'),
  handle: () => ({ type: 'application/pdf' as const, name: 'label.pdf', content: new Uint8Array([1, 2, 255]) }),
})
const counts = endpoint('GET /counts', {
  summary: 'Counts',
  caller: internal,
  returns: stream(z.object({ n: z.int() })),
  async *handle({ signal }) {
    yield { n: 1 }
    yield { n: 2 }
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    readers.left += 1
  },
})
const stock = service('stock', { take, label, counts })
const order = endpoint('POST /orders', {
  summary: 'Orders',
  caller: anyone,
  body: z.object({ count: z.int() }),
  returns: z.object({ taken: z.int(), for: z.string() }),
  fails: { 'sold-out': 409 },
  uses: { stock: stock.client },
  async handle({ body }, { stock }) {
    const took = await stock.take({ body })
    return took.ok ? took.value : problem('sold-out', took.problem.detail)
  },
})
const print = endpoint('GET /print', {
  summary: 'Prints',
  caller: anyone,
  returns: z.object({ bytes: z.array(z.int()) }),
  uses: { stock: stock.client },
  async handle(_call, { stock }) {
    const { content } = (await stock.label()).value
    return { bytes: [...(content as Uint8Array)] }
  },
})
const live = endpoint('GET /live', {
  summary: 'Counts live',
  caller: anyone,
  returns: stream(z.object({ n: z.int() })),
  uses: { stock: stock.client },
  async handle(_call, { stock }) {
    return (await stock.counts()).value
  },
})
const shop = plan('shop', { gateways: { api: gateway(service('front', { order, print, live })) } })

const ended: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end()
})

/** A process that has some of the services, behind a server of its own. */
async function processOf(
  drivers: ReturnType<typeof memoryDrivers>,
  services: readonly string[],
  others: string,
): Promise<{ readonly served: Served; readonly runtime: Runtime; readonly seen: ((port: unknown) => void)[] }> {
  const over = servicesOverHttp('shop', othersIn(others), { keepAlive: true })
  const ask = askElsewhere(shop, over, () => undefined)
  const runtime = await startRuntime(shop, drivers, { logs: () => {}, share: { services, carries: false, ask } })
  const answerer = internalAnswerer(name => (name === 'shop' ? runtime : undefined))
  const seen: ((port: unknown) => void)[] = []
  const extra: Extras = {
    [internalPath]: (request, response) => {
      for (const each of seen) each(request.socket.remotePort)
      return answerer(request, response)
    },
  }
  const served = await serve([runtime.door], { clock: drivers.clock, report: () => {}, extra })
  ended.push(async () => {
    await Promise.all([served.close(0), runtime.stop(0)])
    over.close()
  })
  return { served, runtime, seen }
}

async function twoProcesses() {
  const clock = memoryClock(Date.now())
  const drivers = memoryDrivers(shapeOf(shop, runtimeTables), { clock, linkKey: 'k' })
  const inner = await processOf(drivers, ['stock'], '')
  const door = await processOf(drivers, ['front'], `stock=${inner.served.url}`)
  return { inner, door, api: `${door.served.url}/api/shop`, address: `${inner.served.url}/internal/shop`, drivers }
}

const post = (url: string, body: string, more: RequestInit = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, ...more })

/** A server that answers nothing that makes sense. */
async function strange(answer: string | undefined): Promise<string> {
  const server: Server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => (answer === undefined ? socket.destroy() : socket.end(answer)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ended.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a service in another process', () => {
  it('is asked over HTTP: what it answers, and what it declines, comes back as from the same process', async () => {
    const { api } = await twoProcesses()
    const taken = await post(`${api}/orders`, '{"count":3}')
    expect([taken.status, await taken.json()]).toEqual([200, { taken: 3, for: 'front' }])
    const sold = await post(`${api}/orders`, '{"count":10}')
    expect([sold.status, await sold.json()]).toMatchObject([409, { code: 'sold-out', detail: 'only nine are left' }])
  })

  it('gives files', async () => {
    const { api } = await twoProcesses()
    expect(await (await fetch(`${api}/print`)).json()).toEqual({ bytes: [1, 2, 255] })
  })

  it('gives streams as they come, and hears when their reader goes', async () => {
    const { api } = await twoProcesses()
    const before = readers.left
    const reading = new AbortController()
    const answer = await fetch(`${api}/live`, { signal: reading.signal })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('{"n":2}')) text += (await reader?.read())?.value ?? ''
    expect(text).toMatch(/\{"n":1\}[\s\S]*\{"n":2\}/)
    reading.abort()
    await vi.waitFor(() => expect(readers.left).toBe(before + 1), 10_000)
  })

  it('that is gone is a fault with a stable code, and well again when it is back', async () => {
    const { inner, api, drivers } = await twoProcesses()
    await inner.served.close(0)
    const away = await post(`${api}/orders`, '{"count":1}')
    expect([away.status, await away.json()]).toMatchObject([503, { code: 'service-unavailable' }])
    const back = await processOf(drivers, ['stock'], '')
    const door = await processOf(drivers, ['front'], `stock=${back.served.url}`)
    expect((await post(`${door.served.url}/api/shop/orders`, '{"count":1}')).status).toBe(200)
  })

  it.each([
    ['breaks off', undefined],
    ['answers with another protocol', 'hello\r\n\r\n'],
    ['answers 404', 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'],
    ['answers no JSON', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'],
    ['answers JSON of others', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'],
    ['breaks off in its answer', 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"kind"'],
  ])('that %s is service-unavailable, whatever it is', async (_what, answer) => {
    const clock = memoryClock(Date.now())
    const drivers = memoryDrivers(shapeOf(shop, runtimeTables), { clock, linkKey: 'k' })
    const { served } = await processOf(drivers, ['front'], `stock=${await strange(answer)}`)
    const told = await post(`${served.url}/api/shop/orders`, '{"count":1}')
    expect([told.status, await told.json()]).toMatchObject([503, { code: 'service-unavailable' }])
  })
})

describe('connections to a service', () => {
  /** How many it is asked over, one request after the other. */
  async function connectionsFor(longestMs?: number): Promise<number> {
    const { inner } = await twoProcesses()
    const ports = new Set<unknown>()
    inner.seen.push(port => ports.add(port))
    const more = longestMs === undefined ? {} : { longestMs }
    const over = servicesOverHttp('shop', othersIn(`stock=${inner.served.url}`), { keepAlive: true, ...more })
    ended.push(() => over.close())
    for (let n = 0; n < 4; n++) await over.call('stock', '{}')
    return ports.size
  }

  it('are kept for the next request', async () => {
    expect(await connectionsFor()).toBe(1)
  })

  it('are let go of after a while, so that processes which joined are found', async () => {
    // Its age counts from its first answer: so none is kept.
    expect(await connectionsFor(-1)).toBe(4)
  })
})

describe('the internal address', () => {
  const shown = { service: 'stock', endpoint: 'take', payload: '{"body":{"count":1}}', traceparent: '', untilMs: 9e15 }

  it('tells whoever has no token of the plan for this endpoint nothing but that', async () => {
    const { address } = await twoProcesses()
    for (const token of ['', 'x.y', `${Buffer.from('{"to":"stock/take","untilMs":9e15}').toString('base64url')}.AA`]) {
      const answer = await post(address, JSON.stringify({ groundplan: { ...shown, token } }))
      expect(await answer.json(), token).toMatchObject({ kind: 'problem', problem: { code: 'not-authenticated' } })
    }
  })

  it.each([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['null', 'null'],
    ['an array', '[]'],
    ['no request', '{}'],
    ['a request that is null', '{"groundplan":null}'],
    ['numbers for texts', JSON.stringify({ groundplan: { ...shown, token: 7 } })],
    ['an object for a payload', JSON.stringify({ groundplan: { ...shown, token: '', payload: {} } })],
    ['a key that is no text', JSON.stringify({ groundplan: { ...shown, token: '', onceKey: 1 } })],
    ['no time', JSON.stringify({ groundplan: { ...shown, token: '', untilMs: null } })],
  ])('takes %s for no request', async (_what, body) => {
    const { address } = await twoProcesses()
    const answer = await post(address, body)
    expect(await answer.json()).toMatchObject({ kind: 'problem', problem: { code: 'request-invalid' } })
  })

  it('keeps none of a body that no request can have, and answers the next', async () => {
    const { address } = await twoProcesses()
    let sentMb = 0
    const huge = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1_048_576))
        if (++sentMb === 500) controller.close()
      },
    })
    // Whether the refusal or the end of the connection comes first is the network's to say.
    const told = await post(address, '', { body: huge, duplex: 'half' } as RequestInit).catch(() => undefined)
    if (told) expect(await told.json()).toMatchObject({ kind: 'problem' })
    expect(sentMb).toBeLessThan(100)
    expect((await post(address, '{}')).status).toBe(200)
  })

  it('is there for no other method, plan or path', async () => {
    const { address } = await twoProcesses()
    expect((await fetch(address)).status).toBe(404)
    for (const url of [`${address}/stock`, address.replace(/shop$/, 'bank'), address.replace(/\/shop$/, '')]) {
      expect((await post(url, '{}')).status, url).toBe(404)
    }
  })
})

describe('the text that says where services run', () => {
  it('names each with its address', () => {
    const read = othersIn(' books=http://10.0.0.7:7400, front=https://front.shop.internal/ ,')
    expect([...read]).toEqual([
      ['books', 'http://10.0.0.7:7400'],
      ['front', 'https://front.shop.internal'],
    ])
  })

  it.each(['books', '=http://x', 'books=10.0.0.7:7400', 'books=ftp://x', 'books=http://'])('refuses %s', text => {
    expect(() => othersIn(text)).toThrow(/does not say where a service runs/)
  })
})
