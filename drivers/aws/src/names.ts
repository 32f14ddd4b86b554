/** What things are called on AWS: the driver and whoever sets an account up must agree. */
import { createHash } from 'node:crypto'
import type { TableShape } from 'groundplan/driver'

const longestQueueName = 80

/**
 * A table, queue or outbox of a plan. `prefix`: the plan and its environment, `shop-test`. Names of the framework's own
 * queues have dots, which a name of the plan cannot have and SQS does not take.
 */
export function resourceName(prefix: string, name: string): string {
  return `${prefix}-${name.replaceAll('.', '_')}`
}

/** SQS asks for the ending (queue.ts says why all are FIFO), and for 80 characters at most: longer names are cut. */
export function queueName(prefix: string, name: string): string {
  const whole = resourceName(prefix, name)
  const ending = '.fifo'
  if (whole.length + ending.length <= longestQueueName) return whole + ending
  const mark = createHash('sha256').update(whole).digest('hex').slice(0, 12)
  return `${whole.slice(0, longestQueueName - ending.length - mark.length - 1)}-${mark}${ending}`
}

/**
 * As `CreateQueue` wants it. A queue that is not ordered has as many groups as messages, so SQS may spread them as widely
 * as it can; one that is ordered knows a repeated message whatever its key.
 */
export function queueAttributes(ordered: boolean): Readonly<Record<string, string>> {
  const spread = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
  return {
    FifoQueue: 'true',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '1209600',
    ...(ordered ? {} : spread),
  }
}

export function indexName(index: string): string {
  return `by.${index}`
}

/** The table of messages that wait to be sent on. */
export const outboxTable = 'groundplan-outbox'
/** The table of what SQS cannot keep: messages for later, and dead letters. */
export const lettersTable = 'groundplan-letters'

/** As `CreateTable` wants it; the TTL attribute is set apart. */
export function tableDefinition(
  name: string,
  { key, indexes, watched }: Pick<TableShape, 'key' | 'indexes' | 'watched'>,
) {
  const sorted = Object.entries(indexes).map(([index, attributes]) => ({ index, sorted: attributes.length > 1 }))
  const attributes = [
    ...keyAttributes(['p', ...(key.length > 1 ? ['s'] : [])]),
    ...sorted.flatMap(({ index, sorted }) => keyAttributes([`i.${index}.p`, ...(sorted ? [`i.${index}.s`] : [])])),
  ]
  const secondary = sorted.map(({ index, sorted }) => ({
    IndexName: indexName(index),
    KeySchema: keySchema(`i.${index}.p`, sorted ? `i.${index}.s` : undefined),
    Projection: { ProjectionType: 'ALL' as const },
  }))
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: attributes,
    KeySchema: keySchema('p', key.length > 1 ? 's' : undefined),
    ...(secondary.length > 0 ? { GlobalSecondaryIndexes: secondary } : {}),
    ...(watched ? { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const } } : {}),
  }
}

/** The attribute that DynamoDB removes expired records by. */
export const ttlAttribute = 't'

function keyAttributes(names: readonly string[]) {
  return names.map(AttributeName => ({ AttributeName, AttributeType: 'B' as const }))
}

function keySchema(partition: string, sort: string | undefined) {
  return [
    { AttributeName: partition, KeyType: 'HASH' as const },
    ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
  ]
}
