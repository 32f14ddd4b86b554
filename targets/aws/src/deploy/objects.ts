/** A bucket: what is put there, once, and read again. */
import { createHash } from 'node:crypto'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { calling, nameOf } from './clients.ts'

export class Objects {
  readonly bucket: string
  readonly #s3: S3Client

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3
    this.bucket = bucket
  }

  async has(Key: string): Promise<boolean> {
    const head = new HeadObjectCommand({ Bucket: this.bucket, Key })
    return calling(`looking into ${this.bucket}`, () => this.#s3.send(head).then(() => true, unlessMissing)).then(
      found => found === true,
    )
  }

  async put(Key: string, Body: Uint8Array | string, as: { type?: string; cache?: string } = {}): Promise<void> {
    const { type: ContentType = 'application/octet-stream', cache } = as
    const put = new PutObjectCommand({
      Bucket: this.bucket,
      Key,
      Body,
      ContentType,
      ...(cache ? { CacheControl: cache } : {}),
    })
    await calling(`putting ${Key} into ${this.bucket}`, () => this.#s3.send(put))
  }

  /** Puts what is named by what it holds: not again where it is. Gives whether it was put. */
  async putOnce(key: string, body: Uint8Array | string): Promise<boolean> {
    if (await this.has(key)) return false
    await this.put(key, body)
    return true
  }

  /** All keys that begin so. */
  async keys(Prefix: string): Promise<readonly string[]> {
    return calling(`looking into ${this.bucket}`, async () => {
      const found: string[] = []
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client: this.#s3 },
        { Bucket: this.bucket, Prefix },
      ))
        found.push(...Contents.flatMap(({ Key }) => Key ?? []))
      return found
    })
  }

  async remove(Key: string): Promise<void> {
    const remove = new DeleteObjectCommand({ Bucket: this.bucket, Key })
    await calling(`removing ${Key} of ${this.bucket}`, () => this.#s3.send(remove))
  }

  async text(Key: string): Promise<string | undefined> {
    const get = new GetObjectCommand({ Bucket: this.bucket, Key })
    return calling(`reading ${Key} of ${this.bucket}`, async () => {
      const found = await this.#s3.send(get).catch(unlessMissing)
      return found?.Body?.transformToString()
    })
  }
}

function unlessMissing(error: unknown): undefined {
  if (!['NoSuchKey', 'NotFound', 'NoSuchBucket'].includes(nameOf(error) ?? '')) throw error
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
