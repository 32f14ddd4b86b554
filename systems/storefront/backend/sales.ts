/**
 * Sales facts: an aggregating consumer of the orders' events. An event may come twice, so it is noted in the same commit
 * that counts it; for thirty days, which is far longer than any event is tried again.
 */
import { atomically, endpoint, problem, subscriber } from 'groundplan'
import { z } from 'zod'
import { operator } from '../callers.ts'
import { Day, ProductId } from '../model/ids.ts'
import { Currency } from '../model/money.ts'
import { type OrderEvent, type OrderLine, type OrderState, orderStates } from '../model/orders.ts'
import { Figures, factOf, type SalesFact, summed } from '../model/sales.ts'
import { counted, orderEvents, orderLog, productUpdates, sales, tallies, updates } from '../resources.ts'
import { numbered } from './operations.ts'

const dayMs = 86_400_000
const notedMs = 30 * dayMs

export const countSales = subscriber(orderEvents, {
  uses: { log: orderLog.reader, counted: counted.writer, sales: sales.writer, tallies: tallies.writer },
  async handle({ event, at }, { log, counted, sales, tallies }) {
    const { orderId, seq } = event
    const [first, before] = await log.getMany([{ orderId, seq: 1 }, ...(seq > 1 ? [{ orderId, seq: seq - 1 }] : [])])
    if (first?.type !== 'placed') throw new Error(`The log of ${orderId} does not begin with its placing`)
    const day = event.at.slice(0, 10)
    const expiresAt = new Date(at.getTime() + notedMs).toISOString()
    const facts = first.lines.map(line => [`${line.productId} ${line.total.currency}`, change(event, line)] as const)
    await atomically({
      ...numbered('counted', [counted.insert({ orderId, seq, expiresAt })]),
      ...numbered('left', before ? [tallies.add({ state: before.type }, { orders: -1 })] : []),
      ...numbered('entered', [tallies.add({ state: event.type }, { orders: 1 })]),
      ...numbered(
        'fact',
        facts.flatMap(([of, by]) => (by ? [sales.add({ day, of }, by)] : [])),
      ),
    })
  },
})

/** What an event changes in the figures of a product. */
function change({ type }: OrderEvent, { quantity, total: { amount } }: OrderLine): Partial<Figures> | undefined {
  switch (type) {
    case 'placed':
      return { orderedUnits: quantity, orderedAmount: amount }
    case 'rejected':
    case 'cancelled':
      return { withdrawnUnits: quantity, withdrawnAmount: amount }
    case 'refunded':
      return { refundedUnits: quantity, refundedAmount: amount }
    default:
      return undefined
  }
}

// ---------- reading them

const mostDays = 92
const mostProducts = 50

export const SalesQuery = z.object({ from: Day, to: Day })
export const SalesReport = z.object({
  days: z.array(Figures.extend({ day: Day, currency: Currency })),
  products: z
    .array(Figures.extend({ productId: ProductId, currency: Currency }))
    .describe('the fifty with the highest amounts ordered'),
})
export const salesFails = { 'period-invalid': 422 } as const

export const salesReport = endpoint('GET /sales', {
  summary: 'Sales by day and by product, over at most 92 days',
  caller: operator,
  query: SalesQuery,
  returns: SalesReport,
  fails: salesFails,
  uses: { sales: sales.reader },
  async handle({ query }, { sales }) {
    const days = daysOf(query)
    if (days.length === 0 || days.length > mostDays) return problem('period-invalid', `1 to ${mostDays} days`)
    const facts = (await Promise.all(days.map(day => factsOf(day, sales)))).flat()
    const products = summed(facts, ({ productId, currency }) => ({ productId, currency }))
    return {
      days: [...summed(facts, ({ day, currency }) => ({ day, currency }))],
      products: products.toSorted((one, other) => other.orderedAmount - one.orderedAmount).slice(0, mostProducts),
    }
  },
})

function daysOf({ from, to }: z.output<typeof SalesQuery>): readonly string[] {
  const count = Math.floor((Date.parse(to) - Date.parse(from)) / dayMs) + 1
  const length = Math.max(0, Math.min(count, mostDays + 1))
  return Array.from({ length }, (_, n) => new Date(Date.parse(from) + n * dayMs).toISOString().slice(0, 10))
}

interface SalesReader {
  query(
    key: { day: string },
    page: { limit: number; after?: string | undefined },
  ): Promise<{ readonly items: Parameters<typeof factOf>[0][]; readonly after?: string }>
}

/** All facts of a day. */
export async function factsOf(day: string, sales: SalesReader): Promise<readonly SalesFact[]> {
  const facts: SalesFact[] = []
  let after: string | undefined
  do {
    const page = await sales.query({ day }, { limit: 1_000, after })
    facts.push(...page.items.map(factOf))
    after = page.after
  } while (after !== undefined)
  return facts
}

// ---------- at a glance

const orderCounts = Object.fromEntries(orderStates.map(state => [state, z.int()])) as Record<OrderState, z.ZodInt>
export const Dashboard = z.object({
  orders: z.object(orderCounts).describe('orders by state'),
  today: z.array(Figures.extend({ currency: Currency })),
  pendingUpdates: z.int().describe('at most 1,000 are counted'),
  failedUpdates: z.int().describe('at most 1,000 are counted'),
})

export const dashboard = endpoint('GET /dashboard', {
  summary: 'The shop at a glance',
  caller: operator,
  returns: Dashboard,
  uses: { tallies: tallies.reader, sales: sales.reader, updates: updates.reader, queue: productUpdates.redriver },
  async handle({ at }, { tallies, sales, updates, queue }) {
    const counts = await tallies.getMany(orderStates.map(state => ({ state })))
    const facts = await factsOf(at.toISOString().slice(0, 10), sales)
    const pending = await updates.by.state({ state: 'pending' }, { limit: 1_000 })
    const failed = await queue.deadLetters({ limit: 1_000 })
    const orders = orderStates.map((state, n) => [state, counts[n]?.orders ?? 0] as const)
    return {
      orders: Object.fromEntries(orders) as Record<OrderState, number>,
      today: [...summed(facts, ({ currency }) => ({ currency }))],
      pendingUpdates: Math.max(0, pending.items.length - failed.length),
      failedUpdates: failed.length,
    }
  },
})
