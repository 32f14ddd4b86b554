/** The page to try a gateway in Chromium: it works, by hand and by keyboard, everywhere and for everybody. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../embedded/clock.ts'
import { type Served, serve } from '../node.ts'
import { doorOf } from '../test/door.ts'
import { shop } from '../test/shop.ts'

/** Machines that test are busy ones. */
const patient = { timeout: 10_000 }

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const executablePath = places.find(place => existsSync(place))
if (executablePath === undefined)
  console.warn('SKIPPED: no Chromium was found; the page to try a gateway is not tested in a browser')

/** Nothing on the side that asks the network. */
const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const ofColours = ['color-contrast', 'link-in-text-block']

describe.skipIf(executablePath === undefined)('the page in a browser', { timeout: 60_000 }, () => {
  let profile: string
  let context: BrowserContext
  let served: Served
  let page: Page
  const complaints: string[] = []
  const asked: string[] = []

  beforeAll(async () => {
    served = await serve([doorOf(shop())], {
      clock: systemClock({ unref: true }),
      report: error => complaints.push(String(error)),
    })
    profile = await mkdtemp(join(tmpdir(), 'groundplan-chromium-'))
    context = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath ?? '',
      headless: true,
      args: quiet,
    })
  }, 60_000)
  afterAll(async () => {
    await context?.close()
    await served?.close(0)
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  beforeEach(async () => {
    complaints.length = 0
    asked.length = 0
    page = await context.newPage()
    page.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(String(error)))
    page.on('request', request => asked.push(request.url()))
    await page.goto(`${served.url}/api/shop/docs`)
  })
  afterEach(async () => {
    await page.close()
    expect(complaints).toEqual([])
    expect(asked.filter(url => !url.startsWith(served.url) && !/^(?:data|blob):/.test(url))).toEqual([])
  })

  function endpoint(id: string) {
    return page.locator(`details#${id}`)
  }

  async function sent(id: string): Promise<string> {
    const form = endpoint(id).locator('form')
    await form.getByRole('button', { name: 'Send' }).click()
    await form.locator('.answer .status').waitFor()
    return ((await form.locator('.answer').textContent()) ?? '').replaceAll(/\s+/g, ' ')
  }

  it('sends what the form holds and shows the answer', async () => {
    await endpoint('hello').locator('summary').first().click()
    await endpoint('hello').getByLabel('name').fill('Ann & Bob')
    expect(await sent('hello')).toMatch(/^200 OK ?\d+ ms ?\d+ B ?\{ "hello": "Ann & Bob", "tags": \[\] \} ?Headers/)
  })

  it('has a sample for each body that the endpoint takes', async () => {
    await endpoint('place').locator('summary').first().click()
    expect(await sent('place')).toMatch(/^201 Created/)
    await endpoint('place').getByLabel('Body').fill('{')
    await expect.poll(() => endpoint('place').getByLabel('Body').getAttribute('aria-invalid'), patient).toBe('true')
  })

  it('sends a key that the tab keeps', async () => {
    await page.getByLabel('person').fill('Ann')
    await page.reload()
    await endpoint('me').locator('summary').first().click()
    expect(await sent('me')).toMatch(/^200 OK.*"name": "Ann"/)
    expect(await page.evaluate('JSON.stringify({ local: localStorage.length, session: sessionStorage.length })')).toBe(
      '{"local":0,"session":1}',
    )
  })

  it('shows events as they come, until it is told to stop', async () => {
    await endpoint('live').locator('summary').first().click()
    expect(await sent('live')).toContain('live')
    await endpoint('live').locator('.events li').waitFor()
    await endpoint('live').getByRole('button', { name: 'Stop' }).click()
    await expect.poll(() => endpoint('live').locator('.answer').textContent(), patient).toContain('Stopped')
    await endpoint('live').getByRole('button', { name: 'Send' }).waitFor()
  })

  it('offers files', async () => {
    await endpoint('text').locator('summary').first().click()
    await endpoint('text').getByLabel('size').fill('5')
    expect(await sent('text')).toContain('aaaaa')
  })

  it('opens the endpoint that the address names', async () => {
    await page.goto(`${served.url}/api/shop/docs#long`)
    await page.reload()
    expect(await endpoint('long').getAttribute('open')).toBe('')
  })

  it('can be used with the keyboard alone', async () => {
    const focused = (): Promise<unknown> =>
      page.evaluate('document.activeElement.textContent.trim().replace(/\\s+/g, " ")')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('To the endpoints')
    await page.keyboard.press('Enter')
    for (let tab = 0; tab < 10 && !String(await focused()).startsWith('get /hello'); tab++)
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    for (let tab = 0; tab < 10 && (await focused()) !== 'Send'; tab++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await endpoint('hello').locator('.answer .status').waitFor()
  })

  it('has nothing to complain about for axe, wide and narrow, light and dark, and fits', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8')
    await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true')
    await sent('hello')
    await page.evaluate(axe)
    for (const colorScheme of ['light', 'dark'] as const) {
      // In the dark the same things stand in the same places: only their colours are others.
      const options = colorScheme === 'dark' ? { runOnly: { type: 'rule', values: ofColours } } : {}
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 900 })
        const found = await page.evaluate(
          `axe.run(${JSON.stringify({ ...options, resultTypes: ['violations'] })}).then(({ violations }) =>
            violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`,
        )
        expect(found, `${colorScheme} ${width}`).toEqual([])
        expect(
          await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
          `${width} wide`,
        ).toBeLessThanOrEqual(0)
      }
    }
  })
})
