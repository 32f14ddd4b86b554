/**
 * Keeps the last sales fresh. They are noted a moment after the number falls, so they are asked for until the newest is
 * another one, a few times at most; many sales at once are one question.
 */
import type { CounterClient } from '@systems/counter/client'

export interface Sale {
  readonly saleId: string
  readonly soldAt: string
}

const pausesMs = [150, 350, 900, 2_000]

export class LastSales {
  readonly #client: CounterClient
  readonly #changed: (sales: readonly Sale[]) => void
  #newest: string | undefined
  #step = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: CounterClient, first: readonly Sale[], changed: (sales: readonly Sale[]) => void) {
    this.#client = client
    this.#changed = changed
    this.#newest = first[0]?.saleId
  }

  /** Something was sold: asks soon. */
  ask(): void {
    this.#step = 0
    this.#timer ??= setTimeout(() => void this.#fetch(), pausesMs[0])
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  async #fetch(): Promise<void> {
    const sales = await this.#client.lastSales().then(
      ({ value }) => value.sales,
      () => undefined, // the page says already that it is not connected
    )
    this.#timer = undefined
    if (sales && sales[0]?.saleId !== this.#newest) {
      this.#newest = sales[0]?.saleId
      this.#changed(sales)
      return
    }
    this.#step += 1
    const pauseMs = pausesMs[this.#step]
    if (pauseMs !== undefined) this.#timer ??= setTimeout(() => void this.#fetch(), pauseMs)
  }
}
