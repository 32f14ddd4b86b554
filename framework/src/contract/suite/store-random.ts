/**
 * Random runs: any sequence of commits, reads and time passing, on the store and on a plain model of it, must give the
 * same. A failure prints the seed and the shortest sequence that shows it.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { Fault } from '../problems.ts'
import type { Commit, Conditions, Item, ItemChange, Key, Matcher, Query, TableShape, Write } from '../store.ts'
import { StoreModel } from './store-model.ts'
import {
  indexed,
  leftFor,
  message,
  pagesOf,
  type StoreNeeds,
  type StorePromises,
  type StoreSubject,
  scanned,
  work,
} from './store-tools.ts'

const plain = 'plain'
const rich = 'rich'
const heard = 'heard'

const needs: StoreNeeds = {
  tables: [
    { name: plain, key: ['id'], indexes: { tag: ['tag'] }, changesTo: [] },
    {
      name: rich,
      key: ['part', 'at'],
      indexes: { tag: ['tag', 'n'], at: ['at'] },
      expires: 'until',
      version: 'revision',
      changesTo: [heard],
    },
  ],
  queues: [
    { name: work, ordered: false },
    { name: heard, ordered: true },
  ],
}

/** An item before it is known what time it is. */
interface Draft {
  readonly item: Item
  /** In how many milliseconds it expires. */
  readonly expiresInMs?: number
}

type Draw =
  | { readonly step: 'commit'; readonly writes: readonly (Write | Drafted)[]; readonly messages: number }
  | { readonly step: 'pass'; readonly ms: number }
  | { readonly step: 'get'; readonly table: string; readonly keys: readonly Key[] }
  | { readonly step: 'query'; readonly table: string; readonly query: Query; readonly settled: boolean }
  | { readonly step: 'scan'; readonly table: string; readonly limit: number }

/** A write of a whole item, whose expiry is still to be reckoned. */
interface Drafted {
  readonly op: 'insert' | 'put'
  readonly table: string
  readonly draft: Draft
  readonly when?: Conditions
}

const sortValues = ['a', 'ab', 'a\0', '\uffff', '\u{1f600}', -10, 2, 10] as const
const small = fc.integer({ min: -2, max: 3 })
const tag = fc.constantFrom('x', 'y')

/** Undefined, but for one time in so many. */
function rarely<T>(value: fc.Arbitrary<T>, inMany: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: inMany - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
}

/** An object with what is not undefined. */
function some<T>(
  values: Readonly<Record<string, fc.Arbitrary<T | undefined>>>,
): fc.Arbitrary<Readonly<Record<string, T>>> {
  const whole: fc.Arbitrary<Readonly<Record<string, T | undefined>>> = fc.record(values)
  return whole.map(object => {
    const there = Object.entries(object).filter((entry): entry is [string, T] => entry[1] !== undefined)
    return Object.fromEntries(there)
  })
}

function keyIn(table: string): fc.Arbitrary<Key> {
  return table === plain
    ? fc.record({ id: fc.constantFrom('a', 'b', '\uffff', '\u{1f600}') })
    : fc.record({ part: fc.constantFrom('p', 'p', 'q'), at: fc.constantFrom(...sortValues) })
}

const attributes = some<unknown>({
  n: fc.option(small, { nil: undefined }),
  m: rarely(small, 3),
  tag: fc.option(fc.oneof({ weight: 4, arbitrary: tag }, { weight: 1, arbitrary: fc.constant(null) }), {
    nil: undefined,
  }),
  more: rarely(fc.constantFrom<unknown>('', [], {}, ['x', [1]], { deep: { er: null } }, 1.5, false), 3),
})
const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ equals: fc.oneof(small, fc.constantFrom('x', null)) }),
  fc.record({ oneOf: fc.array(fc.oneof(small, fc.constantFrom('x', 'y', null)), { maxLength: 5 }) }),
  fc.constant({ absent: true as const }),
)
const when: fc.Arbitrary<Conditions> = some({
  n: rarely(matcher, 2),
  tag: rarely(matcher, 3),
  revision: rarely(matcher, 6),
})
const sometimes = rarely(when, 4)

function given(conditions: Conditions | undefined): { when?: Conditions } {
  return conditions ? { when: conditions } : {}
}

