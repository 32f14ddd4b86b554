/**
 * The bodies that S3 clients send: plain, signed as a whole by their SHA-256, or in chunks (`aws-chunked`), each signed or
 * none, with header lines after the last. Gives the content, and breaks off where it is not what was signed or summed; so
 * whoever keeps it keeps nothing.
 *
 * Checksums are compared where Node can make them: CRC32, SHA-1, SHA-256 and MD5. CRC32C and CRC64NVME are not.
 */
import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { isSame } from './links.ts'
import { sha256 } from './signature-v4.ts'

/** A body that is not what its sender says of it. The code is S3's. */
export class WrongBody extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface ChunkSigner {
  chunk(before: string, contentHash: string): string
  trailer(before: string, contentHash: string): string
}

export interface SignedBody {
  readonly body: AsyncIterable<Uint8Array>
  readonly headers: Headers
  /** What stands in `x-amz-content-sha256`. */
  readonly payloadHash: string
  /** Of the request; the first chunk is signed after it. */
  readonly signature: string
  readonly signer: ChunkSigner
}

const inChunks = new Map([
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { signed: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { signed: true }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { signed: true }],
])

/** Whether a payload hash is one of those that bodies here can have. */
export function isPayloadHash(hash: string): boolean {
  return hash === 'UNSIGNED-PAYLOAD' || inChunks.has(hash) || /^[\da-f]{64}$/.test(hash)
}

/** The bytes that the content has by its sender's word; undefined where nothing is said. */
export function declaredBytes(headers: Headers): number | undefined {
  const length = headers.get('x-amz-decoded-content-length') ?? headers.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

/** The content. Throws `WrongBody` at its end, or before. */
export async function* contentOf(signed: SignedBody): AsyncGenerator<Uint8Array> {
  const { headers, payloadHash } = signed
  const chunked = inChunks.get(payloadHash)
  const trailers = new Map<string, string>()
  const content = chunked ? unframed(signed, chunked.signed, trailers) : arriving(signed.body)
  const sums = sumsFor(headers, payloadHash)
  let bytes = 0
  for await (const piece of content) {
    bytes += piece.byteLength
    for (const { sum } of sums) sum.update(piece)
    yield piece
  }
  const declared = declaredBytes(headers)
  if (declared !== undefined && declared !== bytes)
    throw new WrongBody('IncompleteBody', 'the body is not as long as said')
  for (const { name, sum, expected } of sums) {
    const wanted = expected ?? trailers.get(name)
    if (wanted !== undefined && wanted !== sum.digest())
      throw new WrongBody('BadDigest', `${name} is not that of the body`)
  }
}

async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw new WrongBody('IncompleteBody', 'the body broke off', { cause: error })
  }
}

// ---------- checksums

interface Sum {
  update(piece: Uint8Array): void
  digest(): string
}

interface ExpectedSum {
  readonly name: string
  readonly sum: Sum
  /** Absent: it comes after the body, or not at all. */
  readonly expected: string | undefined
}

function sumsFor(headers: Headers, payloadHash: string): readonly ExpectedSum[] {
  const later = (headers.get('x-amz-trailer') ?? '').toLowerCase().split(',')
  const named = sumsByHeader.flatMap(([name, make]) => {
    const expected = headers.get(name) ?? undefined
    return expected !== undefined || later.some(each => each.trim() === name) ? [{ name, sum: make(), expected }] : []
  })
  if (!/^[\da-f]{64}$/.test(payloadHash)) return named
  return [...named, { name: 'x-amz-content-sha256', sum: hashSum('sha256', 'hex'), expected: payloadHash }]
}

const sumsByHeader: readonly (readonly [name: string, make: () => Sum])[] = [
  ['content-md5', () => hashSum('md5', 'base64')],
  ['x-amz-checksum-crc32', crcSum],
  ['x-amz-checksum-sha1', () => hashSum('sha1', 'base64')],
  ['x-amz-checksum-sha256', () => hashSum('sha256', 'base64')],
]

