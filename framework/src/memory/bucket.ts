/**
 * Buckets in memory.
 *
 * An object is warm, then cold once it is `coldAfterMs` old, and absent once it is `expireAfterMs` old; both are decided
 * by the time of each look, so nothing watches the clock. Restoring: cold → restoring for 4 hours, as slow stores
 * take → warm for the time asked → cold. A new put begins again: warm.
 *
 * An upload is under way from `startUpload` until `finishUpload` joins its parts, or `dropUpload`. Its parts are no
 * objects: nobody sees them before they are joined.
 */
import { createHash } from 'node:crypto'
import type {
  BucketShape,
  Buckets,
  Bytes,
  ObjectCreatedMessage,
  ObjectState,
  Part,
  PutObject,
  StartUpload,
} from '../contract/bucket.ts'
import { checkObjectKey } from '../contract/bucket.ts'
import type { Clock } from '../contract/clock.ts'
import { checkedLimit, isWellFormed } from '../contract/keys.ts'
import { limits, readable } from '../contract/limits.ts'
import { checkPartNumber, signedLinks } from '../contract/links.ts'
import { followLinks } from '../contract/links-follow.ts'
import { fault } from '../contract/problems.ts'
import type { NewMessage } from '../contract/queue.ts'
import { checkUploadBytes } from '../contract/uploads.ts'
import { uploadDoor } from '../contract/uploads-follow.ts'
import { OrderedMap } from './ordered-map.ts'
import { endOf, endOfPrefix, positionOf, prefixPosition } from './position.ts'

/** How long it takes to restore a cold object. */
const restoreMs = 4 * 3_600_000

/** How much of an object a reader gets at once. */
const chunkBytes = 64 * 1_024

export type MemoryBuckets = Buckets & Required<Pick<Buckets, 'follow' | 'uploadCredentials' | 'upload'>>

export interface MemoryBucketsOptions {
  readonly clock: Clock
  readonly buckets: readonly BucketShape[]
  /** Where links lead: requests below it belong to `follow`. */
  readonly baseUrl: string
  /** Signs links and credentials. */
  readonly key: string | Uint8Array
  /** What the names of buckets begin with for S3 clients, which reach all plans of a host there. Default: nothing. */
  readonly bucketPrefix?: string
  /** Takes the messages that tell of new objects, within the call. Needed where a bucket has `createdTo`. */
  readonly accept?: (messages: readonly NewMessage[]) => void
}

/** Buckets of these shapes, empty. Nothing outlives the process. */
export function memoryBuckets(options: MemoryBucketsOptions): MemoryBuckets {
  const { clock, buckets: shapes, accept } = options
  const deaf = accept ? undefined : shapes.find(({ createdTo }) => createdTo.length > 0)
  if (deaf) throw new TypeError(`nobody takes the messages of bucket "${deaf.name}"`)
  const byName = new Map(shapes.map(shape => [shape.name, new MemoryBucket(shape, clock, accept ?? (() => {}))]))
  const of = (name: string): MemoryBucket => {
    const found = byName.get(name)
    if (!found) throw fault('plan-invalid', `there is no bucket "${name}"`)
    return found
  }
  const links = signedLinks(options)
  const buckets: Buckets = {
    put: async (bucket, key, content, putting) => of(bucket).put(key, content, putting),
    get: async (bucket, key, range) => of(bucket).get(key, range),
    head: async (bucket, key) => of(bucket).head(key),
    remove: async (bucket, key) => of(bucket).remove(key),
    list: async (bucket, listing) => of(bucket).list(listing),
    restore: async (bucket, key, forMs) => of(bucket).restore(key, forMs),
    startUpload: async (bucket, key, putting) => of(bucket).startUpload(key, putting),
    putPart: async (bucket, upload, number, content) => of(bucket).putPart(upload, number, content),
    finishUpload: async (bucket, upload, parts) => of(bucket).finishUpload(upload, parts),
    dropUpload: async (bucket, upload) => of(bucket).dropUpload(upload),
    async link(to) {
      of(to.bucket)
      return links.address(to)
    },
  }
  return { ...buckets, follow: followLinks(buckets, links), ...uploadDoor(buckets, options) }
}

interface Content {
  readonly bytes: Uint8Array
  readonly etag: string
}

interface Stored extends Content {
  readonly key: string
  readonly type: string
  readonly metadata: Readonly<Record<string, string>>
  readonly storedAtMs: number
  /** Since it was restored last: readable from when until when. */
  restored?: { readonly fromMs: number; readonly untilMs: number }
}

interface Upload {
  readonly key: string
  readonly putting: StartUpload | undefined
  readonly parts: Map<number, Content>
}

