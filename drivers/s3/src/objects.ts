/**
 * What is asked of a server that speaks S3, by Amazon's client: it takes long to load, so nothing here is loaded in a
 * function of Lambda before a bucket is first used (`bucket.ts` asks for it).
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import {
  type BucketShape,
  type Buckets,
  type Bytes,
  type Clock,
  checkedLimit,
  checkObjectKey,
  checkPartNumber,
  checkPartOrder,
  checkPrefix,
  checkUploadBytes,
  fault,
  hasExpired,
  isFault,
  keyInCursor,
  type LinkTo,
  limits,
  type ObjectCreatedMessage,
  type ObjectState,
  objectCursorOf,
  type Part,
  type PutObject,
  type StartUpload,
} from 'groundplan/driver'
import type { S3Options } from './bucket.ts'
import { persistently, s3ErrorOf, unavailable } from './calls.ts'
import { collected, pieces } from './content.ts'
import { bucketName } from './names.ts'
import { stateOf, timeNote } from './state.ts'

/** How many objects of a listing are asked for at the same time. */
const headsAtOnce = 32
const firstPieceBytes = 8 * 1_024 * 1_024

/** The buckets of a plan, by their names in it, and the client that asks for them. */
export function openedBuckets(options: S3Options) {
  const client = s3Client(options)
  return { client, all: new Map(options.buckets.map(shape => [shape.name, new S3Bucket(client, shape, options)])) }
}

/** A client without surprises: no checksums that other servers do not know, connections that stay open. */
export function s3Client({ region, endpoint, credentials }: Omit<S3Options, 'clock' | 'prefix' | 'buckets'>): S3Client {
  const agent = { keepAlive: true, maxSockets: 500 }
  return new S3Client({
    region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, httpAgent: agent, httpsAgent: agent },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  })
}

type Range = Parameters<Buckets['get']>[2]

class S3Bucket {
  readonly #client: S3Client
  readonly #clock: Clock
  readonly #shape: BucketShape
  readonly #tell: S3Options['tell']
  readonly #name: string
  #told = 0

  constructor(client: S3Client, shape: BucketShape, { clock, prefix, tell }: S3Options) {
    this.#client = client
    this.#clock = clock
    this.#shape = shape
    this.#tell = tell
    this.#name = bucketName(prefix, shape.name)
  }

  /** On the server. */
  get name(): string {
    return this.#name
  }

  async put(key: string, content: Bytes, options: PutObject = {}): Promise<ObjectState> {
    checkObjectKey(key)
    const condition = await this.#conditionFor(key, options)
    const sizes = pieces(content, pieceBytes)
    const { value: first = new Uint8Array() } = await sizes.next()
    const second = await sizes.next()
    const put = second.done
      ? await this.#putWhole(key, first, options, condition)
      : await this.#putPieces(key, [first, second.value], sizes, options, condition)
    await this.#tellOf(put)
    return put
  }

