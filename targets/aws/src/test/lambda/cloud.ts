/**
 * What calls functions on AWS, as far as the tests need it: Lambda's own API for one function that calls another, and the
 * sources of events that a template names: queues, the stream of the outbox. Forms of events are those that Amazon's
 * documentation describes.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { EventStreamCodec } from '@smithy/core/event-streams'
import { arnOf, type Outcome, type RunningFunction } from './function.ts'

/** Lambda's API: who is called by name. */
export class LambdaApi {
  readonly #functions: ReadonlyMap<string, RunningFunction>
  readonly #server: Server
  readonly calls: string[] = []

  private constructor(functions: ReadonlyMap<string, RunningFunction>) {
    this.#functions = functions
    this.#server = createServer((request, response) => {
      const [, version = '', name = '', verb = ''] =
        /^\/([\d-]+)\/functions\/([^/]+)\/([a-z-]+)\?Qualifier=live$/.exec(request.url ?? '') ?? []
      const call = calls[`${version}/${verb}`] ?? notFound
      const parts: Buffer[] = []
      request.on('data', part => parts.push(part))
      request.once('end', () => {
        this.calls.push(decodeURIComponent(name))
        const found = this.#functions.get(decodeURIComponent(name))
        void (found ? call : notFound)(found, JSON.parse(Buffer.concat(parts).toString()), response)
      })
    })
  }

  static async open(functions: ReadonlyMap<string, RunningFunction>): Promise<LambdaApi> {
    const api = new LambdaApi(functions)
    api.#server.listen(0, '127.0.0.1')
    await once(api.#server, 'listening')
    return api
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

type Calls = (found: RunningFunction | undefined, event: unknown, response: ServerResponse) => Promise<void>

const calls: Readonly<Record<string, Calls>> = {
  async '2015-03-31/invocations'(found, event, response) {
    const outcome = await found?.invoke(event)
    if (outcome?.ok) response.writeHead(200).end(outcome.payload)
    else response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end(JSON.stringify(outcome?.error))
  },
  async '2021-11-15/response-streaming-invocations'(found, event, response) {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
    const outcome = await found?.invoke(event, piece => halved(response, frame('PayloadChunk', piece)))
    const complete = outcome?.ok ? {} : { ErrorCode: 'Unhandled', ErrorDetails: JSON.stringify(outcome?.error) }
    response.end(frame('InvokeComplete', Buffer.from(JSON.stringify(complete))))
  },
}

async function notFound(_found: unknown, _event: unknown, response: ServerResponse): Promise<void> {
  response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}')
}

const codec = new EventStreamCodec(
  content => (typeof content === 'string' ? content : Buffer.from(content).toString()),
  text => Buffer.from(text),
)

/** As Lambda sends pieces to who asks for them. */
function frame(type: 'PayloadChunk' | 'InvokeComplete', body: Uint8Array): Uint8Array {
  const string = (value: string) => ({ type: 'string' as const, value })
  const content = type === 'PayloadChunk' ? 'application/octet-stream' : 'application/json'
  const headers = { ':message-type': string('event'), ':event-type': string(type), ':content-type': string(content) }
  return codec.encode({ headers, body })
}

/** Networks cut where they like. */
function halved(response: ServerResponse, bytes: Uint8Array): void {
  response.write(bytes.subarray(0, 7))
  response.write(bytes.subarray(7))
}

export interface SourceOptions {
  readonly sqs: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** One event source mapping of a queue: takes messages, calls, removes what was handled. */
export class QueueSource {
  readonly #client: SQSClient
  readonly #name: string
  readonly #to: RunningFunction
  readonly #batchSize: number
  readonly #stopping = new AbortController()
  readonly #loop: Promise<void>
  readonly outcomes: Outcome[] = []

  constructor(options: SourceOptions, queue: string, to: RunningFunction, batchSize: number) {
    const { sqs: endpoint, region, credentials } = options
    this.#client = new SQSClient({ endpoint, region, credentials })
    this.#name = queue
    this.#to = to
    this.#batchSize = batchSize
    this.#loop = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    this.#client.destroy()
  }

  async #run(): Promise<void> {
    const { QueueUrl } = await this.#client.send(new GetQueueUrlCommand({ QueueName: this.#name }))
    const abortSignal = this.#stopping.signal
    while (!abortSignal.aborted) {
      const receive = new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: this.#batchSize, WaitTimeSeconds: 2, VisibilityTimeout: 30 },
        MessageSystemAttributeNames: ['All'],
      })
      const { Messages = [] } = await this.#client.send(receive, { abortSignal }).catch(() => ({ Messages: [] }))
      if (Messages.length > 0) await this.#hand(QueueUrl ?? '', Messages)
    }
  }

  async #hand(QueueUrl: string, messages: readonly Message[]): Promise<void> {
    const outcome = await this.#to.invoke({ Records: messages.map(message => sqsRecord(this.#name, message)) })
    this.outcomes.push(outcome)
    const failed = failedIn(outcome, messages)
    for (const { MessageId = '', ReceiptHandle } of messages) {
      if (failed.includes(MessageId)) continue
      // It may be gone already: what was buried is removed by who buried it.
      await this.#client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })).catch(() => {})
    }
    if (outcome.ok) return
    // Lambda lets go of what a function that failed had taken.
    for (const { ReceiptHandle } of messages) {
      await this.#client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 1 }))
    }
  }
}

