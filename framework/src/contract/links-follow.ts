/**
 * Answers requests that come by a link, for any buckets: the other half of `links.ts`. Objects are what somebody
 * uploaded, and stand at an address of ours; so browsers are told to take the type as given, and to show only what
 * cannot run a script.
 */
import type { Buckets, ObjectState } from './bucket.ts'
import { limits, readable } from './limits.ts'
import type { Allowed, Links } from './links.ts'
import { type ProblemCode, problems } from './problem-table.ts'
import { fault, isFault } from './problems.ts'

type Linked = Pick<Buckets, 'head' | 'get' | 'put' | 'putPart'>

/**
 * Makes the `follow` of buckets whose links these are.
 * GET: 200, 206 or 416 (ranges), 304 (`If-None-Match`), 404; 409 where the object is cold.
 * PUT: 200 with the ETag, 415 (another type than the link's), 413, 409 (no such upload), 400 (it broke off).
 * Anything else, and whatever the link does not allow: 403.
 * @param options.maxBytes what one PUT may bring. Default 5 GB.
 */
export function followLinks(
  buckets: Linked,
  links: Links,
  options: { readonly maxBytes?: number } = {},
): (request: Request) => Promise<Response> {
  const { maxBytes = limits.linkBytes } = options
  return async request => {
    const allowed = links.allowed(request.method, request.url)
    if (!allowed) return refusal(403, 'not-allowed', 'this link is not valid or has ended')
    try {
      return allowed.method === 'GET'
        ? await given(buckets, allowed, request)
        : await taken(buckets, allowed, request, maxBytes)
    } catch (error) {
      return refusalOf(error)
    }
  }
}

// ---------- GET

async function given(buckets: Linked, { bucket, key }: Allowed, request: Request): Promise<Response> {
  const state = await buckets.head(bucket, key)
  if (!state) return refusal(404, 'no-such-route', 'there is no such object, or no longer')
  if (isKnown(request, state)) return new Response(null, { status: 304, headers: { ETag: quoted(state.etag) } })
  const range = rangeAsked(request, state)
  if (range === 'outside') return outside(state)
  const found = await buckets.get(bucket, key, range)
  // Replaced in between: the range was meant for another content, so the whole is the right answer.
  if (found && range && found.object.etag !== state.etag) return whole(await buckets.get(bucket, key))
  return range && found ? part(found, range) : whole(found)
}

type Found = Awaited<ReturnType<Buckets['get']>>

function whole(found: Found): Response {
  if (!found) return refusal(404, 'no-such-route', 'there is no such object, or no longer')
  const { object, content } = found
  const headers = { ...headersOf(object), 'Content-Length': String(object.bytes) }
  return new Response(ReadableStream.from(content), { headers })
}

function part({ object, content }: NonNullable<Found>, { first, last }: Range): Response {
  const headers = {
    ...headersOf(object),
    'Content-Length': String(last - first + 1),
    'Content-Range': `bytes ${first}-${last}/${object.bytes}`,
  }
  return new Response(ReadableStream.from(content), { status: 206, headers })
}

function outside({ bytes }: ObjectState): Response {
  return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${bytes}` } })
}

function headersOf({ key, type, etag, storedAtMs }: ObjectState): Record<string, string> {
  const name = key.slice(key.lastIndexOf('/') + 1)
  return {
    'Content-Type': /^[\x20-\x7e]+$/.test(type) ? type : 'application/octet-stream',
    'Content-Disposition': `${isShown(type) ? 'inline' : 'attachment'}; filename*=UTF-8''${inHeader(name)}`,
    'X-Content-Type-Options': 'nosniff',
    ETag: quoted(etag),
    'Last-Modified': new Date(storedAtMs).toUTCString(),
    'Accept-Ranges': 'bytes',
    // The address is the permission; a cache in between would hand the object to others after the link has ended.
    'Cache-Control': 'private, no-cache',
  }
}

/** Whether a browser may show a type at our address: what can run a script there is offered as a download instead. */
function isShown(type: string): boolean {
  const name = type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (name.endsWith('+xml') || name.endsWith('/xml')) return false
  return /^(image|audio|video)\//.test(name) || ['text/plain', 'application/pdf', 'application/json'].includes(name)
}

/** As RFC 8187 writes a value of a header parameter. */
function inHeader(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function quoted(etag: string): string {
  return `"${etag}"`
}

function isKnown({ headers }: Request, { etag }: ObjectState): boolean {
  const known = headers.get('If-None-Match')?.split(',') ?? []
  return known.some(each => [quoted(etag), '*'].includes(each.trim().replace(/^W\//, '')))
}

interface Range {
  readonly first: number
  readonly last: number
}

/** The range asked for. What is malformed, several ranges, or a range of another content, is no range. */
function rangeAsked({ headers }: Request, { bytes, etag }: ObjectState): Range | 'outside' | undefined {
  const ofContent = headers.get('If-Range')
  if (ofContent !== null && ofContent !== quoted(etag)) return undefined
  const asked = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get('Range') ?? '')
  const [from = '', to = ''] = asked?.slice(1) ?? []
  if (from === '' && to === '') return undefined
  if (from !== '' && to !== '' && Number(from) > Number(to)) return undefined
  const first = from === '' ? Math.max(0, bytes - Number(to)) : Number(from)
  const last = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1)
  return first > last ? 'outside' : { first, last }
}

// ---------- PUT

async function taken(buckets: Linked, to: Allowed, request: Request, maxBytes: number): Promise<Response> {
  const type = request.headers.get('Content-Type') ?? undefined
  if (to.type !== undefined && plainType(type ?? '') !== plainType(to.type)) {
    return refusal(415, 'unsupported-media-type', `this link takes ${to.type}`)
  }
  checkBytes(Number(request.headers.get('Content-Length') ?? 0), maxBytes)
  const content = checked(request.body ?? none(), maxBytes)
  const { etag } = to.part
    ? await buckets.putPart(to.bucket, to.part.upload, to.part.number, content)
    : await buckets.put(to.bucket, to.key, content, type === undefined ? {} : { type })
  return new Response(null, { headers: { ETag: quoted(etag) } })
}

/** Media types are alike whatever their case and spaces. */
export function plainType(type: string): string {
  return type.replace(/\s/g, '').toLowerCase()
}

function checkBytes(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw fault('object-too-large', `the limit of a link is ${readable(maxBytes)}`)
}

/** What a body that did not arrive whole fails with. */
class BrokenOff extends Error {}

async function* checked(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of arriving(body)) {
    bytes += chunk.byteLength
    checkBytes(bytes, maxBytes)
    yield chunk
  }
}

async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw new BrokenOff('the body broke off', { cause: error })
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}

// ---------- refusals

const statuses: Partial<Record<ProblemCode, number>> = {
  'object-too-large': 413,
  'object-cold': 409,
  'part-invalid': 409,
}

/** What the holder of the link can do something about is said; the rest is for whoever runs the door. */
function refusalOf(error: unknown): Response {
  if (error instanceof BrokenOff) return refusal(400, 'request-invalid', error.message)
  const status = isFault(error) ? statuses[error.code] : undefined
  if (!isFault(error) || status === undefined) throw error
  return refusal(status, error.code, error.detail)
}

function refusal(status: number, code: ProblemCode, detail: string): Response {
  return Response.json(
    { title: problems[code].title, status, code, detail },
    { status, headers: { 'Content-Type': 'application/problem+json', 'X-Content-Type-Options': 'nosniff' } },
  )
}
