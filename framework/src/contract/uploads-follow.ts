/**
 * Answers S3 clients that have credentials to upload, for any buckets: the other half of `uploads.ts`. Of S3's protocol it
 * speaks PutObject, CreateMultipartUpload, UploadPart, CompleteMultipartUpload and AbortMultipartUpload, with path-style
 * addresses, signed by Signature V4 in the `Authorization` header. Everything else is refused, also what S3 would take
 * along with a put (copies of other objects, access lists, tags, encryption): nothing is left out without a word.
 */
import type { Buckets, PutObject, UploadCredentials, UploadScope } from './bucket.ts'
import type { Clock } from './clock.ts'
import { limits, readable } from './limits.ts'
import { isSame } from './links.ts'
import { plainType } from './links-follow.ts'
import { fault, isFault, type ProblemCode } from './problems.ts'
import { authorizationIn, instantOf, percentEncoded, signer } from './signature-v4.ts'
import { contentOf, declaredBytes, isPayloadHash, type SignedBody, WrongBody } from './signed-body.ts'
import { type AllowedUpload, isAtPlace, type UploadKeys, uploadKeys } from './uploads.ts'

type Uploadable = Pick<Buckets, 'put' | 'startUpload' | 'putPart' | 'finishUpload' | 'dropUpload'>

export interface UploadDoor {
  uploadCredentials(scope: UploadScope): Promise<UploadCredentials>
  upload(request: Request): Promise<Response>
}

export interface UploadDoorOptions {
  readonly clock: Clock
  /** An address of the host at which S3 clients reach us; the bucket is the first part of their paths. */
  readonly baseUrl: string
  /** Signs; known to all processes that answer such requests, and to nobody else. */
  readonly key: string | Uint8Array
  /** What the names of buckets begin with for S3 clients. Default: nothing. */
  readonly bucketPrefix?: string
  /** What one part may have, where an engine holds it in memory. Default: 5 GB. */
  readonly partBytes?: number
}

/** Makes the `uploadCredentials` and `upload` of buckets whose S3 endpoint is ours. */
export function uploadDoor(buckets: Uploadable, options: UploadDoorOptions): UploadDoor {
  const { clock, baseUrl, key, bucketPrefix = '', partBytes = limits.linkBytes } = options
  const keys = uploadKeys({ clock, key, bucketPrefix, endpoint: new URL(baseUrl).origin })
  const door = { buckets, keys, clock, bucketPrefix, partBytes }
  return {
    uploadCredentials: async scope => keys.credentials(scope),
    async upload(request) {
      try {
        return await answered(door, request)
      } catch (error) {
        return refusalOf(error, clock)
      }
    },
  }
}

interface Door {
  readonly buckets: Uploadable
  readonly keys: UploadKeys
  readonly clock: Clock
  readonly bucketPrefix: string
  readonly partBytes: number
}

/** What a client wants, once it is known who it is. */
interface Asked extends Place {
  readonly allowed: AllowedUpload
  readonly request: Request
  readonly query: URLSearchParams
  readonly body: Omit<SignedBody, 'body'>
}

interface Place {
  readonly bucket: string
  readonly key: string
}

async function answered(door: Door, request: Request): Promise<Response> {
  const asked = { ...signedBy(door, request), ...placeIn(door, request) }
  const { allowed, bucket, key } = asked
  if (allowed.bucket !== bucket || !isAtPlace(allowed.place, key)) throw denied()
  const act = actionFor(asked)
  checkHeaders(request.headers)
  return act(door, asked)
}

// ---------- who asks

function signedBy({ keys, clock }: Door, request: Request): Omit<Asked, keyof Place> {
  const { headers, method } = request
  const { pathname, search, searchParams } = new URL(request.url)
  const signed = authorizationIn(headers.get('authorization'))
  const holder = keys.holder(headers.get('x-amz-security-token') ?? '')
  if (!signed || !holder || signed.accessKeyId !== holder.accessKeyId) throw denied()
  const [at, payloadHash] = [headers.get('x-amz-date') ?? '', headers.get('x-amz-content-sha256') ?? '']
  if (signed.scope.service !== 's3' || !at.startsWith(signed.scope.day) || !isPayloadHash(payloadHash)) throw denied()
  checkAllSigned(headers, signed.signedHeaders)
  const sign = signer(holder.secretAccessKey, signed.scope, at)
  const whole = { method, path: pathname, query: search.slice(1), headers, payloadHash }
  if (!isSame(sign.request(whole, signed.signedHeaders), signed.signature)) throw denied()
  checkTime(clock, at, holder.allowed)
  const body = { headers, payloadHash, signature: signed.signature, signer: sign }
  return { allowed: holder.allowed, request, query: searchParams, body }
}

