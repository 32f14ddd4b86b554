/** The home page, the parts all pages share, and what a browser is given, in front of the real thing. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { browserOfTests, browserPath, lookedAt, type VisitOptions } from './browser.ts'
import { buildCommand, type Running, repository, start } from './running.ts'

describe.skipIf(browserPath === undefined)('the pages in a browser', { timeout: 90_000 }, () => {
  const browser = browserOfTests()
  let running: Running

  beforeAll(async () => {
    await buildCommand()
    running = await start({ systems: ['counter', 'storefront', '--seed'] })
  }, 240_000)
  afterAll(() => running?.[Symbol.asyncDispose](), 30_000)

  const open = (path: string, options?: VisitOptions) => browser.open(running.url + path, options)

  it('shows the five systems, says which run, and how the others are started', async () => {
    const { page } = await open('/')
    const room = (name: string) => page.getByRole('region', { name })
    for (const name of ['counter', 'storefront']) expect(await room(name).textContent()).toContain('running')
    for (const name of ['insights', 'giftflick', 'records']) {
      expect(await room(name).textContent()).toMatch(new RegExp(`not started.*npm start -- ${name}`))
    }
    expect(await page.getByRole('main').textContent()).toContain('2 of 5 systems run here')
    expect(await lookedAt(page, 'home')).toEqual([])
  })

  it('leads to the pages and to the documentation of every gateway', async () => {
    const { page } = await open('/')
    const docs = await page
      .getByRole('link', { name: /API$/ })
      .evaluateAll(links => links.map(link => link.getAttribute('href')))
    const ofStorefront = ['customer', 'ops', 'accounts'].map(gateway => `/api/storefront/${gateway}/docs`)
    expect(docs).toEqual(['/api/counter/docs', ...ofStorefront])
    for (const path of docs) expect((await fetch(running.url + path)).status, String(path)).toBe(200)
    await page.evaluate('window.same = true')
    await page.getByRole('link', { name: 'Open counter' }).click()
    await page.getByRole('heading', { name: 'Cameras in stock' }).waitFor()
    await page.getByRole('link', { name: 'Groundplan' }).click()
    await page.getByRole('heading', { name: 'What runs here' }).waitFor()
    expect(await page.evaluate('window.same'), 'no document was loaded anew').toBe(true)
  })

  it('says of a page whose system does not run how it is started', async () => {
    const other = await start({ systems: ['storefront'] })
    // After the page was left, which may still be fetching ahead.
    onTestFinished(() => other[Symbol.asyncDispose]())
    const { page } = await browser.open(`${other.url}/counter`)
    expect(await page.getByRole('main').textContent()).toContain('The system counter is not started')
  })

  it('has its picture where browsers look for one, too', async () => {
    const answer = await fetch(`${running.url}/favicon.ico`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/svg+xml'])
  })

  it('answers an unknown address with 404 and a page, and an unknown one of the API with a problem', async () => {
    const answer = await fetch(`${running.url}/nowhere`, { headers: { accept: 'text/html' } })
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('There is no page here')
    const problem = await fetch(`${running.url}/api/nowhere`)
    expect([problem.status, problem.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  })

  it('has one set of parts without a complaint of axe', async () => {
    const { page } = await open('/look')
    expect(await lookedAt(page, 'parts')).toEqual([])
  })

  it('is light or dark as the system has it, or as is chosen, from the first picture on', async () => {
    const { page } = await open('/', { colorScheme: 'dark' })
    const look = () => page.locator('html').getAttribute('data-look')
    expect(await look()).toBe('dark')
    await page.getByRole('button', { name: /^Colours: as the system has it/ }).click()
    expect(await look()).toBe('light')
    await page.reload({ waitUntil: 'commit' })
    await page.locator('html[data-look="light"]').waitFor()
    await page.getByRole('button', { name: /^Colours: light/ }).waitFor()
  })

  it('lets a page run and load its own things alone', async () => {
    const answer = await fetch(`${running.url}/counter`, { headers: { accept: 'text/html' } })
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'nonce-[\w+/]{24}' 'strict-dynamic'; style-src 'self' 'nonce-/,
    )
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': expect.stringContaining('no-store'),
    })
    expect(answer.headers.get('x-powered-by')).toBeNull()
    const text = await answer.text()
    const nonce = /'nonce-([\w+/]+)'/.exec(policy)?.[1] ?? ''
    const scripts = text.match(/<script[^>]*>/g) ?? []
    expect(scripts.length).toBeGreaterThan(3)
    expect(scripts.filter(script => !script.includes(`nonce="${nonce}"`))).toEqual([])
    const { page, complaints } = await open('/counter')
    await page.evaluate(
      `const s = document.createElement('div'); s.innerHTML = '<img src=x onerror="window.broken = true">'; document.body.append(s)`,
    )
    // Of the handler and of the picture, which is not there: then it would have run.
    await expect.poll(() => complaints.join('\n')).toMatch(/inline event handler/)
    await expect.poll(() => complaints.join('\n')).toMatch(/404.*\/x$/m)
    expect(await page.evaluate('window.broken')).toBeUndefined()
    complaints.length = 0
  })

  it('gives a browser no address of a process, no key and nothing of the environment', async () => {
    const passwords = [...running.text().matchAll(/password ([\w-]+)/g)].map(([, password]) => password ?? '')
    const secrets = [...passwords, 'GROUNDPLAN_', repository, running.data]
    expect(passwords.length).toBeGreaterThan(0)
    const all: string[] = []
    for (const path of ['/', '/counter', '/shop', '/ops']) {
      const { page, received } = await browser.openNoting(running.url + path)
      await page.waitForLoadState('load')
      all.push(...[...received].map(([url, text]) => `${url}\n${text}`))
      const own = new RegExp(`127\\.0\\.0\\.1:(?!${running.port}\\b)\\d+|localhost:\\d+`)
      const pages = [...received].filter(([url]) => !url.includes('/_next/static/'))
      expect(pages.filter(([, text]) => own.test(text)).map(([url]) => url)).toEqual([])
    }
    expect(all.length).toBeGreaterThan(8)
    for (const secret of secrets)
      expect(
        all.filter(text => text.includes(secret)),
        secret,
      ).toEqual([])
    const files = readdirSync(join(repository, 'web/.next/static'), { recursive: true, withFileTypes: true })
    const built = files
      .filter(file => file.isFile())
      .map(file => readFileSync(join(file.parentPath, file.name), 'utf8'))
    for (const word of ['GROUNDPLAN_ADDRESS', 'stock.add', 'stockLog', repository]) {
      expect(
        built.filter(text => text.includes(word)),
        word,
      ).toEqual([])
    }
  })

  const measured = ['/', '/counter', '/shop', '/shop/products/halden-pocket-camera', '/ops']

  it.each(measured)(
    'is small and quick at %s: at most 250 KB of scripts, and on a slow processor drawn in 2.5 s without a jump',
    async path => {
      const visits: Awaited<ReturnType<typeof measure>>[] = []
      // A busy machine has its moments: the best of a few counts, and who is quick at once need not come again.
      const isQuick = () => visits.some(({ lcpMs }) => lcpMs > 0 && lcpMs < mostMs)
      while (visits.length < 3 && !isQuick()) visits.push(await measure(path))
      // Where the browser had not told yet when it drew, nothing was measured.
      const drawn = visits.filter(({ lcpMs }) => lcpMs > 0)
      const [best = { bytes: 0, lcpMs: 0, cls: 1 }] = drawn.sort((one, other) => one.lcpMs - other.lcpMs)
      const { bytes, lcpMs, cls } = best
      console.info(
        `${path}: ${Math.round(bytes / 1024)} KB of scripts, LCP ${Math.round(lcpMs)} ms, CLS ${cls.toFixed(4)}`,
      )
      expect(bytes, path).toBeGreaterThan(0)
      expect(bytes, path).toBeLessThan(250 * 1024)
      expect(lcpMs, path).toBeGreaterThan(0)
      expect(lcpMs, path).toBeLessThan(mostMs)
      expect(Math.max(...visits.map(each => each.cls)), path).toBeLessThan(0.1)
    },
  )

  const mostMs = 2_500

  /** As a phone with a quarter of this machine's speed sees it, with nothing in its cache. */
  async function measure(path: string) {
    const before: VisitOptions['before'] = async page => {
      const session = await page.context().newCDPSession(page)
      await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
      await page.addInitScript(measures)
    }
    const phone = { viewport: { width: 390, height: 844 }, reducedMotion: 'no-preference' } as const
    const { page, received } = await browser.openNoting(running.url + path, { ...phone, before })
    if (path === '/counter') await page.getByText('Live', { exact: true }).waitFor()
    else await page.waitForLoadState('networkidle')
    const scripts = [...received].filter(([url]) => /\.js(?:$|\?)/.test(url))
    const bytes = scripts.reduce((sum, [, text]) => sum + gzipSync(text).length, 0)
    return { bytes, ...((await page.evaluate('window.measured')) as { readonly lcpMs: number; readonly cls: number }) }
  }
})

const measures = `window.measured = { lcpMs: 0, cls: 0 }
new PerformanceObserver(list => { for (const each of list.getEntries()) measured.lcpMs = each.startTime })
  .observe({ type: 'largest-contentful-paint', buffered: true })
new PerformanceObserver(list => { for (const each of list.getEntries()) if (!each.hadRecentInput) measured.cls += each.value })
  .observe({ type: 'layout-shift', buffered: true })`