function hashSum(algorithm: string, encoding: 'hex' | 'base64'): Sum {
  const hash: Hash = createHash(algorithm)
  return { update: piece => void hash.update(piece), digest: () => hash.digest(encoding) }
}

function crcSum(): Sum {
  let value = 0
  return {
    update(piece) {
      value = crc32(piece, value)
    },
    digest() {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString('base64')
    },
  }
}

// ---------- chunks

/** `size;chunk-signature=…`, the bytes, and again, until a size of 0; then header lines, if any. */
async function* unframed(
  { body, signature, signer }: SignedBody,
  isSigned: boolean,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const reader = new Reader(arriving(body))
  let before = signature
  for (;;) {
    const { bytes, given } = headOf(await reader.line())
    const hash = createHash('sha256')
    for await (const piece of reader.take(bytes)) {
      hash.update(piece)
      yield piece
    }
    if (isSigned) before = sameSignature(signer.chunk(before, hash.digest('hex')), given)
    if (bytes === 0) break
    if ((await reader.line()) !== '') throw malformed()
  }
  await readTrailers(reader, trailers)
  const trailer = trailers.get('x-amz-trailer-signature')
  trailers.delete('x-amz-trailer-signature')
  if (!isSigned || trailers.size === 0) return
  const lines = [...trailers].map(([name, value]) => `${name}:${value}\n`)
  sameSignature(signer.trailer(before, sha256(lines.join(''))), trailer)
}

function headOf(line: string): { readonly bytes: number; readonly given: string | undefined } {
  const [, size, given] = /^([\da-f]{1,9})(?:;chunk-signature=([\da-f]{64}))?$/i.exec(line) ?? []
  if (size === undefined) throw malformed()
  return { bytes: Number.parseInt(size, 16), given }
}

async function readTrailers(reader: Reader, trailers: Map<string, string>): Promise<void> {
  // An empty line ends them; some clients send one before the signature as well, so only the end of the body does.
  for (let lines = 0; lines < 20 && !(await reader.isOver()); lines++) {
    const line = await reader.line()
    const at = line.indexOf(':')
    if (at > 0) trailers.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim())
    else if (line !== '') throw malformed()
  }
}

function sameSignature(made: string, given: string | undefined): string {
  if (isSame(made, given ?? '')) return made
  throw new WrongBody('SignatureDoesNotMatch', 'a part of the body is not signed by these credentials')
}

function malformed(): WrongBody {
  return new WrongBody('InvalidRequest', 'the body is not in chunks as `aws-chunked` has them')
}

const mostLineBytes = 4_096

/** Lines and counted bytes of a body. */
class Reader {
  readonly #pieces: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]()
  }

  async isOver(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      const { done, value } = await this.#pieces.next()
      if (done) return true
      this.#rest = value
    }
    return false
  }

  /** Without its end. */
  async line(): Promise<string> {
    const parts: Uint8Array[] = []
    for (let bytes = 0; bytes < mostLineBytes; ) {
      if (await this.isOver()) throw new WrongBody('IncompleteBody', 'the body broke off')
      const end = this.#rest.indexOf(0x0a)
      const part = this.#cut(end === -1 ? this.#rest.byteLength : end + 1)
      bytes += part.byteLength
      parts.push(part)
      if (end !== -1)
        return Buffer.concat(parts)
          .toString('latin1')
          .replace(/\r?\n$/, '')
    }
    throw malformed()
  }

  async *take(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      if (await this.isOver()) throw new WrongBody('IncompleteBody', 'the body broke off')
      const piece = this.#cut(Math.min(left, this.#rest.byteLength))
      left -= piece.byteLength
      yield piece
    }
  }

  #cut(bytes: number): Uint8Array {
    const piece = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(bytes)
    return piece
  }
}