function draftIn(table: string): fc.Arbitrary<Draft> {
  const expiry = rarely(fc.integer({ min: -1, max: 12 }), 4)
  return fc.tuple(keyIn(table), attributes, expiry).map(([key, more, seconds]) => ({
    item: { ...more, ...key },
    ...(seconds === undefined || table === plain ? {} : { expiresInMs: seconds * 1_000 }),
  }))
}

function writeIn(table: string): fc.Arbitrary<Write | Drafted> {
  const key = keyIn(table)
  const draft = draftIn(table)
  const by = some({ n: fc.option(small, { nil: undefined }), m: rarely(small, 3) })
  const bound = rarely(small, 3)
  const start = fc.option(attributes, { nil: undefined })
  const unset = rarely(fc.subarray(['n', 'm', 'tag', 'until', 'more']), 3)
  const put = fc.tuple(draft, sometimes).map(([draft, when]): Drafted => ({ op: 'put', table, draft, ...given(when) }))
  return fc.oneof(
    draft.map((draft): Drafted => ({ op: 'insert', table, draft })),
    { weight: 3, arbitrary: put },
    fc
      .tuple(key, attributes, unset, sometimes)
      .map(([key, set, unset = [], when]): Write => ({ op: 'patch', table, key, set, unset, ...given(when) })),
    fc.tuple(key, by, bound, bound, start, sometimes).map(
      ([key, by, floor, ceiling, start, when]): Write => ({
        op: 'add',
        table,
        key,
        by,
        ...(floor === undefined ? {} : { floor }),
        ...(ceiling === undefined ? {} : { ceiling }),
        ...(start === undefined ? {} : { start }),
        ...given(when),
      }),
    ),
    fc.tuple(key, sometimes).map(([key, when]): Write => ({ op: 'remove', table, key, ...given(when) })),
    fc.tuple(key, when).map(([key, when]): Write => ({ op: 'check', table, key, when })),
  )
}

/** One way to query a table: through which index, by which partitions, and whether there are ranges. */
interface Way {
  readonly index?: string
  readonly partition: fc.Arbitrary<string | number>
  readonly sorts?: readonly (string | number)[]
}

const ways: Readonly<Record<string, readonly Way[]>> = {
  [plain]: [{ partition: fc.constantFrom('a', 'b', '\uffff') }, { index: 'tag', partition: tag }],
  [rich]: [
    { partition: fc.constantFrom('p', 'p', 'q'), sorts: sortValues },
    { index: 'tag', partition: tag, sorts: [-2, -1, 0, 1, 2, 3] },
    { index: 'at', partition: fc.constantFrom(...sortValues) },
  ],
}

function queryOf(table: string): fc.Arbitrary<Query> {
  return fc.oneof(...(ways[table] ?? []).map(queryBy))
}

function queryBy({ index, partition, sorts }: Way): fc.Arbitrary<Query> {
  const limit = fc.constantFrom(1, 2, 3, 50)
  const end = rarely(fc.constantFrom(...(sorts ?? [0])), 3)
  const range = sorts
    ? some({ from: end, to: end, prefix: rarely(fc.constantFrom('a', 'a\0', ''), 6) })
    : fc.constant({})
  return fc.tuple(partition, limit, fc.boolean(), range).map(
    ([partition, limit, reverse, range]): Query => ({
      partition,
      limit,
      reverse,
      ...(index === undefined ? {} : { index }),
      ...range,
    }),
  )
}

const table = fc.constantFrom(plain, rich, rich)
const draw: fc.Arbitrary<Draw> = fc.oneof(
  { weight: 6, arbitrary: commits() },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('pass' as const), ms: fc.constantFrom(1, 10, 1_000, 2_500) }) },
  {
    weight: 1,
    arbitrary: table.chain(table =>
      fc.array(keyIn(table), { minLength: 1, maxLength: 4 }).map((keys): Draw => ({ step: 'get', table, keys })),
    ),
  },
  {
    weight: 4,
    arbitrary: table.chain(table =>
      fc
        .tuple(queryOf(table), fc.boolean())
        .map(([query, settled]): Draw => ({ step: 'query', table, query, settled })),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(table, fc.constantFrom(1, 3, 50))
      .map(([table, limit]): Draw => ({ step: 'scan', table, limit })),
  },
)

