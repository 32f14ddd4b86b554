/**
 * Storefront's two portals in browsers, in front of the real thing: customers on one side, operations on the other, at the
 * same time.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { browserOfTests, browserPath, lookedAt, type Visit, type VisitOptions } from './browser.ts'
import { buildCommand, type Running, start } from './running.ts'
import { alive, type Name, openAs, order, patient, putIn, signedInAs } from './shopping.ts'

describe.skipIf(browserPath === undefined)('S10: the portals of storefront in browsers', { timeout: 120_000 }, () => {
  const browser = browserOfTests()
  let running: Running
  let late: LatePicture

  beforeAll(async () => {
    await buildCommand()
    running = await start({ systems: ['storefront', '--seed'] })
    await catalogueIsWhole(running.url)
    // It is given up after some attempts, and by the time that somebody looks it has been.
    late = await missingPicture(running.url)
  }, 400_000)
  afterAll(() => running?.[Symbol.asyncDispose](), 60_000)

  const open = (path: string, options?: VisitOptions) => browser.open(running.url + path, options)
  const as = (name: Name, path: string) => openAs(browser.open, running.url, name, path)

  async function board(): Promise<Visit> {
    const visit = await as('olga', '/ops/orders')
    await visit.page.getByText('Live', { exact: true }).waitFor(patient)
    await visit.page.locator('table[aria-label="Orders"], p:has-text("No order is placed")').first().waitFor(patient)
    return visit
  }

  const products = (visit: Visit) => visit.page.getByRole('list', { name: 'Products' }).getByRole('link')

  describe('the shop', () => {
    it('S3: has a catalogue that is searched, sorted and walked through, each page an address', async () => {
      const visit = await open('/shop')
      const { page } = visit
      const first = await products(visit).allTextContents()
      expect(first).toHaveLength(24)
      expect(first).toEqual(first.toSorted((one, other) => (one < other ? -1 : 1)))
      await page.getByRole('link', { name: 'Next page' }).click()
      await page.waitForURL(/after=/)
      await expect.poll(async () => (await products(visit).allTextContents())[0], patient).not.toBe(first[0])
      const second = await products(visit).allTextContents()
      expect(second.filter(name => first.includes(name))).toEqual([])
      await page.getByRole('link', { name: 'Tripods' }).click()
      await page.waitForURL(/category=tripods/)
      await page.getByLabel('Order').selectOption('Dearest first')
      await page.waitForURL(/sort=price-down/)
      await expect.poll(() => products(visit).first().textContent(), patient).toBe('Velory Studio tripod')
      await page.goto(`${running.url}/shop`)
      await alive(page.getByLabel('Search'))
      await page.getByLabel('Search').fill('porTRAIT len')
      await page.waitForURL(/search=/)
      await expect.poll(() => products(visit).count(), patient).toBe(6)
      for (const name of await products(visit).allTextContents()) expect(name).toContain('Portrait lens')
    })

    it('S3: can be read and walked through without scripts', async () => {
      const visit = await open('/shop?category=bags', { javaScriptEnabled: false })
      expect(await products(visit).count()).toBe(18)
      await products(visit).first().click()
      await visit.page.getByRole('heading', { level: 1 }).waitFor(patient)
      expect(await visit.page.getByText('In stock').count()).toBe(1)
      // Scripts that do not run are all it may speak of.
      expect(visit.complaints.splice(0).filter(text => !/_next\/static.* csp$/.test(text))).toEqual([])
    })

    it('has a picture of each product, and says what it does not sell', async () => {
      const visit = await open('/shop/products/halden-pocket-camera')
      const picture = visit.page.getByRole('img', { name: 'Halden Pocket camera' })
      const width = () => picture.evaluate(image => (image as HTMLImageElement).naturalWidth)
      await expect.poll(width, patient).toBeGreaterThan(0)
      const answer = await fetch(`${running.url}/shop/products/no-such-thing`, { headers: { accept: 'text/html' } })
      expect([answer.status, (await answer.text()).includes('There is no page here')]).toEqual([404, true])
    })

    it('S16: keeps the basket over a reload and in other tabs, and adds up what is in it', async () => {
      const visit = await open('/shop')
      const { page } = visit
      await putIn(visit, running.url, 'halden-pocket-camera', 2)
      await putIn(visit, running.url, 'halden-backpack')
      await page.reload()
      await page.getByRole('link', { name: 'Basket 3' }).click()
      await page.getByLabel('How many of Halden Backpack').fill('2')
      await expect
        .poll(() => page.getByRole('region', { name: 'Checkout' }).textContent(), patient)
        .toContain('€716.00')
      const other = await page.context().newPage()
      await other.goto(`${running.url}/shop/basket`)
      await other.getByRole('button', { name: 'Take out Halden Backpack' }).click()
      await page.getByRole('link', { name: 'Basket 2' }).waitFor(patient)
      expect(await page.getByRole('link', { name: 'Sign in to order' }).getAttribute('href')).toContain('next=%2Fshop')
    })

    it('S3: an order whose answer is lost is one order after a reload, with its key', async () => {
      const visit = await as('ben', '/shop')
      const { page, complaints } = visit
      await putIn(visit, running.url, 'halden-table-tripod')
      const keys: (string | undefined)[] = []
      page.on('request', request => {
        const isOrder = request.method() === 'POST' && request.url().endsWith('/customer/orders')
        if (isOrder) keys.push(request.headers()['idempotency-key'])
      })
      let placed = 0
      await page.route('**/customer/orders', async route => {
        if (route.request().method() !== 'POST') return route.continue()
        await route.fetch() // it is placed, and nobody hears of it
        placed++
        return route.abort('connectionreset')
      })
      await page.getByRole('link', { name: /^Basket/ }).click()
      await page.getByRole('button', { name: 'Place the order' }).click()
      await expect.poll(() => placed, patient).toBeGreaterThan(0)
      // Answers are lost until then: else one might come while the page is already being left.
      await page.reload()
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await page.waitForURL(/\/shop\/orders\/[^/]+$/, patient)
      await page.goto(`${running.url}/shop/orders`)
      await expect.poll(() => page.getByRole('list', { name: 'My orders' }).getByRole('link').count(), patient).toBe(1)
      expect(keys.length).toBeGreaterThan(1)
      expect(new Set(keys).size).toBe(1)
      expect(complaints.splice(0).filter(text => !/ERR_(?:CONNECTION_RESET|FAILED)|409/.test(text))).toEqual([])
    })

    it('says what is sold out, and keeps the basket', async () => {
      const [first, second] = [await as('anna', '/shop'), await as('ben', '/shop')]
      await putIn(first, running.url, 'last-camera')
      await putIn(second, running.url, 'last-camera')
      await order(first)
      const { page, complaints } = second
      await page.getByRole('link', { name: /^Basket/ }).click()
      await page.getByRole('button', { name: 'Place the order' }).click()
      const refusal = page.getByRole('alert').filter({ hasText: 'The order was not placed' })
      await refusal.waitFor(patient)
      expect(await refusal.textContent()).toMatch(/There are not 1 of ".+" left/)
      expect(await page.getByRole('list', { name: 'In the basket' }).getByRole('listitem').count()).toBe(1)
      expect(await lookedAt(page, 'shop-sold-out')).toEqual([])
      // A refused order is a 409, which Chromium notes in its console.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('409')])
    })
  })

  describe('both sides at once', () => {
    it('S3 S4 S5: an order is on the board within a second, and what operations do is on the order page', async () => {
      const ops = await board()
      await ops.page.evaluate(`window.shownAt = {}; new MutationObserver(() => {
        for (const row of document.querySelectorAll('tr[data-order]')) shownAt[row.dataset.order] ??= Date.now()
      }).observe(document.body, { subtree: true, childList: true })`)
      const shop = await as('anna', '/shop')
      await putIn(shop, running.url, 'halden-pocket-camera')
      const answered = shop.page
        .waitForResponse(answer => answer.url().endsWith('/customer/orders') && answer.request().method() === 'POST')
        .then(() => Date.now())
      const orderId = await order(shop)
      const row = ops.page.locator(`tr[data-order="${orderId}"]`)
      await row.waitFor(patient)
      const shownAt = Number(await ops.page.evaluate(`shownAt[${JSON.stringify(orderId)}]`))
      const tookMs = shownAt - (await answered)
      console.info(`on the board ${tookMs} ms after the order was answered`)
      expect(tookMs).toBeLessThan(1_000)
      expect(await row.textContent()).toContain('Anna')

      await row.getByRole('link').click()
      await ops.page.getByRole('button', { name: 'Book payment…' }).click()
      await ops.page.getByLabel(/^Amount that arrived/).fill('239')
      await ops.page.getByLabel(/^Reference/).fill('RF18 5390')
      await ops.page.getByRole('dialog').getByRole('button', { name: 'Book payment' }).click()
      await shop.page.getByText('Your payment arrived').waitFor(patient)
      await ops.page.getByRole('button', { name: 'Fulfil…' }).click()
      await ops.page.getByLabel(/^Tracking/).fill('GP-1')
      await ops.page.getByRole('dialog').getByRole('button', { name: 'Fulfil' }).click()
      await shop.page.getByText('On its way to you').waitFor(patient)
      await expect
        .poll(() => shop.page.getByRole('list', { name: 'What happened' }).textContent(), patient)
        .toMatch(/Placed.*Paid.*RF18 5390.*Fulfilled.*GP-1/)
      await ops.page.getByText('by olga').first().waitFor(patient)
      expect(await lookedAt(ops.page, 'ops-order')).toEqual([])
      expect(await lookedAt(shop.page, 'shop-order')).toEqual([])
    })

    it('S4: a payment that is not the total is refused with the amount, and nothing is booked', async () => {
      const shop = await as('anna', '/shop')
      await putIn(shop, running.url, 'halden-backpack')
      const orderId = await order(shop)
      const { page, complaints } = await as('olga', `/ops/orders/${orderId}`)
      await page.getByRole('button', { name: 'Book payment…' }).click()
      await page.getByLabel(/^Amount that arrived/).fill('11.90')
      await page.getByLabel(/^Reference/).fill('RF')
      await page.getByRole('dialog').getByRole('button', { name: 'Book payment' }).click()
      await page.getByRole('alert').filter({ hasText: 'It was not done' }).waitFor(patient)
      await page.getByRole('button', { name: 'Back' }).click()
      expect(await page.getByRole('status').filter({ hasText: 'Placed' }).count()).toBe(1)
      expect(complaints.splice(0)).toEqual([expect.stringContaining('422')])
      await shop.page.getByRole('button', { name: 'Cancel this order…' }).click()
      await shop.page.getByRole('button', { name: 'Cancel the order' }).click()
      await shop.page.getByText('This order was cancelled').waitFor(patient)
      await page.getByRole('status').filter({ hasText: 'Cancelled' }).waitFor(patient)
    })

    it('S4 S16: does the same to all chosen orders, and says so to their customers', async () => {
      const shop = await as('anna', '/shop')
      const orders: string[] = []
      for (const productId of ['halden-backpack', 'halden-sling-bag']) {
        await putIn(shop, running.url, productId)
        orders.push(await order(shop))
      }
      const { page } = await board()
      for (const orderId of orders) await page.locator(`tr[data-order="${orderId}"] input`).check()
      await page.getByText('2 chosen').waitFor(patient)
      expect(await lookedAt(page, 'ops-board')).toEqual([])
      await page.getByRole('button', { name: 'Cancel…' }).click()
      await page.getByLabel(/^Reason/).fill('The shop closes early')
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click()
      await page.getByText('2 chosen').waitFor({ state: 'detached', ...patient })
      await shop.page.getByText('The shop closes early').first().waitFor(patient)
      await shop.page.goto(`${running.url}/shop/orders`)
      await shop.page.getByRole('list', { name: 'My orders' }).waitFor(patient)
      expect(await shop.page.locator('li [data-state="cancelled"]').count()).toBeGreaterThanOrEqual(2)
      expect(await lookedAt(shop.page, 'shop-orders')).toEqual([])
    })

    it('S5: an order stands in the inbox until somebody has seen to it', async () => {
      const { page } = await as('olga', '/ops/inbox')
      await page.getByText('Live', { exact: true }).waitFor(patient)
      const shop = await as('ben', '/shop')
      await putIn(shop, running.url, 'mira-backpack', 3)
      await order(shop)
      const notice = page.getByRole('listitem').filter({ hasText: '3 × Mira Backpack' })
      await notice.waitFor(patient)
      expect(await lookedAt(page, 'ops-inbox')).toEqual([])
      await notice.getByRole('button', { name: 'Seen to' }).click()
      await notice.getByText(/^Seen to /).waitFor(patient)
    })
  })

  describe('operations', () => {
    it('S4 S6: a new product is pending until it is in, then customers find it; retired, they do not', async () => {
      const { page } = await as('olga', '/ops/products/new')
      await alive(page.getByRole('button', { name: 'Ask for the product' }))
      await page.getByRole('button', { name: 'Ask for the product' }).click()
      await page.getByText('A product needs a name').waitFor(patient)
      expect(await lookedAt(page, 'ops-new-product')).toEqual([])
      await page.getByLabel('Name').fill('Quiet shutter cloth')
      await page.getByLabel('Category').fill('bags')
      await page.getByLabel('Price').fill('19.50')
      await page.getByLabel(/^Picture/).setInputFiles({ name: 'cloth.png', mimeType: 'image/png', buffer: png })
      await page.getByRole('button', { name: 'Ask for the product' }).click()
      await page.getByText('Pending').waitFor(patient)
      await page.getByText('Applied.').waitFor(patient)
      await page.getByRole('link', { name: 'See the product' }).click()
      await page.getByLabel('Units').fill('5')
      await page.getByRole('button', { name: 'Note it' }).click()
      await page.getByText('+5 noted').waitFor(patient)
      const shop = await open('/shop?search=quiet+shutter')
      await expect.poll(() => products(shop).allTextContents(), patient).toEqual(['Quiet shutter cloth'])
      const picture = () => shop.page.locator('main img').evaluate(image => (image as HTMLImageElement).naturalWidth)
      await expect.poll(picture, patient).toBe(1)
      expect(await lookedAt(page, 'ops-product')).toEqual([])
      await page.getByRole('button', { name: 'Retire the product…' }).click()
      await page.getByRole('button', { name: 'Retire the product', exact: true }).click()
      await page.getByRole('button', { name: 'Sell it again…' }).waitFor(patient)
      const gone = async () => {
        await shop.page.reload()
        return products(shop).count()
      }
      await expect.poll(gone, patient).toBe(0)
    })

    it('S6: an update that was given up says why, and goes through once its cause is gone', async () => {
      const { page } = await as('olga', '/ops/updates')
      const failed = page.getByRole('region', { name: 'Given up' }).getByRole('listitem')
      await failed.filter({ hasText: `There is no picture "${late.name}"` }).waitFor({ timeout: 60_000 })
      expect(await failed.textContent()).toContain('5 attempts')
      expect(await lookedAt(page, 'ops-updates')).toEqual([])
      expect(await page.evaluate(uploadPicture, late.url)).toBe(200)
      await failed.getByRole('button', { name: 'Try again' }).click()
      const applied = page.getByRole('region', { name: 'Applied lately' }).getByRole('listitem')
      await applied.filter({ hasText: 'halden-roll-top-bag' }).waitFor({ timeout: 60_000 })
      await expect.poll(() => failed.count(), patient).toBe(0)
    })

    it('S4 S7: has figures and charts of sales, stock and the lag of the catalogue, each as a table, too', async () => {
      const shop = await as('ben', '/shop')
      await putIn(shop, running.url, 'tarn-table-tripod')
      await order(shop)
      const { page, received } = await openAs(browser.openNoting, running.url, 'olga', '/ops/products')
      await page.getByRole('table', { name: 'Products' }).waitFor(patient)
      expect(await lookedAt(page, 'ops-products')).toEqual([])
      const hasCharts = () => [...received.values()].some(text => text.includes('zrender') || text.includes('echarts'))
      expect(hasCharts(), 'charts are loaded where they are drawn').toBe(false)
      await page.getByRole('link', { name: 'Dashboard' }).click()
      await expect.poll(() => page.locator('[data-drawn="true"] canvas').count(), patient).toBe(3)
      await expect.poll(hasCharts, patient).toBe(true)
      expect(await page.getByRole('img', { name: /^Lag of the catalogue\. \d+ ms now/ }).count()).toBe(1)
      const sales = page.getByRole('region', { name: 'Sales per day' }).first()
      expect(await lookedAt(page, 'ops-dashboard')).toEqual([])
      await sales.getByRole('button', { name: 'As a table' }).click()
      const today = page.getByRole('table', { name: 'Sales per day' }).getByRole('row').last()
      await expect.poll(() => today.textContent(), patient).toMatch(/€[1-9]/)
    })

    it('S9: writes the sales facts of a day and gives the file', async () => {
      const { page } = await as('olga', '/ops')
      await expect.poll(() => page.locator('[data-drawn="true"] canvas').count(), patient).toBe(3)
      await page.getByRole('button', { name: 'Write it now' }).click()
      const link = page.getByRole('link', { name: /^sales-.*\.parquet$/ })
      await link.waitFor(patient)
      const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
      expect(
        readFileSync(await download.path())
          .subarray(0, 4)
          .toString(),
      ).toBe('PAR1')
    })

    it('S4: signs in, and is back where one was', async () => {
      const { page, complaints } = await open('/ops/inbox')
      await page.getByRole('link', { name: 'Sign in' }).last().click()
      await page.getByLabel('E-mail address').fill('olga@example.org')
      await page.getByLabel('Password').fill('not-the-password')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('The address or the password is wrong').waitFor(patient)
      expect(await lookedAt(page, 'sign-in')).toEqual([])
      await page.getByLabel('Password').fill('development-olga')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(/\/ops\/inbox$/, patient)
      await page.getByRole('button', { name: 'Sign out' }).waitFor(patient)
      // A refused sign-in is a 401, which Chromium notes in its console.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('401')])
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('link', { name: 'Sign in' }).last().waitFor(patient)
      const cookies = await page.context().cookies()
      expect(cookies.filter(({ name }) => /access|refresh/.test(name))).toEqual([])
      // What was being asked for when the session ended is refused, and nothing else is wrong.
      expect(complaints.splice(0).filter(each => !each.includes('401'))).toEqual([])
    })

    it('is for operators alone, and says so to everybody else', async () => {
      const { page } = await open('/ops')
      await page.getByRole('link', { name: 'Sign in' }).last().waitFor(patient)
      expect(await lookedAt(page, 'ops-nobody')).toEqual([])
      const anna = await as('anna', '/ops/orders')
      await anna.page.getByText('You are signed in as Anna').waitFor(patient)
    })
  })

  it('has nothing to complain about for axe, wide and on a phone, light and dark, and fits', async () => {
    const visit = await as('anna', '/shop')
    const { page } = visit
    const found: unknown[] = []
    await products(visit).first().waitFor(patient)
    found.push(...(await lookedAt(page, 'shop')))
    await putIn(visit, running.url, 'halden-pocket-camera', 2)
    found.push(...(await lookedAt(page, 'shop-product')))
    await page.getByRole('link', { name: /^Basket/ }).click()
    await page.getByText('Ordering as Anna').waitFor(patient)
    found.push(...(await lookedAt(page, 'shop-basket')))
    expect(found).toEqual([])
  })
})

