/**
 * A store as plainly as can be: every state that every item ever had, in a list. Written from the docstrings of
 * `contract/store.ts` alone; it shares nothing with the code that the engines share.
 */
import type {
  Commit,
  Committed,
  Conditions,
  Item,
  ItemChange,
  Query,
  RefusedBecause,
  TableShape,
  Write,
} from '../store.ts'

/** A state of an item, and since when. */
interface State {
  readonly fromMs: number
  readonly item: Item | undefined
}

interface Kept {
  readonly table: string
  readonly states: State[]
}

type Fault = { readonly fault: 'item-twice-in-commit' }

export class StoreModel {
  readonly #shapes: readonly TableShape[]
  readonly #kept = new Map<string, Kept>()
  /** The changes of tables that somebody hears of. */
  readonly changes: ItemChange[] = []

  constructor(shapes: readonly TableShape[]) {
    this.#shapes = shapes
  }

  shape(table: string): TableShape {
    const shape = this.#shapes.find(({ name }) => name === table)
    if (!shape) throw new Error(`no table ${table}`)
    return shape
  }

  commit({ writes }: Commit, nowMs: number): Committed | Fault {
    const names = writes.map(write => this.#nameOf(write.table, 'item' in write ? write.item : write.key))
    if (new Set(names).size < names.length) return { fault: 'item-twice-in-commit' }
    const before = names.map(name => this.#live(name, nowMs))
    for (const [failed, write] of writes.entries()) {
      const because = refusal(write, before[failed])
      if (because) return { ok: false, failed, because }
    }
    const items = writes.map((write, at) => this.#after(write, before[at]))
    for (const [at, write] of writes.entries()) {
      if (write.op !== 'check') this.#keep(names[at] ?? '', write, before[at], items[at], nowMs)
    }
    return { ok: true, items }
  }

  get(table: string, key: Item, nowMs: number): Item | undefined {
    return this.#live(this.#nameOf(table, key), nowMs)
  }

  /** All items of a table as they were at a time, unless they have expired by now. */
  items(table: string, nowMs: number, atMs = nowMs): Item[] {
    const names = [...this.#kept].filter(([, kept]) => kept.table === table).map(([name]) => name)
    return names.map(name => this.#live(name, nowMs, atMs)).filter(item => item !== undefined)
  }

  /** In ascending order; items of the same sort value in the order of their keys as JSON. */
  query(table: string, query: Omit<Query, 'limit'>, nowMs: number, atMs = nowMs): Item[] {
    const { key, indexes } = this.shape(table)
    const [partition = '', sort] = query.index === undefined ? key : (indexes[query.index] ?? [])
    const within = (item: Item): boolean => {
      if (item[partition] !== query.partition) return false
      if (sort === undefined) return true
      const value = item[sort]
      if (value === undefined || value === null) return false
      if (query.from !== undefined && order(value, query.from) < 0) return false
      if (query.to !== undefined && order(value, query.to) > 0) return false
      return query.prefix === undefined || (typeof value === 'string' && value.startsWith(query.prefix))
    }
    return this.canonical(table, this.items(table, nowMs, atMs).filter(within), sort)
  }

  canonical(table: string, items: readonly Item[], sort?: string): Item[] {
    const byKey = items.toSorted((a, b) => (this.#nameOf(table, a) < this.#nameOf(table, b) ? -1 : 1))
    return sort === undefined ? byKey : byKey.sort((a, b) => order(a[sort], b[sort]))
  }

  #nameOf(table: string, item: Item): string {
    return JSON.stringify([table, ...this.shape(table).key.map(attribute => item[attribute])])
  }

  #live(name: string, nowMs: number, atMs = nowMs): Item | undefined {
    const kept = this.#kept.get(name)
    const item = kept?.states.findLast(({ fromMs }) => fromMs <= atMs)?.item
    if (!kept || !item) return undefined
    const { expires } = this.shape(kept.table)
    const until = expires && item[expires]
    return typeof until === 'string' && Date.parse(until) <= nowMs ? undefined : item
  }

  #keep(name: string, write: Write, before: Item | undefined, item: Item | undefined, nowMs: number): void {
    const kept = this.#kept.get(name) ?? { table: write.table, states: [] }
    this.#kept.set(name, kept)
    kept.states.push({ fromMs: nowMs, item })
    const { changesTo, key } = this.shape(write.table)
    const some = before ?? item
    if (changesTo.length === 0 || !some) return
    const change = { key: Object.fromEntries(key.map(attribute => [attribute, some[attribute]])) as ItemChange['key'] }
    this.changes.push({ ...change, ...(before ? { before } : {}), ...(item ? { after: item } : {}) })
  }

  #after(write: Write, before: Item | undefined): Item | undefined {
    const item = left(write, before)
    const { version } = this.shape(write.table)
    if (!item || version === undefined) return item
    return { ...item, [version]: Number(before?.[version] ?? 0) + 1 }
  }
}

/** Numbers by value, before texts by their bytes. */
function order(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}

function refusal(write: Write, before: Item | undefined): RefusedBecause | undefined {
  if (write.op === 'insert') return before && 'exists'
  if (!before && (write.op === 'patch' || (write.op === 'add' && !write.start))) return 'absent'
  if (write.when && !hold(write.when, before ?? {})) return 'when'
  if (write.op !== 'add') return undefined
  const sums = Object.entries(write.by).map(([name, by]) => Number((before ?? write.start)?.[name] ?? 0) + by)
  const outside = sums.some(sum => sum < (write.floor ?? sum) || sum > (write.ceiling ?? sum))
  return outside ? 'bounds' : undefined
}

function hold(when: Conditions, item: Item): boolean {
  return Object.entries(when).every(([name, matcher]) => {
    if ('absent' in matcher) return !(name in item)
    const wanted: readonly unknown[] = 'equals' in matcher ? [matcher.equals] : matcher.oneOf
    return wanted.includes(item[name])
  })
}

function left(write: Write, before: Item | undefined): Item | undefined {
  switch (write.op) {
    case 'insert':
    case 'put':
      return write.item
    case 'patch': {
      const rest = Object.entries({ ...before, ...write.set }).filter(([name]) => !write.unset.includes(name))
      return Object.fromEntries(rest)
    }
    case 'add': {
      const from: Item = before ?? { ...write.start, ...write.key }
      const sums = Object.entries(write.by).map(([name, by]) => [name, Number(from[name] ?? 0) + by])
      return { ...from, ...Object.fromEntries(sums) }
    }
    case 'remove':
      return undefined
    case 'check':
      return undefined
  }
}
