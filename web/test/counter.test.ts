/** The counter's page in a browser, in front of the real thing: its claims, and what happens when things go wrong. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/lib/free-port.mjs'
import { browserOfTests, browserPath, lookedAt, type Visit } from './browser.ts'
import { buildCommand, leftBy, type Running, sellElsewhere, soonestMs, start } from './running.ts'

/** Machines that test are busy ones. */
const patient = { timeout: 15_000 }

describe.skipIf(browserPath === undefined)('the counter in a browser', { timeout: 90_000 }, () => {
  const browser = browserOfTests()
  let running: Running

  beforeAll(async () => {
    await buildCommand()
    // One that nobody else is given while it is down.
    running = await start({ systems: ['counter'], port: await freePort() })
  }, 240_000)
  afterAll(() => running?.[Symbol.asyncDispose](), 30_000)

  async function open(): Promise<Visit> {
    const visit = await browser.open(`${running.url}/counter`)
    await visit.page.getByText('Live', { exact: true }).waitFor()
    return visit
  }

  async function reset(): Promise<void> {
    await fetch(`${running.url}/api/counter/reset`, { method: 'PUT' })
  }

  const sellButton = (page: Page) => page.getByRole('button', { name: 'A camera was sold' })
  const left = (page: Page) => page.getByTestId('left').textContent()
  const shows = (page: Page, count: number) => expect.poll(() => left(page), patient).toBe(String(count))

  it('C1 C4: is one centred card with the value, 1000 at first, and a button', async () => {
    const { page } = await open()
    expect(await left(page)).toBe('1000')
    await sellButton(page).waitFor()
    const card = page.getByRole('article', { name: 'Cameras in stock' })
    const { x = 0, width = 0 } = (await card.boundingBox()) ?? {}
    expect(Math.abs(x + width / 2 - 640)).toBeLessThan(2)
    expect(await page.locator('.MuiCard-root').count()).toBe(1)
    expect(await page.title()).toBe('Counter · Groundplan')
  })

  it('is drawn by the server with the value as it is: it can be read without scripts', async () => {
    await reset()
    await sellElsewhere(running.url, 3)
    const visit = await browser.open(`${running.url}/counter`, { javaScriptEnabled: false })
    expect(await left(visit.page)).toBe('997')
    // Scripts that do not run are all it may speak of.
    expect(visit.complaints.splice(0).filter(text => !/_next\/static.* csp$/.test(text))).toEqual([])
  })

  it('C2 C15: a sale takes one off, and every open page shows it within a second, with its time', async () => {
    await reset()
    const [one, other] = [(await open()).page, (await open()).page]
    await shows(other, 1000)
    let count = 1000
    const sells = (sale: () => Promise<unknown>) => () => {
      count--
      return sale()
    }
    const here = sells(() => sellButton(one).click())
    expect(await soonestMs(here, () => shows(other, count))).toBeLessThan(1_000)
    await shows(one, count)
    const elsewhere = sells(() => sellElsewhere(running.url, 1))
    const both = () => Promise.all([one, other].map(page => shows(page, count)))
    expect(await soonestMs(elsewhere, both)).toBeLessThan(1_000)
    for (const page of [one, other]) {
      const newest = page.locator('ol li time').first()
      await expect.poll(() => newest.textContent(), patient).toMatch(/^\d\d:\d\d:\d\d$/)
      const at = Date.parse((await newest.getAttribute('datetime')) ?? '')
      expect(Math.abs(Date.now() - at)).toBeLessThan(60_000)
    }
  })

  it('shows a sale at once, and never a number that was not there, however fast one clicks', async () => {
    await reset()
    const { page } = await open()
    await shows(page, 1000)
    await page.evaluate(`window.seen = []; new MutationObserver(() => seen.push(Number(document.querySelector('[data-testid=left]').textContent)))
      .observe(document.querySelector('[data-testid=left]'), { characterData: true, subtree: true, childList: true })`)
    for (let sale = 0; sale < 20; sale++) await sellButton(page).click({ delay: 0 })
    await shows(page, 980)
    await expect.poll(() => leftBy(running.url), patient).toBe(980)
    const seen = (await page.evaluate('seen')) as readonly number[]
    expect(seen).toEqual([...seen].sort((before, after) => after - before))
    expect(seen.at(-1)).toBe(980)
  })

  it('C3 C5: Settings has Reset, which asks first', async () => {
    await reset()
    await sellElsewhere(running.url, 2)
    const [one, other] = [(await open()).page, (await open()).page]
    await shows(one, 998)
    const ask = async (): Promise<void> => {
      await one.getByRole('button', { name: 'Settings' }).click()
      await one.getByRole('menuitem', { name: 'Reset…' }).click()
    }
    await ask()
    await one.getByRole('button', { name: 'Cancel' }).click()
    await one.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await leftBy(running.url)).toBe(998)
    await ask()
    await one.getByRole('button', { name: 'Reset to 1000' }).click()
    await one.getByRole('dialog').waitFor({ state: 'hidden' })
    await Promise.all([one, other].map(page => shows(page, 1000)))
  })

  it('can be used with the keyboard alone', async () => {
    await reset()
    const { page } = await open()
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.textContent.trim()')
    const tabTo = async (text: string): Promise<void> => {
      for (let tab = 0; tab < 12 && (await focused()) !== text; tab++) await page.keyboard.press('Tab')
      expect(await focused()).toBe(text)
    }
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('To the page')
    await tabTo('A camera was sold')
    await page.keyboard.press('Enter')
    await shows(page, 999)
    await page.keyboard.press('Space')
    await shows(page, 998)
    await page.keyboard.press('Shift+Tab')
    expect(await focused()).toBe('Settings')
    await page.keyboard.press('Enter')
    await expect.poll(focused, patient).toBe('Reset…')
    await page.keyboard.press('Enter')
    await expect.poll(focused, patient).toBe('Cancel')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await expect.poll(focused, patient).toBe('Settings')
    expect(await leftBy(running.url)).toBe(998)
  })

  it('says to a screen reader how many are left, as it changes', async () => {
    await reset()
    const { page } = await open()
    await shows(page, 1000)
    await sellElsewhere(running.url, 1)
    await page.getByRole('status').filter({ hasText: '999 cameras are left' }).waitFor()
  })

  it('C14: a sale that somebody else was faster with is taken back, and that is said', async () => {
    await reset()
    await sellElsewhere(running.url, 999)
    // A slow line: nothing is heard of what happens elsewhere.
    const before = (page: Page) => page.route('**/api/counter/live', () => new Promise(() => {}))
    const visit = await browser.open(`${running.url}/counter`, { before })
    const { page, complaints } = visit
    await shows(page, 1)
    await sellElsewhere(running.url, 1)
    await sellButton(page).click()
    await page.getByRole('alert').filter({ hasText: 'The sale was taken back' }).waitFor()
    expect(await page.getByRole('alert').first().textContent()).toContain('Somebody else bought the last camera')
    expect(await leftBy(running.url)).toBe(0)
    // A refused sale is a 409, which Chromium notes in its console.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('409')])
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  })

  it('C14: at 0 it says that it is sold out, until it is reset', async () => {
    await sellOut()
    const { page } = await open()
    expect(await left(page)).toBe('0')
    expect(await page.getByRole('button', { name: 'Sold out' }).isDisabled()).toBe(true)
    expect(await lookedAt(page, 'counter-sold-out')).toEqual([])
    await reset()
    await shows(page, 1000)
    await sellButton(page).waitFor()
  })

  async function sellOut(): Promise<void> {
    for (let count = await leftBy(running.url); count > 0; count = await leftBy(running.url))
      await sellElsewhere(running.url, count)
  }

  it('is one sale when its answer is lost on the way and it is sent again', async () => {
    await reset()
    const { page, complaints } = await open()
    let lost = 0
    await page.route('**/api/counter/decrement', async route => {
      if (lost++ > 0) return route.continue()
      await route.fetch() // it is done, and nobody hears of it
      return route.abort('connectionreset')
    })
    await sellButton(page).click()
    await expect.poll(() => lost, patient).toBeGreaterThan(1)
    await expect.poll(() => leftBy(running.url), patient).toBe(999)
    await shows(page, 999)
    await sellButton(page).click()
    await shows(page, 998)
    await expect.poll(() => leftBy(running.url), patient).toBe(998)
    expect(complaints.splice(0).filter(text => !/ERR_CONNECTION_RESET/.test(text))).toEqual([])
  })

  it('loses no sale to a reload', async () => {
    await reset()
    const { page, complaints } = await open()
    await page.route('**/api/counter/decrement', route => route.abort('connectionrefused'))
    await sellButton(page).click()
    await sellButton(page).click()
    await page.getByText('2 sales wait to be sent').waitFor()
    await page.unroute('**/api/counter/decrement')
    await page.reload()
    await expect.poll(() => leftBy(running.url), patient).toBe(998)
    await shows(page, 998)
    expect(complaints.splice(0).filter(text => !/ERR_CONNECTION_REFUSED/.test(text))).toEqual([])
  })

  it('C14: when the server stops, says so, keeps what is sold meanwhile, and goes on by itself', async () => {
    await reset()
    await sellElsewhere(running.url, 5)
    const { page, complaints } = await open()
    await shows(page, 995)
    const { data, port } = running
    expect(await running.end('SIGINT')).toBe(0)
    await page.getByText('Not connected, trying again').waitFor()
    await sellButton(page).click()
    await sellButton(page).click()
    await shows(page, 993)
    await page.getByText('2 sales wait to be sent').waitFor()
    expect(await lookedAt(page, 'counter-not-connected')).toEqual([])
    await page.setViewportSize({ width: 1280, height: 900 })
    running = await startAgain(data, port)
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
    await expect.poll(() => leftBy(running.url), patient).toBe(993)
    await shows(page, 993)
    expect(await page.getByText('to be sent').count()).toBe(0)
    expect(complaints.splice(0).filter(text => !/ERR_(?:CONNECTION|INCOMPLETE)|503/.test(text))).toEqual([])
  })

  it('C14: the value is there again after a kill', async () => {
    await reset()
    const { page } = await open()
    await sellButton(page).click()
    await shows(page, 999)
    await expect.poll(() => leftBy(running.url), patient).toBe(999)
    const { data, port } = running
    await page.close()
    await running.end('SIGKILL')
    running = await startAgain(data, port)
    expect(await left((await open()).page)).toBe('999')
  })

  /** The data stays that of the first start, which removes it at the end. */
  async function startAgain(data: string, port: number): Promise<Running> {
    const first = running
    const again = await start({ systems: ['counter'], data, port })
    const dispose = again[Symbol.asyncDispose].bind(again)
    again[Symbol.asyncDispose] = async () => {
      await dispose()
      await first[Symbol.asyncDispose]()
    }
    return again
  }

  it('has nothing to complain about for axe, wide and on a phone, light and dark, and fits', async () => {
    await reset()
    await sellElsewhere(running.url, 12)
    const { page } = await open()
    await expect.poll(() => page.locator('ol li').count(), patient).toBe(10)
    expect(await lookedAt(page, 'counter')).toEqual([])
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('menuitem', { name: 'Reset…' }).click()
    await page.getByRole('button', { name: 'Reset to 1000' }).waitFor()
    await page.getByRole('menu').waitFor({ state: 'detached' })
    expect(await lookedAt(page, 'counter-reset')).toEqual([])
  })
})
