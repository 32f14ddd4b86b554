/** Draws charts with ECharts; the only file that knows it, loaded where a chart is shown. */
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, TooltipComponent, CanvasRenderer])

export interface ChartData {
  /** Standing bars by time, lying ones by name, a line by time. */
  readonly kind: 'bars' | 'ranks' | 'line'
  readonly points: readonly { readonly name: string; readonly value: number }[]
  /** A value as it is read. */
  readonly words: (value: number) => string
}

export interface ChartColours {
  readonly accent: string
  readonly text: string
  readonly line: string
  readonly paper: string
}

export interface Drawing {
  show(data: ChartData, colours: ChartColours): void
  end(): void
}

export function drawingIn(place: HTMLElement): Drawing {
  const chart = init(place, null, { renderer: 'canvas' })
  const watcher = new ResizeObserver(() => chart.resize())
  watcher.observe(place)
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
  return {
    show: (data, colours) =>
      chart.setOption({ ...optionOf(data, colours), animation: !isCalm && data.kind !== 'line' }, { notMerge: true }),
    end() {
      watcher.disconnect()
      chart.dispose()
    },
  }
}

function optionOf({ kind, points, words }: ChartData, colours: ChartColours) {
  const { accent, text, line, paper } = colours
  const label = { color: text, fontFamily: 'system-ui, sans-serif', fontSize: 12 }
  const names = {
    type: 'category',
    data: points.map(({ name }) => name),
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    axisLabel: { ...label, hideOverlap: true, ...(kind === 'ranks' ? { width: 150, overflow: 'truncate' } : {}) },
  }
  const values = {
    type: 'value',
    splitNumber: 3,
    // Whole units of money, of pieces, of milliseconds.
    minInterval: kind === 'bars' ? 100 : 1,
    splitLine: { lineStyle: { color: line } },
    axisLabel: { ...label, formatter: words },
  }
  const lying = kind === 'ranks'
  return {
    grid: { left: 4, right: 16, top: 12, bottom: 4, containLabel: true },
    // Text on the canvas: the pages allow no style in markup.
    tooltip: {
      ...{ trigger: 'axis', renderMode: 'richText', backgroundColor: paper, borderColor: line },
      textStyle: label,
      valueFormatter: (value: unknown) => words(Number(value)),
    },
    xAxis: lying ? values : names,
    yAxis: lying ? { ...names, inverse: true } : values,
    series: [seriesOf(kind, points, accent)],
  }
}

function seriesOf(kind: ChartData['kind'], points: ChartData['points'], accent: string) {
  const data = points.map(({ value }) => value)
  if (kind === 'line') {
    return {
      type: 'line',
      data,
      showSymbol: false,
      lineStyle: { color: accent, width: 2 },
      itemStyle: { color: accent },
    }
  }
  const borderRadius = kind === 'ranks' ? [0, 3, 3, 0] : [3, 3, 0, 0]
  return { type: 'bar', data, barMaxWidth: 22, itemStyle: { color: accent, borderRadius } }
}
