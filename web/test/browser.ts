/**
 * Pages in the system's Chromium or Chrome. What a page complains of is kept: its console, errors nobody caught, requests
 * that failed, and requests to anybody but its own server.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { repository } from './running.ts'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Where the browser is; undefined where there is none. */
export const browserPath = places.find(place => existsSync(place))
if (browserPath === undefined)
  console.warn('SKIPPED: no Chromium or Chrome was found; the pages are not tested in a browser')

/** Nothing on the side that asks the network. */
const quiet = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

export interface OpenBrowser extends AsyncDisposable {
  open(url: string, options?: VisitOptions): Promise<Visit>
}

export interface VisitOptions extends BrowserContextOptions {
  /** What is done to the page before it opens its address. */
  readonly before?: (page: Page) => Promise<unknown>
}

export async function openBrowser(): Promise<OpenBrowser> {
  const artifacts = mkdtempSync(join(tmpdir(), 'groundplan-chromium-'))
  const browser = await chromium.launch({ executablePath: browserPath ?? '', args: quiet, artifactsDir: artifacts })
  return {
    open: (url, options) => visit(browser, url, options),
    async [Symbol.asyncDispose]() {
      await browser.close()
      rmSync(artifacts, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A page in a profile of its own, as another person's browser. */
export interface Visit {
  readonly page: Page
  /** Of console and network, until now. */
  readonly complaints: string[]
  /** All that was received, by address. */
  readonly received: ReadonlyMap<string, string>
}

async function visit(browser: Browser, url: string, { before, ...options }: VisitOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options })
  // Pages of `dev` are made when they are asked for, on machines that do other things.
  context.setDefaultNavigationTimeout(90_000)
  const page = await context.newPage()
  const complaints: string[] = []
  const received = new Map<string, string>()
  const { origin } = new URL(url)
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', error => complaints.push(`thrown: ${error.message}`))
  page.on('requestfailed', request => {
    const why = request.failure()?.errorText ?? ''
    // A page that is left ends its stream, and Next takes back what it fetched ahead.
    if (why !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()} ${why}`)
  })
  page.on('request', request => {
    const isOwn = request.url().startsWith(`${origin}/`) || /^(?:data|blob):/.test(request.url())
    if (!isOwn) complaints.push(`asked somebody else: ${request.url()}`)
  })
  page.on('response', async response => {
    if (response.status() >= 500) complaints.push(`${response.status()}: ${response.url()}`)
    if (/event-stream/.test(response.headers()['content-type'] ?? '')) return
    received.set(response.url(), await response.text().catch(() => ''))
  })
  await before?.(page)
  await page.goto(url)
  return { page, complaints, received }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

/** What axe complains of on a page, as it is now: by all its rules, or by these. */
export async function violations(page: Page, rules?: readonly string[]): Promise<unknown> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe)
  const options = { resultTypes: ['violations'], ...(rules ? { runOnly: { type: 'rule', values: rules } } : {}) }
  return page.evaluate(
    `axe.run(${JSON.stringify(options)}).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`,
  )
}

/** Resolves when nothing moves any more, but what always does. */
async function atRest(page: Page): Promise<void> {
  const moving = `document.getAnimations().filter(({ playState, effect }) =>
    playState === 'running' && effect.getTiming().iterations !== Infinity).length`
  await expect.poll(() => page.evaluate(moving), { timeout: 10_000 }).toBe(0)
}

/** In the dark the same things stand in the same places: only their colours are others. */
const ofColours = ['color-contrast', 'color-contrast-enhanced', 'link-in-text-block']

const looks = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280, rules: ofColours },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 390, rules: ofColours },
] as const

/**
 * Looks at a page wide and on a phone, light and dark: keeps a picture of each in `.groundplan/test/screenshots`, and gives
 * all complaints of axe, and whether something is wider than the screen.
 */
export async function lookedAt(page: Page, name: string): Promise<readonly unknown[]> {
  const found: unknown[] = []
  const folder = join(repository, '.groundplan/test/screenshots')
  mkdirSync(folder, { recursive: true })
  for (const look of looks) {
    const { colorScheme, width } = look
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: 860 })
    await page.locator(`html[data-look="${colorScheme}"]`).waitFor()
    await atRest(page)
    const complaints = await violations(page, 'rules' in look ? look.rules : undefined)
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    if (JSON.stringify(complaints) !== '[]') found.push(name, colorScheme, width, complaints)
    if (Number(overflow) > 0) found.push(name, width, `is ${overflow} px too wide`)
    await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
  }
  return found
}