/** What is not signed may have been added on the way. */
function checkAllSigned(headers: Headers, signedHeaders: readonly string[]): void {
  const signed = new Set(signedHeaders)
  for (const name of headers.keys()) if (name.startsWith('x-amz-') && !signed.has(name)) throw denied()
  if (!signed.has('host')) throw denied()
}

/** How far a client's clock may be off. */
const mostSkewMs = 15 * 60_000

function checkTime(clock: Clock, at: string, { untilMs }: AllowedUpload): void {
  const nowMs = clock.now()
  if (nowMs >= untilMs) throw new Refusal(400, 'ExpiredToken', 'these credentials have ended')
  if (Math.abs(instantOf(at) - nowMs) <= mostSkewMs) return
  throw new Refusal(403, 'RequestTimeTooSkewed', 'the clock of the client is off by more than 15 minutes')
}

function placeIn({ bucketPrefix }: Door, { url }: Request): Place {
  const [, bucket = '', ...key] = new URL(url).pathname.split('/')
  try {
    const name = decodeURIComponent(bucket)
    if (!name.startsWith(bucketPrefix)) throw denied()
    return { bucket: name.slice(bucketPrefix.length), key: decodeURIComponent(key.join('/')) }
  } catch {
    throw denied()
  }
}

// ---------- what is asked

type Action = (door: Door, asked: Asked) => Promise<Response>

/** By method and names of parameters: another parameter is another operation. */
const actions: Readonly<Record<string, Action>> = {
  'PUT ': put,
  'POST uploads': start,
  'PUT partNumber,uploadId': putPart,
  'POST uploadId': finish,
  'DELETE uploadId': drop,
}

function actionFor({ request, query }: Asked): Action {
  const names = [...query.keys()].filter(name => name !== 'x-id').sort()
  const action = actions[`${request.method} ${names.join(',')}`]
  if (action) return action
  throw denied()
}

/** Headers of S3 that change nothing of what is kept here. */
const known = new Set([
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'x-amz-user-agent',
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-mp-object-size',
])

function checkHeaders(headers: Headers): void {
  for (const name of headers.keys()) {
    const isKnown = known.has(name) || name.startsWith('x-amz-meta-') || name.startsWith('x-amz-checksum-')
    if (name.startsWith('x-amz-') && !isKnown) throw notHere(name)
  }
  const encodings = (headers.get('content-encoding') ?? '').split(',').map(each => each.trim())
  if (encodings.some(each => each !== '' && each !== 'aws-chunked')) throw notHere('content-encoding')
  if (headers.has('if-match')) throw notHere('if-match')
}

async function put({ buckets }: Door, asked: Asked): Promise<Response> {
  const { bucket, key, allowed, request } = asked
  const about = aboutIn(request.headers, allowed)
  const ifAbsent = request.headers.get('if-none-match') === '*'
  const content = bodyOf(asked, Math.min(allowed.maxBytes ?? limits.linkBytes, limits.linkBytes))
  const { etag } = await buckets.put(bucket, key, content, { ...about, ...(ifAbsent ? { ifAbsent } : {}) })
  return new Response(null, { headers: { ETag: `"${etag}"` } })
}

/** Whoever began an upload may never come back. */
const uploadMs = 24 * 3_600_000

async function start(
  { buckets, keys, clock, bucketPrefix }: Door,
  { bucket, key, allowed, request }: Asked,
): Promise<Response> {
  const { maxBytes } = allowed
  const bounds = { ...(maxBytes === undefined ? {} : { maxBytes }), untilMs: clock.now() + uploadMs }
  const upload = await buckets.startUpload(bucket, key, { ...aboutIn(request.headers, allowed), ...bounds })
  const UploadId = keys.uploadName(upload, bucket, key)
  return xml('InitiateMultipartUploadResult', { Bucket: bucketPrefix + bucket, Key: key, UploadId })
}

async function putPart(door: Door, asked: Asked): Promise<Response> {
  const number = Number(asked.query.get('partNumber'))
  const content = bodyOf(asked, Math.min(asked.allowed.maxBytes ?? door.partBytes, door.partBytes))
  const { etag } = await door.buckets.putPart(asked.bucket, uploadOf(door, asked), number, content)
  return new Response(null, { headers: { ETag: `"${etag}"` } })
}

