/**
 * The Node door under what no decent client sends. Each time: a problem of the caller's fault under a stable code, or a
 * closed connection where no answer can be read as one; never a fault of ours, and never more memory for longer.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Clock } from '../contract/clock.ts'
import { problems } from '../contract/problem-table.ts'
import { anyCharacter } from '../contract/suite/any-character.ts'
import { systemClock } from '../embedded/clock.ts'
import { memoryClock } from '../memory/clock.ts'
import { type Served, type ServerLimits, serve } from './node.ts'
import { doorOf } from './test/door.ts'
import { type Hooks, shop } from './test/shop.ts'
import { jsonRequest, type Reply, request, Wire } from './test/wire.ts'

/** Machines that test are busy ones. */
const patient = { timeout: 10_000 }

const reported: unknown[] = []

function opened(
  hooks: Hooks = {},
  limits: Partial<ServerLimits> = {},
  clock: Clock = systemClock({ unref: true }),
): Promise<Served> {
  return serve([doorOf(shop(hooks))], {
    clock,
    report: error => reported.push(error),
    limits,
  })
}

let served: Served
const wires: Wire[] = []
beforeAll(async () => {
  served = await opened()
})
afterEach(() => {
  for (const wire of wires.splice(0)) wire.destroy()
  expect(reported).toEqual([])
})
afterAll(() => served.close(0))

function wire(port = served.port): Wire {
  const made = new Wire(port)
  wires.push(made)
  return made
}

/** Sends bytes and gives the code of the refusal, having looked at the whole of it. */
async function refusal(bytes: string | Buffer, port = served.port): Promise<string> {
  return codeOf(await wire(port).send(bytes).reply())
}

function codeOf(reply: Reply | undefined): string {
  if (reply === undefined) return 'closed'
  expect(reply.headers['content-type']).toBe('application/problem+json')
  const { code, status, ...rest } = JSON.parse(reply.body)
  expect(status).toBe(reply.status)
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
  expect(problems[code as keyof typeof problems].blame).toBe('caller')
  expect(JSON.stringify(rest)).not.toMatch(/node_modules|\.ts|at \w+ \(/)
  return code
}

const path = '/api/shop/orders/1'
const good = { customer: 'Ann', items: [{ sku: 'a', quantity: 1 }] }
const body = JSON.stringify(good)

function posted(text: string | Buffer, headers: Record<string, string | number> = {}): Buffer {
  const bytes = Buffer.from(text)
  const all = { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers }
  return Buffer.concat([Buffer.from(request(`POST ${path}`, all)), bytes])
}

/** Bytes in use when everything that can be collected is. */
function used(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('a body', () => {
  it('of wrong types or with unknown fields is refused, with the places', async () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ ...good, customer: 7 }, '/body/customer'],
      [{ ...good, items: {} }, '/body/items'],
      [{ ...good, items: [{ sku: 'a', quantity: '1' }] }, '/body/items/0/quantity'],
      [{ ...good, items: [{ sku: 'a', quantity: 1, price: 0 }] }, '/body/items/0'],
      [{ ...good, admin: true }, '/body'],
      [[good], '/body'],
      [null, '/body'],
      ['text', '/body'],
      [{}, '/body/customer'],
    ]
    for (const [value, at] of wrong) {
      const reply = await wire()
        .send(posted(JSON.stringify(value)))
        .reply()
      expect(codeOf(reply)).toBe('request-invalid')
      expect(JSON.parse(reply?.body ?? '').issues[0].path).toContain(at)
    }
  })

  it('that is no JSON in UTF-8 is refused, and its text not repeated', async () => {
    const texts = [
      '{',
      '{"a":1,}',
      "{'a':1}",
      'NaN',
      '',
      ' ',
      '\ufeff{}',
      '{}{}',
      '{"a":secret}',
      '\0',
      '[1,2',
      '"\u0001"',
    ]
    for (const text of texts.filter(each => each !== '')) expect(await refusal(posted(text))).toBe('invalid-json')
    const reply = await wire().send(posted('{"a":secret}')).reply()
    expect(reply?.body).not.toContain('secret')
    const invalid = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]]
    for (const bytes of invalid) {
      const text = Buffer.concat([Buffer.from('{"customer":"'), Buffer.from(bytes), Buffer.from('","items":[]}')])
      expect(await refusal(posted(text))).toBe('invalid-json')
    }
  })

  it('cannot reach a prototype', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const text = `{"customer":"Ann","items":[],"${name}":{"express":true},"${name}":{"polluted":true}}`
      expect(await refusal(posted(text))).toBe('request-invalid')
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('however deep is refused', async () => {
    const deep = '['.repeat(400_000) + ']'.repeat(400_000)
    expect(await refusal(posted(deep))).toBe('request-invalid')
    expect(await refusal(posted(`{"customer":${deep},"items":[]}`))).toBe('request-invalid')
    expect(await refusal(posted('['.repeat(1_000_000)))).toBe('invalid-json')
  })

  it('of 10 MB is refused before it has come, and the answer arrives', async () => {
    const announced = wire().send(posted(Buffer.alloc(10_000_000, 0x20)))
    expect(codeOf(await announced.reply())).toBe('body-too-large')
    await announced.closed()
    const chunked = wire().send(
      request(`POST ${path}`, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }),
    )
    for (let piece = 0; piece < 10; piece++)
      chunked.send(Buffer.concat([Buffer.from('f4240\r\n'), Buffer.alloc(1_000_000, 0x20), Buffer.from('\r\n')]))
    expect(codeOf(await chunked.reply())).toBe('body-too-large')
    await chunked.closed()
  })

  it('for an address that is none is not waited for', async () => {
    const small = wire().send(request('POST /nowhere', { 'Content-Type': 'application/json', 'Content-Length': 10 }))
    expect(codeOf(await small.reply())).toBe('no-such-route')
    small.send(`0123456789${request('GET /api/shop/hello')}`)
    expect((await small.reply())?.status).toBe(200)
    const large = wire().send(request('POST /nowhere', { 'Content-Type': 'application/json', 'Content-Length': 1e15 }))
    expect(codeOf(await large.reply())).toBe('no-such-route')
    await large.closed()
  })

  it('that is compressed is not unpacked', async () => {
    expect(await refusal(posted(Buffer.from([0x1f, 0x8b, 8, 0]), { 'Content-Encoding': 'gzip' }))).toBe('invalid-json')
  })

  it('is not taken by an endpoint without one', async () => {
    expect(await refusal(jsonRequest('GET /api/shop/hello', '{"a":1}'))).toBe('request-invalid')
  })
})

