/**
 * The outbox: a table of its own, in whose records the messages of a commit are kept in the same transaction. Records lie
 * in a few partitions, since one alone takes 1,000 writes a second at most; their order is that of their ticks, which rise
 * with the clock, with each commit of a process, and with each change of an item.
 *
 * Who listens hears of each commit of its own process at once, and is told to look once a minute besides: for what a
 * process left that died between a commit and the sending.
 *
 *   p      the partition
 *   s      the tick, 16 digits, and which process wrote it
 *   m, z   the messages as JSON, compressed if they are large
 *   g      the places of those that have been sent already, as long as others have not
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { WriteRequest } from '@aws-sdk/client-dynamodb'
import { type Cancel, limits, type NewMessage, type Outbox, type OutboxEntry } from 'groundplan/driver'
import { awsErrorOf, backOff } from './client.ts'
import { counted, type Dynamo } from './dynamo.ts'
import { bytesOf } from './key-bytes.ts'
import type { Values } from './record.ts'

/** A message to one queue or, as a change, to several. */
export interface Letter extends Omit<NewMessage, 'queue'> {
  readonly queues: readonly string[]
}

const partitions = 4
/** UTF-16 units of bodies in one record: what is larger gets a record of its own. */
const unitsInRecord = 100_000
const longestPlainText = 100_000
const mostAtOnce = 25
const sweepMs = 60_000

interface Found {
  readonly position: string
  readonly messages: readonly NewMessage[]
  readonly gone: ReadonlySet<number>
}

export class DynamoOutbox implements Outbox {
  readonly #dynamo: Dynamo
  readonly #table: string
  readonly #process: string
  readonly #listeners = new Set<() => void>()
  #lastTick = 0
  #sweep: Cancel | undefined

  constructor(dynamo: Dynamo, table: string, process: string) {
    this.#dynamo = dynamo
    this.#table = table
    this.#process = process
    dynamo.whenClosed(() => this.#sweep?.())
  }

  /** Later than all ticks of this process, and than those given. */
  tick(...before: readonly number[]): number {
    this.#lastTick = Math.max(this.#lastTick, this.#dynamo.clock.now() * 1_000, ...before) + 1
    return this.#lastTick
  }

  /** The records that keep these letters, each with its table. */
  records(letters: readonly Letter[]): readonly { readonly table: string; readonly record: Values }[] {
    return chunksOf(letters).map(chunk => ({ table: this.#table, record: this.#record(chunk) }))
  }

  /** There may be something in it. */
  ring(): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener()
      })
    }
  }

  async peek(max: number): Promise<readonly OutboxEntry[]> {
    const found = await Promise.all(Array.from({ length: partitions }, (_, partition) => this.#oldest(partition, max)))
    const inOrder = found.flat().sort((one, other) => (one.position < other.position ? -1 : 1))
    return inOrder.flatMap(entriesOf).slice(0, max)
  }

  async forget(positions: readonly string[]): Promise<void> {
    const records = new Map<string, number[]>()
    for (const position of positions) {
      const known = /^(\d{16}-\w+-(\d)-(\d+))\/(\d+)$/.exec(position)
      if (known) records.set(known[1] ?? '', [...(records.get(known[1] ?? '') ?? []), Number(known[4])])
    }
    const whole = [...records].filter(([record, gone]) => gone.length >= countIn(record)).map(([record]) => record)
    const parts = [...records].filter(([record]) => !whole.includes(record))
    await Promise.all([this.#remove(whole), ...parts.map(([record, gone]) => this.#forgetPart(record, gone))])
  }

  onEntry(listener: () => void): () => void {
    // Two subscriptions of one function are two subscriptions.
    const own = (): void => listener()
    this.#listeners.add(own)
    this.#sweep ??= this.#sweepLater()
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size > 0) return
      this.#sweep?.()
      this.#sweep = undefined
    }
  }

  #sweepLater(): Cancel {
    const { clock } = this.#dynamo
    return clock.at(clock.now() + sweepMs, () => {
      this.ring()
      this.#sweep = this.#sweepLater()
    })
  }

  #record(letters: readonly Letter[]): Values {
    const tick = this.tick()
    const count = letters.reduce((sum, { queues }) => sum + queues.length, 0)
    const partition = tick % partitions
    const position = `${String(tick).padStart(16, '0')}-${this.#process}-${partition}-${count}`
    const text = JSON.stringify(letters)
    const isLarge = text.length > longestPlainText
    return { ...keyOf(position), ...(isLarge ? { z: { B: deflateRawSync(text) } } : { m: { S: text } }) }
  }

