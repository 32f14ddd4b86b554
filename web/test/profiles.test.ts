/** Browsers that are given from one person to the next: faster than new ones, and as empty. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserPath, type OpenBrowser, openBrowser, type Visit } from './browser.ts'

describe.skipIf(browserPath === undefined)('a browser that somebody had before', { timeout: 60_000 }, () => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>')
  })
  let browser: OpenBrowser
  let url: string

  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // of a server that listens on a port
    browser = await openBrowser()
  }, 60_000)
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  /** All that a page finds of whoever was there before. */
  const found = (page: Page) =>
    page.evaluate(async () => ({
      cookies: document.cookie,
      stored: [localStorage.length, sessionStorage.length],
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      look: [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches],
    }))
  const nothing = { cookies: '', stored: [0, 0], databases: [], caches: [], look: [1280, false] }

  async function leaveTraces({ page }: Visit): Promise<void> {
    await page.evaluate(async () => {
      await cookieStore.set({ name: 'who', value: 'Ann', expires: Date.now() + 1_000_000 })
      localStorage.setItem('who', 'Ann')
      sessionStorage.setItem('who', 'Ann')
      await new Promise(resolve => {
        indexedDB.open('who').onsuccess = resolve
      })
      await caches.open('who')
    })
    await page.route('**/*', route => route.abort())
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 390, height: 800 })
    await page.context().newPage()
  }

  it('has nothing of theirs: no cookie, nothing stored, no page, no other look', async () => {
    const ann = await browser.open(url, { cookies: [{ name: 'session', value: 'Ann' }] })
    await leaveTraces(ann)
    expect(await found(ann.page)).not.toEqual(nothing)
    await ann.leave()
    const ben = await browser.open(url)
    expect(ben.page, 'it is the same').toBe(ann.page)
    expect(await found(ben.page)).toEqual(nothing)
    expect(await ben.page.context().cookies()).toEqual([])
    expect(ben.page.context().pages()).toHaveLength(1)
    await ben.page.evaluate(() => console.error('a complaint'))
    await expect.poll(() => ben.complaints).toHaveLength(1)
    expect(ann.complaints).toEqual([])
    await ben.leave()
  })

  it('is nobody else’s while they have it, and nobody’s again who prepared their pages', async () => {
    const [ann, ben] = [await browser.open(url), await browser.open(url)]
    expect(ben.page).not.toBe(ann.page)
    await Promise.all([ann.leave(), ben.leave()])
    const carl = await browser.open(url, { before: page => page.addInitScript('window.who = "Carl"') })
    expect([ann.page, ben.page]).not.toContain(carl.page)
    await carl.leave()
    expect(carl.page.isClosed()).toBe(true)
  })
})
