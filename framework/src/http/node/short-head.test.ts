import { describe, expect, it } from 'vitest'
import { mostShortBytes, shortHead } from './short-head.ts'

const host = 'Host: localhost\r\n'

describe('a head that may go the short way', () => {
  it('is read to its end, its body counted and left', () => {
    const text = `POST /a/b?c=d HTTP/1.1\r\n${host}X-One:  a b\t \r\nX-None:\r\ncontent-length: 12\r\n\r\n{"a":"b"}`
    expect(shortHead(text, 10)).toEqual({
      method: 'POST',
      target: '/a/b?c=d',
      headers: Object.assign(Object.create(null), {
        host: 'localhost',
        'x-one': 'a b',
        'x-none': '',
        'content-length': '12',
      }),
      headBytes: text.length - 9,
      bodyBytes: 12,
    })
  })

  it('has any name that is a token, also one that objects have by themselves', () => {
    const head = shortHead(`GET / HTTP/1.1\r\n${host}__proto__: a\r\nconstructor: b\r\n\r\n`, 10)
    expect(head?.headers).toHaveProperty(['__proto__'], 'a')
    expect(Object.keys(head?.headers ?? {})).toEqual(['host', '__proto__', 'constructor'])
  })

  it('may say that the connection is kept', () => {
    expect(shortHead(`GET / HTTP/1.1\r\n${host}Connection: Keep-Alive\r\n\r\n`, 10)).toBeDefined()
  })

  it('has no more lines than are allowed', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, at) => `X-${at}: a\r\n`).join('')
    expect(shortHead(`GET / HTTP/1.1\r\n${host}${lines(4)}\r\n`, 5)).toBeDefined()
    expect(shortHead(`GET / HTTP/1.1\r\n${host}${lines(5)}\r\n`, 5)).toBeUndefined()
  })
})

describe('the long way is left', () => {
  it.each([
    ...['GET', 'GET / HTTP/1.1', 'GET / HTTP/1.1\r\n', `GET / HTTP/1.1\r\n${host}`, `GET / HTTP/1.1\r\n${host}\r`],
  ])('a head that has not arrived: %j', text => {
    expect(shortHead(text, 10)).toBeUndefined()
  })

  it.each([
    ...[
      'HEAD / HTTP/1.1',
      'OPTIONS * HTTP/1.1',
      'CONNECT a:1 HTTP/1.1',
      'get / HTTP/1.1',
      'GETS / HTTP/1.1',
      ' GET / HTTP/1.1',
    ],
    ...[
      'GET http://a/ HTTP/1.1',
      'GET a HTTP/1.1',
      'GET  / HTTP/1.1',
      'GET /\t HTTP/1.1',
      'GET /# HTTP/1.1',
      'GET /\xe9 HTTP/1.1',
    ],
    ...[
      'GET / HTTP/1.0',
      'GET / HTTP/2.0',
      'GET / HTTP/1.1 ',
      'GET / http/1.1',
      'GET /',
      '\r\nGET / HTTP/1.1',
      'GET /{} HTTP/1.1',
    ],
  ])('the request line %j', line => {
    expect(shortHead(`${line}\r\n${host}\r\n`, 10)).toBeUndefined()
  })
})

describe('the long way is left, too,', () => {
  it.each([
    ...[
      'Transfer-Encoding: chunked',
      'transfer-encoding:',
      'Upgrade: a',
      'Expect: 100-continue',
      'TE: trailers',
      'Trailer: X',
    ],
    ...[
      'Connection: close',
      'Connection: keep-alive, upgrade',
      'Connection:',
      'Proxy-Connection: keep-alive',
      'HTTP2-Settings: a',
    ],
    ...[
      'Content-Length: 1, 1',
      'Content-Length: +1',
      'Content-Length: 01',
      'Content-Length:',
      'Content-Length: 1e3',
      'Content-Length: 1234567890',
    ],
    ...['Content-Length: 1\r\nContent-Length: 1', 'Host: b', 'X: a\r\nx: a', 'Cookie: a=b\r\nCookie: c=d'],
    ...[
      'X : a',
      ' X: a',
      'X',
      ': a',
      'X: a\r\n b',
      'X: \x00',
      'X: \x7f',
      'X: \xe9',
      'X: a\rb',
      'X: a\nY: b',
      'X\xe9: a',
      '"X": a',
      'X(: a',
    ],
  ])('the header %j', header => {
    expect(shortHead(`GET / HTTP/1.1\r\n${host}${header}\r\n\r\n`, 10)).toBeUndefined()
  })
})

describe('the long way is left, besides,', () => {
  it('a request without a host', () => {
    expect(shortHead('GET / HTTP/1.1\r\nX: a\r\n\r\n', 10)).toBeUndefined()
  })

  it('lines that end otherwise', () => {
    expect(shortHead(`GET / HTTP/1.1\n${host}\r\n`, 10)).toBeUndefined()
    expect(shortHead('GET / HTTP/1.1\r\nHost: a\n\r\n', 10)).toBeUndefined()
    expect(shortHead(`GET / HTTP/1.1\r\n${host}\n`, 10)).toBeUndefined()
  })

  it('a head that is long', () => {
    const of = (bytes: number) => `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(bytes)}\r\n\r\n`
    const fits = mostShortBytes - of(0).length
    expect(shortHead(of(fits), 10)?.headBytes).toBe(mostShortBytes)
    expect(shortHead(of(fits + 1), 10)).toBeUndefined()
  })
})

it('a head is judged in time that grows with its length, however hostile', () => {
  const texts = [
    `GET /${'a'.repeat(8_000)}`,
    `GET / HTTP/1.1\r\nX: ${'a '.repeat(4_000)}\x00\r\n\r\n`,
    `GET / HTTP/1.1\r\nX:${' '.repeat(8_000)}\x00\r\n\r\n`,
    `GET / HTTP/1.1\r\nX: a${' '.repeat(8_000)}\x00\r\n\r\n`,
    `GET / HTTP/1.1\r\n${'a'.repeat(8_000)}`,
  ]
  for (const text of texts) {
    const took = Array.from({ length: 100 }, () => {
      const began = performance.now()
      expect(shortHead(text, 200)).toBeUndefined()
      return performance.now() - began
    })
    // Quadratic: 64 million steps each, tens of milliseconds. The shortest, since others may have the processor meanwhile.
    expect(Math.min(...took)).toBeLessThan(5)
  }
})
