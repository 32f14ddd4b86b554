/** API keys in words, and times from now as they are sent. */
import type { Keys } from './shapes.ts'

type Rate = Keys['rates'][number]

const count = (many: number): string => many.toLocaleString('en-GB')

/** @example free: 5 a second, 10,000 a month */
export function rateWords({ name, perSecond, perMonth }: Rate): string {
  const month = perMonth === undefined ? '' : `, ${count(perMonth)} a month`
  return `${name}: ${count(perSecond)} a second${month}`
}

const dayMs = 86_400_000

/** So many days from now; no end for none. */
export function untilIn(days: string, now: Date): { readonly expiresAt?: string } {
  return days === '' ? {} : { expiresAt: new Date(now.getTime() + Number(days) * dayMs).toISOString() }
}