/** One grey dot. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
)

/** Its views follow the products of the sample data. */
async function catalogueIsWhole(url: string): Promise<void> {
  const cookie = (await signedInAs(url, 'olga')).map(({ name, value }) => `${name}=${value}`).join('; ')
  const lag = async () => (await fetch(`${url}/api/storefront/ops/catalogue/lag`, { headers: { cookie } })).json()
  const whole = { catalogue: { waiting: 0 }, words: { waiting: 0 } }
  await vi.waitFor(async () => expect(await lag()).toMatchObject(whole), patient)
}

interface LatePicture {
  readonly name: string
  /** Where it is uploaded to. */
  readonly url: string
}

/** Asks for a change with a picture that is not uploaded yet. */
async function missingPicture(url: string): Promise<LatePicture> {
  const cookie = (await signedInAs(url, 'olga')).map(({ name, value }) => `${name}=${value}`).join('; ')
  const ask = async (method: string, path: string, body: unknown, once: string) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': once, cookie, origin: url }
    const answer = await fetch(`${url}/api/storefront/ops${path}`, { method, headers, body: JSON.stringify(body) })
    expect(answer.ok).toBe(true)
    return answer.json()
  }
  const asked = await ask('POST', '/pictures', { type: 'image/png' }, 'picture')
  await ask('PUT', '/products/halden-roll-top-bag', { picture: asked.picture }, 'late-picture')
  return { name: asked.picture, url: asked.url }
}

async function uploadPicture(url: string): Promise<number> {
  const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': 'image/png' }, body: 'a picture' })
  return answer.status
}
