import { describe, expect, it } from 'vitest'
import { authorizationIn, instantOf, sha256 as sha256Of, signer, signingTime } from './signature-v4.ts'
import { contentOf, WrongBody } from './signed-body.ts'

/** The example in Amazon's documentation of chunked uploads ("Signature Calculations for the Authorization Header"). */
const at = '20130524T000000Z'
const authorization =
  'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
  'SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,' +
  'Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
const headers = new Headers({
  'content-encoding': 'aws-chunked',
  'content-length': '66824',
  host: 's3.amazonaws.com',
  'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'x-amz-date': at,
  'x-amz-decoded-content-length': '66560',
  'x-amz-storage-class': 'REDUCED_REDUNDANCY',
})
const signatures = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
]
const sign = signer(
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  { day: '20130524', region: 'us-east-1', service: 's3' },
  at,
)

function framed(chunks: readonly string[], after = '\r\n'): string {
  const lines = chunks.map(
    (chunk, index) => `${chunk.length.toString(16)};chunk-signature=${signatures[index]}\r\n${chunk}`,
  )
  return lines.join('\r\n') + after
}

/** The content, however the body is cut into pieces. */
async function read(body: string, pieceBytes: number, more: Partial<Parameters<typeof contentOf>[0]> = {}) {
  const bytes = Buffer.from(body)
  async function* pieces() {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  const signature = authorizationIn(authorization)?.signature ?? ''
  const payloadHash = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  const parts: Uint8Array[] = []
  const signed = { body: pieces(), headers, payloadHash, signature, signer: sign, ...more }
  for await (const part of contentOf(signed)) parts.push(part)
  return Buffer.concat(parts).toString()
}

const example = ['a'.repeat(65_536), 'a'.repeat(1_024), '']

describe('a body in signed chunks', () => {
  it('belongs to a request signed as in the example of Amazon', () => {
    const request = {
      ...{ method: 'PUT', path: '/examplebucket/chunkObject.txt', query: '' },
      ...{ headers, payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    }
    const signed = authorizationIn(authorization)
    expect(sign.request(request, signed?.signedHeaders ?? [])).toBe(signed?.signature)
    expect(signed?.accessKeyId).toBe('AKIAIOSFODNN7EXAMPLE')
  })

  it('is read as in the example of Amazon, however it arrives', async () => {
    for (const pieceBytes of [7, 1_000, 1_000_000]) {
      expect(await read(framed(example, '\r\n\r\n'), pieceBytes)).toBe('a'.repeat(66_560))
      expect(await read(framed(example), pieceBytes)).toBe('a'.repeat(66_560))
    }
  })

  it('is refused where a byte, a signature or the order was changed, or where something is missing', async () => {
    const whole = framed(example)
    const changed = [
      whole.replace('\r\na', '\r\nb'),
      whole.replace('ad80', 'ad81'),
      whole.replace('b6c6', 'b6c7'),
      whole.replace(/;chunk-signature=[\da-f]+/, ''),
      framed([example[1] ?? '', example[0] ?? '', '']),
      framed(['', '', '']),
      whole.slice(0, -120),
      whole.slice(0, 1_000),
      whole.replace('10000;', 'zz;'),
      '',
    ]
    for (const body of changed) await expect(read(body, 5_000), body.slice(0, 20)).rejects.toThrow(WrongBody)
  })

  it('has checksums after it, which are compared', async () => {
    const unsigned = (sum: string) =>
      read(`3\r\nabc\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`, 4, {
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        headers: new Headers({ 'x-amz-trailer': 'x-amz-checksum-crc32', 'x-amz-decoded-content-length': '3' }),
      })
    expect(await unsigned('NSRBwg==')).toBe('abc')
    await expect(unsigned('NSRBwQ==')).rejects.toMatchObject({ code: 'BadDigest' })
  })

  it('may sign what comes after it', async () => {
    const first = sign.chunk('0'.repeat(64), sha256Of('abc'))
    const last = sign.chunk(first, sha256Of(''))
    const trailer = (value: string, signature: string) =>
      read(
        `3;chunk-signature=${first}\r\nabc\r\n0;chunk-signature=${last}\r\n` +
          `x-amz-checksum-crc32:${value}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`,
        9,
        {
          ...{ payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', signature: '0'.repeat(64) },
          headers: new Headers({ 'x-amz-trailer': 'x-amz-checksum-crc32' }),
        },
      )
    const good = sign.trailer(last, sha256Of('x-amz-checksum-crc32:NSRBwg==\n'))
    expect(await trailer('NSRBwg==', good)).toBe('abc')
    await expect(trailer('NSRBwg==', last)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
    await expect(trailer('AAAAAA==', good)).rejects.toThrow(WrongBody)
  })
})

describe('times of signatures', () => {
  it('are read as they are written', () => {
    expect(signingTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe('20260102T030405Z')
    expect(instantOf('20260102T030405Z')).toBe(Date.UTC(2026, 0, 2, 3, 4, 5))
    expect(instantOf('yesterday')).toBeNaN()
  })
})
