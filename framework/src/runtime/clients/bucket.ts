/**
 * The clients of buckets: `reader`, `writer`, `uploader`.
 */
import type { Buckets, Bytes, ObjectState } from '../../contract/bucket.ts'
import { limits } from '../../contract/limits.ts'
import { fault } from '../../contract/problems.ts'
import type {
  Bucket,
  BucketReader,
  BucketUploader,
  BucketWriter,
  Content,
  ObjectInfo,
  StoredObject,
} from '../../plan/bucket.ts'
import { type Duration, milliseconds } from '../../plan/words.ts'
import type { RunningCall } from '../call.ts'

export function bucketClient(buckets: Buckets, bucket: Bucket, right: string, call: RunningCall): unknown {
  if (right === 'reader') return reader(buckets, bucket.name, call)
  if (right === 'writer') return { ...reader(buckets, bucket.name, call), ...writer(buckets, bucket.name, call) }
  return uploader(buckets, bucket, call)
}

function reader(buckets: Buckets, bucket: string, call: RunningCall): BucketReader {
  const spanned = <T>(verb: string, run: () => Promise<T>): Promise<T> => call.session.spanned(`${bucket}.${verb}`, run)
  return {
    get: key =>
      spanned('get', async () => {
        const found = await buckets.get(bucket, key)
        return found && storedObject(found.object, found.content)
      }),
    head: key => spanned('head', async () => infoOr(await buckets.head(bucket, key))),
    list: (prefix = '', { limit = limits.pageItemsDefault, after } = {}) =>
      spanned('list', async () => {
        const page = await buckets.list(bucket, { prefix, limit, ...(after === undefined ? {} : { after }) })
        return { objects: page.objects.map(infoOf), ...(page.after === undefined ? {} : { after: page.after }) }
      }),
    link: (key, options) => buckets.link({ method: 'GET', bucket, key, forMs: linkMs(options?.for) }),
  }
}

function writer(buckets: Buckets, bucket: string, call: RunningCall): Omit<BucketWriter, keyof BucketReader> {
  const spanned = <T>(verb: string, run: () => Promise<T>): Promise<T> => call.session.spanned(`${bucket}.${verb}`, run)
  return {
    put: (key, content, options) =>
      spanned('put', async () => infoOf(await buckets.put(bucket, key, bytesOf(content), withType(content, options)))),
    remove: key => spanned('remove', () => buckets.remove(bucket, key)),
    restore: (key, options) => spanned('restore', () => buckets.restore(bucket, key, milliseconds(options.for))),
    uploadLink: (key, options) =>
      buckets.link({
        method: 'PUT',
        bucket,
        key,
        forMs: linkMs(options?.for),
        ...(options?.type === undefined ? {} : { type: options.type }),
      }),
  }
}

/** The check of the plan has refused engines that give no such credentials, or do not keep the bounds. */
function uploader(buckets: Buckets, { name, spec }: Bucket, call: RunningCall): BucketUploader {
  return {
    credentials: (place, options) =>
      call.session.spanned(`${name}.credentials`, async () => {
        const scope = { bucket: name, place, forMs: linkMs(options?.for), ...spec.uploads }
        const made = await buckets.uploadCredentials?.(scope)
        if (!made) throw fault('unsupported', `the engine of bucket "${name}" gives no credentials to upload`)
        const { expiresAtMs, ...credentials } = made
        return { ...credentials, expiresAt: new Date(expiresAtMs).toISOString() }
      }),
  }
}

function linkMs(duration: Duration = '15 minutes'): number {
  return milliseconds(duration)
}

function withType<O extends { readonly type?: string }>(
  content: Content,
  options: O | undefined,
): O | { type: string } {
  const type = typeof content === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream'
  return { type, ...options }
}

function bytesOf(content: Content): Bytes {
  return typeof content === 'string' ? new TextEncoder().encode(content) : (content as Bytes)
}

function infoOf({ storedAtMs, ...state }: ObjectState): ObjectInfo {
  return { ...state, storedAt: new Date(storedAtMs).toISOString() }
}

function infoOr(state: ObjectState | undefined): ObjectInfo | undefined {
  return state && infoOf(state)
}

function storedObject(state: ObjectState, content: AsyncIterable<Uint8Array>): StoredObject {
  const bytesOfContent = async (): Promise<Uint8Array> => {
    const parts: Uint8Array[] = []
    for await (const part of content) parts.push(part)
    return Buffer.concat(parts)
  }
  return {
    ...infoOf(state),
    stream: () => content,
    bytesOf: bytesOfContent,
    text: async () => new TextDecoder().decode(await bytesOfContent()),
  }
}
