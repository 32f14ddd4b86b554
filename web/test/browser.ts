/**
 * Pages in the system's Chromium or Chrome. What a page complains of is kept: its console, errors nobody caught, requests
 * that failed, and requests to anybody but its own server.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { Profiles } from './profiles.ts'
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

/** What Playwright turns off, too, whose list this one replaces: what asks the network, goes to HTTPS or holds back pictures. */
const asOfPlaywright = [
  ...['AimEnabled', 'MediaRouter', 'NetworkTimeServiceQuerying', 'OptimizationHints', 'PreconnectToSearch'],
  ...['HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'LensOverlay', 'PaintHolding'],
  ...['AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose'],
  'ThirdPartyStoragePartitioning',
]

/** The address bar's own pages, which nobody sees here: for each new profile they take more than most pages that are tested. */
const addressBar = ['WebUIOmniboxAimPopup', 'WebUIOmniboxPopup']

/** Nothing on the side that asks the network. */
const quiet = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  `--disable-features=${[...asOfPlaywright, ...addressBar].join()}`,
]

export interface OpenBrowser extends AsyncDisposable {
  /** Opens a page in a profile of its own, as another person's browser: emptied, where somebody had it before. */
  open(url: string, options?: VisitOptions): Promise<Visit>
  /** The same in a profile that nobody had before, with nothing in its cache; all that is received is noted. */
  openNoting(url: string, options?: VisitOptions): Promise<NotedVisit>
}

export interface VisitOptions extends BrowserContextOptions {
  readonly cookies?: readonly Cookie[]
  /** What is done to the page before it opens its address. Nobody has its profile afterwards. */
  readonly before?: (page: Page) => Promise<unknown>
}

interface Cookie {
  readonly name: string
  readonly value: string
}

export async function openBrowser(): Promise<OpenBrowser> {
  const artifacts = mkdtempSync(join(tmpdir(), 'groundplan-chromium-'))
  const browser = await chromium.launch({ executablePath: browserPath ?? '', args: quiet, artifactsDir: artifacts })
  const profiles = new Profiles(browser)
  return {
    open: (url, options) => opened(profiles, url, options),
    openNoting: (url, options) => openedAnew(profiles, url, options),
    async [Symbol.asyncDispose]() {
      await browser.close()
      rmSync(artifacts, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/**
 * A browser for the tests of a `describe`, from its first to its last. When one of them ends, its pages are left, and none
 * may have complained of anything.
 */
export function browserOfTests(): Pick<OpenBrowser, 'open' | 'openNoting'> {
  let browser: OpenBrowser | undefined
  const visits: Visit[] = []
  beforeAll(async () => {
    if (browserPath !== undefined) browser = await openBrowser()
  }, 60_000)
  afterAll(() => browser?.[Symbol.asyncDispose](), 60_000)
  afterEach(async () => {
    const ended = visits.splice(0)
    const complaints = ended.flatMap(visit => visit.complaints)
    await Promise.all(ended.map(visit => visit.leave()))
    expect(complaints).toEqual([])
  })
  const noted = async <Kind extends Visit>(visit: Promise<Kind> | undefined): Promise<Kind> => {
    if (!visit) throw new Error('There is no browser')
    const made = await visit
    visits.push(made)
    return made
  }
  return {
    open: (url, options) => noted(browser?.open(url, options)),
    openNoting: (url, options) => noted(browser?.openNoting(url, options)),
  }
}

/** A page that somebody looks at. */
export interface Visit {
  readonly page: Page
  /** Of console and network, until now. */
  readonly complaints: string[]
  leave(): Promise<void>
}

export interface NotedVisit extends Visit {
  /** All that was received, by address. */
  readonly received: ReadonlyMap<string, string>
}

async function opened(profiles: Profiles, url: string, { before, cookies = [], ...options }: VisitOptions = {}) {
  const profile = before ? await profiles.made(options) : await profiles.taken(options)
  const { page } = profile
  await page.context().addCookies(cookies.map(cookie => ({ ...ofBrowsers, ...cookie, domain: new URL(url).hostname })))
  const complaints = complaintsOf(page, new URL(url).origin)
  await before?.(page)
  await page.goto(url)
  const leave = () => (before ? page.context().close() : profiles.left(profile, new URL(url).origin))
  return { page, complaints, leave }
}

const ofBrowsers = { path: '/', httpOnly: true, secure: false, sameSite: 'Lax', expires: -1 } as const

async function openedAnew(profiles: Profiles, url: string, options: VisitOptions = {}): Promise<NotedVisit> {
  const received = new Map<string, string>()
  const before = async (page: Page): Promise<void> => {
    page.on('response', async response => {
      if (/event-stream/.test(response.headers()['content-type'] ?? '')) return
      received.set(response.url(), await response.text().catch(() => ''))
    })
    await options.before?.(page)
  }
  return { ...(await opened(profiles, url, { ...options, before })), received }
}

/** What a page complains of, from now on. */
function complaintsOf(page: Page, origin: string): string[] {
  const complaints: string[] = []
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
  page.on('response', response => {
    if (response.status() >= 500) complaints.push(`${response.status()}: ${response.url()}`)
  })
  return complaints
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
