/** What the promises of buckets have in common: buckets to work with, and contents to put and compare. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { BucketShape, Buckets, PutObject } from '../bucket.ts'
import type { QueueShape, Queues } from '../queue.ts'
import type { Promised, Subject } from './promises.ts'

export interface BucketSubject extends Subject {
  readonly buckets: Buckets
  /** Where the messages of new objects arrive. */
  readonly queues: Queues
  /** Sends a request to where links lead: over the network, or straight to `follow`. */
  reach(request: Request): Promise<Response>
  /** Ends the process that holds the buckets, as a kill would, and opens them again. Only engines that keep them. */
  reopen?(): Promise<Buckets>
}

export interface BucketNeeds {
  readonly buckets: readonly BucketShape[]
  readonly queues: readonly QueueShape[]
}

export const hour = 3_600_000
export const day = 24 * hour

/** Without a lifecycle. */
export const files = 'files'
/** Another one. */
export const others = 'others'
/** Expires after 90 days. */
export const expiring = 'expiring'
/** Cold after 30 days, expires after 365. */
export const cooling = 'cooling'
/** Tells two queues. */
export const telling = 'telling'
export const heardBy: readonly [string, string] = ['heard.first', 'heard.second']

export function promise(keep: (subject: BucketSubject) => Promise<void>): Promised<BucketSubject, BucketNeeds> {
  const buckets = [
    { name: files, createdTo: [] },
    { name: others, createdTo: [] },
    { name: expiring, createdTo: [], expireAfterMs: 90 * day },
    { name: cooling, createdTo: [], coldAfterMs: 30 * day, expireAfterMs: 365 * day },
    { name: telling, createdTo: heardBy },
  ]
  return { needs: { buckets, queues: heardBy.map(name => ({ name, ordered: false })) }, keep }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function putText(buckets: Buckets, key: string, text: string, options?: PutObject) {
  return buckets.put(files, key, bytesOf(text), options)
}

type Got = Awaited<ReturnType<Buckets['get']>>

/** The whole content. */
export async function read(got: Got): Promise<Buffer> {
  if (!got) throw new Error('there is no such object')
  const chunks: Uint8Array[] = []
  for await (const chunk of got.content) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The content as text; undefined where nothing is. */
export async function textAt(buckets: Buckets, key: string, bucket = files): Promise<string | undefined> {
  const got = await buckets.get(bucket, key)
  return got && (await read(got)).toString()
}

export async function keysIn(buckets: Buckets, bucket = files): Promise<readonly string[]> {
  const { objects } = await buckets.list(bucket, { limit: 1_000 })
  return objects.map(({ key }) => key)
}

/** Bytes that differ everywhere, so that nothing can be lost or swapped unseen. */
export function patterned(bytes: number, seed = 1): Uint8Array {
  const content = new Uint8Array(bytes)
  let state = seed
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    content[at] = state >>> 24
  }
  return content
}

/** For comparing large contents: a difference of megabytes is no message. */
export function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The content in chunks. */
export async function* inChunks(content: Uint8Array, chunkBytes = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += chunkBytes) yield content.subarray(at, at + chunkBytes)
}

/** Content that breaks off after some of it. */
export async function* breakingOff(bytes: number): AsyncGenerator<Uint8Array> {
  yield* inChunks(patterned(bytes))
  throw new Error('the sender went away')
}

/** How many of these were kept; all others must have been refused as a conflict. */
export async function winners(attempts: readonly Promise<unknown>[]): Promise<readonly number[]> {
  const outcomes = await Promise.allSettled(attempts)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' })
  }
  return outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
}
