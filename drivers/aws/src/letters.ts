/**
 * Letters: what SQS cannot keep. Messages for later, by the time they are due; dead letters, by the time they were buried.
 * One table for all queues of a plan, a partition for each queue and kind.
 *
 *   p   `due <queue>` or `dead <queue>`
 *   s   the time or tick, 16 digits, and a name that keeps letters of one time apart
 *   m, z   the letter as JSON, compressed if it is large
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { WriteRequest } from '@aws-sdk/client-dynamodb'
import { backOff } from './client.ts'
import { counted, type Dynamo } from './dynamo.ts'
import { bytesOf, endOfPrefix, lowest } from './key-bytes.ts'
import type { Values } from './record.ts'

export type Kind = 'due' | 'dead'

export interface Letter {
  /** Sorts letters of one kind and queue. */
  readonly position: string
  readonly text: string
}

const longestPlainText = 100_000
const mostAtOnce = 25
const pageSize = 100

export class Letters {
  readonly #dynamo: Dynamo
  readonly #table: string

  constructor(dynamo: Dynamo, table: string) {
    this.#dynamo = dynamo
    this.#table = table
  }

  /** Puts a letter, or the same one again. */
  async put(kind: Kind, queue: string, { position, text }: Letter): Promise<void> {
    const content: Values = text.length > longestPlainText ? { z: { B: deflateRawSync(text) } } : { m: { S: text } }
    const record = { ...keyOf(kind, queue, position), ...content }
    await this.#dynamo.persistently('PutItem', this.#table, { TableName: this.#table, Item: record, ...counted })
  }

  /** The first ones, in their order: up to and including what begins with `until`. */
  async first(kind: Kind, queue: string, most: number, until?: string): Promise<readonly Letter[]> {
    const found: Letter[] = []
    let after: Values | undefined
    do {
      const page = await this.#page(kind, queue, { most: Math.min(most - found.length, pageSize), until, after })
      found.push(...(page.Items ?? []).map(letterIn))
      after = page.LastEvaluatedKey
    } while (after && found.length < most)
    return found
  }

  async count(kind: Kind, queue: string, until?: string): Promise<number> {
    let count = 0
    let after: Values | undefined
    do {
      const page = await this.#page(kind, queue, { until, after, select: 'COUNT' })
      count += page.Count ?? 0
      after = page.LastEvaluatedKey
    } while (after)
    return count
  }

  async remove(kind: Kind, queue: string, positions: readonly string[]): Promise<void> {
    for (let at = 0; at < positions.length; at += mostAtOnce) {
      const some = positions.slice(at, at + mostAtOnce)
      await this.#write(some.map(position => ({ DeleteRequest: { Key: keyOf(kind, queue, position) } })))
    }
  }

  async #write(requests: readonly WriteRequest[]): Promise<void> {
    let left: readonly WriteRequest[] = requests
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt > 0) await backOff(this.#dynamo.clock, attempt)
      const batch = { RequestItems: { [this.#table]: [...left] }, ...counted }
      const { UnprocessedItems } = await this.#dynamo.persistently('BatchWriteItem', this.#table, batch)
      left = UnprocessedItems?.[this.#table] ?? []
    }
  }

  #page(
    kind: Kind,
    queue: string,
    {
      most,
      until,
      after,
      select,
    }: { most?: number; until?: string | undefined; after?: Values | undefined; select?: 'COUNT' },
  ) {
    return this.#dynamo.persistently('Query', this.#table, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p AND s BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':p': { B: bytesOf(`${kind} ${queue}`) },
        ':from': { B: lowest },
        ':to': { B: endOfPrefix(until ?? '') },
      },
      ConsistentRead: true,
      ...(most === undefined ? {} : { Limit: most }),
      ...(select ? { Select: select } : {}),
      ...(after ? { ExclusiveStartKey: after } : {}),
      ...counted,
    })
  }
}

/** A time as the beginning of a position. */
export function digits(time: number): string {
  return String(Math.max(0, Math.floor(time))).padStart(16, '0')
}

export function timeIn(position: string): number {
  return Number(position.slice(0, 16))
}

function keyOf(kind: Kind, queue: string, position: string): Values {
  return { p: { B: bytesOf(`${kind} ${queue}`) }, s: { B: bytesOf(position) } }
}

function letterIn({ s, m, z }: Values): Letter {
  const text = z?.B ? inflateRawSync(z.B).toString() : (m?.S ?? '')
  return { position: Buffer.from(s?.B ?? []).toString('utf8', 1), text }
}
