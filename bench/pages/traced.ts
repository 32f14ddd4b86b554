/**
 * What Chromium itself notes of a page while it loads it: its own trace (CDP `Tracing.start`), on a slow processor and a slow
 * line, with nothing cached. No script of ours is in the page.
 */
import { type Browser, chromium } from 'playwright-core'

export interface Figures {
  /** When the largest part was drawn. */
  readonly lcpMs: number
  /** How much jumped: 0 is nothing. */
  readonly cls: number
  /** What tasks took above 50 ms each, after something could be seen. */
  readonly blockedMs: number
  /** Scripts, as they came over the line. */
  readonly scriptKb: number
  readonly requests: number
}

interface Event {
  readonly name: string
  readonly ts: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  readonly args?: { readonly data?: Data; readonly frame?: string }
}

interface Data {
  readonly requestId?: string
  readonly mimeType?: string
  readonly encodedDataLength?: number
  readonly weighted_score_delta?: number
  readonly had_recent_input?: boolean
  readonly isOutermostMainFrame?: boolean
  readonly documentLoaderURL?: string
}

const categories = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'loading',
  'blink.user_timing',
  'toplevel',
]

/** A phone of the middle on a bad mobile network, as Lighthouse has it. */
const slowLine = { offline: false, latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 }
const slowdown = 4
/** After it has loaded: what comes late is seen too. */
const settleMs = 3_000

export function openChromium(): Promise<Browser> {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-extensions',
  ]
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args })
}

export async function tracedPage(browser: Browser, url: string): Promise<Figures> {
  const context = await browser.newContext({ viewport: { width: 412, height: 823 }, deviceScaleFactor: 2 })
  try {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await session.send('Network.emulateNetworkConditions', slowLine)
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    await browser.startTracing(page, { categories })
    await page.goto(url, { waitUntil: 'load', timeout: 60_000 })
    await page.waitForTimeout(settleMs)
    return figuresIn(JSON.parse(String(await browser.stopTracing())).traceEvents, url)
  } finally {
    await context.close()
  }
}

function figuresIn(events: readonly Event[], url: string): Figures {
  const start = events.find(({ name, args }) => name === 'navigationStart' && args?.data?.documentLoaderURL === url)
  if (!start) throw new Error(`Chromium's trace has no beginning of ${url}`)
  const since = events.filter(({ ts, pid }) => ts >= start.ts && pid === start.pid)
  const after = ({ ts }: Event): number => (ts - start.ts) / 1_000
  const seen = since.find(({ name }) => name === 'firstContentfulPaint')
  const largest = since.findLast(({ name }) => name === 'largestContentfulPaint::Candidate')
  if (!seen || !largest) throw new Error(`Nothing was drawn of ${url}`)
  return {
    lcpMs: after(largest),
    cls: sum(
      since.filter(({ name }) => name === 'LayoutShift'),
      shiftOf,
    ),
    blockedMs: blocked(since, seen),
    ...received(since),
  }
}

function shiftOf({ args }: Event): number {
  return args?.data?.had_recent_input ? 0 : (args?.data?.weighted_score_delta ?? 0)
}

function blocked(events: readonly Event[], { tid, ts: from }: Event): number {
  const tasks = events.filter(({ name, tid: thread, ts }) => /RunTask$/.test(name) && thread === tid && ts >= from)
  return sum(tasks, ({ dur = 0 }) => Math.max(0, dur / 1_000 - 50))
}

function received(events: readonly Event[]): Pick<Figures, 'scriptKb' | 'requests'> {
  const scripts = new Set(
    events
      .filter(({ name, args }) => name === 'ResourceReceiveResponse' && /javascript/.test(args?.data?.mimeType ?? ''))
      .map(({ args }) => args?.data?.requestId),
  )
  const finished = events.filter(({ name }) => name === 'ResourceFinish')
  const own = finished.filter(({ args }) => scripts.has(args?.data?.requestId))
  return { scriptKb: sum(own, ({ args }) => (args?.data?.encodedDataLength ?? 0) / 1_024), requests: finished.length }
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
