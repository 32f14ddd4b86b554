/**
 * Buckets: files under keys. Strong read after write, conditional put, multipart uploads, links that a browser can
 * follow, and a lifecycle by age.
 */

export interface BucketShape {
  readonly name: string
  /** Objects this old are absent. */
  readonly expireAfterMs?: number
  /** Objects this old are cold: they must be restored before they can be read. */
  readonly coldAfterMs?: number
  /** The queues that hear of every new object, as JSON of `ObjectCreatedMessage`. */
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
  readonly type?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly ifAbsent?: boolean
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

export interface Part {
  readonly number: number
  readonly etag: string
}

export interface Buckets {
  /** Faults: `invalid-key`, `conflict` (ifAbsent, ifMatch), `object-too-large`. */
  put(bucket: string, key: string, content: Bytes, options?: PutObject): Promise<ObjectState>
  /** `range`: first and last byte, both included. Faults: `object-cold`. */
  get(
    bucket: string,
    key: string,
    range?: { readonly first: number; readonly last?: number },
  ): Promise<{ readonly object: ObjectState; readonly content: AsyncIterable<Uint8Array> } | undefined>
  head(bucket: string, key: string): Promise<ObjectState | undefined>
  remove(bucket: string, key: string): Promise<void>
  /** By key, in UTF-8 byte order. Faults: `invalid-cursor`, `page-size-invalid`. */
  list(
    bucket: string,
    options: { readonly prefix?: string; readonly limit: number; readonly after?: string },
  ): Promise<{ readonly objects: readonly ObjectState[]; readonly after?: string }>
  /** Asks for a cold object; readable for `forMs` once restored. Faults: `conflict` where nothing is cold there. */
  restore(bucket: string, key: string, forMs: number): Promise<void>

  startUpload(bucket: string, key: string, options?: Pick<PutObject, 'type' | 'metadata'>): Promise<string>
  /** Parts count from 1 to 10,000; all but the last have at least 5 MB. Sent again, a part is replaced. */
  putPart(bucket: string, upload: string, number: number, content: Bytes): Promise<Part>
  /** Joins the parts, in the order of their numbers. Faults: `part-invalid`. */
  finishUpload(bucket: string, upload: string, parts: readonly Part[]): Promise<ObjectState>
  dropUpload(bucket: string, upload: string): Promise<void>

  /** An address by which anybody can do this until it ends. Faults: `link-too-long` (1 hour). */
  link(to: LinkTo): Promise<string>
  /**
   * Answers a request that came by such an address. Only engines whose addresses lead to us have it.
   * A wrong or ended signature is answered with 403, without a word about the object.
   */
  readonly follow?: (request: Request) => Promise<Response>
}