function commits(): fc.Arbitrary<Draw> {
  const write = table.chain(writeIn)
  const writes = fc.oneof(
    write.map(one => [one]),
    fc.array(write, { minLength: 1, maxLength: 4 }),
  )
  return fc
    .tuple(writes, fc.constantFrom(0, 0, 1, 2))
    .map(([writes, messages]): Draw => ({ step: 'commit', writes, messages }))
}

/** A table with something in it, so that there is something to find; then anything. */
const draws: fc.Arbitrary<readonly Draw[]> = fc
  .tuple(
    fc.uniqueArray(draftIn(rich), {
      maxLength: 14,
      size: 'max',
      selector: ({ item }) => JSON.stringify([item.part, item.at]),
    }),
    fc.array(draw, { minLength: 1, maxLength: 40, size: 'max' }),
  )
  .map(([drafts, draws]) => {
    const writes = drafts.map((draft): Drafted => ({ op: 'put', table: rich, draft }))
    return [{ step: 'commit', writes, messages: 0 }, ...draws]
  })

/** One run: the store, the model, and what left before it began. */
class Run {
  readonly #subject: StoreSubject
  readonly #model = new StoreModel(needs.tables)
  readonly #name: string
  readonly #changesBefore: number
  readonly #sent: string[] = []

  static async begin(subject: StoreSubject, name: string): Promise<Run> {
    await empty(subject)
    return new Run(subject, name, (await leftFor(subject, heard)).length)
  }

  constructor(subject: StoreSubject, name: string, changesBefore: number) {
    this.#subject = subject
    this.#name = name
    this.#changesBefore = changesBefore
  }

  async take(draw: Draw): Promise<void> {
    switch (draw.step) {
      case 'commit':
        return this.#commit(draw.writes, draw.messages)
      case 'pass':
        return this.#subject.time.advance(draw.ms)
      case 'get':
        return this.#get(draw.table, draw.keys)
      case 'query':
        return this.#query(draw.table, draw.query, draw.settled)
      case 'scan':
        return this.#scan(draw.table, draw.limit)
    }
  }

