/**
 * What reaches a function besides requests: messages of queues, what is new in the outbox, ticks, new objects, and
 * requests of other services. Each is told by its form.
 */
import { fault } from '../../contract/problems.ts'
import type { HandedQueues } from '../../contract/queue-handed.ts'
import type { InvokedRuntime } from '../../runtime/invoked.ts'
import { carriedAnswer } from './carried.ts'
import { isCarried } from './carried-event.ts'

/** One message of a batch from SQS. */
export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: { readonly ApproximateReceiveCount: string }
  readonly eventSource: 'aws:sqs'
  readonly eventSourceARN: string
}

/** What of a batch must come again. */
export interface BatchResult {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

interface Records {
  readonly Records: readonly { readonly eventSource?: string }[]
}

/** An event of EventBridge: an object is new in a bucket. */
interface ObjectCreated {
  readonly 'detail-type': 'Object Created'
  readonly detail: {
    readonly bucket: { readonly name: string }
    readonly object: { readonly key: string; readonly size?: number; readonly etag?: string }
  }
}

export interface WorkParts {
  readonly runtime: InvokedRuntime
  readonly queues: HandedQueues
  /** The bucket of the plan that is called so. */
  bucketNamed(engineName: string): string | undefined
}

/** Does what an event asks for. Faults: `request-invalid` where nothing here knows its form. */
export function work(parts: WorkParts, event: object): Promise<unknown> {
  const { runtime } = parts
  if (isCarried(event)) return runtime.answer(event.groundplan).then(carriedAnswer)
  if (isTick(event)) return ticked(runtime, event.schedule)
  if (isBatch(event)) return batch(parts, event)
  if (isObjectCreated(event)) return created(parts, event)
  throw fault('request-invalid', `nothing here knows an event with ${Object.keys(event).join(', ')}`)
}

function isTick(event: object): event is { readonly schedule: string } {
  return 'schedule' in event && typeof event.schedule === 'string'
}

function isBatch(event: object): event is Records {
  return 'Records' in event && Array.isArray(event.Records)
}

function isObjectCreated(event: object): event is ObjectCreated {
  return 'detail-type' in event && event['detail-type'] === 'Object Created'
}

async function ticked(runtime: InvokedRuntime, schedule: string): Promise<void> {
  if (schedule === 'groundplan/minute') await runtime.eachMinute()
  else await runtime.tick(schedule)
}

/** A batch comes from one source. */
async function batch(parts: WorkParts, { Records: records }: Records): Promise<BatchResult> {
  const source = records[0]?.eventSource
  if (source === 'aws:sqs') return messages(parts, records as readonly SqsRecord[])
  if (source === 'aws:dynamodb') {
    // What is new in the outbox is read from there, in its order, with what was left before.
    await parts.runtime.sendOn()
    return { batchItemFailures: [] }
  }
  throw fault('request-invalid', `nothing here takes records of ${source ?? 'nobody'}`)
}

/** Lambda holds a batch until the function has ended. */
const leaseMs = 15 * 60_000

async function messages({ runtime, queues }: WorkParts, records: readonly SqsRecord[]): Promise<BatchResult> {
  const name = records[0]?.eventSourceARN.split(':').at(-1) ?? ''
  const queue = queues.nameOf(name)
  if (queue === undefined) throw fault('no-such-route', `${name} is no queue of this plan`)
  const byLease = new Map(records.map(record => [record.receiptHandle, record.messageId]))
  const taken = records.map(({ body, receiptHandle: lease, attributes }) =>
    queues.taken(queue, { body, lease, attempt: Number(attributes.ApproximateReceiveCount) }, leaseMs),
  )
  const again = await runtime.deliver(queue, taken)
  return { batchItemFailures: again.map(({ lease }) => ({ itemIdentifier: byLease.get(lease) ?? '' })) }
}

async function created({ runtime, bucketNamed }: WorkParts, { detail }: ObjectCreated): Promise<void> {
  const bucket = bucketNamed(detail.bucket.name)
  if (bucket === undefined) throw fault('no-such-route', `${detail.bucket.name} is no bucket of this plan`)
  const { key, size: bytes = 0, etag = '' } = detail.object
  await runtime.created({ bucket, key, bytes, etag })
}