type Range = Parameters<Buckets['get']>[2]
type Listing = Parameters<Buckets['list']>[1]
type Page = Awaited<ReturnType<Buckets['list']>>

class MemoryBucket {
  readonly #shape: BucketShape
  readonly #clock: Clock
  readonly #accept: (messages: readonly NewMessage[]) => void
  readonly #objects = new OrderedMap<Stored>()
  /** The oldest first: who expires next. */
  readonly #byAge = new Map<string, Stored>()
  readonly #uploads = new Map<string, Upload>()
  #made = 0

  constructor(shape: BucketShape, clock: Clock, accept: (messages: readonly NewMessage[]) => void) {
    this.#shape = shape
    this.#clock = clock
    this.#accept = accept
  }

  async put(key: string, content: Bytes, putting?: PutObject): Promise<ObjectState> {
    checkObjectKey(key)
    const bytes = await collected(content)
    // Only now: what was there when the content began to arrive does not matter.
    this.#checkConditions(key, putting)
    return this.#keep(key, { bytes, etag: md5(bytes).toString('hex') }, putting)
  }

  get(key: string, range?: Range): Awaited<ReturnType<Buckets['get']>> {
    const found = this.#find(key)
    if (!found) return undefined
    const object = this.#state(found)
    if (object.state !== 'warm')
      throw fault('object-cold', `"${key}" of bucket "${this.#shape.name}" is ${object.state}`)
    return { object, content: chunksOf(partOf(found.bytes, range)) }
  }

  head(key: string): ObjectState | undefined {
    const found = this.#find(key)
    return found && this.#state(found)
  }

  remove(key: string): void {
    checkObjectKey(key)
    this.#forget(key)
  }

  list({ prefix = '', limit, after }: Listing): Page {
    checkedLimit(limit)
    if (!isWellFormed(prefix)) throw fault('invalid-key', 'the prefix has half a character (a lone surrogate)')
    this.#sweep()
    const found = this.#after(prefix, after, limit + 1)
    const objects = found.slice(0, limit).map(object => this.#state(object))
    const last = objects[limit - 1]
    return found.length > limit && last ? { objects, after: cursorOf(last.key) } : { objects }
  }

  restore(key: string, forMs: number): void {
    const found = this.#find(key)
    const state = found && this.#state(found).state
    if (!found || state !== 'cold')
      throw fault('conflict', `"${key}" cannot be restored: it is ${state ?? 'not there'}`)
    const fromMs = this.#clock.now() + restoreMs
    found.restored = { fromMs, untilMs: fromMs + forMs }
  }

  startUpload(key: string, putting?: StartUpload): string {
    checkObjectKey(key)
    for (const [id, upload] of this.#uploads) if (hasEnded(upload, this.#clock.now())) this.#uploads.delete(id)
    const id = `${this.#shape.name}-${++this.#made}`
    this.#uploads.set(id, { key, putting, parts: new Map() })
    return id
  }

  async putPart(id: string, number: number, content: Bytes): Promise<Part> {
    checkPartNumber(number)
    this.#upload(id)
    const bytes = await collected(content)
    const etag = md5(bytes).toString('hex')
    // It may have been finished or dropped while the content arrived.
    const { parts, putting } = this.#upload(id)
    const others = [...parts].filter(([other]) => other !== number).map(([, part]) => part)
    checkUploadBytes(bytesIn([...others, { bytes }]), putting?.maxBytes)
    parts.set(number, { bytes, etag })
    return { number, etag }
  }

  finishUpload(id: string, parts: readonly Part[]): ObjectState {
    const { key, putting, parts: sent } = this.#upload(id)
    checkOrder(parts)
    const joined = parts.map((part, index) => partAsSent(sent, part, index === parts.length - 1))
    checkUploadBytes(bytesIn(joined), putting?.maxBytes)
    const digests = Buffer.concat(joined.map(({ bytes }) => md5(bytes)))
    const etag = `${md5(digests).toString('hex')}-${parts.length}`
    this.#uploads.delete(id)
    return this.#keep(key, { bytes: Buffer.concat(joined.map(({ bytes }) => bytes)), etag }, putting)
  }

  dropUpload(id: string): void {
    this.#uploads.delete(id)
  }

  #find(key: string): Stored | undefined {
    checkObjectKey(key)
    this.#sweep()
    return this.#objects.get(positionOf([key]))
  }

  #checkConditions(key: string, { ifAbsent, ifMatch }: PutObject = {}): void {
    const there = this.#find(key)
    if (ifAbsent && there) throw fault('conflict', `"${key}" is there already`)
    if (ifMatch !== undefined && there?.etag !== ifMatch) {
      throw fault('conflict', `"${key}" ${there ? 'has changed' : 'is not there'}`)
    }
  }

