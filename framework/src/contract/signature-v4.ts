/**
 * Signature V4, by which S3 clients show who they are: a request is written in one canonical way, and signed with a key
 * that is derived from the secret, the day, the region and the service. Made here and compared here; what it means is for
 * whoever asks.
 */
import { createHash, createHmac } from 'node:crypto'

/** What a signature is over. */
export interface SignedRequest {
  readonly method: string
  /** As sent: path and query, percent-encoded. */
  readonly path: string
  readonly query: string
  readonly headers: Headers
  /** What stands in `x-amz-content-sha256`. */
  readonly payloadHash: string
}

/** What an `Authorization` header says. */
export interface Authorization {
  readonly accessKeyId: string
  readonly scope: SigningScope
  /** Names in lower case, in the order in which they are signed. */
  readonly signedHeaders: readonly string[]
  /** 64 hexadecimal digits. */
  readonly signature: string
}

/** What a key that signs is for. */
export interface SigningScope {
  /** `20260102`. */
  readonly day: string
  readonly region: string
  readonly service: string
}

const algorithm = 'AWS4-HMAC-SHA256'
const form =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([a-z\d;_.-]+),\s*Signature=([\da-f]{64})$/

/** Undefined where it is none of this kind. */
export function authorizationIn(header: string | null): Authorization | undefined {
  const [, accessKeyId, day, region, service, names, signature] = form.exec(header?.trim() ?? '') ?? []
  if (!accessKeyId || !day || !region || !service || !names || !signature) return undefined
  return { accessKeyId, scope: { day, region, service }, signedHeaders: names.split(';'), signature }
}

/** The header that a request is sent with. */
export function authorizationHeader({ accessKeyId, scope, signedHeaders, signature }: Authorization): string {
  const credential = `${accessKeyId}/${scopeText(scope)}`
  return `${algorithm} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
}

export interface Signer {
  /** Of the request as a whole. `at`: what stands in `x-amz-date`. */
  request(request: SignedRequest, signedHeaders: readonly string[]): string
  /** Of a chunk of its body, after the signature of the one before. */
  chunk(before: string, contentHash: string): string
  /** Of the header lines after the last chunk. */
  trailer(before: string, contentHash: string): string
}

/** @param at `20260102T030405Z` */
export function signer(secretAccessKey: string, scope: SigningScope, at: string): Signer {
  const key = [scope.day, scope.region, scope.service, 'aws4_request'].reduce<Buffer>(
    (before, word) => hmac(before, word),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
  const signed = (kind: string, ...lines: readonly string[]): string =>
    hmac(key, [kind, at, scopeText(scope), ...lines].join('\n')).toString('hex')
  return {
    request: (request, signedHeaders) => signed(algorithm, sha256(canonical(request, signedHeaders))),
    chunk: (before, contentHash) => signed(`${algorithm}-PAYLOAD`, before, sha256(''), contentHash),
    trailer: (before, contentHash) => signed(`${algorithm}-TRAILER`, before, contentHash),
  }
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}

/** An instant as signatures write it: `20260102T030405Z`. */
export function signingTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** The instant in `x-amz-date`; NaN where it is none. */
export function instantOf(at: string): number {
  return /^\d{8}T\d{6}Z$/.test(at) ? Date.parse(at.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5')) : Number.NaN
}

function scopeText({ day, region, service }: SigningScope): string {
  return `${day}/${region}/${service}/aws4_request`
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function canonical(request: SignedRequest, signedHeaders: readonly string[]): string {
  const { method, path, query, headers, payloadHash } = request
  const lines = signedHeaders.map(name => `${name}:${(headers.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`)
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    lines.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
}

/** Clients and servers on the way write the same path in several ways; signed is one. */
function canonicalPath(path: string): string {
  return path.split('/').map(rewritten).join('/')
}

function canonicalQuery(query: string): string {
  const parameters = query.split('&').filter(each => each !== '')
  const pairs = parameters.map(each => {
    const [name = '', ...value] = each.split('=')
    return [rewritten(name), rewritten(value.join('='))] as const
  })
  return pairs
    .sort(([a, x], [b, y]) => compared(a, b) || compared(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function compared(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1
}

/** Percent-encoded as RFC 3986 has it, whatever was encoded before. What cannot be read stays, and fits no signature. */
function rewritten(text: string): string {
  try {
    return percentEncoded(decodeURIComponent(text))
  } catch {
    return text
  }
}

export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
