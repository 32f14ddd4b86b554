/**
 * The short way against Node's HTTP: two servers with the same gateways, one with and one without it, are sent the same
 * bytes in the same pieces. What they say must be the same, byte for byte but for the date, and so must be whether the
 * connection goes on. Then what belongs to the short way alone: its time-outs, its bounds, its end.
 */
import { channel } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { systemClock } from '../../embedded/clock.ts'
import type { Answer, Asked, Door } from '../../runtime/door.ts'
import { type Served, type ServeOptions, serve } from '../node.ts'
import { anyCuts, anyStream } from '../test/any-bytes.ts'
import { doorOf } from '../test/door.ts'
import { type Hooks, shop } from '../test/shop.ts'
import { jsonRequest, request, Wire } from '../test/wire.ts'

const patient = { timeout: 10_000 }
const reported: unknown[] = []

function opened(door: Door, options: Partial<ServeOptions> = {}): Promise<Served> {
  return serve([door], {
    clock: systemClock({ unref: true }),
    report: error => reported.push(error),
    ...options,
  })
}

let short: Served
let long: Served
/** Requests that Node's HTTP has read, by the port they came to. */
const byNode = new Map<number, number>()
const count = (message: unknown): void => {
  const { localPort = 0 } = (message as { request: IncomingMessage }).request.socket
  byNode.set(localPort, (byNode.get(localPort) ?? 0) + 1)
}
const started = channel('http.server.request.start')
/** The servers' ends of connections. */
const accepted: Socket[] = []
const accept = (message: unknown): void => void accepted.push((message as { socket: Socket }).socket)
const connected = channel('net.server.socket')

beforeAll(async () => {
  const door = doorOf(shop())
  const origins = doorOf({ ...shop({}, { origins: ['https://shop.example'], credentials: true }), name: 'cors' })
  const both = (shortWay: boolean): Promise<Served> =>
    serve([door, origins], {
      clock: systemClock({ unref: true }),
      report: error => reported.push(error),
      shortWay,
      limits: { headers: 20 },
    })
  short = await both(true)
  long = await both(false)
  started.subscribe(count)
  connected.subscribe(accept)
})
beforeEach(() => byNode.clear())
afterEach(() => {
  reported.length = 0
  accepted.length = 0
})
afterAll(async () => {
  started.unsubscribe(count)
  connected.unsubscribe(accept)
  await Promise.all([short.close(0), long.close(0)])
})

const probe = request('GET /api/shop/hello?name=probe')

/** All that a server says to these pieces, a last request and the end of what is sent. */
async function said(port: number, pieces: readonly Buffer[]): Promise<string> {
  const wire = new Wire(port)
  try {
    for (const piece of pieces) {
      await new Promise<void>(resolve => wire.socket.write(piece, () => setImmediate(resolve)))
    }
    wire.socket.end(probe)
    await wire.closed()
    // Where an answer failed on its way, Node keeps the phrase of its status.
    return wire.text.replaceAll(/\r\nDate: [^\r]*/g, '\r\nDate: now').replace('500 OK', '500 Internal Server Error')
  } finally {
    wire.destroy()
  }
}

