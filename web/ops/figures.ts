/** What the dashboard makes of what it is told: pure, so that tests can ask it. */
import { moneyText } from '../storefront/amounts.ts'
import type { Product, Sales } from '../storefront/shapes.ts'
import type { ChartData } from './drawing.ts'

const dayMs = 86_400_000

/** So many days up to today, in UTC, the first first. */
export function daysUpTo(todayMs: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => new Date(todayMs - (count - 1 - n) * dayMs).toISOString().slice(0, 10))
}

/** The currency that most was ordered in. */
export function mainCurrency({ days }: Pick<Sales, 'days'>): string {
  const sums = new Map<string, number>()
  for (const { currency, orderedAmount } of days) sums.set(currency, (sums.get(currency) ?? 0) + orderedAmount)
  const [first] = [...sums].sort(([, one], [, other]) => other - one)
  return first?.[0] ?? 'EUR'
}

/** What was ordered, less what was withdrawn and refunded, for each day; a day without sales is nought. */
export function salesByDay(sales: Pick<Sales, 'days'>, days: readonly string[], currency: string): ChartData {
  const byDay = new Map(sales.days.filter(each => each.currency === currency).map(each => [each.day, each]))
  const net = (day: string): number => {
    const { orderedAmount = 0, withdrawnAmount = 0, refundedAmount = 0 } = byDay.get(day) ?? {}
    return orderedAmount - withdrawnAmount - refundedAmount
  }
  return {
    kind: 'bars',
    points: days.map(day => ({ name: dayText(day), value: net(day) })),
    words: amount => moneyText(amount, currency),
  }
}

/** `2026-03-01` as `1 Mar`. */
export function dayText(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
}

/** What there is least of, among what is sold. */
export function leastStock(products: readonly Product[], count: number): ChartData {
  const sold = products.filter(({ retired }) => !retired)
  const least = sold.toSorted((one, other) => one.stock - other.stock || one.name.localeCompare(other.name))
  return {
    kind: 'ranks',
    points: least.slice(0, count).map(({ name, stock }) => ({ name, value: stock })),
    words: units => String(Math.round(units)),
  }
}

/** Measured while the page is open. */
export function lagOverTime(samples: readonly { readonly atMs: number; readonly lagMs: number }[]): ChartData {
  return {
    kind: 'line',
    points: samples.map(({ atMs, lagMs }) => ({ name: new Date(atMs).toLocaleTimeString('en-GB'), value: lagMs })),
    words: ms => `${Math.round(ms)} ms`,
  }
}