function failedIn(outcome: Outcome, messages: readonly Message[]): readonly string[] {
  if (!outcome.ok) return messages.map(({ MessageId = '' }) => MessageId)
  const { batchItemFailures = [] } = (JSON.parse(outcome.payload.toString()) ?? {}) as {
    readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[]
  }
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

export function sqsRecord(queue: string, { MessageId, ReceiptHandle, Body, Attributes }: Message) {
  return {
    messageId: MessageId ?? randomUUID(),
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes ?? {},
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:123456789012:${queue}`,
    awsRegion: 'us-east-1',
  }
}

/** The stream of a table, as the mapping of the carrier hands it on: what was inserted. */
export class StreamSource {
  readonly #to: RunningFunction
  readonly #changes: () => Promise<readonly string[]>
  readonly #stopping = new AbortController()
  readonly #loop: Promise<void>

  /** `changes` waits for nothing: the sequence numbers of records that were inserted since it was asked before. */
  constructor(changes: () => Promise<readonly string[]>, to: RunningFunction) {
    this.#to = to
    this.#changes = changes
    this.#loop = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    let waiting: readonly string[] = []
    while (!this.#stopping.signal.aborted) {
      waiting = [...waiting, ...(await this.#changes())]
      if (waiting.length > 0) {
        const outcome = await this.#to.invoke({ Records: waiting.map(streamRecord) })
        // A batch that failed comes again.
        if (outcome.ok) waiting = []
      }
      await pause(20)
    }
  }
}

export function streamRecord(sequence: string) {
  return {
    eventID: randomUUID().replaceAll('-', ''),
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(Date.now() / 1_000),
      Keys: {},
      SequenceNumber: sequence,
      SizeBytes: 111,
      StreamViewType: 'KEYS_ONLY',
    },
    eventSourceARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/2026-11-21T00:00:00.000',
  }
}

/** A request as a REST API hands it over: format 1.0. */
export function restEvent(
  method: string,
  path: string,
  {
    body,
    headers = {},
    query = {},
  }: { body?: unknown; headers?: Record<string, string>; query?: Record<string, string> } = {},
) {
  const lists = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, [text]]))
  const all = {
    Host: 'api.example.org',
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  }
  const empty = Object.keys(query).length === 0
  return {
    resource: path,
    path,
    httpMethod: method,
    headers: all,
    multiValueHeaders: lists(all),
    queryStringParameters: empty ? null : query,
    multiValueQueryStringParameters: empty ? null : lists(query),
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3d4e5',
      httpMethod: method,
      identity: { sourceIp: '192.0.2.1', userAgent: 'test' },
      path,
      protocol: 'HTTP/1.1',
      requestId: randomUUID(),
      stage: 'live',
    },
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
  }
}

/** A request as an HTTP API hands it over: format 2.0. */
export function httpEvent(
  method: string,
  path: string,
  { body, query = '', cookies }: { body?: unknown; query?: string; cookies?: readonly string[] } = {},
) {
  const content = body === undefined ? {} : { 'content-type': 'application/json' }
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies ? { cookies } : {}),
    headers: { host: 'api.example.org', 'x-forwarded-for': '192.0.2.1', ...content },
    ...(query === '' ? {} : { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3d4e5',
      domainName: 'a1b2c3d4e5.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'a1b2c3d4e5',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage: '$default',
      time: '21/Nov/2026:22:00:00 +0000',
      timeEpoch: 1_795_298_400_000,
    },
    // A body is sent as it is, or so.
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)).toString('base64') }),
    isBase64Encoded: body !== undefined,
  }
}

/** What EventBridge tells of a new object of S3. */
export function objectCreated(bucket: string, key: string, size: number) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '123456789012',
    time: '2026-11-21T22:00:00Z',
    region: 'us-east-1',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size, etag: 'd41d8cd98f00b204e9800998ecf8427e', sequencer: '00617F08299329D189' },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '192.0.2.1',
      reason: 'PutObject',
    },
  }
}

export { arnOf }