  /** What left is what was kept, in order per item. */
  async end(): Promise<void> {
    const told = (await leftFor(this.#subject, heard)).slice(this.#changesBefore)
    const changes = told.map(({ body }) => (JSON.parse(body) as { change: ItemChange }).change)
    expect(perItem(changes)).toEqual(perItem(this.#model.changes))
    const sent = (await leftFor(this.#subject, work)).map(({ id }) => id).filter(id => id.startsWith(this.#name))
    expect(sent.toSorted()).toEqual(this.#sent.toSorted())
  }

  get #nowMs(): number {
    return this.#subject.time.clock.now()
  }

  async #commit(drawn: readonly (Write | Drafted)[], count: number): Promise<void> {
    const { store } = this.#subject
    const ids = Array.from({ length: count }, (_, n) => `${this.#name}/${this.#sent.length + n}`)
    const writes = drawn.map(write => ('draft' in write ? written(write, this.#nowMs) : write))
    const commit: Commit = { writes, messages: ids.map(id => message(id)) }
    const wanted = this.#model.commit(commit, this.#nowMs)
    const committed = await store.commit(commit).catch(error => {
      if (error instanceof Fault) return { fault: error.code }
      throw error
    })
    expect(committed).toEqual(wanted)
    if ('ok' in wanted && wanted.ok) this.#sent.push(...ids)
  }

  async #get(table: string, keys: readonly Key[]): Promise<void> {
    const { store } = this.#subject
    const wanted = keys.map(key => this.#model.get(table, key, this.#nowMs))
    expect(await store.getMany(table, keys)).toEqual(wanted)
    expect(await Promise.all(keys.map(key => store.get(table, key)))).toEqual(wanted)
  }

  async #scan(table: string, limit: number): Promise<void> {
    const found = await scanned(this.#subject.store, table, limit)
    expect(this.#model.canonical(table, found)).toEqual(
      this.#model.canonical(table, this.#model.items(table, this.#nowMs)),
    )
  }

  async #query(table: string, query: Query, settled: boolean): Promise<void> {
    const lagMs = query.index === undefined ? 0 : (this.#subject.indexLagMs ?? 0)
    if (settled && lagMs > 0) await indexed(this.#subject)
    const found = await this.#paged(table, query)
    if (lagMs === 0 || settled) this.#expectExactly(table, query, found)
    else this.#expectSince(table, query, found, this.#nowMs - lagMs)
  }

  async #paged(table: string, query: Query): Promise<readonly Item[]> {
    const pages = await pagesOf(this.#subject.store, table, query)
    for (const { items } of pages.slice(0, -1)) expect(items).toHaveLength(query.limit)
    if (pages.length > 1) expect(pages.at(-1)?.items).not.toEqual([])
    const found = pages.flatMap(({ items }) => items)
    return query.reverse ? found.toReversed() : found
  }

  #expectExactly(table: string, query: Query, found: readonly Item[]): void {
    const sort = sortOf(this.#model.shape(table), query)
    const wanted = this.#model.query(table, query, this.#nowMs)
    expect(found.map(item => sort && item[sort])).toEqual(wanted.map(item => sort && item[sort]))
    expect(this.#model.canonical(table, found, sort)).toEqual(wanted)
  }

  /** An index may show any state since then, so it shows at least what has been the same all the while. */
  #expectSince(table: string, query: Query, found: readonly Item[], sinceMs: number): void {
    const states: string[][] = []
    for (let atMs = sinceMs; atMs <= this.#nowMs; atMs++) {
      states.push(this.#model.query(table, query, this.#nowMs, atMs).map(item => JSON.stringify(sorted(item))))
    }
    const texts = found.map(item => JSON.stringify(sorted(item)))
    expect(states.flat()).toEqual(expect.arrayContaining(texts))
    const always = (states[0] ?? []).filter(item => states.every(state => state.includes(item)))
    expect(texts).toEqual(expect.arrayContaining(always))
    const names = found.map(item => JSON.stringify(this.#model.shape(table).key.map(attribute => item[attribute])))
    expect(new Set(names).size).toBe(names.length)
  }
}

function written({ op, table, draft, when }: Drafted, nowMs: number): Write {
  const until = draft.expiresInMs === undefined ? {} : { until: new Date(nowMs + draft.expiresInMs).toISOString() }
  return { op, table, item: { ...draft.item, ...until }, ...(op === 'put' ? given(when) : {}) }
}

function sortOf(shape: TableShape, { index }: Query): string | undefined {
  return (index === undefined ? shape.key : shape.indexes[index])?.[1]
}

/** The same attributes in the order of their names. */
function sorted(item: Item): Item {
  return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function perItem(changes: readonly ItemChange[]): Readonly<Record<string, readonly ItemChange[]>> {
  const lists: Record<string, ItemChange[]> = {}
  for (const change of changes) {
    const name = JSON.stringify([change.key.part, change.key.at])
    lists[name] = [...(lists[name] ?? []), change]
  }
  return lists
}

/** Leaves nothing of the run before, and no index that still shows it. */
async function empty(subject: StoreSubject): Promise<void> {
  const { store } = subject
  for (const { name, key } of needs.tables) {
    for (const item of await scanned(store, name)) {
      const only = Object.fromEntries(key.map(attribute => [attribute, item[attribute]])) as Key
      await store.commit({ writes: [{ op: 'remove', table: name, key: only }] })
    }
  }
  await indexed(subject)
  const waiting = await store.outbox.peek(10_000)
  await store.outbox.forget(waiting.map(({ position }) => position))
}

export interface RandomRuns {
  /** How many sequences. Default 100. */
  readonly runs?: number
  /** Repeats a failure: the seed and path that it printed. */
  readonly seed?: number
  readonly path?: string
}

/**
 * The promise that any sequence of steps agrees with the model.
 * @example provePromises('store', 'memory', randomStorePromises({ runs: 20_000 }), make)
 */
export function randomStorePromises({ runs = 100, ...repeat }: RandomRuns = {}): StorePromises {
  const keep = async (subject: StoreSubject): Promise<void> => {
    let begun = 0
    const agrees = fc.asyncProperty(draws, async draws => {
      const run = await Run.begin(subject, `run ${++begun}`)
      for (const draw of draws) await run.take(draw)
      await run.end()
    })
    await fc.assert(agrees, { numRuns: runs, ...repeat })
  }
  return { 'any sequence of commits, reads and time passing goes as in a plain model': { needs, keep } }
}