async function finish(door: Door, asked: Asked): Promise<Response> {
  const { bucket, key } = asked
  if (asked.request.headers.has('if-none-match')) throw notHere('if-none-match')
  const upload = uploadOf(door, asked)
  const parts = partsIn(await textOf(bodyOf(asked, mostListBytes)))
  const { etag } = await door.buckets.finishUpload(bucket, upload, parts)
  const Bucket = door.bucketPrefix + bucket
  const path = key.split('/').map(percentEncoded).join('/')
  const Location = `${new URL(asked.request.url).origin}/${Bucket}/${path}`
  return xml('CompleteMultipartUploadResult', { Location, Bucket, Key: key, ETag: `"${etag}"` })
}

async function drop(door: Door, asked: Asked): Promise<Response> {
  await door.buckets.dropUpload(asked.bucket, uploadOf(door, asked))
  return new Response(null, { status: 204 })
}

function uploadOf({ keys }: Door, { bucket, key, query }: Asked): string {
  const upload = keys.uploadIn(query.get('uploadId') ?? '', bucket, key)
  if (upload !== undefined) return upload
  throw new Refusal(404, 'NoSuchUpload', 'no such upload is under way at this key')
}

function aboutIn(headers: Headers, { types }: AllowedUpload): Pick<PutObject, 'type' | 'metadata'> {
  const type = headers.get('content-type') ?? undefined
  if (types && !types.some(each => plainType(each) === plainType(type ?? ''))) {
    throw new Refusal(403, 'AccessDenied', `these credentials are for objects of type ${types.join(', ')}`)
  }
  const named = [...headers].filter(([name]) => name.startsWith('x-amz-meta-'))
  const metadata = Object.fromEntries(named.map(([name, value]) => [name.slice('x-amz-meta-'.length), value]))
  if (Object.keys(metadata).some(name => !/^[a-z\d-]+$/.test(name))) throw notHere('a name in x-amz-meta-')
  return { ...(type === undefined ? {} : { type }), ...(named.length > 0 ? { metadata } : {}) }
}

// ---------- bodies

/** The list of 10,000 parts with all checksums stays below. */
const mostListBytes = 4 * 1_024 * 1_024

function bodyOf({ request, body }: Asked, maxBytes: number): AsyncIterable<Uint8Array> {
  checkBytes(declaredBytes(request.headers) ?? 0, maxBytes)
  return bounded(contentOf({ ...body, body: request.body ?? none() }), maxBytes)
}

async function* bounded(content: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of content) {
    bytes += piece.byteLength
    checkBytes(bytes, maxBytes)
    yield piece
  }
}

function checkBytes(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw fault('object-too-large', `at most ${readable(maxBytes)} are taken here`)
}

async function* none(): AsyncGenerator<Uint8Array> {}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** Of `CompleteMultipartUpload`, which has no attributes and no mixed content that mattered. */
function partsIn(list: string): readonly { readonly number: number; readonly etag: string }[] {
  return [...list.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>\s*(\d{1,5})\s*<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/s.exec(part)?.[1] ?? '').replace(/&quot;|&#34;|"|\s/g, ''),
  }))
}

// ---------- answers

/** What a client is told. The code is S3's. */
class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

function denied(): Refusal {
  return new Refusal(403, 'AccessDenied', 'these credentials do not allow this, or its signature is wrong')
}

function notHere(what: string): Refusal {
  return new Refusal(501, 'NotImplemented', `uploads here do not take ${what}`)
}

const codes: Partial<Record<ProblemCode, readonly [status: number, code: string]>> = {
  'object-too-large': [400, 'EntityTooLarge'],
  'part-invalid': [400, 'InvalidPart'],
  'invalid-key': [400, 'InvalidArgument'],
  conflict: [412, 'PreconditionFailed'],
}

function refusalOf(error: unknown, clock: Clock): Response {
  const refusal = isFault(error) ? refusalFor(error.code, error.detail) : error
  if (refusal instanceof WrongBody) return refused(new Refusal(400, refusal.code, refusal.message), clock)
  if (refusal instanceof Refusal) return refused(refusal, clock)
  throw error
}

function refusalFor(code: ProblemCode, detail: string): Refusal | undefined {
  const [status, s3Code] = codes[code] ?? []
  return status && s3Code ? new Refusal(status, s3Code, detail) : undefined
}

/** With our time: a client whose clock is off can see by how much. */
function refused({ status, code, message }: Refusal, clock: Clock): Response {
  const answer = xml('Error', { Code: code, Message: message }, status)
  answer.headers.set('Date', new Date(clock.now()).toUTCString())
  return answer
}

function xml(name: string, values: Readonly<Record<string, string>>, status = 200): Response {
  const lines = Object.entries(values).map(([tag, value]) => `<${tag}>${escaped(value)}</${tag}>`)
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${lines.join('')}</${name}>`
  return new Response(body, { status, headers: { 'Content-Type': 'application/xml' } })
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`)
}