  async get(key: string, range?: Range) {
    checkObjectKey(key)
    const Range = range && `bytes=${range.first}-${range.last ?? ''}`
    const command = new GetObjectCommand({ Bucket: this.#name, Key: key, ...(Range ? { Range } : {}) })
    const found = await this.#send('GetObject', () => this.#client.send(command)).catch(error =>
      this.#notGiven(key, error),
    )
    if (!found) return undefined
    if ('object' in found) return found
    const object = this.#live(stateOf(key, found))
    const content = contentOf(found)
    if (object) return { object, content }
    for await (const _ of content) break
    return undefined
  }

  async head(key: string): Promise<ObjectState | undefined> {
    checkObjectKey(key)
    return this.#live(await this.#headRaw(key))
  }

  async remove(key: string): Promise<void> {
    checkObjectKey(key)
    await this.#send('DeleteObject', () => this.#client.send(new DeleteObjectCommand({ Bucket: this.#name, Key: key })))
  }

  async list({ prefix = '', limit, after }: Parameters<Buckets['list']>[1]) {
    checkedLimit(limit)
    checkPrefix(prefix)
    let from = after === undefined ? undefined : keyInCursor(after, prefix)
    const objects: ObjectState[] = []
    // No key is longer, so no object has such a prefix; some servers mind being asked.
    let more = Buffer.byteLength(prefix) <= limits.objectKeyBytes
    while (more && objects.length <= limit) {
      const page = await this.#page(prefix, limit + 1 - objects.length, from)
      objects.push(...(await this.#heads(page.keys)))
      from = page.keys.at(-1) ?? from
      more = page.more
    }
    const [last] = objects.slice(limit - 1)
    return objects.length > limit && last
      ? { objects: objects.slice(0, limit), after: objectCursorOf(last.key) }
      : { objects }
  }

  async restore(key: string, forMs: number): Promise<void> {
    const object = await this.head(key)
    if (object?.state !== 'cold') throw fault('conflict', `nothing is cold at "${key}"`)
    const Days = Math.max(1, Math.ceil(forMs / 86_400_000))
    const request = {
      Bucket: this.#name,
      Key: key,
      RestoreRequest: { Days, GlacierJobParameters: { Tier: 'Standard' } },
    } as const
    await this.#send('RestoreObject', () => this.#client.send(new RestoreObjectCommand(request)))
  }

  async startUpload(key: string, { maxBytes, untilMs, ...options }: StartUpload = {}): Promise<string> {
    checkObjectKey(key)
    const id = await this.#start(key, options)
    return uploadName({ bucket: this.#shape.name, key, id, maxBytes, untilMs })
  }

  async putPart(upload: string, number: number, content: Bytes): Promise<Part> {
    checkPartNumber(number)
    const { key, id } = this.#upload(upload)
    return this.#putPart(key, id, number, await collected(content)).catch(error => this.#partRefused(error))
  }

  async finishUpload(upload: string, parts: readonly Part[]): Promise<ObjectState> {
    const { key, id, maxBytes } = this.#upload(upload)
    checkPartOrder(parts)
    if (maxBytes !== undefined) checkUploadBytes(await this.#bytesOf(key, id, parts), maxBytes)
    const object = await this.#finish(key, id, parts, {}).catch(error => this.#partRefused(error))
    await this.#tellOf(object)
    return object
  }

  async dropUpload(upload: string): Promise<void> {
    const known = uploadIn(upload)
    if (known?.bucket === this.#shape.name) await this.#drop(known.key, known.id)
  }

  async link({ method, key, forMs, type, part }: LinkTo): Promise<string> {
    checkObjectKey(key)
    if (!(forMs <= limits.linkMs)) {
      throw fault('link-too-long', `a link for ${forMs / 60_000} minutes, the limit is ${limits.linkMs / 60_000}`)
    }
    if (part) checkPartNumber(part.number)
    const place = { Bucket: this.#name, Key: key }
    const signing = {
      expiresIn: Math.max(1, Math.floor(forMs / 1_000)),
      signingDate: new Date(this.#clock.now()),
      ...(type === undefined ? {} : { signableHeaders: new Set(['content-type']) }),
    }
    if (method === 'GET') return getSignedUrl(this.#client, new GetObjectCommand(place), signing)
    if (!part) return getSignedUrl(this.#client, new PutObjectCommand({ ...place, ...typed(type) }), signing)
    const named = { UploadId: this.#upload(part.upload).id, PartNumber: part.number }
    return getSignedUrl(this.#client, new UploadPartCommand({ ...place, ...named }), signing)
  }

  /** Puts the same object twice, where it must not be. */
  async check(): Promise<void> {
    const key = `groundplan-check-${crypto.randomUUID()}`
    const put = () => this.#putWhole(key, new Uint8Array(), {}, { IfNoneMatch: '*' })
    await put()
    const again = await put().catch((error: unknown) => error)
    await this.remove(key)
    if (isFault(again, 'conflict')) return
    if (again instanceof Error) throw again
    throw fault('unsupported', `the server of bucket ${this.#name} does not keep the conditions of a put`)
  }

  // ---------- putting

  async #putWhole(key: string, bytes: Uint8Array, options: PutObject, condition: Condition): Promise<ObjectState> {
    const nowMs = this.#clock.now()
    const noted = notedOf(options, nowMs)
    const command = new PutObjectCommand({
      ...{ Bucket: this.#name, Key: key, Body: bytes, ContentLength: bytes.byteLength },
      ...noted,
      ...condition,
    })
    const { ETag = '' } = await this.#conditionally(key, 'PutObject', () => this.#client.send(command))
    const { type = 'application/octet-stream', metadata = {} } = options
    const known = { key, bytes: bytes.byteLength, type, storedAtMs: nowMs, metadata: { ...metadata } }
    return { ...known, etag: unquoted(ETag), state: 'warm' }
  }

  async #putPieces(
    key: string,
    begun: readonly Uint8Array[],
    rest: AsyncGenerator<Uint8Array>,
    options: PutObject,
    condition: Condition,
  ): Promise<ObjectState> {
    const id = await this.#start(key, options)
    try {
      const parts: Part[] = []
      for (const piece of begun) parts.push(await this.#putPart(key, id, parts.length + 1, piece))
      for await (const piece of rest) {
        if (parts.length === limits.parts) throw fault('object-too-large', `"${key}" does not end`)
        parts.push(await this.#putPart(key, id, parts.length + 1, piece))
      }
      return await this.#conditionally(key, 'put', () => this.#finish(key, id, parts, condition))
    } catch (error) {
      await this.#drop(key, id)
      throw error
    }
  }

  async #start(key: string, options: PutObject): Promise<string> {
    const { ContentType, Metadata } = notedOf(options, undefined)
    const command = new CreateMultipartUploadCommand({ Bucket: this.#name, Key: key, ContentType, Metadata })
    return (await this.#send('CreateMultipartUpload', () => this.#client.send(command))).UploadId ?? ''
  }

  async #putPart(key: string, id: string, number: number, bytes: Uint8Array): Promise<Part> {
    const command = new UploadPartCommand({
      ...{ Bucket: this.#name, Key: key, UploadId: id, PartNumber: number },
      ...{ Body: bytes, ContentLength: bytes.byteLength },
    })
    const { ETag = '' } = await this.#send('UploadPart', () => this.#client.send(command))
    return { number, etag: unquoted(ETag) }
  }

  async #finish(key: string, id: string, parts: readonly Part[], condition: Condition): Promise<ObjectState> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` }))
    const command = new CompleteMultipartUploadCommand({
      ...{ Bucket: this.#name, Key: key, UploadId: id, MultipartUpload: { Parts } },
      ...condition,
    })
    await this.#send('CompleteMultipartUpload', () => this.#client.send(command))
    const object = await this.#headRaw(key)
    if (object) return object
    throw fault('engine-unavailable', `"${key}" was joined, and removed at once`)
  }

  /** What these parts of an upload have together, by the server's word. */
  async #bytesOf(key: string, id: string, parts: readonly Part[]): Promise<number> {
    const joined = new Set(parts.map(({ number }) => number))
    const place = { Bucket: this.#name, Key: key, UploadId: id }
    let bytes = 0
    for (let after: string | undefined = ''; after !== undefined; ) {
      const command: ListPartsCommand = new ListPartsCommand({
        ...place,
        ...(after ? { PartNumberMarker: after } : {}),
      })
      const page = await this.#send('ListParts', () => this.#client.send(command)).catch(error =>
        this.#partRefused(error),
      )
      const sizes = page.Parts?.map(({ PartNumber = 0, Size = 0 }) => (joined.has(PartNumber) ? Size : 0)) ?? []
      bytes += sizes.reduce((sum, size) => sum + size, 0)
      after = page.IsTruncated ? page.NextPartNumberMarker : undefined
    }
    return bytes
  }

  async #drop(key: string, id: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.#name, Key: key, UploadId: id })
    try {
      await this.#send('AbortMultipartUpload', () => this.#client.send(command))
    } catch (error) {
      if (s3ErrorOf(error).name !== 'NoSuchUpload') throw error
    }
  }

  /** What S3 must find. Where objects expire it may find one that is absent for us. Faults: `conflict`. */
  async #conditionFor(key: string, { ifAbsent, ifMatch }: PutObject): Promise<Condition> {
    if (!ifAbsent && ifMatch === undefined) return {}
    if (this.#shape.expireAfterMs !== undefined) {
      const there = await this.#headRaw(key)
      if (there && !this.#live(there)) {
        if (ifMatch !== undefined) throw fault('conflict', `"${key}" is not there`)
        return { IfMatch: `"${there.etag}"` }
      }
    }
    return ifAbsent ? { IfNoneMatch: '*' } : { IfMatch: `"${ifMatch}"` }
  }

  /** A put that was sent again may have met what it put itself: nobody can tell. */
  async #conditionally<T>(key: string, what: string, call: () => Promise<T>): Promise<T> {
    let calls = 0
    try {
      return await this.#send(what, () => {
        calls++
        return call()
      })
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (calls > 1) throw unavailable(`whether "${key}" was put is not known`, error)
      throw fault('conflict', `"${key}" is not as it must be for this put`, {}, error)
    }
  }

  // ---------- looking

  async #headRaw(key: string): Promise<ObjectState | undefined> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.#name, Key: key })
      return stateOf(key, await this.#send('HeadObject', () => this.#client.send(command)))
    } catch (error) {
      if (s3ErrorOf(error).status === 404) return undefined
      throw error
    }
  }

  async #heads(keys: readonly string[]): Promise<readonly ObjectState[]> {
    const found: ObjectState[] = []
    for (let at = 0; at < keys.length; at += headsAtOnce) {
      const some = await Promise.all(keys.slice(at, at + headsAtOnce).map(key => this.head(key)))
      found.push(...some.filter(object => object !== undefined))
    }
    return found
  }

  async #page(prefix: string, most: number, from: string | undefined) {
    const command = new ListObjectsV2Command({
      ...{ Bucket: this.#name, MaxKeys: Math.min(most, 1_000), EncodingType: 'url' },
      ...(prefix === '' ? {} : { Prefix: prefix }),
      ...(from === undefined ? {} : { StartAfter: from }),
    })
    const page = await this.#send('ListObjectsV2', () => this.#client.send(command))
    const keys = (page.Contents ?? []).map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')))
    return { keys, more: page.IsTruncated ?? false }
  }

  /** Nothing there; a range behind the end, which is nothing of something; or what is cold. */
  async #notGiven(key: string, error: unknown) {
    const { name, status } = s3ErrorOf(error)
    if (status === 404) return undefined
    if (name === 'InvalidObjectState') throw fault('object-cold', `"${key}" must be restored first`, {}, error)
    if (status !== 416) throw error
    const object = await this.head(key)
    return object && { object, content: nothing() }
  }

  #live(object: ObjectState | undefined): ObjectState | undefined {
    return object && hasExpired(this.#shape, object.storedAtMs, this.#clock.now()) ? undefined : object
  }

  // ---------- the rest

  async #tellOf({ key, bytes, etag }: ObjectState): Promise<void> {
    const { name: bucket, createdTo } = this.#shape
    if (!this.#tell || createdTo.length === 0) return
    const created: ObjectCreatedMessage = { bucket, key, bytes, etag }
    const id = `${bucket}/${this.#clock.now()}/${++this.#told}/${crypto.randomUUID()}`
    await this.#tell(createdTo.map(queue => ({ queue, id, body: JSON.stringify(created) })))
  }

  #upload(upload: string): Upload {
    const known = uploadIn(upload)
    const isEnded = this.#clock.now() >= (known?.untilMs ?? Number.POSITIVE_INFINITY)
    if (known?.bucket === this.#shape.name && !isEnded) return known
    throw fault('part-invalid', `no upload "${upload}" is under way in bucket "${this.#shape.name}"`)
  }

  #partRefused(error: unknown): never {
    const { name, message, status } = s3ErrorOf(error)
    if (status === 400 || status === 404) throw fault('part-invalid', `${name}: ${message}`, {}, error)
    throw error
  }

  #send<T>(what: string, call: () => Promise<T>): Promise<T> {
    return persistently(this.#clock, `${what} in bucket ${this.#name}`, call)
  }
}

/** Of the condition of a put. */
function isRefusal(error: unknown): boolean {
  const { name, status } = s3ErrorOf(error)
  return name !== 'NoSuchBucket' && name !== 'NoSuchUpload' && (status === 412 || status === 409 || status === 404)
}

interface Condition {
  readonly IfNoneMatch?: string
  readonly IfMatch?: string
}

function notedOf({ type = 'application/octet-stream', metadata = {} }: PutObject, storedAtMs: number | undefined) {
  return { ContentType: type, Metadata: { ...metadata, ...(storedAtMs === undefined ? {} : timeNote(storedAtMs)) } }
}

function typed(type: string | undefined) {
  return type === undefined ? {} : { ContentType: type }
}

/** Larger as they get on, so that 10,000 of them reach far. */
function pieceBytes(number: number): number {
  return firstPieceBytes * (1 + Math.floor(number / 1_000))
}

function contentOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  if (Body && Symbol.asyncIterator in Body) return Body as AsyncIterable<Uint8Array> // a Node stream of bytes
  return nothing()
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function unquoted(etag: string): string {
  return etag.replaceAll('"', '')
}

/** S3 wants the key beside the id of an upload. */
interface Upload {
  readonly bucket: string
  readonly key: string
  readonly id: string
  readonly maxBytes: number | undefined
  readonly untilMs: number | undefined
}

function uploadName({ bucket, key, id, maxBytes, untilMs }: Upload): string {
  return Buffer.from(JSON.stringify([bucket, key, id, maxBytes, untilMs])).toString('base64url')
}

function uploadIn(name: string): Upload | undefined {
  try {
    const [bucket, key, id, maxBytes, untilMs]: unknown[] = JSON.parse(Buffer.from(name, 'base64url').toString())
    const isOne = typeof bucket === 'string' && typeof key === 'string' && typeof id === 'string'
    return isOne ? { bucket, key, id, maxBytes: numberOr(maxBytes), untilMs: numberOr(untilMs) } : undefined
  } catch {
    return undefined
  }
}

function numberOr(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
