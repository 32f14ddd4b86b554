/**
 * Tables on DynamoDB: one table for each, an index for each index. Reads of a table are strongly consistent; those of an
 * index lag behind, as DynamoDB's do. What has expired is hidden by our clock, and removed by DynamoDB's within days.
 */
import { randomBytes } from 'node:crypto'
import {
  type CheckedQuery,
  type Commit,
  type Committed,
  checkedKeys,
  checkedLimit,
  checkedQuery,
  type Item,
  type ItemChange,
  type ItemPage,
  type Key,
  type KeyValue,
  liveItem,
  type Outbox,
  pageOf,
  positionIn,
  prepareCommit,
  type Query,
  type Store,
  shapeIn,
  type TableShape,
} from 'groundplan/driver'
import { Committer } from './commit.ts'
import { copied } from './copy.ts'
import { counted, type Dynamo } from './dynamo.ts'
import { LiveChanges } from './live-changes.ts'
import { indexName, outboxTable, resourceName } from './names.ts'
import { DynamoOutbox } from './outbox.ts'
import { itemOf, keyRecord, type Values } from './record.ts'
import { keySpan, startKey } from './span.ts'

export interface DynamoStoreOptions {
  readonly dynamo: Dynamo
  /** What the names of all tables begin with: the plan and its environment. */
  readonly prefix: string
  readonly tables: readonly TableShape[]
}

/** The tables of a plan, which are there already. */
export function dynamoStore(options: DynamoStoreOptions): Store {
  return new DynamoStore(options)
}

/** A page of records, and where the next one begins. */
interface RecordPage {
  readonly Items?: readonly Values[] | undefined
  readonly LastEvaluatedKey?: Values | undefined
}

class DynamoStore implements Store {
  readonly outbox: Outbox
  readonly #dynamo: Dynamo
  readonly #prefix: string
  readonly #shapes: ReadonlyMap<string, TableShape>
  readonly #committer: Committer
  readonly #changes: LiveChanges

  constructor({ dynamo, prefix, tables }: DynamoStoreOptions) {
    this.#dynamo = dynamo
    this.#prefix = prefix
    this.#shapes = new Map(tables.map(shape => [shape.name, shape]))
    const process = randomBytes(6).toString('hex')
    const outbox = new DynamoOutbox(dynamo, resourceName(prefix, outboxTable), process)
    this.outbox = outbox
    const nameOf = (table: string): string => resourceName(prefix, table)
    this.#committer = new Committer(dynamo, outbox, process, nameOf)
    this.#changes = new LiveChanges(dynamo, nameOf)
  }

  async commit(commit: Commit): Promise<Committed> {
    // A copy: what the caller does with it while we wait is none of ours.
    const prepared = prepareCommit(this.#shapes, copied(commit))
    const tables = prepared.targets.map(({ shape }) => shape.name)
    await this.#changes.beforeCommit(tables)
    try {
      return await this.#committer.run(prepared)
    } finally {
      this.#changes.afterCommit(tables)
    }
  }

  async get(table: string, key: Key): Promise<Item | undefined> {
    const [item] = await this.getMany(table, [key])
    return item
  }

  async getMany(table: string, keys: readonly Key[]): Promise<readonly (Item | undefined)[]> {
    const shape = shapeIn(this.#shapes, table)
    const names = checkedKeys(shape, keys).map(key => JSON.stringify(key))
    const asked = [...new Set(names)]
    await this.#changes.beforeRead(table)
    const name = resourceName(this.#prefix, table)
    const places = asked.map(each => ({ table: name, key: keyRecord(JSON.parse(each) as readonly KeyValue[]) }))
    const records = await this.#dynamo.read(places)
    const nowMs = this.#dynamo.clock.now()
    const items = new Map(asked.map((each, at) => [each, this.#live(shape, records[at], nowMs)]))
    return names.map(each => items.get(each))
  }

  async query(table: string, query: Query): Promise<ItemPage> {
    const shape = shapeIn(this.#shapes, table)
    const checked = checkedQuery(shape, query)
    await this.#changes.beforeRead(table)
    const span = keySpan(shape, query, checked)
    const found = span ? await this.#queried(shape, query, checked) : []
    return pageOf(shape, query, found, checked.limit)
  }

  async scan(table: string, page: { readonly limit: number; readonly after?: string }): Promise<ItemPage> {
    const shape = shapeIn(this.#shapes, table)
    const limit = checkedLimit(page.limit)
    const after = page.after === undefined ? undefined : keyRecord(positionIn(shape, {}, page.after))
    const name = resourceName(this.#prefix, table)
    const next = (start: Values | undefined, most: number) =>
      this.#dynamo.persistently('Scan', name, {
        TableName: name,
        ConsistentRead: true,
        Limit: most,
        ...(start ? { ExclusiveStartKey: start } : {}),
        ...counted,
      })
    return pageOf(shape, {}, await this.#gathered(shape, next, after, limit + 1), limit)
  }

  /** DynamoDB counts every six hours. */
  async count(table: string): Promise<number> {
    const name = resourceName(this.#prefix, shapeIn(this.#shapes, table).name)
    const { Table } = await this.#dynamo.persistently('DescribeTable', name, { TableName: name })
    return Table?.ItemCount ?? 0
  }

  onChange(table: string, listener: (change: ItemChange) => void): () => void {
    return this.#changes.listen(shapeIn(this.#shapes, table), listener)
  }

  async #queried(shape: TableShape, query: Query, checked: CheckedQuery): Promise<readonly Item[]> {
    const name = resourceName(this.#prefix, shape.name)
    const span = keySpan(shape, query, checked)
    if (!span) return []
    const next = (start: Values | undefined, most: number) =>
      this.#dynamo.persistently('Query', name, {
        TableName: name,
        ...(query.index === undefined ? { ConsistentRead: true } : { IndexName: indexName(query.index) }),
        ...span,
        ScanIndexForward: !checked.reverse,
        Limit: most,
        ...(start ? { ExclusiveStartKey: start } : {}),
        ...counted,
      })
    return this.#gathered(shape, next, startKey(shape, query, checked), checked.limit + 1)
  }

  /** Items that have not expired, so many if there are, page after page. */
  async #gathered(
    shape: TableShape,
    next: (start: Values | undefined, most: number) => Promise<RecordPage>,
    after: Values | undefined,
    most: number,
  ): Promise<readonly Item[]> {
    const found: Item[] = []
    let start = after
    do {
      const { Items = [], LastEvaluatedKey } = await next(start, most - found.length)
      const nowMs = this.#dynamo.clock.now()
      for (const record of Items) {
        const item = this.#live(shape, record, nowMs)
        if (item) found.push(item)
      }
      start = LastEvaluatedKey
    } while (start && found.length < most)
    return found
  }

  #live(shape: TableShape, record: Values | undefined, nowMs: number): Item | undefined {
    return record && liveItem(shape, itemOf(shape, record), nowMs)
  }
}
