/** SQS: calls in batches of ten, with their requests counted. */
import { setMaxListeners } from 'node:events'
import type {
  ChangeMessageVisibilityBatchRequest,
  ChangeMessageVisibilityBatchResult,
  CreateQueueRequest,
  DeleteMessageBatchRequest,
  DeleteMessageBatchResult,
  DeleteQueueRequest,
  GetQueueAttributesRequest,
  GetQueueAttributesResult,
  GetQueueUrlRequest,
  GetQueueUrlResult,
  ListQueuesRequest,
  ListQueuesResult,
  Message,
  ReceiveMessageRequest,
  ReceiveMessageResult,
  SendMessageBatchRequest,
  SendMessageBatchResult,
} from '@aws-sdk/client-sqs'
import { type Clock, fault } from 'groundplan/driver'
import { type AwsOptions, awsErrorOf, backOff, persistently } from './client.ts'
import { queueAttributes } from './names.ts'
import { type Does, type JsonService, SignedCalls } from './signed-calls.ts'

export interface Sending {
  readonly body: string
  /** SQS takes the same one within 5 minutes as the same message. */
  readonly deduplication: string
  readonly group: string
}

interface Failed {
  readonly Id: string | undefined
  readonly Code: string | undefined
  readonly SenderFault: boolean | undefined
  readonly Message?: string | undefined
}

/** What is called here and by tests, by name; typed as the SDK types it. */
interface SqsOperations {
  readonly ChangeMessageVisibilityBatch: Does<ChangeMessageVisibilityBatchRequest, ChangeMessageVisibilityBatchResult>
  readonly CreateQueue: Does<CreateQueueRequest, object>
  readonly DeleteMessageBatch: Does<DeleteMessageBatchRequest, DeleteMessageBatchResult>
  readonly DeleteQueue: Does<DeleteQueueRequest, object>
  readonly GetQueueAttributes: Does<GetQueueAttributesRequest, GetQueueAttributesResult>
  readonly GetQueueUrl: Does<GetQueueUrlRequest, GetQueueUrlResult>
  readonly ListQueues: Does<ListQueuesRequest, ListQueuesResult>
  readonly ReceiveMessage: Does<ReceiveMessageRequest, ReceiveMessageResult>
  readonly SendMessageBatch: Does<SendMessageBatchRequest, SendMessageBatchResult>
}

const service: JsonService = { host: 'sqs', signedFor: 'sqs', target: 'AmazonSQS', json: '1.0' }

const mostAtOnce = 10
/** Of all messages of a batch; a single one of ours is never larger. */
const batchBytes = 1_000_000
const mostAttempts = 8

export class Sqs {
  readonly clock: Clock
  readonly #calls: SignedCalls<SqsOperations>
  readonly #spent: AwsOptions['spent']
  readonly #closing = new AbortController()
  readonly #urls = new Map<string, Promise<string>>()

