/**
 * `bucket`: files under keys, with a lifecycle.
 */
import { type Grant, grant, type Resource } from './grant.ts'
import { calledFrom } from './place.ts'
import { type Source, source } from './source.ts'
import { type Duration, milliseconds } from './words.ts'

/** What can be put: text, bytes, or a stream of bytes. */
export type Content = string | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

export interface ObjectInfo {
  readonly key: string
  readonly bytes: number
  readonly type: string
  readonly etag: string
  /** ISO time. */
  readonly storedAt: string
  readonly metadata: Readonly<Record<string, string>>
  /** `cold` must be restored before it can be read. */
  readonly state: 'warm' | 'cold' | 'restoring'
}

export interface StoredObject extends ObjectInfo {
  text(): Promise<string>
  bytesOf(): Promise<Uint8Array>
  stream(): AsyncIterable<Uint8Array>
}

type LinkTime = Duration<'second' | 'minute' | 'hour'>

/** Reads. Problem codes: `object-cold`, `invalid-key`, `link-too-long` (1 hour). */
export interface BucketReader {
  get(key: string): Promise<StoredObject | undefined>
  head(key: string): Promise<ObjectInfo | undefined>
  list(
    prefix?: string,
    paging?: { limit?: number; after?: string },
  ): Promise<{
    readonly objects: readonly ObjectInfo[]
    readonly after?: string
  }>
  /** A link that gives this object to whoever holds it. Default 15 minutes, at most 1 hour. */
  link(key: string, options?: { readonly for?: LinkTime }): Promise<string>
}

export interface PutOptions {
  readonly type?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Only if nothing is there (`ifAbsent`), or if this is what is there (`ifMatch`). Problem code: `conflict`. */
  readonly ifAbsent?: boolean
  readonly ifMatch?: string
}

/** Writes. Problem codes: `conflict`, `object-too-large`, `invalid-key`, `link-too-long`. */
export interface BucketWriter extends BucketReader {
  put(key: string, content: Content, options?: PutOptions): Promise<ObjectInfo>
  remove(key: string): Promise<void>
  /** Asks for a cold object; it can be read for `for` once restored. */
  restore(key: string, options: { readonly for: Duration<'hour' | 'day'> }): Promise<void>
  /** A link by which a browser puts this object. Default 15 minutes, at most 1 hour. */
  uploadLink(key: string, options?: { readonly for?: LinkTime; readonly type?: string }): Promise<string>
}

/** For somebody else's program: S3 credentials that can only upload, only below one prefix. */
export interface BucketUploader {
  credentials(
    prefix: string,
    options?: { readonly for?: LinkTime },
  ): Promise<{
    readonly endpoint: string
    readonly region: string
    readonly bucket: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
    /** ISO time. */
    readonly expiresAt: string
  }>
}

export interface ObjectCreated {
  readonly key: string
  readonly bytes: number
  readonly etag: string
}

/** A bucket as the framework keeps it. */
export interface BucketSpec {
  readonly expireAfterMs?: number
  readonly coldAfterMs?: number
}

export interface Bucket extends Resource {
  readonly kind: 'bucket'
  readonly spec: BucketSpec
  readonly reader: Grant<BucketReader>
  readonly writer: Grant<BucketWriter>
  readonly uploader: Grant<BucketUploader>
  readonly created: Source<ObjectCreated, 'created'>
}

/**
 * Declares a bucket.
 * - `expireAfter`: objects this old are removed. In days.
 * - `coldAfter`: objects this old move to cold storage. In days.
 * @example
 * const videos = bucket('videos', { expireAfter: '90 days' })
 */
export function bucket(
  name: string,
  options: { readonly expireAfter?: Duration<'day'>; readonly coldAfter?: Duration<'day'> } = {},
): Bucket {
  const place = calledFrom(bucket)
  const { expireAfter, coldAfter } = options
  const spec: BucketSpec = {
    ...(expireAfter === undefined ? {} : { expireAfterMs: milliseconds(expireAfter) }),
    ...(coldAfter === undefined ? {} : { coldAfterMs: milliseconds(coldAfter) }),
  }
  const self: Bucket = {
    kind: 'bucket',
    name,
    place,
    spec,
    get reader() {
      return grant<BucketReader>(self, 'reader')
    },
    get writer() {
      return grant<BucketWriter>(self, 'writer')
    },
    get uploader() {
      return grant<BucketUploader>(self, 'uploader')
    },
    get created() {
      return source<ObjectCreated, 'created'>('created', self)
    },
  }
  return self
}