describe('a request line', () => {
  it('with another method is refused', async () => {
    for (const method of ['DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'PURGE']) {
      expect(await refusal(request(`${method} ${path}`))).toBe('method-not-allowed')
    }
    for (const method of ['FOO', 'get', 'GÉT', 'PRI'])
      expect(await refusal(request(`${method} ${path}`))).toBe('request-invalid')
    expect(await refusal(request('CONNECT evil.example:443'))).toBe('method-not-allowed')
  })

  it('that leads nowhere is refused', async () => {
    const targets = [
      '//api/shop/hello',
      '/api/shop/../shop/hello',
      '/api/shop/hello/',
      '/api%2Fshop/hello',
      '/API/shop/hello',
      '/api/shop/hello;a=1',
      '/__proto__',
      'http://',
      'http://x',
      'ftp://x/api/shop/hello',
      'javascript:alert(1)',
      '/.%00',
    ]
    for (const target of targets) {
      expect(['no-such-route', 'request-invalid'], target).toContain(await refusal(request(`GET ${target}`)))
    }
  })

  it('that is not percent-encoded UTF-8 is refused', async () => {
    for (const target of ['%', '%zz', '%c3', '%00', 'a%00b', '%ed%a0%80', '%ff']) {
      expect(await refusal(jsonRequest(`POST /api/shop/orders/${target}`, body)), target).toBe('request-invalid')
      expect(await refusal(request(`GET /api/shop/hello?name=${target}`)), target).toBe('request-invalid')
    }
  })

  it('with names that objects have by themselves finds nothing special', async () => {
    const reply = await wire().send(request('GET /api/shop/hello?__proto__=1&constructor=2&toString=3&name=x')).reply()
    expect(reply?.body).toBe('{"hello":"x","tags":[]}')
    expect(await refusal(request('GET /api/shop/me', { constructor: 'x', __proto__: 'y' }))).toBe('not-authenticated')
  })

  it('that is huge is refused', async () => {
    expect(await refusal(request(`GET /api/shop/hello?name=${'a'.repeat(20_000)}`))).toBe('headers-too-large')
    expect(await refusal(request(`GET /${'a/'.repeat(8_000)}`))).toBe('no-such-route')
  })

  it('of another protocol is refused', async () => {
    const lines = [
      'GET /api/shop/hello\r\n\r\n',
      'GET /api/shop/hello HTTP/2.0\r\n\r\n',
      'GET /api/shop/hello HTTP/9.9\r\n\r\n',
      'GET  /api/shop/hello  HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'SSH-2.0-x\r\n',
      'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n',
      '\0\0\0\0',
      'HTTP/1.1 200 OK\r\n\r\n',
    ]
    for (const line of lines) expect(await refusal(line), line).toBe('request-invalid')
  })
})

describe('headers', () => {
  const hello = 'GET /api/shop/hello HTTP/1.1\r\n'

  it('by the thousand are refused', async () => {
    const many = (count: number): string => Array.from({ length: count }, (_, at) => `a${at}: b\r\n`).join('')
    expect(await refusal(`${hello}Host: x\r\n${many(10_000)}\r\n`)).toBe('headers-too-large')
    expect(await refusal(`${hello}Host: x\r\n${many(300)}\r\n`)).toBe('headers-too-large')
    expect(await refusal(`${hello}Host: x\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`)).toBe('headers-too-large')
    expect(
      (
        await wire()
          .send(`${hello}Host: x\r\n${many(150)}\r\n`)
          .reply()
      )?.status,
    ).toBe(200)
  })

  it('that two readers could read as two messages are refused', async () => {
    const post = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    const two = [
      'Content-Length: 5\r\nContent-Length: 6\r\n',
      'Content-Length: 5\r\nContent-Length: 5\r\n',
      'Content-Length: 5, 5\r\n',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
      'Transfer-Encoding: chunked, identity\r\n',
      'Transfer-Encoding: xchunked\r\n',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n',
      'Transfer-Encoding:\x0bchunked\r\n',
      'Content-Length: -1\r\n',
      'Content-Length: +5\r\n',
      'Content-Length: 0x5\r\n',
      'Content-Length: 5 5\r\n',
      'Content-Length: 99999999999999999999999\r\n',
      'Content-Length:\r\n',
      'Content-Length : 5\r\n',
      ' Content-Length: 5\r\n',
      'Content-Length: 5\r\n\tfolded: x\r\n',
      'A: b\r\n folded\r\n',
      'A: b\nContent-Length: 5\r\n',
      'A: b\rContent-Length: 5\r\n',
      'A: b\0\r\n',
      'A\0: b\r\n',
      'A b: c\r\n',
      ': c\r\n',
      'no colon\r\n',
    ]
    for (const lines of two) expect(await refusal(`${post}${lines}\r\n12345`), lines).toBe('request-invalid')
    expect(await refusal(`POST ${path} HTTP/1.1\nHost: x\n\n`)).toBe('request-invalid')
  })

  it('without a host, or with two, are refused', async () => {
    expect(await refusal(`${hello}\r\n`)).toBe('request-invalid')
    expect(await refusal(`${hello}Host: a\r\nHost: b\r\n\r\n`)).toBe('request-invalid')
  })

  it('that expect what is not done are refused', async () => {
    expect(await refusal(posted(body, { Expect: 'magic' }))).toBe('request-invalid')
  })

  it('about chunks that are none end the request', async () => {
    const head = request(`POST ${path}`, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' })
    for (const chunks of [
      'x\r\n',
      '-1\r\n',
      'ffffffffffffffffff\r\n',
      '5\n12345\r\n',
      '5\r\n123456\r\n',
      '2;a=\0\r\n{}\r\n',
    ]) {
      expect(await refusal(head + chunks), chunks).toBe('request-invalid')
    }
    expect(await refusal(`${head}2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`)).toBe('body-too-large')
  })
})

describe('a client that', () => {
  it('is slow with its headers, or says nothing, is answered 408 and cut', async () => {
    const slow = await opened({}, { headersMs: 150 })
    const dripping = wire(slow.port).send('GET /api/shop/hello HTTP/1.1\r\nHost: x\r\nA: b')
    expect(codeOf(await dripping.reply())).toBe('request-too-slow')
    await dripping.closed()
    const silent = wire(slow.port)
    expect(codeOf(await silent.reply())).toBe('request-too-slow')
    await slow.close(0)
  })

  it('is slow with its body is answered 408 and cut, however small the body', async () => {
    const slow = await opened({}, { bodyMs: 150 })
    for (const length of [100, 4_000_000]) {
      const dripping = wire(slow.port).send(
        request(`POST ${path}`, { 'Content-Type': 'application/json', 'Content-Length': length }),
      )
      dripping.send('{')
      expect(codeOf(await dripping.reply())).toBe('request-too-slow')
      await dripping.closed()
    }
    await slow.close(0)
  })

  it('does not read its answers is cut', async () => {
    let gone = false
    async function* events(signal: AbortSignal): AsyncGenerator<{ count: number }> {
      while (!signal.aborted) yield { count: 1 }
      gone = true
    }
    const stalling = await opened({ events }, { stallMs: 150 })
    const deaf = wire(stalling.port).send(request('GET /api/shop/live'))
    await deaf.until(text => text.includes('data:'))
    deaf.socket.pause()
    await expect.poll(() => gone, patient).toBe(true)
    await stalling.close(0)
  })

  it('closes its half of the connection is left in peace', async () => {
    for (const text of ['', 'GET', request('GET /api/shop/hello').slice(0, -2), posted(body).subarray(0, -5)]) {
      const half = wire()
      half.socket.end(text)
      const reply = await half.reply()
      if (reply) expect(codeOf(reply)).toBe('request-invalid')
      await half.closed()
    }
  })

  it('goes in the middle of its upload leaves nothing behind', async () => {
    const tight = await opened({}, { bodyBytes: 2_000_000 })
    for (let time = 0; time < 50; time++) {
      const leaving = wire(tight.port).send(
        request(`POST ${path}`, { 'Content-Type': 'application/json', 'Content-Length': 1_000_000 }),
      )
      leaving.send(Buffer.alloc(500_000, 0x20))
      await new Promise(resolve => leaving.socket.write('', resolve))
      leaving.destroy()
    }
    const fits = jsonRequest(`POST ${path}`, body)
    const padded = Buffer.concat([
      Buffer.from(
        request(`POST ${path}`, { 'Content-Type': 'application/json', 'Content-Length': 1_500_000 + body.length }),
      ),
      Buffer.alloc(1_500_000, 0x20),
      Buffer.from(body),
    ])
    await expect.poll(async () => (await wire(tight.port).send(padded).reply())?.status, patient).toBe(201)
    expect((await wire(tight.port).send(fits).reply())?.status).toBe(201)
    await tight.close(0)
  })

  it('sends many requests at once is answered in order', async () => {
    const pipelined = wire()
    const names = Array.from({ length: 500 }, (_, at) => `n${at}`)
    const orders = names.map(name => jsonRequest(`POST /api/shop/orders/${name}`, body))
    pipelined.send(names.map((name, at) => request(`GET /api/shop/hello?name=${name}`) + orders[at]).join(''))
    for (const name of names) {
      expect((await pipelined.reply())?.body).toContain(`"hello":"${name}"`)
      expect((await pipelined.reply())?.body).toContain(`"orderId":"${name}"`)
    }
  })

  it('sends nonsense after good requests is answered those first', async () => {
    const mixed = wire().send(`${request('GET /api/shop/hello')}${posted(body)}\0\0\0`)
    expect((await mixed.reply())?.status).toBe(200)
    expect((await mixed.reply())?.status).toBe(201)
    expect(codeOf(await mixed.reply())).toBe('request-invalid')
    await mixed.closed()
  })

  it('asks for endless streams without end gets few at a time', async () => {
    let running = 0
    async function* events(signal: AbortSignal): AsyncGenerator<{ count: number }> {
      running += 1
      yield { count: running }
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
      running -= 1
    }
    const clock = memoryClock(0)
    const streaming = await opened({ events }, {}, clock)
    const greedy = wire(streaming.port)
    for (let time = 0; time < 200; time++) greedy.send(request('GET /api/shop/live').repeat(500))
    await greedy.until(text => text.includes('data:'))
    await expect.poll(() => running, patient).toBe(32)
    // A comment is written to each every 15 seconds, and finds nobody there.
    const left = clock.advance(15_000)
    greedy.destroy()
    await left
    await clock.advance(15_000)
    await expect.poll(() => running, patient).toBe(0)
    await streaming.close(0)
  })
})

describe('the server', () => {
  it('answers any bytes at all with a refusal or a close', async () => {
    const good = fc.constantFrom(
      request('GET /api/shop/hello'),
      posted(body).toString('latin1'),
      request('GET /api/shop/live'),
    )
    const bytes = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 200 }),
      fc.tuple(good, fc.nat(), fc.string({ unit: anyCharacter, maxLength: 5 })).map(([text, at, put]) => {
        const place = at % text.length
        return text.slice(0, place) + put + text.slice(place + put.length)
      }),
      fc.tuple(good, good, fc.nat()).map(([first, second, at]) => first + second.slice(at % second.length)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async text => {
        const fuzzing = new Wire(served.port)
        fuzzing.socket.end(Buffer.from(text, 'latin1'))
        for (let reply = await fuzzing.reply(); reply !== undefined; reply = await fuzzing.reply()) {
          if (reply.status >= 400) codeOf(reply)
          if (reply.headers['content-type']?.startsWith('text/event-stream')) break
        }
        fuzzing.destroy()
      }),
      { numRuns: 300 },
    )
    expect((await wire().send(request('GET /api/shop/hello')).reply())?.status).toBe(200)
  })

  it('refuses calls above its limit, and takes them again', async () => {
    let release = (): void => {}
    const waiting = new Promise<void>(resolve => {
      release = resolve
    })
    const full = await opened({ waiting }, { calls: 2 })
    const held = [
      wire(full.port).send(request('GET /api/shop/wait')),
      wire(full.port).send(request('GET /api/shop/wait')),
    ]
    const more = wire(full.port)
    await expect.poll(async () => (await more.send(request('GET /api/shop/hello')).reply())?.status, patient).toBe(503)
    release()
    for (const each of held) expect((await each.reply())?.status).toBe(200)
    expect((await more.send(request('GET /api/shop/hello')).reply())?.status).toBe(200)
    await full.close(0)
  })

  it('keeps nothing of the last request of a connection that idles', { timeout: 60_000 }, async () => {
    const large = posted(JSON.stringify({ ...good, note: 'n'.repeat(500_000) }))
    await wire().send(large).reply()
    const before = used()
    for (let connection = 0; connection < 60; connection++) expect((await wire().send(large).reply())?.status).toBe(201)
    for (const each of wires) each.forget()
    await expect.poll(() => used() - before, patient).toBeLessThan(10_000_000)
  })

  it('keeps no memory of thousands of bad requests', { timeout: 60_000 }, async () => {
    const bad = [
      () => posted('{"customer":7}'),
      () => posted('{'),
      () => request('GET /nowhere'),
      () => request('GET /api/shop/hello?name=%zz'),
      () => request(`GET /${'a'.repeat(17_000)}`),
      () => posted(body, { 'Content-Length': 3 }),
      () => '\0\0\0',
      () => request(`POST ${path}`, { 'Content-Type': 'application/json', 'Content-Length': 6_000_000 }),
      () =>
        `${request(`POST ${path}`, { 'Content-Type': 'application/json', 'Content-Length': 100_000 })}${'x'.repeat(50_000)}`,
    ]
    const round = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) {
        await Promise.all(
          bad.map(async make => {
            const one = new Wire(served.port).send(make())
            await Promise.race([
              one.reply(),
              new Promise(resolve => one.socket.once('ready', () => setImmediate(resolve))),
            ])
            one.destroy()
          }),
        )
      }
    }
    await round(100)
    const before = used()
    await round(250)
    await expect.poll(() => used() - before, { timeout: 10_000 }).toBeLessThan(2_000_000)
  })
})
