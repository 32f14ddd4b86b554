/**
 * Heads of requests that may go the short way: a grammar so narrow that nobody can read its sentences in two ways.
 * Whatever is not a sentence of it is no error here; it is for Node's parser to judge.
 */

export interface ShortHead {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly target: string
  /** By name in lower case; each was given once. */
  readonly headers: Readonly<Record<string, string>>
  /** Of the head with the empty line that ends it. */
  readonly headBytes: number
  readonly bodyBytes: number
}

/** Longer ones go the long way: it has the limits, and the answers when they are passed. */
export const mostShortBytes = 8_192

/** RFC 9112, 3: origin form alone, HTTP/1.1 alone. */
const requestLine = /(GET|POST|PUT|PATCH|DELETE) (\/[\w\-.~!$&'()*+,;=:@/%?]*) HTTP\/1\.1\r\n/y

/**
 * RFC 9112, 5: a token, no space before the colon; then visible ASCII and blanks. Two parts that share no character
 * with what follows them: a hostile line is given up after one look at each.
 */
const headerLine = /([\w!#$%&'*+.^`|~-]+):([\t\x20-\x7e]*)\r\n/y

/** What changes how a message or its connection is read. */
const notShort: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const digits = /^(?:0|[1-9]\d{0,8})$/

/**
 * Reads the head that a text begins with; undefined when it has not arrived in full or may not go the short way.
 * @param text of latin-1, so that a character is a byte
 */
export function shortHead(text: string, mostHeaders: number): ShortHead | undefined {
  requestLine.lastIndex = 0
  const line = requestLine.exec(text)
  if (line === null) return undefined
  const [whole, method = '', target = ''] = line
  const headers: Record<string, string> = Object.create(null)
  const headBytes = readHeaders(text, whole.length, headers, mostHeaders)
  if (headBytes === undefined || headBytes > mostShortBytes || !isPlain(headers)) return undefined
  const length = headers['content-length'] ?? '0'
  return digits.test(length) ? { method, target, headers, headBytes, bodyBytes: Number(length) } : undefined
}

/** Where the head ends; undefined when it does not, or a line is not as it should be. */
function readHeaders(
  text: string,
  from: number,
  headers: Record<string, string>,
  mostHeaders: number,
): number | undefined {
  let at = from
  for (let count = 0; count <= mostHeaders; count++) {
    if (text.charCodeAt(at) === 0x0d) return text.charCodeAt(at + 1) === 0x0a ? at + 2 : undefined
    headerLine.lastIndex = at
    const line = headerLine.exec(text)
    if (line === null) return undefined
    const name = (line[1] ?? '').toLowerCase()
    if (notShort.has(name) || headers[name] !== undefined) return undefined
    headers[name] = (line[2] ?? '').trim()
    at = headerLine.lastIndex
  }
  return undefined
}

function isPlain({ host, connection }: Record<string, string>): boolean {
  return host !== undefined && (connection === undefined || connection.toLowerCase() === 'keep-alive')
}
