/**
 * Bytes that a client might send to the shop of `shop.ts`: up to four requests one after the other, each valid, nearly
 * valid or hostile, then perhaps damaged. A character is a byte.
 */
import fc from 'fast-check'
import { anyCharacter } from '../../contract/suite/any-character.ts'
import { jsonRequest, request } from './wire.ts'

const order = JSON.stringify({ customer: 'Ann', items: [{ sku: 'a', quantity: 1 }] })
const valid = [jsonRequest('POST /api/shop/orders/1', order), request('GET /api/shop/hello?name=a')]

const line = fc
  .tuple(
    often(
      ['GET', 'POST', 'PUT'],
      ['HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'get', 'TRACE', 'CONNECT', 'PRI', 'G ET', '\r\nGET', ' GET', 'GET\t', ''],
    ),
    often(
      ['/api/shop/hello', '/api/shop/orders/1', '/api/shop/hello?name=x', '/api/shop/small', '/api/shop/me'],
      [
        ...[
          '/api/shop/wait',
          '/api/shop/long/2000',
          '/api/shop/files/10',
          '/api/shop/orders/%zz',
          '/api/shop/orders/a%2fb',
        ],
        ...[
          '/',
          '//',
          '*',
          '/api/shop/',
          '/api/shop//hello',
          '/api/shop/hello#a',
          '/api/shop/hello?a=b?c',
          '/api/shop/docs',
        ],
        ...['http://a/api/shop/hello', '/api/shop/h\xe9llo', '/api/shop/hello name', '/api/shop/hello?<>"', '', 'a'],
        ...[
          `/api/shop/hello?name=${'a'.repeat(9_000)}`,
          `/${'a'.repeat(17_000)}`,
          '/api/shop/hello\x00',
          '/api/shop/{x}|^`',
        ],
      ],
    ),
    often(
      [' HTTP/1.1'],
      [' HTTP/1.0', ' HTTP/2.0', ' HTTP/0.9', ' http/1.1', ' HTTP/1.1 ', '  HTTP/1.1', '', ' HTTP/1.11', '\tHTTP/1.1'],
    ),
  )
  .map(parts => parts.join(''))
const header = often(
  [
    'Accept: */*',
    'X-Key: Ann',
    'Cookie: session=Bob',
    'Connection: keep-alive',
    'User-Agent: a/b (c; d)',
    'X-Empty:',
    'X-Blank: \t ',
  ],
  [
    ...[
      'Connection: close',
      'Connection: Upgrade',
      'Connection: keep-alive, close',
      'Proxy-Connection: close',
      'Keep-Alive: timeout=5',
    ],
    ...[
      'Upgrade: websocket',
      'Upgrade: h2c',
      'HTTP2-Settings: AAA',
      'TE: trailers',
      'Trailer: X-A',
      'Expect: 100-continue',
      'Expect: a',
    ],
    ...[
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: identity',
      'Transfer-Encoding:\tchunked',
      'Transfer-Encoding: gzip, chunked',
    ],
    ...[
      'Transfer-Encoding : chunked',
      'Transfer_Encoding: chunked',
      'X: a\r\n Transfer-Encoding: chunked',
      ' Host: b',
      'Host: b',
      'Host : c',
    ],
    ...[
      'Content-Length: 0',
      'Content-Length: 5',
      'Content-Length: +5',
      'Content-Length: 5, 5',
      'Content-Length: 0x5',
      'Content-Length: 05',
    ],
    ...[
      'Content-Length:',
      'Content-Length: 5 5',
      'Content-Length: -1',
      'Content-Length : 5',
      'Content-Length: 99999999999999999999',
    ],
    ...[
      'Content-Type: text/plain',
      'Origin: https://evil.example',
      'Origin: null',
      'Sec-Fetch-Site: cross-site',
      'X-Forwarded-For: 1.2.3.4',
    ],
    ...[
      '__proto__: a',
      'constructor: b',
      'X\xe9: a',
      'X: \xe9',
      'X: \x00',
      'X: \x7f',
      'X: a\rb',
      'X: a\nb',
      'X a: b',
      ': a',
      'nothing',
      '"X": a',
    ],
    ...[
      'Cookie: a=b',
      'X-Key: Eve',
      'Set-Cookie: a=b',
      `X: ${'a'.repeat(9_000)}`,
      ...Array.from({ length: 3 }, (_, at) => `X-${at}: a`),
    ],
  ],
)
const body = often(
  [order, '{"text":"a"}', ''],
  [
    `${order} `,
    '{',
    'null',
    '[]',
    '{"__proto__":{"a":1},"text":"a"}',
    '\xff\xfe',
    '"\xc3\xa4"',
    '5\r\nhello\r\n0\r\n\r\n',
    '0\r\n\r\n',
    '\0\0\0',
    '\r\n',
  ],
)
const message = fc
  .record({
    line,
    host: often(['Host: localhost\r\n'], ['', 'Host:\r\n', 'host: a\r\nHOST: b\r\n', 'Host: a b\r\n']),
    headers: fc.array(header, { maxLength: 4 }),
    many: fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, fc.integer({ min: 10, max: 25 })),
    body,
    framing: often(['length'], ['none', 'short', 'over', 'chunked', 'both']),
    eol: often(['\r\n'], ['\n', '\r', '\r\r\n']),
    end: often(['\r\n\r\n'], ['\n\n', '\r\n\n', '\r\n\r', '\r\n \r\n\r\n']),
  })
  .map(written)
/** A few bytes somewhere that are taken out, or put in. */
const damage = fc.option(fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.string({ unit: anyCharacter, maxLength: 3 })), {
  freq: 4,
})
export const anyStream: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 2, arbitrary: message }, fc.constantFrom(...valid)), {
      minLength: 1,
      maxLength: 4,
    }),
    damage,
  )
  .map(([messages, damaged]) => {
    const text = messages.join('')
    if (!damaged) return text
    const [at, left, put] = damaged
    const place = at % (text.length + 1)
    return text.slice(0, place) + put + text.slice(place + left)
  })
/** Where to cut it; mostly nowhere. */
export const anyCuts: fc.Arbitrary<readonly number[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<number[]>([]) },
  fc.array(fc.nat(), { maxLength: 4 }),
)

/** One of the usual, and now and then one of the odd. */
function often(usual: readonly string[], odd: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  )
}

interface Message {
  readonly line: string
  readonly host: string
  readonly headers: readonly string[]
  readonly many: number
  readonly body: string
  readonly framing: string
  readonly eol: string
  readonly end: string
}

function written({ line, host, headers, many, body, framing, eol, end }: Message): string {
  const more = Array.from({ length: many }, (_, at) => `X-Many-${at}: ${at}`)
  const type = body === '' ? [] : ['Content-Type: application/json']
  const chunked = framing === 'chunked' || framing === 'both'
  const sent = chunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body
  const lines = [...headers, ...more, ...type, ...lengthOf(framing, body.length)]
  return `${line}${eol}${host}${lines.join(eol)}${end}${sent}`
}

function lengthOf(framing: string, length: number): readonly string[] {
  if (framing === 'none' || (framing === 'length' && length === 0)) return ['X-No: length']
  if (framing === 'chunked') return ['Transfer-Encoding: chunked']
  const said = framing === 'short' ? Math.max(0, length - 3) : framing === 'over' ? length + 7 : length
  return [`Content-Length: ${said}`, ...(framing === 'both' ? ['Transfer-Encoding: chunked'] : [])]
}
