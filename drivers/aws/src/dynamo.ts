/** DynamoDB: calls with their capacity counted, and reads of records by key. */
import type { BatchGetItemOutput, ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import type { Clock } from 'groundplan/driver'
import { type AwsOptions, backOff, persistently } from './client.ts'
import { DynamoCalls, type DynamoOperations } from './dynamo-calls.ts'
import type { Values } from './record.ts'
import { Streams } from './streams.ts'

type Operation = keyof DynamoOperations
type Input<O extends Operation> = DynamoOperations[O]['input']
type Output<O extends Operation> = DynamoOperations[O]['output']

/** A record to be read: by the name of its table on AWS. */
export interface Place {
  readonly table: string
  readonly key: Values
}

/** Put into each call, so that it tells what it used. */
export const counted = { ReturnConsumedCapacity: 'TOTAL' } as const

const mostKeysAtOnce = 100

export class Dynamo {
  readonly #calls: DynamoCalls
  readonly clock: Clock
  readonly streams: Streams
  readonly #spent: AwsOptions['spent']
  readonly #endings: (() => void)[] = []

  constructor(options: AwsOptions) {
    this.#calls = new DynamoCalls(options)
    this.streams = new Streams(options)
    this.clock = options.clock
    this.#spent = options.spent
  }

  /** A call made once. Its errors are for the caller. */
  async once<O extends Operation>(operation: O, resource: string, input: Input<O>): Promise<Output<O>> {
    const output: Output<O> = await this.#calls.call(operation, input)
    const used = usedBy(output)
    if (this.#spent && used) {
      const all: readonly ConsumedCapacity[] = Array.isArray(used) ? used : [used]
      for (const { CapacityUnits = 0, TableName } of all) {
        this.#spent({ service: 'dynamodb', operation, resource: TableName ?? resource, units: CapacityUnits })
      }
    }
    return output
  }

  /** A call that may be made again until there is an answer: a read. Faults: `engine-unavailable`. */
  persistently<O extends Operation>(operation: O, resource: string, input: Input<O>): Promise<Output<O>> {
    return persistently(this.clock, `${operation} of ${resource}`, () => this.once(operation, resource, input))
  }

  /** The records at these places, strongly consistent each. No place twice. */
  async read(places: readonly Place[]): Promise<readonly (Values | undefined)[]> {
    const [only, another] = places
    if (!only) return []
    if (!another) return [await this.#readOne(only)]
    const found = new Map<string, Values>()
    for (let at = 0; at < places.length; at += mostKeysAtOnce) {
      await this.#readBatch(places.slice(at, at + mostKeysAtOnce), found)
    }
    return places.map(({ table, key }) => found.get(nameOf(table, key)))
  }

  /** For what goes on by itself. */
  whenClosed(end: () => void): void {
    this.#endings.push(end)
  }

  close(): void {
    for (const end of this.#endings) end()
    this.#calls.close()
    this.streams.close()
  }

  async #readOne({ table, key }: Place): Promise<Values | undefined> {
    const asked = { TableName: table, Key: key, ConsistentRead: true, ...counted }
    return (await this.persistently('GetItem', table, asked)).Item
  }

  async #readBatch(places: readonly Place[], found: Map<string, Values>): Promise<void> {
    let asked: BatchGetItemOutput['UnprocessedKeys'] = keysByTable(places)
    for (let attempt = 0; asked && Object.keys(asked).length > 0; attempt++) {
      if (attempt > 0) await backOff(this.clock, attempt)
      const batch = { RequestItems: asked, ...counted }
      const answer: BatchGetItemOutput = await this.persistently('BatchGetItem', 'several tables', batch)
      for (const [table, records] of Object.entries(answer.Responses ?? {})) {
        for (const record of records) found.set(nameOf(table, record), record)
      }
      asked = answer.UnprocessedKeys
    }
  }
}

/** What calls tell of what they used, where they do. */
function usedBy(output: object): ConsumedCapacity | readonly ConsumedCapacity[] | undefined {
  return 'ConsumedCapacity' in output ? (output.ConsumedCapacity as ConsumedCapacity | ConsumedCapacity[]) : undefined
}

function keysByTable(places: readonly Place[]) {
  const tables = [...new Set(places.map(({ table }) => table))]
  const keysOf = (wanted: string) => places.filter(({ table }) => table === wanted).map(({ key }) => key)
  return Object.fromEntries(tables.map(table => [table, { Keys: keysOf(table), ConsistentRead: true }]))
}

function nameOf(table: string, { p, s }: Values): string {
  return `${table} ${base64(p)} ${base64(s)}`
}

function base64(value: Values[string] | undefined): string {
  return value?.B ? Buffer.from(value.B).toString('base64') : ''
}
