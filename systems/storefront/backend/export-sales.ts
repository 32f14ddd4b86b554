/**
 * Sales facts for a warehouse: a Parquet file a day, each night and on demand. Writing a day again replaces its file, so
 * the night writes the last two: what was counted late is in the second.
 */
import { endpoint, problem, schedule } from 'groundplan'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { z } from 'zod'
import { operator } from '../callers.ts'
import { Day } from '../model/ids.ts'
import type { Figures, SalesFact } from '../model/sales.ts'
import { sales, warehouse } from '../resources.ts'
import { factsOf } from './sales.ts'

const dayMs = 86_400_000
const type = 'application/vnd.apache.parquet'

export const exportNightly = schedule(
  { cron: '30 0 * * *', zone: 'UTC' },
  {
    uses: { sales: sales.reader, warehouse: warehouse.writer },
    async handle({ tick }, { sales, warehouse }) {
      for (const before of [2, 1]) {
        const day = new Date(tick.getTime() - before * dayMs).toISOString().slice(0, 10)
        await warehouse.put(keyOf(day), parquetOf(await factsOf(day, sales)), { type })
      }
    },
  },
)

export const ExportParams = z.object({ day: Day })
export const SalesExport = z.object({
  day: Day,
  key: z.string().describe('in the bucket `warehouse`'),
  rows: z.int(),
  url: z.string().describe('gives the file for 15 minutes'),
})
export const exportFails = { 'day-to-come': 422 } as const

export const exportSales = endpoint('POST /sales/:day/export', {
  summary: 'Write the sales facts of a day as Parquet, now',
  caller: operator,
  params: ExportParams,
  returns: SalesExport,
  fails: exportFails,
  uses: { sales: sales.reader, warehouse: warehouse.writer },
  async handle({ params: { day }, at }, { sales, warehouse }) {
    if (day > at.toISOString().slice(0, 10)) return problem('day-to-come', 'Nothing was sold on a day to come')
    const facts = await factsOf(day, sales)
    const key = keyOf(day)
    await warehouse.put(key, parquetOf(facts), { type })
    return { day, key, rows: facts.length, url: await warehouse.link(key) }
  },
})

/** As engines that know partitions by their folder read it. */
export function keyOf(day: string): string {
  return `sales/day=${day}/sales.parquet`
}

/** The facts as a Parquet file: amounts are whole minor units. */
export function parquetOf(facts: readonly SalesFact[]): Uint8Array {
  const amounts = (of: (fact: SalesFact) => number) => facts.map(fact => BigInt(of(fact)))
  const figure = (name: string, of: (fact: Figures) => number) =>
    ({ name, data: amounts(of), type: 'INT64', nullable: false }) as const
  const text = (name: string, of: (fact: SalesFact) => string) =>
    ({ name, data: facts.map(of), type: 'STRING', nullable: false }) as const
  const columnData = [
    text('product_id', ({ productId }) => productId),
    text('currency', ({ currency }) => currency),
    figure('ordered_units', ({ orderedUnits }) => orderedUnits),
    figure('ordered_amount', ({ orderedAmount }) => orderedAmount),
    figure('withdrawn_units', ({ withdrawnUnits }) => withdrawnUnits),
    figure('withdrawn_amount', ({ withdrawnAmount }) => withdrawnAmount),
    figure('refunded_units', ({ refundedUnits }) => refundedUnits),
    figure('refunded_amount', ({ refundedAmount }) => refundedAmount),
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}
