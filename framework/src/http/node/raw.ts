/** Refusals of what never became a request: Node's parser gave up, and there is only the socket to answer on. */
import { STATUS_CODES } from 'node:http'
import { refusalOf } from '../../runtime/refusals.ts'
import { apiDefaults } from '../headers.ts'
import type { Refused } from './target.ts'

/** What a parser's error says to the client; undefined where nobody listens any more. */
export function parserRefusal({ code = '' }: NodeJS.ErrnoException): Refused | undefined {
  if (code === 'HPE_HEADER_OVERFLOW')
    return { code: 'headers-too-large', detail: 'address and headers are at most 16 KB' }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return { code: 'body-too-large', detail: 'chunk extensions are too large' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { code: 'request-too-slow', detail: 'the headers did not arrive in time' }
  if (code.startsWith('HPE_')) return { code: 'request-invalid', detail: 'this is not HTTP/1.1' }
  return undefined
}

/** A whole answer that ends its connection. */
export function rawAnswer({ code, detail }: Refused): string {
  const { status, problem } = refusalOf(code, detail)
  const body = JSON.stringify(problem)
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`]
  for (let at = 0; at < apiDefaults.length; at += 2) lines.push(`${apiDefaults[at]}: ${apiDefaults[at + 1]}`)
  lines.push(
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  )
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