  #keep(key: string, content: Content, { type, metadata }: PutObject = {}): ObjectState {
    const storedAtMs = this.#clock.now()
    const stored: Stored = {
      ...content,
      key,
      storedAtMs,
      type: type ?? 'application/octet-stream',
      metadata: { ...metadata },
    }
    this.#forget(key)
    this.#objects.set(positionOf([key]), stored)
    this.#byAge.set(key, stored)
    this.#tell(stored)
    return this.#state(stored)
  }

  #tell({ key, bytes, etag, storedAtMs }: Stored): void {
    const { name: bucket, createdTo } = this.#shape
    if (createdTo.length === 0) return
    const created: ObjectCreatedMessage = { bucket, key, bytes: bytes.byteLength, etag }
    // The time keeps ids apart from those before a restart.
    const id = `${bucket}/${storedAtMs}/${++this.#made}`
    this.#accept(createdTo.map(queue => ({ queue, id, body: JSON.stringify(created) })))
  }

  #forget(key: string): void {
    this.#objects.delete(positionOf([key]))
    this.#byAge.delete(key)
  }

  #sweep(): void {
    const { expireAfterMs } = this.#shape
    if (expireAfterMs === undefined) return
    const nowMs = this.#clock.now()
    for (const { key, storedAtMs } of this.#byAge.values()) {
      if (storedAtMs + expireAfterMs > nowMs) break
      this.#forget(key)
    }
  }

  #after(prefix: string, after: string | undefined, count: number): readonly Stored[] {
    const begin = prefix === '' ? '' : prefixPosition([], prefix)
    const end = prefix === '' ? endOf('') : endOfPrefix(begin)
    const from = after === undefined ? begin : endOf(positionOf([keyIn(after, prefix)]))
    const found: Stored[] = []
    this.#objects.ascend(from, end, object => found.push(object) < count)
    return found
  }

  #state({ key, bytes, type, etag, storedAtMs, metadata, restored }: Stored): ObjectState {
    const { coldAfterMs = Number.POSITIVE_INFINITY } = this.#shape
    const nowMs = this.#clock.now()
    const state = nowMs < storedAtMs + coldAfterMs ? 'warm' : coldState(nowMs, restored)
    return { key, bytes: bytes.byteLength, type, etag, storedAtMs, metadata: { ...metadata }, state }
  }

  #upload(id: string): Upload {
    const found = this.#uploads.get(id)
    if (!found || hasEnded(found, this.#clock.now()))
      throw fault('part-invalid', `no upload "${id}" is under way in bucket "${this.#shape.name}"`)
    return found
  }
}

function hasEnded({ putting }: Upload, nowMs: number): boolean {
  return putting?.untilMs !== undefined && putting.untilMs <= nowMs
}

function coldState(nowMs: number, restored: Stored['restored']): ObjectState['state'] {
  if (!restored || nowMs >= restored.untilMs) return 'cold'
  return nowMs < restored.fromMs ? 'restoring' : 'warm'
}

/** A copy of the content, once all of it has arrived. */
async function collected(content: Bytes): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return Uint8Array.from(content)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

function partOf(bytes: Uint8Array, range: Range): Uint8Array {
  return range ? bytes.subarray(range.first, (range.last ?? bytes.byteLength) + 1) : bytes
}

/** Copies, so that nobody reaches what is kept. */
async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) yield bytes.slice(at, at + chunkBytes)
}

function bytesIn(parts: readonly Pick<Content, 'bytes'>[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
}

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest()
}

function checkOrder(parts: readonly Part[]): void {
  if (parts.length === 0) throw fault('part-invalid', 'an upload has at least one part')
  const late = parts.find(({ number }, index) => number <= (parts[index - 1]?.number ?? 0))
  if (late) throw fault('part-invalid', `part ${late.number} is not in the order of the numbers`)
}

function partAsSent(sent: ReadonlyMap<number, Content>, { number, etag }: Part, isLast: boolean): Content {
  const part = sent.get(number)
  if (part?.etag !== etag) throw fault('part-invalid', `part ${number} ${part ? 'was sent again since' : 'is missing'}`)
  const bytes = part.bytes.byteLength
  if (isLast || bytes >= limits.partBytes) return part
  throw fault(
    'part-invalid',
    `part ${number} has ${readable(bytes)}, all but the last have ${readable(limits.partBytes)}`,
  )
}

function cursorOf(key: string): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key that a cursor stands for. Faults: `invalid-cursor`. */
function keyIn(cursor: string, prefix: string): string {
  const key = parsed(Buffer.from(cursor, 'base64url').toString())
  if (typeof key === 'string' && isWellFormed(key) && key.startsWith(prefix)) return key
  throw fault('invalid-cursor', 'this cursor does not come from this list')
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
