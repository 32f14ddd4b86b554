/**
 * The catalogue: which tables, indexes and queues the folder has, under which number each is kept, and how much is in
 * it. Names may be of any length and numbers are short, so keys begin with numbers.
 */
import type { Environment } from './environment.ts'
import type { Texts } from './kept.ts'

/** Something whose entries are derived from the items of a table: an index, or the order in which items expire. */
export interface DerivedRecord {
  readonly number: number
  readonly attributes: readonly string[]
  /** Whether every item of the table is in it. */
  readonly ready: boolean
}

export interface TableRecord {
  readonly number: number
  readonly key: readonly string[]
  readonly indexes: Readonly<Record<string, DerivedRecord>>
  readonly expires?: DerivedRecord
}

export interface QueueRecord {
  readonly number: number
  readonly ordered: boolean
}

/** What is kept of a queue beside its messages. */
export interface QueueTotals {
  readonly waiting: number
  readonly leased: number
  readonly dead: number
  /** Of those that wait, how many were due later than `lookedAtMs`. */
  readonly delayed: number
  readonly lookedAtMs: number
  /** The last numbers given. */
  readonly position: number
  readonly burial: number
  readonly idNumber: number
}

export const noTotals: QueueTotals = {
  waiting: 0,
  leased: 0,
  dead: 0,
  delayed: 0,
  lookedAtMs: 0,
  position: 0,
  burial: 0,
  idNumber: 1,
}

/** Reads at any time, writes within a transaction. */
export class Catalogue {
  readonly #texts: Texts

  constructor({ catalogue }: Environment) {
    this.#texts = catalogue
  }

  table(name: string): TableRecord | undefined {
    return this.#read<TableRecord>(`table ${name}`)
  }

  setTable(name: string, record: TableRecord): void {
    this.#write(`table ${name}`, record)
  }

  queue(name: string): QueueRecord | undefined {
    return this.#read<QueueRecord>(`queue ${name}`)
  }

  setQueue(name: string, record: QueueRecord): void {
    this.#write(`queue ${name}`, record)
  }

  /** The items of a table, expired ones too. */
  count(table: number): number {
    return this.#read<number>(`count ${table}`) ?? 0
  }

  setCount(table: number, count: number): void {
    this.#write(`count ${table}`, count)
  }

  totals(queue: number): QueueTotals | undefined {
    return this.#read<QueueTotals>(`totals ${queue}`)
  }

  setTotals(queue: number, totals: QueueTotals): void {
    this.#write(`totals ${queue}`, totals)
  }

  /** How many changes of tables were told so far. */
  changes(): number {
    return this.#read<number>('changes') ?? 0
  }

  setChanges(count: number): void {
    this.#write('changes', count)
  }

  /** A number that nothing has had before. */
  newNumber(): number {
    const number = (this.#read<number>('numbers') ?? 0) + 1
    this.#write('numbers', number)
    return number
  }

  /** Only this class writes the catalogue, so what is under a key is what it put there. */
  #read<T>(key: string): T | undefined {
    const text = this.#texts.get(Buffer.from(key))
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }

  #write(key: string, value: unknown): void {
    this.#texts.put(Buffer.from(key), JSON.stringify(value))
  }
}
