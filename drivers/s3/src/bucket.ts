/**
 * Buckets on any server that speaks S3. One bucket there for each here.
 *
 * An object carries the time at which it was put, by our clock, among its metadata: lists and ages go by it. What comes by
 * a link or in parts has S3's own time, in whole seconds. Objects that have the age to expire are absent at once, and
 * removed by the bucket's lifecycle rule within days; whether an object is cold is for S3 to say.
 *
 * A content of unknown length is put in parts, which nobody sees before the last has come. A listing asks for each object
 * once more, since S3 lists neither types nor metadata.
 */
import { type BucketShape, type Buckets, type Clock, fault, type NewMessage } from 'groundplan/driver'
import { openedBuckets } from './objects.ts'
import { type S3Uploads, uploadsBy } from './uploads.ts'

export interface S3Options {
  readonly clock: Clock
  readonly region: string
  /** The server. Default: Amazon's. */
  readonly endpoint?: string
  /** Default: those of the process. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** What the names of all buckets begin with: the plan and its environment. */
  readonly prefix: string
  readonly buckets: readonly BucketShape[]
  /**
   * Takes the messages of new objects. Without it the server tells of them itself (S3's event notifications). With it
   * nobody is told of what comes by a link, nor of an object whose process dies between the put and the message.
   */
  readonly tell?: (messages: readonly NewMessage[]) => Promise<void>
  /** How outside parties get credentials to upload. Default: not at all. */
  readonly uploads?: S3Uploads
}

export interface S3Buckets extends Buckets {
  /**
   * Finds out whether the server keeps what others only take: the conditions of a put. To be called at start.
   * Faults: `unsupported`, `engine-unavailable`.
   */
  check(): Promise<void>
  /** Gives connections back. */
  close(): void
}

/** The buckets of a plan, which are there already. Their client is made when one of them is first used. */
export function s3Buckets(options: S3Options): S3Buckets {
  let made: ReturnType<typeof openedBuckets> | undefined
  const opened = () => {
    made ??= openedBuckets(options)
    return made
  }
  const of = (name: string) => {
    const found = opened().all.get(name)
    if (!found) throw fault('plan-invalid', `there is no bucket "${name}"`)
    return found
  }
  const buckets: Buckets = {
    put: async (bucket, key, content, more) => of(bucket).put(key, content, more),
    get: async (bucket, key, range) => of(bucket).get(key, range),
    head: async (bucket, key) => of(bucket).head(key),
    remove: async (bucket, key) => of(bucket).remove(key),
    list: async (bucket, page) => of(bucket).list(page),
    restore: async (bucket, key, forMs) => of(bucket).restore(key, forMs),
    startUpload: async (bucket, key, more) => of(bucket).startUpload(key, more),
    putPart: async (bucket, upload, number, content) => of(bucket).putPart(upload, number, content),
    finishUpload: async (bucket, upload, parts) => of(bucket).finishUpload(upload, parts),
    dropUpload: async (bucket, upload) => of(bucket).dropUpload(upload),
    link: async to => of(to.bucket).link(to),
  }
  const { uploads } = options
  return {
    ...buckets,
    ...(uploads
      ? uploadsBy(uploads, buckets, { ...options, client: () => opened().client }, bucket => of(bucket).name)
      : {}),
    async check() {
      for (const bucket of opened().all.values()) await bucket.check()
    },
    close: () => made?.client.destroy(),
  }
}
