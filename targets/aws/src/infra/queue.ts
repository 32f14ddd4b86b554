/**
 * Queues, as the driver wants them. It moves what cannot be handled to the table of letters, with the reason; the queue
 * `groundplan-backstop` has what was taken so often without anybody saying a word that no process can have lived through it.
 */
import { queueAttributes } from '@groundplan/aws'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs'
import { type QueueShape, resourcesOf } from 'groundplan/target'
import { type Kit, keepsData, onlyEncrypted } from '../kit.ts'
import { idOf } from '../names.ts'
import { queueOf } from '../rights.ts'
import { functionTimeoutS, type System } from '../system.ts'

export const backstop = 'groundplan-backstop'
/** SQS takes no more; the driver counts for itself, and buries long before. */
const mostReceives = 1_000
const longestVisibleS = 43_200

export function queues(kit: Kit, key: CfnKey): void {
  if (kit.system.queues.length === 0) return
  const last = queue(kit, { name: backstop, ordered: false }, key)
  const all = kit.system.queues.map(shape => queue(kit, shape, key, last))
  new CfnQueuePolicy(kit.stack, 'QueuePolicy', {
    queues: [last, ...all].map(({ ref }) => ref),
    policyDocument: { Version: '2012-10-17', Statement: [onlyEncrypted('sqs:*', ['*'])] },
  })
}

function queue(kit: Kit, { name, ordered }: QueueShape, key: CfnKey, last?: CfnQueue): CfnQueue {
  const { stack, system } = kit
  const { MaximumMessageSize, MessageRetentionPeriod, DeduplicationScope, FifoThroughputLimit } =
    queueAttributes(ordered)
  return keepsData(
    kit,
    new CfnQueue(stack, idOf('Queue', name), {
      queueName: system.names.queue(name),
      fifoQueue: true,
      maximumMessageSize: Number(MaximumMessageSize),
      messageRetentionPeriod: Number(MessageRetentionPeriod),
      ...(DeduplicationScope === undefined ? {} : { deduplicationScope: DeduplicationScope }),
      ...(FifoThroughputLimit === undefined ? {} : { fifoThroughputLimit: FifoThroughputLimit }),
      kmsMasterKeyId: key.attrArn,
      kmsDataKeyReusePeriodSeconds: 300,
      visibilityTimeout: visibleAfterS(system, name),
      ...(last
        ? { redrivePolicy: { deadLetterTargetArn: last.attrArn, maxReceiveCount: receivesOf(system, name) } }
        : {}),
    }),
  )
}

/**
 * Six times what a call may take, as Lambda wants it, and never less than the function may run: Lambda refuses that. A
 * process that takes messages itself says how long each time.
 */
function visibleAfterS({ parts, services }: System, queue: string): number {
  const named = parts.handlers.find(each => queueOf(each) === queue)
  const service = services.find(({ name }) => name === named?.service.name)
  const leastS = service?.compute === 'functions' ? functionTimeoutS(service) : 0
  return Math.min(longestVisibleS, Math.max(leastS, Math.ceil((named?.handler.timeoutMs ?? 30_000) / 1_000) * 6))
}

function receivesOf({ parts }: System, queue: string): number {
  const attempts = resourcesOf(parts, 'queue').find(({ name }) => name === queue)?.spec.attempts ?? 50
  return Math.min(mostReceives, attempts * 2)
}
