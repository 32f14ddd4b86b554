/**
 * Money: whole minor units (cents, say) of one currency. No fractions, so sums are exact.
 */
import { z } from 'zod'

/** At most a billion in major units: sums of many stay safe integers. */
export const mostMinorUnits = 100_000_000_000

export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ examples: ['EUR'] })
export const Money = z
  .object({ amount: z.int().min(0).max(mostMinorUnits), currency: Currency })
  .meta({ id: 'Money', description: 'Whole minor units (cents, say) of a currency' })
export type Money = z.output<typeof Money>

export function times({ amount, currency }: Money, count: number): Money {
  return { amount: amount * count, currency }
}

/** The sum of some money of one currency. */
export function sum(all: readonly [Money, ...Money[]]): Money {
  return { amount: all.reduce((total, { amount }) => total + amount, 0), currency: all[0].currency }
}

export function isSame(one: Money, other: Money): boolean {
  return one.amount === other.amount && one.currency === other.currency
}
