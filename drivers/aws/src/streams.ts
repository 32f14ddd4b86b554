/**
 * Streams of DynamoDB, as calls: what changed in a table in the last 24 hours, in shards. An item's changes are in one
 * shard, or in one that follows it: a shard ends after some hours, or when the table grows, and others name it as their
 * parent.
 */
import { fault } from 'groundplan/driver'
import { type AwsOptions, persistently } from './client.ts'
import type { Dynamo } from './dynamo.ts'
import type { Values } from './record.ts'
import { dynamoStreams, SignedCalls } from './signed-calls.ts'

export interface Shard {
  readonly id: string
  readonly parent?: string
  readonly isOpen: boolean
}

/** One record of a table before and after a write. */
export interface RecordChange {
  /** Its place in the shard. */
  readonly sequence: string
  /** By DynamoDB's clock, to the second. */
  readonly atMs: number
  readonly before?: Values
  readonly after?: Values
  /** Removed by DynamoDB itself, since it had expired. */
  readonly isExpiry: boolean
}

export interface RecordChanges {
  readonly changes: readonly RecordChange[]
  /** Where the next ones are; none where the shard has ended. */
  readonly next?: string
}

/** Where reading begins: behind all that is there, at the oldest that is kept, or behind a place. */
export type From = 'newest' | 'oldest' | { readonly behind: string }

export class Streams {
  readonly #options: AwsOptions
  #calls: SignedCalls | undefined

  constructor(options: AwsOptions) {
    this.#options = options
  }

  /** The stream of a table. Faults: `engine-unavailable`, also where it has none. */
  async of(dynamo: Dynamo, table: string): Promise<string> {
    const { Table } = await dynamo.persistently('DescribeTable', table, { TableName: table })
    const isUsable = Table?.StreamSpecification?.StreamViewType === 'NEW_AND_OLD_IMAGES'
    if (Table?.LatestStreamArn !== undefined && isUsable) return Table.LatestStreamArn
    throw fault('engine-unavailable', `${table} has no stream of new and old images, so nobody hears of its changes`)
  }

  async shards(stream: string): Promise<readonly Shard[]> {
    const shards: Shard[] = []
    let last: string | undefined
    do {
      const start = last === undefined ? {} : { ExclusiveStartShardId: last }
      const again = () => this.#call<Description>('DescribeStream', { StreamArn: stream, ...start })
      const { StreamDescription } = await persistently(this.#options.clock, `DescribeStream of ${stream}`, again)
      shards.push(...StreamDescription.Shards.map(shardOf))
      last = StreamDescription.LastEvaluatedShardId
    } while (last !== undefined)
    return shards
  }

  async iterator(stream: string, shard: string, from: From): Promise<string> {
    const input = { StreamArn: stream, ShardId: shard, ...startAt(from) }
    const again = () => this.#call<{ readonly ShardIterator: string }>('GetShardIterator', input)
    return (await persistently(this.#options.clock, `GetShardIterator of ${shard}`, again)).ShardIterator
  }

  async records(iterator: string): Promise<RecordChanges> {
    const input = { ShardIterator: iterator }
    const { Records = [], NextShardIterator: next } = await this.#call<Found>('GetRecords', input)
    return { changes: Records.map(changeOf), ...(next === undefined || next === null ? {} : { next }) }
  }

  close(): void {
    this.#calls?.close()
  }

  async #call<T>(operation: string, input: object): Promise<T> {
    this.#calls ??= new SignedCalls(dynamoStreams, this.#options)
    return (await this.#calls.call(operation, input)) as T // as DynamoDB's own description of this operation says
  }
}

// ---------- what DynamoDB answers

interface Description {
  readonly StreamDescription: { readonly Shards: readonly TheirShard[]; readonly LastEvaluatedShardId?: string }
}

interface TheirShard {
  readonly ShardId: string
  readonly ParentShardId?: string
  readonly SequenceNumberRange?: { readonly EndingSequenceNumber?: string }
}

interface Found {
  readonly Records?: readonly TheirRecord[]
  readonly NextShardIterator?: string | null
}

interface TheirRecord {
  readonly userIdentity?: object | null
  readonly dynamodb: {
    readonly SequenceNumber: string
    readonly ApproximateCreationDateTime: number
    readonly OldImage?: JsonValues
    readonly NewImage?: JsonValues
  }
}

function shardOf({ ShardId, ParentShardId, SequenceNumberRange }: TheirShard): Shard {
  return {
    id: ShardId,
    ...(ParentShardId === undefined ? {} : { parent: ParentShardId }),
    isOpen: SequenceNumberRange?.EndingSequenceNumber === undefined,
  }
}

function startAt(from: From) {
  if (typeof from === 'object') return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: from.behind }
  return { ShardIteratorType: from === 'newest' ? 'LATEST' : 'TRIM_HORIZON' }
}

function changeOf({ userIdentity, dynamodb }: TheirRecord): RecordChange {
  const { SequenceNumber, ApproximateCreationDateTime, OldImage, NewImage } = dynamodb
  return {
    sequence: SequenceNumber,
    atMs: ApproximateCreationDateTime * 1_000,
    ...(OldImage === undefined ? {} : { before: valuesOf(OldImage) }),
    ...(NewImage === undefined ? {} : { after: valuesOf(NewImage) }),
    // Whoever is a user of ours has no such identity: it is that of DynamoDB's own service.
    isExpiry: userIdentity !== undefined && userIdentity !== null,
  }
}

/** Values as JSON carries them: bytes are texts in base64. */
type JsonValues = Readonly<Record<string, JsonValue>>
type JsonValue = Omit<Values[string], 'B' | 'M'> & { readonly B?: string; readonly M?: JsonValues }

function valuesOf(values: JsonValues): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, attributeOf(value)]))
}

function attributeOf(value: JsonValue): Values[string] {
  if (value.B !== undefined) return { B: Buffer.from(value.B, 'base64') }
  if (value.M !== undefined) return { M: valuesOf(value.M) }
  return value as Values[string] // neither bytes nor a map: the same in JSON
}
