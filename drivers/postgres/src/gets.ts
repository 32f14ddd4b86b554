/**
 * Reads by key: those that come while others are under way meet in one statement, so that a hundred callers cost a few
 * round trips. A statement begins after each of its callers has asked, so each sees what was committed before it did.
 */
import type { Row } from './connections.ts'
import { partBytes } from './key-bytes.ts'

type Key = readonly (string | number)[]

interface Waiting {
  readonly key: Key
  readonly resolve: (row: Row | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Statements of one table at a time; beside the first, only for so many keys. */
const mostBeside = 4
const worthOneMore = 8
const mostAtOnce = 100

export interface GetsOptions {
  readonly ask: (text: string, values: readonly unknown[]) => Promise<readonly Row[]>
  /** For one key, and for several with their places; both give the item first. */
  readonly one: string
  readonly several: string
}

/** Of one table. */
export class Gets {
  readonly #options: GetsOptions
  #waiting: Waiting[] = []
  #running = 0

  constructor(options: GetsOptions) {
    this.#options = options
  }

  get(key: Key): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      if (this.#running > 0 && (this.#running >= mostBeside || this.#waiting.length < worthOneMore)) return
      this.#running++
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    // Who asks in the same turn meets in the first statement.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#ask(this.#waiting.splice(0, mostAtOnce))
    this.#running--
  }

  /** Never rejects: each is told for itself. */
  async #ask(all: readonly Waiting[]): Promise<void> {
    try {
      const rows = await (all.length === 1 ? this.#one(all) : this.#several(all))
      for (const [at, { resolve }] of all.entries()) resolve(rows[at])
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
  }

  #one(all: readonly Waiting[]): Promise<readonly (Row | undefined)[]> {
    const [p, s] = all[0]?.key ?? []
    return this.#options.ask(this.#options.one, [partBytes(p), partBytes(s)])
  }

  async #several(all: readonly Waiting[]): Promise<readonly (Row | undefined)[]> {
    const values = [all.map(({ key: [p] }) => partBytes(p)), all.map(({ key: [, s] }) => partBytes(s))]
    const found = await this.#options.ask(this.#options.several, values)
    const rows: (Row | undefined)[] = all.map(() => undefined)
    for (const row of found) rows[Number(row[1]) - 1] = row
    return rows
  }
}
