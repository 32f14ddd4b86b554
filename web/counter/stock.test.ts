/** What a page shows of the stock, whatever the order in which it hears of things. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextStock, type Stock, type StockEvent, shownOf, stockOf } from './stock.ts'

const after = (first: number, ...events: readonly StockEvent[]): Stock => events.reduce(nextStock, stockOf(first))
const told = (left: number, first = false): StockEvent => ({ kind: 'told', left, first })
const sending: StockEvent = { kind: 'sending' }
const sold = (left: number): StockEvent => ({ kind: 'sold', left })

describe('the number that is shown', () => {
  it('falls at once with a sale, and stays when the sale is confirmed and told of, in either order', () => {
    expect(shownOf(after(10, sending))).toBe(9)
    expect(shownOf(after(10, sending, sold(9)))).toBe(9)
    expect(shownOf(after(10, sending, told(9)))).toBe(9)
    expect(shownOf(after(10, sending, sold(9), told(9)))).toBe(9)
    expect(shownOf(after(10, sending, told(9), sold(9)))).toBe(9)
  })

  it('counts sales made elsewhere that an answer knows of before the stream does', () => {
    expect(shownOf(after(10, sending, sold(7)))).toBe(7)
    expect(shownOf(after(10, sending, sold(7), told(9)))).toBe(7)
    expect(shownOf(after(10, sending, sold(7), told(9), told(7)))).toBe(7)
  })

  it('goes up again when it is reset, and when a sale is refused', () => {
    expect(shownOf(after(10, told(1000)))).toBe(1000)
    expect(shownOf(after(10, sending, { kind: 'refused' }))).toBe(10)
    expect(shownOf(after(10, sending, sold(9), told(1000)))).toBe(1000)
  })

  it('keeps off what waits for the connection, and is never less than nothing', () => {
    expect(shownOf(after(10, sending, { kind: 'delayed' }, told(12, true)))).toBe(11)
    expect(shownOf(after(10, sending, { kind: 'delayed' }, { kind: 'resumed' }, sold(9)))).toBe(9)
    expect(shownOf(after(1, sending, sending))).toBe(0)
  })
})

/** A server, a stream that lags and passes states over, answers that take their time: as a page may hear of them. */
class World {
  left: number
  stock: Stock
  readonly #stream: number[] = []
  readonly #answers: number[] = []

  constructor(left: number) {
    this.left = left
    this.stock = stockOf(left)
  }

  readonly steps: readonly (() => void)[] = [
    () => this.#change(this.left - 1), // sold elsewhere
    () => this.#change(1000), // reset elsewhere
    () => {
      this.#tell({ kind: 'sending' })
      this.#change(this.left - 1)
      this.#answers.push(this.left)
    },
    () => this.#hear(this.#stream.shift()),
    () => this.#hear(this.#stream.splice(0).at(-1)),
    () => this.#answer(0),
    () => this.#answer(this.#answers.length - 1),
  ]

  /** Everything that is on its way arrives. */
  arrive(): void {
    while (this.#answers.length > 0) this.#answer(0)
    this.#hear(this.#stream.splice(0).at(-1))
    this.#tell({ kind: 'quiet' })
  }

  #change(left: number): void {
    this.left = left
    this.#stream.push(left)
  }

  #tell(event: StockEvent): void {
    this.stock = nextStock(this.stock, event)
  }

  #hear(left: number | undefined): void {
    if (left !== undefined) this.#tell({ kind: 'told', left, first: false })
  }

  #answer(at: number): void {
    const [left] = this.#answers.splice(at, 1)
    if (left !== undefined) this.#tell({ kind: 'sold', left })
  }
}

it('is what the server has once everything has arrived, however sales, resets, answers and the stream mix', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 6 }), { maxLength: 60 }), steps => {
      const world = new World(500)
      for (const step of steps) world.steps[step]?.()
      world.arrive()
      expect(shownOf(world.stock)).toBe(world.left)
    }),
    { numRuns: 3_000 },
  )
})

it('never goes up without a reset', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 2, 3, 4, 5, 6), { maxLength: 60 }), steps => {
      const world = new World(500)
      for (const step of steps) {
        const before = shownOf(world.stock)
        world.steps[step]?.()
        expect(shownOf(world.stock)).toBeLessThanOrEqual(before)
      }
    }),
    { numRuns: 3_000 },
  )
})
