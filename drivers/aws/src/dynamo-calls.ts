/**
 * DynamoDB's operations as signed calls, typed as the SDK types them. On the way its JSON has bytes as base64; for the rest
 * it is what the SDK gives.
 */
import type {
  AttributeValue,
  BatchGetItemInput,
  BatchGetItemOutput,
  BatchWriteItemInput,
  BatchWriteItemOutput,
  CancellationReason,
  CreateTableInput,
  DeleteItemInput,
  DeleteItemOutput,
  DeleteTableInput,
  DescribeTimeToLiveOutput,
  GetItemInput,
  GetItemOutput,
  ListTablesInput,
  ListTablesOutput,
  PutItemInput,
  PutItemOutput,
  QueryInput,
  QueryOutput,
  ScanInput,
  ScanOutput,
  TableDescription,
  TransactWriteItemsInput,
  TransactWriteItemsOutput,
  UpdateItemInput,
  UpdateItemOutput,
  UpdateTableInput,
  UpdateTimeToLiveInput,
} from '@aws-sdk/client-dynamodb'
import type { AwsOptions } from './client.ts'
import { type Does, type JsonService, ServiceError, SignedCalls } from './signed-calls.ts'

/** Without its times, which come as numbers. */
interface Described {
  readonly Table?: Pick<TableDescription, 'ItemCount' | 'LatestStreamArn' | 'StreamSpecification' | 'TableStatus'>
}

/** What is called here and by tests, by name. */
export interface DynamoOperations {
  readonly BatchGetItem: Does<BatchGetItemInput, BatchGetItemOutput>
  readonly BatchWriteItem: Does<BatchWriteItemInput, BatchWriteItemOutput>
  readonly CreateTable: Does<CreateTableInput, object>
  readonly DeleteItem: Does<DeleteItemInput, DeleteItemOutput>
  readonly DeleteTable: Does<DeleteTableInput, object>
  readonly DescribeTable: Does<{ readonly TableName: string }, Described>
  readonly DescribeTimeToLive: Does<{ readonly TableName: string }, DescribeTimeToLiveOutput>
  readonly GetItem: Does<GetItemInput, GetItemOutput>
  readonly ListTables: Does<ListTablesInput, ListTablesOutput>
  readonly PutItem: Does<PutItemInput, PutItemOutput>
  readonly Query: Does<QueryInput, QueryOutput>
  readonly Scan: Does<ScanInput, ScanOutput>
  readonly TransactWriteItems: Does<TransactWriteItemsInput, TransactWriteItemsOutput>
  readonly UpdateItem: Does<UpdateItemInput, UpdateItemOutput>
  readonly UpdateTable: Does<UpdateTableInput, object>
  readonly UpdateTimeToLive: Does<UpdateTimeToLiveInput, object>
}

const dynamodb: JsonService = { host: 'dynamodb', signedFor: 'dynamodb', target: 'DynamoDB_20120810', json: '1.0' }

export class DynamoCalls {
  readonly #calls: SignedCalls

  constructor(options: AwsOptions) {
    this.#calls = new SignedCalls(dynamodb, options)
  }

  /** One call, made once. Errors have the names that DynamoDB gives them. */
  async call<O extends keyof DynamoOperations>(
    operation: O,
    input: DynamoOperations[O]['input'],
  ): Promise<DynamoOperations[O]['output']> {
    try {
      const answer = await this.#calls.call(operation, sent(input) as object)
      received(answer)
      return answer as DynamoOperations[O]['output']
    } catch (error) {
      // Some errors bring items.
      if (error instanceof ServiceError) received(error.said)
      throw error
    }
  }

  close(): void {
    this.#calls.close()
  }
}

// ---------- bytes

/** Bytes as base64, however deep they stand. Objects have no prototype, so that an attribute may have any name. */
function sent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  }
  if (Array.isArray(value)) return value.map(sent)
  const plain: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(value)) plain[name] = sent(Reflect.get(value, name))
  return plain
}

/** Puts bytes where base64 came. Only bytes are a text of the name `B`: an attribute of that name is an object. */
function received(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value)) {
    const part: unknown = Reflect.get(value, name)
    if (typeof part === 'object') received(part)
    else if (name === 'B' && typeof part === 'string')
      Reflect.set(value, name, new Uint8Array(Buffer.from(part, 'base64')))
  }
}

// ---------- errors

/** The item as it was found, where a condition did not hold; undefined for any other error. */
export function conditionFailed(error: unknown): { readonly Item?: Record<string, AttributeValue> } | undefined {
  return error instanceof ServiceError && error.name === 'ConditionalCheckFailedException' ? error.said : undefined
}

/** Why a transaction was cancelled, for each of its parts; undefined for any other error. */
export function cancellationReasons(error: unknown): readonly CancellationReason[] | undefined {
  if (!(error instanceof ServiceError && error.name === 'TransactionCanceledException')) return undefined
  const { CancellationReasons = [] }: { readonly CancellationReasons?: readonly CancellationReason[] } = error.said
  return CancellationReasons
}
