/** Queues of a test: on ElasticMQ, with their letters in DynamoDB Local. */
import { randomUUID } from 'node:crypto'
import type { Clock, HandedQueues, QueueShape } from 'groundplan/driver'
import type { Spending } from '../client.ts'
import { Dynamo } from '../dynamo.ts'
import { Letters } from '../letters.ts'
import { lettersTable, queueName, resourceName } from '../names.ts'
import { sqsQueues } from '../queue.ts'
import { makeTables } from '../setup.ts'
import { Sqs } from '../sqs.ts'
import { credentials } from './engines.ts'
import { removeTables } from './tables.ts'

export interface TestQueues {
  /** As another process would: it knows nothing of what this one holds. */
  open(more?: { readonly carried?: boolean }): HandedQueues
  readonly spent: readonly Spending[]
  close(): Promise<void>
}

export async function testQueues(
  endpoints: { readonly sqs: string; readonly dynamodb: string },
  clock: Clock,
  queues: readonly QueueShape[],
): Promise<TestQueues> {
  const prefix = `test-${randomUUID().slice(0, 8)}`
  const spent: Spending[] = []
  const options = { clock, region: 'eu-central-1', credentials, spent: (each: Spending) => spent.push(each) }
  const dynamo = new Dynamo({ ...options, endpoint: endpoints.dynamodb })
  const sqs = new Sqs({ ...options, endpoint: endpoints.sqs })
  await makeTables(dynamo, prefix, [])
  await Promise.all(queues.map(({ name, ordered }) => sqs.make(queueName(prefix, name), ordered)))
  const letters = new Letters(dynamo, resourceName(prefix, lettersTable))
  return {
    spent,
    open: more => sqsQueues({ sqs, letters, prefix, queues, ...more }),
    async close() {
      await removeTables(dynamo, prefix)
      await removeQueues(sqs, prefix)
      sqs.close()
      dynamo.close()
    },
  }
}

/** Leaves nothing of a test behind. */
export async function removeQueues(sqs: Sqs, prefix: string): Promise<void> {
  const { QueueUrls = [] } = await sqs.once('ListQueues', { QueueNamePrefix: prefix })
  for (const QueueUrl of QueueUrls) await sqs.once('DeleteQueue', { QueueUrl })
}
