/**
 * Removes what has expired, in the background. Nobody sees the difference: an expired item is absent for everybody from
 * its instant on.
 *
 * The sweep is *idle* while nothing expires; it is *set* for the next instant at which something does, but no sooner
 * than a second after the last one; when that has come it removes a bounded number in one transaction and is set again.
 */
import { expiresAtMs } from '../contract/checks.ts'
import type { Cancel, Clock } from '../contract/clock.ts'
import type { Item, TableShape } from '../contract/store.ts'
import type { Environment } from './environment.ts'
import type { EmbeddedTable } from './table.ts'

/** Removed of one table in one transaction. */
const mostAtOnce = 200
const pauseMs = 1_000

export class ExpirySweep {
  readonly #environment: Environment
  readonly #clock: Clock
  readonly #tables: readonly EmbeddedTable[]
  readonly #removedFrom: (table: EmbeddedTable) => void
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #notBeforeMs = 0
  #stopped = false

  constructor(
    environment: Environment,
    clock: Clock,
    tables: readonly EmbeddedTable[],
    removedFrom: (table: EmbeddedTable) => void,
  ) {
    this.#environment = environment
    this.#clock = clock
    this.#tables = tables.filter(({ shape }) => shape.expires !== undefined)
    this.#removedFrom = removedFrom
    this.#setForNext()
  }

  /** An item has been written. */
  heed(shape: TableShape, item: Item): void {
    if (shape.expires === undefined) return
    const atMs = expiresAtMs(shape, item)
    if (atMs !== undefined) this.#set(atMs)
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #set(wantedMs: number): void {
    const atMs = Math.max(wantedMs, this.#notBeforeMs)
    if (this.#stopped || (this.#timer && this.#timer.atMs <= atMs)) return
    this.#timer?.cancel()
    this.#timer = { atMs, cancel: this.#clock.at(atMs, () => void this.#sweep()) }
  }

  #setForNext(): void {
    const instants = this.#tables.flatMap(table => table.nextExpiryMs() ?? [])
    if (instants.length > 0) this.#set(Math.min(...instants))
  }

  async #sweep(): Promise<void> {
    this.#timer = undefined
    if (this.#stopped) return
    try {
      const more = await this.#environment.transactions.write(() => () => this.#removeSome(), false)
      this.#notBeforeMs = this.#clock.now() + (more ? 0 : pauseMs)
    } catch {
      // Nothing was removed, and nobody misses it: another try, later.
      this.#notBeforeMs = this.#clock.now() + 60 * pauseMs
    }
    if (!this.#stopped) this.#setForNext()
  }

  /** Whether there may be more. */
  #removeSome(): boolean {
    const nowMs = this.#clock.now()
    let more = false
    for (const table of this.#tables) {
      const removed = table.sweep(nowMs, mostAtOnce)
      if (removed > 0) this.#removedFrom(table)
      more ||= removed === mostAtOnce
    }
    return more
  }
}