  async #oldest(partition: number, max: number): Promise<readonly Found[]> {
    const found: Found[] = []
    let after: Values | undefined
    let count = 0
    do {
      const page = await this.#page(partition, max, after)
      found.push(...(page.Items ?? []).map(foundIn))
      count = found.reduce((sum, { messages, gone }) => sum + messages.length - gone.size, 0)
      after = page.LastEvaluatedKey
    } while (after && count < max)
    return found
  }

  #page(partition: number, max: number, after: Values | undefined) {
    return this.#dynamo.persistently('Query', this.#table, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p',
      ExpressionAttributeValues: { ':p': { B: bytesOf(partition) } },
      ConsistentRead: true,
      Limit: Math.min(max, limits.pageItems),
      ...(after ? { ExclusiveStartKey: after } : {}),
      ...counted,
    })
  }

  async #remove(records: readonly string[]): Promise<void> {
    for (let at = 0; at < records.length; at += mostAtOnce) {
      const requests = records.slice(at, at + mostAtOnce).map(record => ({ DeleteRequest: { Key: keyOf(record) } }))
      await this.#write(requests)
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

  async #forgetPart(record: string, places: readonly number[]): Promise<void> {
    const forgetting = {
      TableName: this.#table,
      Key: keyOf(record),
      UpdateExpression: 'ADD g :g',
      ConditionExpression: 'attribute_exists(p)',
      ExpressionAttributeValues: { ':g': { NS: places.map(String) } },
      ReturnValues: 'UPDATED_NEW',
      ...counted,
    } as const
    try {
      const { Attributes } = await this.#dynamo.persistently('UpdateItem', this.#table, forgetting)
      if ((Attributes?.g?.NS?.length ?? 0) >= countIn(record)) await this.#remove([record])
    } catch (error) {
      // It is gone: somebody else has sent the rest.
      if (awsErrorOf(error).name !== 'ConditionalCheckFailedException') throw error
    }
  }
}

/** `<tick>-<process>-<partition>-<count>`: a position says where its record is, and how much is in it. */
function keyOf(position: string): Values {
  const [, , partition] = position.split('-')
  return { p: { B: bytesOf(Number(partition)) }, s: { B: bytesOf(position) } }
}

function countIn(position: string): number {
  return Number(position.split('-')[3])
}

function chunksOf(letters: readonly Letter[]): readonly (readonly Letter[])[] {
  const chunks: Letter[][] = []
  let units = Number.POSITIVE_INFINITY
  for (const letter of letters) {
    units += letter.body.length
    if (units > unitsInRecord) {
      chunks.push([])
      units = letter.body.length
    }
    chunks.at(-1)?.push(letter)
  }
  return chunks
}

function foundIn({ s, m, z, g }: Values): Found {
  const text = z?.B ? inflateRawSync(z.B).toString() : (m?.S ?? '[]')
  const letters = JSON.parse(text) as readonly Letter[]
  const messages = letters.flatMap(({ queues, ...letter }) => queues.map(queue => ({ queue, ...letter })))
  const position = Buffer.from(s?.B ?? []).toString('utf8', 1)
  return { position, messages, gone: new Set((g?.NS ?? []).map(Number)) }
}

function entriesOf({ position, messages, gone }: Found): readonly OutboxEntry[] {
  const entries = messages.map((message, at) => ({ position: `${position}/${at}`, message }))
  return gone.size === 0 ? entries : entries.filter((_, at) => !gone.has(at))
}
