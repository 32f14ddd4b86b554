/**
 * Buckets: files under keys. Strong read after write, conditional put, multipart uploads, links that a browser can
 * follow, and a lifecycle by age.
 *
 * A key is a plain text, not a path: `a/b`, `/a/b`, `a//b` and `a%2fb` are four keys. It has 1 to 1,024 bytes in UTF-8,
 * no NUL and no half character (lone surrogate), and none of its parts between slashes is `.` or `..`, which clients
 * on the way would resolve.
 *
 * What is written is seen whole or not at all: a put whose content breaks off keeps nothing and replaces nothing, and
 * who has begun to read goes on with what was there. Instants belong to what begins at them: an object is cold, or
 * absent, at the very moment it has the age.
 */
import { isWellFormed } from './keys.ts'
import { limits, utf8Bytes } from './limits.ts'
import { fault } from './problems.ts'

export interface BucketShape {
  readonly name: string
  /** Objects this old are absent, for conditions too. */
  readonly expireAfterMs?: number
  /** Objects this old are cold: they must be restored before they can be read. */
  readonly coldAfterMs?: number
  /** The queues, none of them ordered, that hear of every new or replaced object, as JSON of `ObjectCreatedMessage`. */
  readonly createdTo: readonly string[]
}

export interface ObjectCreatedMessage {
  readonly bucket: string
  readonly key: string
  readonly bytes: number
  readonly etag: string
}

export type Bytes = Uint8Array | AsyncIterable<Uint8Array>

export interface ObjectState {
  readonly key: string
  readonly bytes: number
  readonly type: string
  /** Without quotation marks; changes with the content. */
  readonly etag: string
  readonly storedAtMs: number
  readonly metadata: Readonly<Record<string, string>>
  readonly state: 'warm' | 'cold' | 'restoring'
}

export interface PutObject {
  /** Media type. Default `application/octet-stream`. */
  readonly type?: string
  /** Names: a–z, 0–9 and `-`. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly ifAbsent?: boolean
  /** The etag that must be there now; an absent object has none. */
  readonly ifMatch?: string
}

/** What a link lets its holder do, once or more, until it ends. */
export interface LinkTo {
  readonly method: 'GET' | 'PUT'
  readonly bucket: string
  readonly key: string
  /** At most 1 hour. */
  readonly forMs: number
  /** For PUT: the media type that must be sent. */
  readonly type?: string
  /** For PUT: a part of this upload. */
  readonly part?: { readonly upload: string; readonly number: number }
}

/** What the holder of credentials may do, with any S3 client: put, and upload in parts; no more, and nowhere else. */
export interface UploadScope {
  readonly bucket: string
  /** One key; or, with a slash at its end, all keys below it. */
  readonly place: string
  /** At most 1 hour. */
  readonly forMs: number
  /** Of one object. Default: what the engine takes. */
  readonly maxBytes?: number
  /** Media types that an object may have. Default: any. */
  readonly types?: readonly string[]
}

/** What an S3 client is given. */
export interface UploadCredentials {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** Whether the bucket stands in the path of addresses, not before the host. */
  readonly forcePathStyle: boolean
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAtMs: number
}

export interface StartUpload extends Pick<PutObject, 'type' | 'metadata'> {
  /** What its parts may have together. Default: the most of an object. */
  readonly maxBytes?: number
  /** From then on it is no upload any more, and what came of it is removed. Default: it waits to be finished or dropped. */
  readonly untilMs?: number
}

export interface Part {
  readonly number: number
  readonly etag: string
}

export interface Buckets {
  /** Faults: `invalid-key`, `conflict` (ifAbsent, ifMatch), `object-too-large`. */
  put(bucket: string, key: string, content: Bytes, options?: PutObject): Promise<ObjectState>
  /** `range`: first and last byte, both included; what lies past the end is left out. Faults: `object-cold`. */
  get(
    bucket: string,
    key: string,
    range?: { readonly first: number; readonly last?: number },
  ): Promise<{ readonly object: ObjectState; readonly content: AsyncIterable<Uint8Array> } | undefined>
  head(bucket: string, key: string): Promise<ObjectState | undefined>
  /** Nothing happens where nothing is. */
  remove(bucket: string, key: string): Promise<void>
  /** By key, in UTF-8 byte order. Faults: `invalid-cursor`, `page-size-invalid`. */
  list(
    bucket: string,
    options: { readonly prefix?: string; readonly limit: number; readonly after?: string },
  ): Promise<{ readonly objects: readonly ObjectState[]; readonly after?: string }>
  /**
   * Asks for a cold object: `restoring` for a while, then `warm` for `forMs`, then cold again.
   * Faults: `conflict` where nothing is cold there.
   */
  restore(bucket: string, key: string, forMs: number): Promise<void>

  startUpload(bucket: string, key: string, options?: StartUpload): Promise<string>
  /**
   * Parts count from 1 to 10,000; all but the last have at least 5 MB. Sent again, a part is replaced.
   * Faults: `part-invalid` (its number, or no such upload under way); `object-too-large`, here or when it is finished.
   */
  putPart(bucket: string, upload: string, number: number, content: Bytes): Promise<Part>
  /**
   * Joins these parts, given in the order of their numbers, and forgets the others.
   * Faults: `part-invalid`, `object-too-large`; the upload goes on then, where there is one.
   */
  finishUpload(bucket: string, upload: string, parts: readonly Part[]): Promise<ObjectState>
  /** Nothing happens where no upload is under way. */
  dropUpload(bucket: string, upload: string): Promise<void>

  /** An address by which anybody can do this until it ends. Faults: `link-too-long` (1 hour). */
  link(to: LinkTo): Promise<string>
  /**
   * Answers a request that came by such an address. Only engines whose addresses lead to us have it.
   * A wrong or ended signature is answered with 403, without a word about the object. A GET gives the whole or a range;
   * a PUT has the type that the link names, or 415.
   */
  readonly follow?: (request: Request) => Promise<Response>

  /**
   * Credentials by which any S3 client uploads at one place, and does nothing else. Only engines whose capabilities name
   * `uploads` have it. Faults: `invalid-key`, `link-too-long` (1 hour), `unsupported` (bounds that the engine cannot keep).
   */
  readonly uploadCredentials?: (scope: UploadScope) => Promise<UploadCredentials>
  /**
   * Answers a request that an S3 client made with such credentials. Only engines whose credentials lead to us have it.
   * Whatever they do not allow is answered with 403, without a word about objects.
   */
  readonly upload?: (request: Request) => Promise<Response>
}

/** Refuses what is no key. Faults: `invalid-key`. */
export function checkObjectKey(key: string): void {
  const why = wrongWith(key)
  if (why) throw fault('invalid-key', `the key ${why}`)
}

function wrongWith(key: string): string | undefined {
  if (key === '') return 'is empty'
  if (!isWellFormed(key)) return 'has half a character (a lone surrogate)'
  if (key.includes('\0')) return 'has a NUL'
  if (key.split('/').some(part => part === '.' || part === '..')) return 'has "." or ".." between slashes'
  const bytes = utf8Bytes(key)
  return bytes > limits.objectKeyBytes ? `has ${bytes} bytes, the limit is ${limits.objectKeyBytes}` : undefined
}
