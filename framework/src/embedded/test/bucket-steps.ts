/** What the process that is killed and the one that looks afterwards know of the steps on a key. */
import type { Clock } from '../../contract/clock.ts'
import { embeddedBuckets } from '../bucket.ts'
import { openEnvironment } from '../environment.ts'
import { embeddedQueues } from '../queue.ts'

export const keys: readonly string[] = ['a', 'b/c', '日本', ' ']

/** Some steps remove the object, all others put a content of their own. */
export function isRemoval(step: number): boolean {
  return step % 11 === 0
}

/** A content that says which it is, up to a megabyte. */
export function contentAt(key: string, step: number): Uint8Array {
  const bytes = Buffer.alloc((step * 79_193) % 1_000_000, `${key} ${step} `)
  return Buffer.concat([Buffer.from(`${key} ${step}:`), bytes])
}

export async function openBuckets(folder: string, clock: Clock) {
  const environment = openEnvironment(folder, { plan: 'crash' })
  const queues = await embeddedQueues(environment, { clock, queues: [{ name: 'heard', ordered: false }] })
  const buckets = embeddedBuckets(environment, {
    clock,
    buckets: [{ name: 'files', createdTo: ['heard'] }],
    baseUrl: 'http://localhost',
    key: 'signs links',
    accept: messages => queues.accept(queues.drafts(messages)),
  })
  return { environment, queues, buckets }
}
