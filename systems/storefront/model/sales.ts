/**
 * Sales facts: what was ordered, withdrawn and refunded of each product on each day, in units and minor units.
 */
import { z } from 'zod'
import { Day, ProductId } from './ids.ts'
import { Currency } from './money.ts'

const count = z.int().default(0)

/** Of one product in one currency on one day. What is withdrawn was cancelled or rejected before it was paid for. */
export const Figures = z.object({
  orderedUnits: count,
  orderedAmount: count,
  withdrawnUnits: count,
  withdrawnAmount: count,
  refundedUnits: count,
  refundedAmount: count,
})
export type Figures = z.output<typeof Figures>

/** As it is kept. `of` is the product and the currency, with a space between. */
export const KeptFact = Figures.extend({ day: Day, of: z.string() })

export const SalesFact = Figures.extend({ day: Day, productId: ProductId, currency: Currency })
export type SalesFact = z.output<typeof SalesFact>

export function factOf({ of, ...fact }: z.output<typeof KeptFact>): SalesFact {
  const [productId = '', currency = ''] = of.split(' ')
  return { ...fact, productId, currency }
}

/** How many orders are in a state. */
export const Tally = z.object({ state: z.string(), orders: count })

export const noFigures: Figures = Figures.parse({})

export function added(one: Figures, other: Figures): Figures {
  return {
    orderedUnits: one.orderedUnits + other.orderedUnits,
    orderedAmount: one.orderedAmount + other.orderedAmount,
    withdrawnUnits: one.withdrawnUnits + other.withdrawnUnits,
    withdrawnAmount: one.withdrawnAmount + other.withdrawnAmount,
    refundedUnits: one.refundedUnits + other.refundedUnits,
    refundedAmount: one.refundedAmount + other.refundedAmount,
  }
}

/** The sums of facts by what `under` gives of each. */
export function summed<K extends object>(
  facts: readonly SalesFact[],
  under: (fact: SalesFact) => K,
): readonly (K & Figures)[] {
  const sums = new Map<string, K & Figures>()
  for (const fact of facts) {
    const key = under(fact)
    const name = JSON.stringify(key)
    sums.set(name, { ...key, ...added(sums.get(name) ?? noFigures, fact) })
  }
  return [...sums.values()]
}
