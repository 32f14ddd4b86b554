/**
 * Buckets as files: contents in files of their own (`object-files.ts`), all else in the environment's LMDB
 * (`bucket-index.ts`), where one transaction decides what is kept.
 *
 * A put goes: content to disk, whole; then, in one transaction, conditions are looked at, the entry takes the place of the
 * one before, and messages go to the queues; then the files of the one before are removed. Killed before the transaction,
 * nothing has happened; killed after it, all has: what is left of files is removed at the next start.
 *
 * An object that has expired is absent from that moment on, because every look compares its age. Its entry and its file
 * are removed a little later, some hundreds at a time.
 */
import { join } from 'node:path'
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
import { checkedLimit } from '../contract/keys.ts'
import { checkPartNumber, type Links, signedLinks } from '../contract/links.ts'
import { followLinks } from '../contract/links-follow.ts'
import {
  checkPart,
  checkPartOrder,
  checkPrefix,
  checkPut,
  cursorOf,
  hasExpired,
  joinedEtag,
  keyInCursor,
  restoreMs,
  stateAt,
} from '../contract/objects.ts'
import { fault } from '../contract/problems.ts'
import type { NewMessage } from '../contract/queue.ts'
import { checkUploadBytes } from '../contract/uploads.ts'
import { uploadDoor } from '../contract/uploads-follow.ts'
import { type ObjectEntry, ObjectIndex, type UploadEntry } from './bucket-index.ts'
import { BucketSweep } from './bucket-sweep.ts'
import type { Environment } from './environment.ts'
import type { GroupCommit } from './group-commit.ts'
import { checkObjectBytes, newId, ObjectFiles, type WholeFile } from './object-files.ts'
import { openUntilClosed } from './still-open.ts'

export type EmbeddedBuckets = Buckets &
  Required<Pick<Buckets, 'follow' | 'uploadCredentials' | 'upload'>> & {
    /** Resolves when what a killed process left behind has been removed. */
    readonly cleaned: Promise<void>
    /** Resolves when no file waits to be removed. The buckets themselves close with their environment. */
    close(): Promise<void>
  }

export interface EmbeddedBucketsOptions {
  readonly clock: Clock
  readonly buckets: readonly BucketShape[]
  /** Where links lead: requests below it belong to `follow`. */
  readonly baseUrl: string
  /** Signs links and credentials. */
  readonly key: string | Uint8Array
  /** What the names of buckets begin with for S3 clients, which reach all plans of a host there. Default: nothing. */
  readonly bucketPrefix?: string
  /** Takes the messages that tell of new objects, within the transaction. Needed where a bucket has `createdTo`. */
  readonly accept?: (messages: readonly NewMessage[]) => void
}

/** Opens the buckets of an environment, once. Their files are in its folder, below `objects`. */
export function embeddedBuckets(environment: Environment, options: EmbeddedBucketsOptions): EmbeddedBuckets {
  const { buckets: shapes, accept } = options
  const deaf = accept ? undefined : shapes.find(({ createdTo }) => createdTo.length > 0)
  if (deaf) throw new TypeError(`nobody takes the messages of bucket "${deaf.name}"`)
  const kept = { index: new ObjectIndex(environment.objects), files: filesOf(environment) }
  const sweep = new BucketSweep(environment.transactions, options.clock, kept, shapes)
  const { transactions } = environment
  const { clock } = options
  const checkOpen = openUntilClosed(environment)
  const engine: Engine = { ...kept, clock, sweep, transactions, checkOpen, accept: accept ?? (() => {}) }
  const cleaned = kept.files.sweep(id => kept.index.hasFile(id))
  environment.onClose(() => {
    sweep.stop()
    kept.files.stopSweeping()
  })
  const links = signedLinks(options)
  const buckets = bucketsOn(engine, shapes, links)
  return {
    ...buckets,
    follow: followLinks(buckets, links),
    ...uploadDoor(buckets, options),
    cleaned,
    async close() {
      sweep.stop()
      await kept.files.close()
      await cleaned
    },
  }
}

function filesOf({ folder }: Environment): ObjectFiles {
  return new ObjectFiles(join(folder, 'objects'))
}

interface Engine {
  readonly clock: Clock
  readonly index: ObjectIndex
  readonly files: ObjectFiles
  readonly sweep: BucketSweep
  readonly transactions: GroupCommit
  readonly checkOpen: () => void
  readonly accept: (messages: readonly NewMessage[]) => void
}