  constructor(options: AwsOptions) {
    // As many wait for messages as there are receivers.
    setMaxListeners(0, this.#closing.signal)
    this.#calls = new SignedCalls<SqsOperations>(service, options)
    this.clock = options.clock
    this.#spent = options.spent
  }

  /** A call made once. Its errors are for the caller. */
  once<O extends keyof SqsOperations>(
    operation: O,
    input: SqsOperations[O]['input'],
    signal?: AbortSignal,
  ): Promise<SqsOperations[O]['output']> {
    return this.#calls.call(operation, input, signal)
  }

  /** Makes a queue, or takes the one that is there. */
  async make(name: string, ordered: boolean): Promise<void> {
    await this.once('CreateQueue', { QueueName: name, Attributes: queueAttributes(ordered) })
  }

  /** In this order; none of one group overtakes another. Faults: `engine-unavailable`, `message-too-large`. */
  async send(name: string, messages: readonly Sending[]): Promise<void> {
    const QueueUrl = await this.#url(name)
    for (const batch of batchesOf(messages)) {
      await this.#all('SendMessageBatch', name, batch, async some => {
        const Entries = some.map(([Id, { body, deduplication, group }]) => ({
          ...{ Id, MessageBody: body, MessageDeduplicationId: deduplication, MessageGroupId: group },
        }))
        return (await this.once('SendMessageBatch', { QueueUrl, Entries })).Failed ?? []
      })
    }
  }

  /** Waits up to so many seconds for the first. */
  async receive(
    name: string,
    { most, waitSeconds, leaseSeconds }: { most: number; waitSeconds: number; leaseSeconds: number },
  ): Promise<readonly Message[]> {
    const asked: ReceiveMessageRequest = {
      QueueUrl: await this.#url(name),
      MaxNumberOfMessages: most,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: leaseSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }
    return this.#call('ReceiveMessage', name, async () => {
      try {
        return (await this.once('ReceiveMessage', asked, this.#closing.signal)).Messages ?? []
      } catch (error) {
        if (this.#closing.signal.aborted) return []
        throw error
      }
    })
  }

  /** Those of these receipts that no longer hold change nothing. */
  async remove(name: string, receipts: readonly string[]): Promise<void> {
    const QueueUrl = await this.#url(name)
    for (const batch of chunks(receipts)) {
      await this.#all('DeleteMessageBatch', name, batch, async some => {
        const Entries = some.map(([Id, ReceiptHandle]) => ({ Id, ReceiptHandle }))
        return (await this.once('DeleteMessageBatch', { QueueUrl, Entries })).Failed ?? []
      })
    }
  }

  /** Hides messages for so long from now; gives the receipts that still hold. */
  async hide(name: string, receipts: readonly string[], seconds: number): Promise<readonly string[]> {
    const QueueUrl = await this.#url(name)
    const held: string[] = []
    for (const batch of chunks(receipts)) {
      const lost = await this.#all('ChangeMessageVisibilityBatch', name, batch, async some => {
        const Entries = some.map(([Id, ReceiptHandle]) => ({ Id, ReceiptHandle, VisibilityTimeout: seconds }))
        return (await this.once('ChangeMessageVisibilityBatch', { QueueUrl, Entries })).Failed ?? []
      })
      held.push(...batch.filter(receipt => !lost.includes(receipt)))
    }
    return held
  }

  /** About how many. */
  async counts(name: string): Promise<{ readonly visible: number; readonly hidden: number }> {
    const QueueUrl = await this.#url(name)
    const asked: GetQueueAttributesRequest = {
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }
    const { Attributes = {} } = await this.#call('GetQueueAttributes', name, () =>
      this.once('GetQueueAttributes', asked),
    )
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } = Attributes
    return { visible: Number(visible ?? 0), hidden: Number(hidden ?? 0) }
  }

  /** Ends what waits for messages. */
  close(): void {
    this.#closing.abort()
    this.#calls.close()
  }

  #call<T>(operation: string, resource: string, call: () => Promise<T>): Promise<T> {
    return persistently(this.clock, `${operation} of ${resource}`, () => {
      this.#spent?.({ service: 'sqs', operation, resource, units: 1 })
      return call()
    })
  }

  /** Until each is done, or refused for good: those are given back. */
  async #all<T>(
    operation: string,
    name: string,
    batch: readonly T[],
    call: (some: readonly (readonly [id: string, each: T])[]) => Promise<readonly Failed[]>,
  ): Promise<readonly T[]> {
    const refused: T[] = []
    let left = batch.map((each, at) => [String(at), each] as const)
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt >= mostAttempts) throw fault('engine-unavailable', `${operation} of ${name} fails again and again`)
      if (attempt > 0) await backOff(this.clock, attempt)
      const failed = await this.#call(operation, name, () => call(left))
      refused.push(
        ...left.filter(([id]) => failed.some(each => each.Id === id && isFinal(each))).map(([, each]) => each),
      )
      left = left.filter(([id]) => failed.some(each => each.Id === id && !isFinal(each)))
    }
    if (operation === 'SendMessageBatch' && refused.length > 0) {
      throw fault('engine-unavailable', `SQS refuses ${refused.length} messages to ${name}`)
    }
    return refused
  }

  #url(name: string): Promise<string> {
    const known = this.#urls.get(name)
    if (known) return known
    const asked = this.#asked(name)
    this.#urls.set(name, asked)
    asked.catch(() => this.#urls.delete(name))
    return asked
  }

  async #asked(name: string): Promise<string> {
    try {
      const asked = { QueueName: name }
      return (await this.#call('GetQueueUrl', name, () => this.once('GetQueueUrl', asked))).QueueUrl ?? ''
    } catch (error) {
      const { name: code, message } = awsErrorOf(error)
      throw fault('engine-unavailable', `queue ${name}: ${code}: ${message}`, {}, error)
    }
  }
}

function isFinal({ SenderFault }: Failed): boolean {
  return SenderFault ?? false
}

function chunks<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / mostAtOnce) }, (_, at) =>
    all.slice(at * mostAtOnce, (at + 1) * mostAtOnce),
  )
}

interface Batch {
  readonly messages: Sending[]
  bytes: number
}

/** One of a group in each, so that a part which fails is overtaken by none. */
function batchesOf(messages: readonly Sending[]): readonly (readonly Sending[])[] {
  const batches: Batch[] = []
  // By group: the first batch that may hold its next message.
  const next = new Map<string, number>()
  let firstOpen = 0
  for (const message of messages) {
    const bytes = Buffer.byteLength(message.body)
    let at = Math.max(next.get(message.group) ?? 0, firstOpen)
    while (!hasRoom(batches[at], bytes)) at++
    const batch = batches[at] ?? { messages: [], bytes: 0 }
    batches[at] = batch
    batch.messages.push(message)
    batch.bytes += bytes
    next.set(message.group, at + 1)
    while (batches[firstOpen]?.messages.length === mostAtOnce) firstOpen++
  }
  return batches.map(({ messages }) => messages)
}

function hasRoom(batch: Batch | undefined, bytes: number): boolean {
  return !batch || (batch.messages.length < mostAtOnce && batch.bytes + bytes <= batchBytes)
}