async function expectSame(pieces: readonly Buffer[]): Promise<string> {
  const [ours, nodes] = await Promise.all([said(short.port, pieces), said(long.port, pieces)])
  expect(ours).toBe(nodes)
  return ours
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Cuts at these places. */
function pieces(text: string, cuts: readonly number[]): readonly Buffer[] {
  const places = [...new Set(cuts.map(cut => cut % (text.length + 1)))].sort((one, other) => one - other)
  return [0, ...places].map((from, at) => bytes(text.slice(from, places[at]))).filter(({ length }) => length > 0)
}

const order = JSON.stringify({ customer: 'Ann', items: [{ sku: 'a', quantity: 1 }] })
const post = jsonRequest('POST /api/shop/orders/1', order)

describe('what the short way answers', () => {
  it.each([
    ['a query', request('GET /api/shop/hello?name=a%20b&tag=c&tag=d')],
    ['a body', post],
    [
      'a body of UTF-8',
      jsonRequest('POST /api/shop/orders/1', order.replace('Ann', '\xc3\x84nn \xe2\x82\xac'), {
        'Content-Length': order.length - 3 + 9,
      }),
    ],
    ['no content', jsonRequest('PUT /api/shop/small', '{"text":"a"}')],
    ['a declared problem', jsonRequest('POST /api/shop/orders/1', order.replace('Ann', 'late'))],
    ['an invalid body', jsonRequest('POST /api/shop/orders/1', '{"customer":7}')],
    ['no JSON', jsonRequest('POST /api/shop/orders/1', '{')],
    ['another media type', jsonRequest('POST /api/shop/orders/1', order, { 'Content-Type': 'text/plain' })],
    ['wrong percent-encoding', request('GET /api/shop/hello?name=%zz')],
    ['a missing credential', request('GET /api/shop/me')],
    ['a credential', request('GET /api/shop/me', { 'X-Key': 'Ann' })],
    ['a cookie', request('GET /api/shop/me', { Cookie: 'a=b; session=Ann' })],
    ['a page of another origin', jsonRequest('POST /api/shop/orders/1', order, { Origin: 'https://evil.example' })],
    ['a page of a named origin', jsonRequest('POST /api/cors/orders/1', order, { Origin: 'https://shop.example' })],
    ['an impossible header of the answer', request('GET /api/shop/broken')],
    ['an answer that is large and not compressed', request('GET /api/shop/long/5000')],
    ['a connection that is kept by word', request('GET /api/shop/hello', { Connection: 'Keep-Alive' })],
  ])('to %s is what Node says', async (_, text) => {
    const first = await expectSame([bytes(text)])
    expect(first).toMatch(/^HTTP\/1\.1 \d+/)
    // Once, for the request without the short way; twice with the probe of a connection that is kept.
    expect(byNode.get(short.port) ?? 0).toBe(0)
    expect(byNode.get(long.port)).toBeGreaterThan(0)
  })

  it('is compressed as Node’s is', async () => {
    const asked = request('GET /api/shop/long/5000', { 'Accept-Encoding': 'br' })
    const replies = await Promise.all(
      [short, long].map(async ({ port }) => {
        const wire = new Wire(port).send(asked)
        const reply = await wire.reply()
        wire.destroy()
        return reply && { ...reply, headers: { ...reply.headers, date: 'now' } }
      }),
    )
    expect(replies[0]).toEqual(replies[1])
    expect(replies[0]?.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
    expect(byNode.get(short.port)).toBeUndefined()
  })
})

describe('the same bytes', () => {
  it('cut anywhere are answered the same', { timeout: 60_000 }, async () => {
    const text = request('GET /api/shop/hello?name=first') + post
    for (let cut = 0; cut <= text.length; cut++) {
      const ours = await expectSame(pieces(text, [cut]))
      expect(ours.match(/HTTP\/1\.1 20/g)).toHaveLength(3)
    }
  })

  it('one by one are answered the same', { timeout: 60_000 }, async () => {
    expect((await expectSame([...bytes(post)].map(byte => Buffer.from([byte])))).match(/HTTP\/1\.1 20/g)).toHaveLength(
      2,
    )
  })

  it('of any kind are answered the same: valid, nearly valid, one after the other, cut, hostile', {
    timeout: 240_000,
  }, async () => {
    let shortened = 0
    await fc.assert(
      fc.asyncProperty(anyStream, anyCuts, async (text, places) => {
        byNode.clear()
        await expectSame(pieces(text, places))
        shortened += (byNode.get(long.port) ?? 0) - (byNode.get(short.port) ?? 0)
      }),
      { numRuns: runs },
    )
    // Otherwise Node would have been compared with itself.
    expect(shortened).toBeGreaterThan(runs / 5)
  })
})

const runs = inject('thorough') ? 3_000 : 800

describe('a connection on the short way', () => {
  const wires: Wire[] = []
  const servers: Served[] = []
  afterEach(async () => {
    for (const wire of wires.splice(0)) wire.destroy()
    await Promise.all(servers.splice(0).map(server => server.close(0)))
  })

  async function open(door: Door, limits: ServeOptions['limits'] = {}): Promise<Served> {
    const server = await opened(door, { limits })
    servers.push(server)
    return server
  }

  function wireTo({ port }: Served): Wire {
    const wire = new Wire(port)
    wires.push(wire)
    return wire
  }

  /** A door of which each test answers the calls itself. */
  function heldDoor(hooks: Hooks = {}): { door: Door; calls: { asked: Asked; answer(given: Answer): void }[] } {
    const calls: { asked: Asked; answer(given: Answer): void }[] = []
    const call = (_: unknown, asked: Asked): Promise<Answer> =>
      new Promise(answer => calls.push({ asked, answer: given => answer(given) }))
    return { door: { ...doorOf(shop(hooks)), call }, calls }
  }

  const done: Answer = { kind: 'json', status: 200, json: '{"done":true}', headers: {} }

  it('tells the handler when the client goes', async () => {
    const { door, calls } = heldDoor()
    const wire = wireTo(await open(door)).send(request('GET /api/shop/wait'))
    await expect.poll(() => calls.length, patient).toBe(1)
    const { signal } = calls[0]?.asked ?? {}
    expect(signal?.aborted).toBe(false)
    wire.destroy()
    await expect.poll(() => signal?.aborted, patient).toBe(true)
    calls[0]?.answer(done)
    expect(byNode.size).toBe(0)
  })

  it('is closed when it idles for too long, and not before', async () => {
    // Longer than this machine stands still.
    const server = await open(doorOf(shop()), { idleMs: 1_500 })
    const wire = wireTo(server)
    const began = performance.now()
    for (let time = 0; time < 5; time++) expect((await wire.send(probe).reply())?.status).toBe(200)
    await wire.closed()
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_499)
    expect(byNode.size).toBe(0)
  })

  it('that asks for a tunnel and goes on talking is let go', async () => {
    const wire = wireTo(short).send('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')
    expect((await wire.reply())?.status).toBe(405)
    wire.socket.end(probe)
    await expect.poll(() => accepted.at(-1)?.destroyed, patient).toBe(true)
  })

  it('that says nothing and then breaks off troubles nobody', async () => {
    const server = await open(doorOf(shop()), { headersMs: 50 })
    const silent = [wireTo(server), wireTo(server)]
    expect((await silent[0]?.reply())?.status).toBe(408)
    for (const wire of silent) wire.socket.resetAndDestroy()
    await expect.poll(() => accepted.slice(-2).map(({ destroyed }) => destroyed), patient).toEqual([true, true])
    expect((await wireTo(server).send(probe).reply())?.status).toBe(200)
  })

  it('is closed when its answer takes too long', async () => {
    const { door, calls } = heldDoor()
    const wire = wireTo(await open(door, { stallMs: 100 })).send(request('GET /api/shop/wait'))
    await wire.closed()
    expect(wire.text).toBe('')
    await expect.poll(() => calls[0]?.asked.signal.aborted, patient).toBe(true)
  })

  it('is closed when its client does not read, and asks for nothing more meanwhile', async () => {
    const { door, calls } = heldDoor()
    const wire = wireTo(await open(door, { stallMs: 200 }))
    wire.socket.pause()
    const large: Answer = { ...done, json: JSON.stringify('a'.repeat(20_000_000)) }
    const asked = request('GET /api/shop/wait')
    wire.send(asked.repeat(3))
    await expect.poll(() => calls.length, patient).toBe(1)
    calls[0]?.answer(large)
    await expect.poll(() => accepted.at(-1)?.destroyed, patient).toBe(true)
    expect(calls).toHaveLength(1)
  })

  it('goes on when its client reads late', async () => {
    const { door, calls } = heldDoor()
    const wire = wireTo(await open(door))
    wire.socket.pause()
    wire.send(request('GET /api/shop/wait').repeat(2))
    await expect.poll(() => calls.length, patient).toBe(1)
    calls[0]?.answer({ ...done, json: JSON.stringify('a'.repeat(5_000_000)) })
    wire.socket.resume()
    await expect.poll(() => calls.length, patient).toBe(2)
    calls[1]?.answer(done)
    expect((await wire.reply())?.body).toHaveLength(5_000_002)
    expect((await wire.reply())?.body).toBe(done.json)
    expect(byNode.size).toBe(0)
  })

  it('is read no further while it is answered', async () => {
    const { door, calls } = heldDoor()
    const server = await open(door)
    const wire = wireTo(server)
    let taken = false
    wire.socket.write(request('GET /api/shop/wait').repeat(1_000_000), () => {
      taken = true
    })
    await expect.poll(() => calls.length, patient).toBe(1)
    // Others are served meanwhile, as often as it would take.
    const other = wireTo(server)
    for (let time = 0; time < 50; time++) expect((await other.send(request('GET /nowhere')).reply())?.status).toBe(404)
    expect(taken).toBe(false)
    expect(calls).toHaveLength(1)
  })

  it('answers one after the other, in order, whichever call ends first', async () => {
    const { door, calls } = heldDoor()
    const wire = wireTo(await open(door)).send(request('GET /api/shop/wait').repeat(3))
    for (let at = 0; at < 3; at++) {
      await expect.poll(() => calls.length, patient).toBe(at + 1)
      calls[at]?.answer({ ...done, json: String(at) })
      expect((await wire.reply())?.body).toBe(String(at))
    }
  })

  it('ends with the answer that was under way when the server closes', async () => {
    const { door, calls } = heldDoor()
    const server = await open(door)
    const [busy, idle] = [wireTo(server), wireTo(server)]
    const unused = wireTo(server)
    idle.send(request('GET /api/shop/wait'))
    await expect.poll(() => calls.length, patient).toBe(1)
    calls[0]?.answer(done)
    await idle.reply()
    busy.send(request('GET /api/shop/wait').repeat(2))
    await expect.poll(() => calls.length, patient).toBe(2)
    const closed = server.close(10_000)
    await Promise.all([idle.closed(), unused.closed()])
    calls[1]?.answer(done)
    expect((await busy.reply())?.headers.connection).toBe('close')
    await busy.closed()
    await closed
    expect(calls).toHaveLength(2)
    expect(byNode.size).toBe(0)
  })

  it('is cut when its answer does not come before the server has to end', async () => {
    const { door, calls } = heldDoor()
    const server = await open(door)
    const wire = wireTo(server).send(request('GET /api/shop/wait'))
    await expect.poll(() => calls.length, patient).toBe(1)
    await server.close(20)
    await wire.closed()
    await expect.poll(() => calls[0]?.asked.signal.aborted, patient).toBe(true)
  })

  it('is given to Node with its first unusual request, and stays there', async () => {
    const server = await open(doorOf(shop()))
    const wire = wireTo(server)
    expect((await wire.send(probe).reply())?.status).toBe(200)
    expect(byNode.get(server.port)).toBeUndefined()
    expect((await wire.send(request('OPTIONS /api/shop/hello')).reply())?.status).toBe(204)
    expect((await wire.send(probe).reply())?.status).toBe(200)
    expect(byNode.get(server.port)).toBe(2)
  })
})