function bucketsOn(engine: Engine, shapes: readonly BucketShape[], links: Links): Buckets {
  const byName = new Map(shapes.map(shape => [shape.name, new EmbeddedBucket(shape, engine)]))
  const of = (name: string): EmbeddedBucket => {
    engine.checkOpen()
    const found = byName.get(name)
    if (!found) throw fault('plan-invalid', `there is no bucket "${name}"`)
    return found
  }
  return {
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
}

type Range = Parameters<Buckets['get']>[2]
type Listing = Parameters<Buckets['list']>[1]
type Page = Awaited<ReturnType<Buckets['list']>>

/** What a transaction came to: its outcome, and the files that nothing names any more. */
interface Change<T> {
  readonly value: T
  readonly left: readonly string[]
}

class EmbeddedBucket {
  readonly #shape: BucketShape
  readonly #engine: Engine

  constructor(shape: BucketShape, engine: Engine) {
    this.#shape = shape
    this.#engine = engine
  }

  async put(key: string, content: Bytes, putting?: PutObject): Promise<ObjectState> {
    checkObjectKey(key)
    const file = await this.#engine.files.write(content)
    const found = { bytes: file.bytes, etag: file.md5.toString('hex'), file: file.id }
    return this.#withFile(file, () => {
      // Only now: what was there when the content began to arrive does not matter.
      checkPut(key, this.#find(key)?.etag, putting)
      return () => {
        this.#engine.index.putFile(file)
        return this.#keep(key, found, putting)
      }
    })
  }

  async get(key: string, range?: Range): ReturnType<Buckets['get']> {
    const found = this.#find(key)
    if (!found) return undefined
    const object = this.#state(key, found)
    if (object.state !== 'warm')
      throw fault('object-cold', `"${key}" of bucket "${this.#shape.name}" is ${object.state}`)
    const { index, files } = this.#engine
    const content = await files.read(
      index.filesOf(found).map(id => this.#file(key, id)),
      range,
    )
    return { object, content }
  }

  head(key: string): ObjectState | undefined {
    const found = this.#find(key)
    return found && this.#state(key, found)
  }

  async remove(key: string): Promise<void> {
    checkObjectKey(key)
    const { index } = this.#engine
    if (!index.object(this.#shape.name, key)) return
    await this.#change(() => () => ({ value: undefined, left: index.removeObject(this.#shape.name, key) }))
  }

  list({ prefix = '', limit, after }: Listing): Page {
    checkedLimit(limit)
    checkPrefix(prefix)
    const from = { prefix, after: after === undefined ? undefined : keyInCursor(after, prefix) }
    const objects: ObjectState[] = []
    const nowMs = this.#engine.clock.now()
    let more = false
    this.#engine.index.objects(this.#shape.name, from, (key, entry) => {
      if (hasExpired(this.#shape, entry.storedAtMs, nowMs)) return true
      more = objects.length === limit
      if (!more) objects.push(this.#state(key, entry, nowMs))
      return !more
    })
    const last = objects.at(-1)
    return more && last ? { objects, after: cursorOf(last.key) } : { objects }
  }

  async restore(key: string, forMs: number): Promise<void> {
    checkObjectKey(key)
    await this.#change(() => {
      const found = this.#find(key)
      const state = found && this.#state(key, found).state
      if (!found || state !== 'cold')
        throw fault('conflict', `"${key}" cannot be restored: it is ${state ?? 'not there'}`)
      const fromMs = this.#engine.clock.now() + restoreMs
      const restored = { fromMs, untilMs: fromMs + forMs }
      return () => {
        this.#engine.index.changeObject(this.#shape.name, key, { ...found, restored })
        return { value: undefined, left: [] }
      }
    })
  }

  async startUpload(key: string, putting: StartUpload = {}): Promise<string> {
    checkObjectKey(key)
    const id = newId()
    const { type, metadata, maxBytes, untilMs } = putting
    const upload: UploadEntry = {
      bucket: this.#shape.name,
      key,
      ...(type === undefined ? {} : { type }),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(untilMs === undefined ? {} : { untilMs }),
    }
    await this.#engine.transactions.write(() => () => this.#engine.index.putUpload(id, upload))
    this.#engine.sweep.expectEnd(untilMs)
    return id
  }

  async putPart(id: string, number: number, content: Bytes): Promise<Part> {
    checkPartNumber(number)
    this.#upload(id)
    const file = await this.#engine.files.write(content)
    return this.#withFile(file, () => {
      // It may have been finished or dropped while the content arrived.
      const bounded = this.#boundedWith(id, number, file)
      return () => {
        if (bounded) this.#engine.index.putUpload(id, bounded)
        const left = this.#engine.index.putPart(id, number, file)
        return { value: { number, etag: file.md5.toString('hex') }, left }
      }
    })
  }

  async finishUpload(id: string, parts: readonly Part[]): Promise<ObjectState> {
    return this.#change(() => {
      const { key, maxBytes, partBytes, untilMs, ...putting } = this.#upload(id)
      checkPartOrder(parts)
      const files = parts.map((part, index) => this.#part(id, part, index === parts.length - 1))
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
      checkObjectBytes(bytes)
      checkUploadBytes(bytes, maxBytes)
      const content = { bytes, etag: joinedEtag(files.map(({ md5 }) => md5)), ...this.#joined(files) }
      return () => this.#join(id, key, content, files, putting)
    })
  }

  async dropUpload(id: string): Promise<void> {
    const { index } = this.#engine
    if (index.upload(id)?.bucket !== this.#shape.name) return
    await this.#change(() => () => ({ value: undefined, left: index.removeUpload(id) }))
  }

  // ---------- looking

  #find(key: string): ObjectEntry | undefined {
    checkObjectKey(key)
    const found = this.#engine.index.object(this.#shape.name, key)
    return found && !hasExpired(this.#shape, found.storedAtMs, this.#engine.clock.now()) ? found : undefined
  }

  #state(key: string, entry: ObjectEntry, nowMs = this.#engine.clock.now()): ObjectState {
    const { bytes, type, etag, storedAtMs, metadata } = entry
    return { key, bytes, type, etag, storedAtMs, metadata, state: stateAt(this.#shape, entry, nowMs) }
  }

  #file(key: string, id: string): WholeFile {
    const file = this.#engine.index.file(id)
    if (file) return file
    throw fault(
      'data-damaged',
      `the index of bucket "${this.#shape.name}" lacks a file of "${key}". Nothing was changed`,
    )
  }

  #upload(id: string): UploadEntry {
    const found = this.#engine.index.upload(id)
    const nowMs = this.#engine.clock.now()
    if (found?.bucket === this.#shape.name && nowMs < (found.untilMs ?? Number.POSITIVE_INFINITY)) return found
    throw fault('part-invalid', `no upload "${id}" is under way in bucket "${this.#shape.name}"`)
  }

  /** What is known of an upload that is bounded, once it has this part. Faults: `object-too-large`. */
  #boundedWith(id: string, number: number, { bytes }: WholeFile): UploadEntry | undefined {
    const { index } = this.#engine
    const upload = this.#upload(id)
    if (upload.maxBytes === undefined) return undefined
    const before = index.part(id, number)
    const partBytes = (upload.partBytes ?? 0) + bytes - ((before && index.file(before)?.bytes) || 0)
    checkUploadBytes(partBytes, upload.maxBytes)
    return { ...upload, partBytes }
  }

  #part(upload: string, part: Part, isLast: boolean): WholeFile {
    checkPartNumber(part.number)
    const id = this.#engine.index.part(upload, part.number)
    const file = id === undefined ? undefined : this.#engine.index.file(id)
    checkPart(part, file && { bytes: file.bytes, etag: file.md5.toString('hex') }, isLast)
    if (!file) throw fault('part-invalid', `part ${part.number} is missing`)
    return file
  }

  // ---------- changing

  /** In one transaction; then the files that it left are removed. */
  async #change<T>(work: () => () => Change<T>): Promise<T> {
    const { value, left } = await this.#engine.transactions.write(work)
    this.#engine.files.remove(left)
    return value
  }

  /** A change that names a file: if it is refused, nothing does, and the file goes. */
  async #withFile<T>(file: WholeFile, work: () => () => Change<T>): Promise<T> {
    const { files } = this.#engine
    try {
      return await this.#change(work)
    } catch (error) {
      if (!this.#isNamed(file)) files.remove([file.id])
      throw error
    } finally {
      files.settled(file.id)
    }
  }

  /** What cannot be told any more is told at the next start. */
  #isNamed({ id }: WholeFile): boolean {
    try {
      this.#engine.checkOpen()
      return this.#engine.index.hasFile(id)
    } catch {
      return true
    }
  }

  /** Within a transaction. */
  #keep(
    key: string,
    content: Pick<ObjectEntry, 'bytes' | 'etag' | 'file' | 'joined'>,
    { type = 'application/octet-stream', metadata }: PutObject = {},
  ): Change<ObjectState> {
    const { clock, index, sweep } = this.#engine
    const entry: ObjectEntry = { ...content, type, metadata: { ...metadata }, storedAtMs: clock.now() }
    const left = index.putObject(this.#shape.name, key, entry)
    this.#tell(key, entry)
    sweep.expect(this.#shape, entry.storedAtMs)
    return { value: this.#state(key, entry), left }
  }

  #tell(key: string, { bytes, etag, file }: ObjectEntry): void {
    const { name: bucket, createdTo } = this.#shape
    if (createdTo.length === 0) return
    const created: ObjectCreatedMessage = { bucket, key, bytes, etag }
    const body = JSON.stringify(created)
    this.#engine.accept(createdTo.map(queue => ({ queue, id: `${bucket}/${file}`, body })))
  }

  #joined(files: readonly WholeFile[]): Pick<ObjectEntry, 'file' | 'joined'> {
    const [first] = files
    if (!first) throw fault('part-invalid', 'an upload has at least one part')
    return files.length === 1 ? { file: first.id } : { file: first.id, joined: true }
  }

  /** Within a transaction. */
  #join(
    upload: string,
    key: string,
    content: Pick<ObjectEntry, 'bytes' | 'etag' | 'file' | 'joined'>,
    files: readonly WholeFile[],
    putting: PutObject,
  ): Change<ObjectState> {
    const { index } = this.#engine
    const ids = files.map(({ id }) => id)
    const unused = index.removeUpload(upload, new Set(ids))
    const { value, left } = this.#keep(key, content, putting)
    if (content.joined) index.putJoined([content.file, ...ids.slice(1)])
    return { value, left: [...left, ...unused] }
  }
}
