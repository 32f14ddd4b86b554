'use client'
/** The shop at a glance: orders by state, sales by day, what runs out, and how far the catalogue is behind. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { useAsked, valueIn } from '../asking/asking.ts'
import { moneyText } from '../storefront/amounts.ts'
import { ops } from '../storefront/clients.ts'
import type { CatalogueLag, Dashboard, Product, Sales } from '../storefront/shapes.ts'
import { stateNames, states } from '../storefront/states.ts'
import { AsItHappens } from './as-it-happens.tsx'
import { Chart } from './chart.tsx'
import { daysUpTo, lagOverTime, leastStock, mainCurrency, salesByDay } from './figures.ts'
import { SalesExport } from './sales-export.tsx'
import { useOps } from './store.tsx'
import { type Tile, Tiles } from './tiles.tsx'

const shownDays = 30
const lagEveryMs = 2_000
const mostSamples = 120

const charts = {
  display: 'grid',
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'repeat(2, minmax(0, 1fr))' },
  gap: 2.5,
  alignItems: 'start',
}

export function DashboardView() {
  return (
    <>
      <Typography variant="h1" sx={{ mb: 2.5 }}>
        Dashboard
      </Typography>
      <Box sx={{ minHeight: 84 }}>
        <AtAGlance />
      </Box>
      <Box sx={{ ...charts, mt: 2.5 }}>
        {Object.entries({ SalesChart, StockChart, LagChart }).map(([name, Each]) => (
          // As high as it will be: nothing below moves when it comes.
          <Box key={name} sx={{ minHeight: 366 }}>
            <Each />
          </Box>
        ))}
        <Box sx={{ p: { lg: 2.5 } }}>
          <AsItHappens most={6} />
        </Box>
      </Box>
      <SalesExport />
    </>
  )
}

/** Asked again when something happens, a moment later: the figures are counted by a subscriber. */
function useNews(again: () => void): void {
  const heard = useOps(({ feed }) => feed.heard)
  useEffect(() => {
    if (heard === 0) return undefined
    const timer = setTimeout(again, 400)
    return () => clearTimeout(timer)
  }, [heard, again])
}

function AtAGlance() {
  const asked = useAsked<Dashboard>(
    useCallback(() => valueIn(ops.dashboard()), []),
    { everyMs: 10_000 },
  )
  useNews(asked.again)
  return (
    <Answered asked={asked} what="The figures">
      {figures => <Tiles tiles={tilesOf(figures)} />}
    </Answered>
  )
}

function tilesOf({ orders, today, pendingUpdates, failedUpdates }: Dashboard): readonly Tile[] {
  const sold = today.map(each => moneyText(each.orderedAmount, each.currency)).join(', ')
  return [
    { name: 'Ordered today', value: sold === '' ? '–' : sold, href: '/ops/orders' },
    ...states
      .slice(0, 3)
      .map(state => ({ name: stateNames[state], value: String(orders[state]), href: '/ops/orders' })),
    { name: 'Updates pending', value: String(pendingUpdates), href: '/ops/updates' },
    { name: 'Updates failed', value: String(failedUpdates), href: '/ops/updates', isBad: failedUpdates > 0 },
  ]
}

function SalesChart() {
  const ask = useCallback(async (): Promise<Sales> => {
    const days = daysUpTo(Date.now(), shownDays)
    return valueIn(ops.sales({ query: { from: days[0] ?? '', to: days.at(-1) ?? '' } }))
  }, [])
  const asked = useAsked(ask)
  useNews(asked.again)
  const { value } = asked
  const data = useMemo(() => value && salesByDay(value, daysUpTo(Date.now(), shownDays), mainCurrency(value)), [value])
  return (
    <Answered asked={asked} what="Sales">
      {() =>
        data && (
          <Chart
            title="Sales per day"
            says={`${data.words(data.points.reduce((sum, each) => sum + each.value, 0))} in ${shownDays} days, less what was withdrawn and refunded`}
            data={data}
            columns={['Day', 'Sales']}
          />
        )
      }
    </Answered>
  )
}

function StockChart() {
  const asked = useAsked(allProducts)
  useNews(asked.again)
  const { value } = asked
  const data = useMemo(() => value && leastStock(value, 10), [value])
  const out = value?.filter(({ retired, stock }) => !retired && stock === 0).length ?? 0
  return (
    <Answered asked={asked} what="Stock">
      {products =>
        data && (
          <Chart
            title="Stock: least there is"
            says={`${products.length} products, ${out === 0 ? 'none' : out} sold out`}
            data={data}
            columns={['Product', 'Units']}
          />
        )
      }
    </Answered>
  )
}

async function allProducts(): Promise<readonly Product[]> {
  const all: Product[] = []
  let after: string | undefined
  do {
    const query = { limit: 100, ...(after === undefined ? {} : { after }) }
    const page = await valueIn(ops.products({ query }))
    all.push(...page.items)
    after = page.after
  } while (after !== undefined)
  return all
}

function LagChart() {
  const [samples, setSamples] = useState<readonly { readonly atMs: number; readonly lagMs: number }[]>([])
  const asked = useAsked<CatalogueLag>(
    useCallback(() => valueIn(ops.catalogueLag()), []),
    { everyMs: lagEveryMs },
  )
  const { value } = asked
  useEffect(() => {
    if (!value) return
    const lagMs = Math.max(value.catalogue.lagMs, value.words.lagMs)
    setSamples(before => [...before, { atMs: Date.now(), lagMs }].slice(-mostSamples))
  }, [value])
  const data = useMemo(() => lagOverTime(samples), [samples])
  return (
    <Answered asked={asked} what="The lag of the catalogue">
      {({ catalogue, words }) => (
        <Chart
          title="Lag of the catalogue"
          says={`${Math.max(catalogue.lagMs, words.lagMs)} ms now; ${catalogue.waiting + words.waiting} changes wait, ${catalogue.dead + words.dead} failed`}
          data={data}
          columns={['Measured at', 'Lag']}
        />
      )}
    </Answered>
  )
}
