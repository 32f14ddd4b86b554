/** Reads by key. Those that come together meet in one statement. */
import type { Row } from './connections.ts'
import { partBytes } from './key-bytes.ts'
import { Meeting } from './meeting.ts'

type Key = readonly (string | number)[]

export interface GetsOptions {
  readonly ask: (text: string, values: readonly unknown[]) => Promise<readonly Row[]>
  /** For one key, and for several with their places; both give the item first. */
  readonly one: string
  readonly several: string
}

/** Of one table. */
export class Gets {
  readonly #options: GetsOptions
  readonly #meeting = new Meeting((keys: readonly Key[]) => this.#rowsOf(keys))

  constructor(options: GetsOptions) {
    this.#options = options
  }

  get(key: Key): Promise<Row | undefined> {
    return this.#meeting.ask(key)
  }

  async #rowsOf(keys: readonly Key[]): Promise<readonly (Row | undefined)[]> {
    const [first, ...more] = keys
    if (first && more.length === 0) return [await this.#one(first)]
    const values = [keys.map(([p]) => partBytes(p)), keys.map(([, s]) => partBytes(s))]
    const found = await this.#options.ask(this.#options.several, values)
    const rows: (Row | undefined)[] = keys.map(() => undefined)
    for (const row of found) rows[Number(row[1]) - 1] = row
    return rows
  }

  async #one([p, s]: Key): Promise<Row | undefined> {
    const [row] = await this.#options.ask(this.#options.one, [partBytes(p), partBytes(s)])
    return row
  }
}
