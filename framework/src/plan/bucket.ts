/**
 * `bucket`: files under keys, with a lifecycle.
 */
import { type Grant, grant, type Resource } from './grant.ts'
import { calledFrom } from './place.ts'
import { type Source, source } from './source.ts'
import { bytes, type Duration, milliseconds, type Size } from './words.ts'

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

/** What an S3 client needs: the names of its options. */
export interface UploadCredentials {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly forcePathStyle: boolean
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** ISO time. */
  readonly expiresAt: string
}

/** For somebody else's program: S3 credentials that can upload, and nothing else. */
export interface BucketUploader {
  /**
   * Credentials by which any S3 client can put one key, or all keys below a folder, whole or in parts. They can neither
   * read nor list nor remove. Default 15 minutes, at most 1 hour. Problem codes: `invalid-key`, `link-too-long`.
   * @param place a key, `films/1.mp4`; or a folder, with a slash at its end: `films/1/`
   */
  credentials(place: string, options?: { readonly for?: LinkTime }): Promise<UploadCredentials>
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
  /** What `uploader` credentials are held to. */
  readonly uploads?: { readonly maxBytes?: number; readonly types?: readonly string[] }
}

/** What comes by the credentials of an `uploader`: how large one object may be, and which media types it may have. */
export interface Uploads {
  readonly maxSize?: Size
  readonly types?: readonly string[]
}

export interface Bucket extends Resource {
  readonly kind: 'bucket'
  readonly spec: BucketSpec
  readonly reader: Grant<BucketReader>
  readonly writer: Grant<BucketWriter>
  readonly uploader: Grant<BucketUploader>
  readonly created: Source<ObjectCreated, 'created'>
}

export interface BucketOptions {
  readonly expireAfter?: Duration<'day'>
  readonly coldAfter?: Duration<'day'>
  readonly uploads?: Uploads
}

/**
 * Declares a bucket.
 * - `expireAfter`: objects this old are removed. In days.
 * - `coldAfter`: objects this old move to cold storage. In days.
 * - `uploads`: what the holder of an `uploader`'s credentials may bring. Default: anything.
 * @example
 * const videos = bucket('videos', { expireAfter: '90 days', uploads: { maxSize: '2 GB', types: ['video/mp4'] } })
 */
export function bucket(name: string, options: BucketOptions = {}): Bucket {
  const place = calledFrom(bucket)
  const { expireAfter, coldAfter, uploads } = options
  const spec: BucketSpec = {
    ...(expireAfter === undefined ? {} : { expireAfterMs: milliseconds(expireAfter) }),
    ...(coldAfter === undefined ? {} : { coldAfterMs: milliseconds(coldAfter) }),
    ...(uploads === undefined ? {} : { uploads: boundsOf(uploads) }),
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

function boundsOf({ maxSize, types }: Uploads): NonNullable<BucketSpec['uploads']> {
  return { ...(maxSize === undefined ? {} : { maxBytes: bytes(maxSize) }), ...(types === undefined ? {} : { types }) }
}
