/**
 * The desk: the inbox, the shop at a glance, sales and their export.
 */
import { endpoint } from 'groundplan'
import { ExportParams, exportFails, SalesExport } from '../backend/export-sales.ts'
import { Dashboard, SalesQuery, SalesReport, salesFails } from '../backend/sales.ts'
import { backend } from '../backend/service.ts'
import { DayParams, InboxDay, NoticeParams } from '../backend/tell-operations.ts'
import { operator } from '../callers.ts'
import { Notice } from '../model/notices.ts'
import { passedOn } from '../pass-on.ts'

const uses = { backend: backend.client }

export const inbox = endpoint('GET /inbox/:day', {
  summary: 'The notices of a day',
  caller: operator,
  params: DayParams,
  returns: InboxDay,
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.readInbox({ params })),
})

export const seen = endpoint('POST /inbox/:day/:noticeId/seen', {
  summary: 'A notice was seen to',
  caller: operator,
  params: NoticeParams,
  returns: Notice,
  fails: { 'not-found': 404 },
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.seeNotice({ params })),
})

export const dashboard = endpoint('GET /dashboard', {
  summary: 'The shop at a glance',
  caller: operator,
  returns: Dashboard,
  uses,
  handle: async (_call, { backend }) => (await backend.dashboard()).value,
})

export const sales = endpoint('GET /sales', {
  summary: 'Sales by day and by product, over at most 92 days',
  caller: operator,
  query: SalesQuery,
  returns: SalesReport,
  fails: salesFails,
  uses,
  handle: async ({ query }, { backend }) => passedOn(await backend.salesReport({ query })),
})

export const exportSales = endpoint('POST /sales/:day/export', {
  summary: 'Write the sales facts of a day as Parquet, now',
  caller: operator,
  params: ExportParams,
  returns: SalesExport,
  fails: exportFails,
  uses,
  handle: async ({ params }, { backend }) => passedOn(await backend.exportSales({ params })),
})
