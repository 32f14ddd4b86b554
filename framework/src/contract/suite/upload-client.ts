/** A small S3 client: signs as credentials say, and sends what a test wants, also what no honest client would. */
import type { UploadCredentials } from '../bucket.ts'
import { authorizationHeader, percentEncoded, sha256, signer, signingTime } from '../signature-v4.ts'

export interface Sending {
  readonly method: 'PUT' | 'POST' | 'GET' | 'HEAD' | 'DELETE'
  readonly key: string
  readonly bucket?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is sent without being signed. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>
}

export type UploadClient = (sending: Sending) => Promise<Response>

/** `nowMs`: by the clock of the client. */
export function uploadClient(
  credentials: UploadCredentials,
  reach: (request: Request) => Promise<Response>,
  nowMs: () => number,
): UploadClient {
  return sending => reach(signedRequest(credentials, sending, signingTime(nowMs())))
}

function signedRequest(credentials: UploadCredentials, sending: Sending, at: string): Request {
  const { method, key, bucket = credentials.bucket, query = '', body } = sending
  const path = `/${bucket}/${key.split('/').map(percentEncoded).join('/')}`
  const url = `${credentials.endpoint}${path}${query && `?${query}`}`
  const payloadHash = body instanceof ReadableStream ? 'UNSIGNED-PAYLOAD' : sha256(body ?? '')
  const headers = new Headers({
    host: new URL(url).host,
    'x-amz-date': at,
    'x-amz-content-sha256': payloadHash,
    'x-amz-security-token': credentials.sessionToken,
    ...(body instanceof Uint8Array ? { 'content-length': String(body.byteLength) } : {}),
    ...sending.headers,
  })
  const signedHeaders = [...headers.keys()].sort()
  const scope = { day: at.slice(0, 8), region: credentials.region, service: 's3' }
  const request = { method, path, query, headers, payloadHash: headers.get('x-amz-content-sha256') ?? '' }
  const signature = signer(credentials.secretAccessKey, scope, at).request(request, signedHeaders)
  const { accessKeyId } = credentials
  headers.set('authorization', authorizationHeader({ accessKeyId, scope, signedHeaders, signature }))
  return new Request(url, { method, headers, ...(body === undefined ? {} : { body, duplex: 'half' }) })
}

/** The text of an element of an answer. */
export function textIn(answer: string, element: string): string {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(answer)?.[1] ?? ''
}

export function listOfParts(parts: readonly { readonly number: number; readonly etag: string }[]): Uint8Array {
  const list = parts.map(
    ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${etag}&quot;</ETag></Part>`,
  )
  return new TextEncoder().encode(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`)
}
