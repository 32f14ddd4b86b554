/**
 * Credentials to upload, for engines whose endpoint is ours. All that they allow stands in their session token; their
 * secret is made of the token with a key that nobody but us has. Nothing is kept of them, so they work on every process
 * that has the key, and end by themselves. A token that was changed has another secret, and signs nothing.
 */
import { createHash, createHmac } from 'node:crypto'
import { checkObjectKey, type UploadCredentials, type UploadScope } from './bucket.ts'
import type { Clock } from './clock.ts'
import { limits, readable } from './limits.ts'
import { isSame } from './links.ts'
import { fault } from './problems.ts'

/** What the holder of credentials may do. */
export interface AllowedUpload extends Omit<UploadScope, 'forMs'> {
  readonly untilMs: number
}

export interface UploadKeys {
  /** Faults: `invalid-key`, `link-too-long`. */
  credentials(scope: UploadScope): UploadCredentials
  /** Whose token this is, if it is one of ours: what it allows may be believed once the secret has signed something. */
  holder(token: string): UploadHolder | undefined
  /** A name of an upload for a client: no one else's can be guessed from it, nor used at another key. */
  uploadName(upload: string, bucket: string, key: string): string
  /** The upload that a name stands for at a key; undefined where it was not made here, for this. */
  uploadIn(name: string, bucket: string, key: string): string | undefined
}

export interface UploadHolder {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly allowed: AllowedUpload
}

/** There is one region; what a client calls it does not matter. */
const region = 'us-east-1'

/**
 * @param options.endpoint where S3 clients reach us: scheme and host
 * @param options.bucketPrefix what names of buckets begin with there
 * @param options.key signs; known to all processes that answer such requests, and to nobody else
 */
export function uploadKeys(options: {
  readonly clock: Clock
  readonly endpoint: string
  readonly bucketPrefix: string
  readonly key: string | Uint8Array
}): UploadKeys {
  const { clock, endpoint, bucketPrefix, key } = options
  const mac = (...words: readonly string[]) =>
    createHmac('sha256', key).update(JSON.stringify(words)).digest('base64url')
  const keysOf = (token: string) => ({ accessKeyId: idOf(token), secretAccessKey: mac('upload', token) })
  return {
    credentials(scope) {
      checkUploadScope(scope)
      const expiresAtMs = clock.now() + scope.forMs
      const sessionToken = tokenOf(scope, expiresAtMs)
      const place = { endpoint, region, bucket: bucketPrefix + scope.bucket, forcePathStyle: true }
      return { ...place, ...keysOf(sessionToken), sessionToken, expiresAtMs }
    },
    holder(token) {
      const allowed = allowedBy(token)
      return allowed && { ...keysOf(token), allowed }
    },
    uploadName: (upload, ...at) => `${upload}.${mac('upload-name', upload, ...at)}`,
    uploadIn(name, ...at) {
      const end = name.lastIndexOf('.')
      const upload = name.slice(0, Math.max(0, end))
      return isSame(mac('upload-name', upload, ...at), name.slice(end + 1)) ? upload : undefined
    },
  }
}

/** Faults: `invalid-key`, `link-too-long`. */
export function checkUploadScope({ place, forMs }: Pick<UploadScope, 'place' | 'forMs'>): void {
  checkObjectKey(place)
  if (forMs > 0 && forMs <= limits.linkMs) return
  const most = `${limits.linkMs / 60_000} minutes`
  throw fault('link-too-long', `credentials for ${forMs / 60_000} minutes: choose more than 0 and at most ${most}`)
}

export function isAtPlace(place: string, key: string): boolean {
  return place.endsWith('/') ? key.startsWith(place) : key === place
}

/** Faults: `object-too-large`. */
export function checkUploadBytes(bytes: number, maxBytes: number = limits.objectBytes): void {
  if (bytes > maxBytes)
    throw fault('object-too-large', `the upload has ${readable(bytes)}, the limit is ${readable(maxBytes)}`)
}

/** For logs, where a secret must not stand: the same for the same token. */
function idOf(token: string): string {
  return `GP${createHash('sha256').update(token).digest('hex').slice(0, 18).toUpperCase()}`
}

function tokenOf({ bucket, place, maxBytes, types }: UploadScope, untilMs: number): string {
  return Buffer.from(JSON.stringify([bucket, place, untilMs, maxBytes ?? null, types ?? null])).toString('base64url')
}

function allowedBy(token: string): AllowedUpload | undefined {
  const [bucket, place, untilMs, maxBytes, types] = listIn(token)
  if (typeof bucket !== 'string' || typeof place !== 'string' || typeof untilMs !== 'number') return undefined
  return {
    ...{ bucket, place, untilMs },
    ...(typeof maxBytes === 'number' ? { maxBytes } : {}),
    ...(Array.isArray(types) ? { types: types.map(String) } : {}),
  }
}

function listIn(token: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}
