/**
 * The self-hosted form: the files that `groundplan compose` writes, the images' steps done in empty folders, their
 * processes started as the Compose file says, and the real nginx with the written configuration before them.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { browserOfTests, browserPath } from './browser.ts'
import { contained, type Hosted, openHosted } from './hosted.ts'
import { filesOf } from './image.ts'
import { nginxPath } from './nginx.ts'
import { leftBy, sellElsewhere, soonestMs } from './running.ts'

const patient = { timeout: 30_000, interval: 100 }
const minutes = 60_000

describe.skipIf(nginxPath === undefined)('counter, self-hosted', { timeout: 2 * minutes }, () => {
  const browser = browserOfTests()
  let hosted: Hosted

  beforeAll(async () => {
    hosted = await openHosted()
    await well()
  }, 10 * minutes)

  afterAll(() => hosted?.[Symbol.asyncDispose](), minutes)

  async function well(): Promise<void> {
    await vi.waitFor(async () => expect(await hosted.isWell()).toBe(true), patient)
  }

  const visit = (path = '/counter') => browser.openNoting(`${hosted.nginx.url}${path}`)
  const left = (page: Page) => page.getByTestId('left').textContent()
  const shows = (page: Page, count: number) => expect.poll(() => left(page), patient).toBe(String(count))
  const reset = () => fetch(`${hosted.nginx.url}/api/counter/reset`, { method: 'PUT' })

  it.skipIf(browserPath === undefined)(
    'C6 C15: pages and API are one origin: a sale is live in a second page, Reset is there, and nobody else is asked',
    async () => {
      await reset()
      const [one, other] = [await visit(), await visit()]
      await Promise.all([one, other].map(({ page }) => page.getByText('Live', { exact: true }).waitFor()))
      let count = 1000
      const sells = (units: number, sale: () => Promise<unknown>) => () => {
        count -= units
        return sale()
      }
      const here = sells(1, () => one.page.getByRole('button', { name: 'A camera was sold' }).click())
      expect(await soonestMs(here, () => shows(other.page, count))).toBeLessThan(1_000)
      await shows(one.page, count)
      const elsewhere = sells(2, () => sellElsewhere(hosted.nginx.url, 2))
      const both = () => Promise.all([one, other].map(({ page }) => shows(page, count)))
      expect(await soonestMs(elsewhere, both)).toBeLessThan(1_000)
      await one.page.getByRole('button', { name: 'Settings' }).click()
      await one.page.getByRole('menuitem', { name: 'Reset…' }).click()
      await one.page.getByRole('button', { name: 'Reset to 1000' }).click()
      await Promise.all([one, other].map(({ page }) => shows(page, 1000)))
      const asked = new Set([...one.received.keys()].map(address => new URL(address).origin))
      expect([...asked]).toEqual([hosted.nginx.url])
    },
  )

  it.skipIf(browserPath === undefined)('C6: the home page says what runs here, and what does not', async () => {
    const { page, received } = await visit('/')
    await page
      .getByRole('link', { name: /counter/i })
      .first()
      .waitFor()
    expect(await page.getByText('Not started').count()).toBeGreaterThan(0)
    // Where processes and containers are is nobody's business.
    expect([...received.values()].join('\n')).not.toMatch(/server:7400|web:3000|groundplan-image|GROUNDPLAN_/)
  })

  it('C6: every answer has the headers that keep a browser safe, once, and none that tells what runs', async () => {
    for (const path of ['/counter', '/api/counter/counter', '/icon.svg', '/no/such/page', '/api/counter/docs']) {
      const { headers } = await fetch(`${hosted.nginx.url}${path}`)
      const value = (name: string) => headers.get(name)
      expect([path, value('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect([path, value('referrer-policy')]).toEqual([path, expect.stringMatching(/^(?:same-origin|no-referrer)$/)])
      expect([path, value('x-frame-options')]).toEqual([path, 'DENY'])
      expect([path, value('cross-origin-opener-policy')]).toEqual([path, 'same-origin'])
      expect([path, value('access-control-allow-origin'), value('x-powered-by')]).toEqual([path, null, null])
      expect([path, value('server')]).toEqual([path, 'nginx'])
    }
  })

  it('C6: an event reaches its reader while the stream goes on: nothing is kept back', async () => {
    await reset()
    const stop = new AbortController()
    const answer = await fetch(`${hosted.nginx.url}/api/counter/live`, { signal: stop.signal })
    expect(answer.headers.get('content-type')).toMatch(/event-stream/)
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const readUntil = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(text)) text += (await reader?.read())?.value ?? ''
    }
    await readUntil(/1000/)
    let count = 1000
    const sells = () => {
      count--
      return sellElsewhere(hosted.nginx.url, 1)
    }
    expect(await soonestMs(sells, () => readUntil(new RegExp(String(count))))).toBeLessThan(1_000)
    stop.abort()
  })

  it('C6: tells the systems who calls, and does not believe the caller about it', async () => {
    const forged = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=203.0.113.9',
    }
    const answer = await fetch(`${hosted.nginx.url}/api/counter/decrement`, {
      method: 'POST',
      headers: { ...forged, origin: hosted.nginx.url },
    })
    expect(answer.status).toBe(200)
    const foreign = await fetch(`${hosted.nginx.url}/api/counter/decrement`, {
      method: 'POST',
      headers: { ...forged, origin: 'http://evil.example' },
    })
    expect(foreign.status).toBe(403)
  })

  it.skipIf(browserPath === undefined)(
    'C6 C14: the systems stop in time, an open page says so and sells on, and all of it is there when they come back',
    async () => {
      await reset()
      await sellElsewhere(hosted.nginx.url, 5)
      const { page, complaints } = await visit()
      await shows(page, 995)
      const { code, tookMs } = await hosted.containers.server.stop()
      expect([code, tookMs < 10_000]).toEqual([0, true])
      await page.getByText('Not connected, trying again').waitFor()
      const away = await fetch(`${hosted.nginx.url}/api/counter/counter`)
      expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1'])
      expect(await away.json()).toMatchObject({ code: 'service-unavailable' })
      await page.getByRole('button', { name: 'A camera was sold' }).click()
      await page.getByText('One sale waits to be sent').waitFor()
      hosted.restartServer()
      await well()
      await expect.poll(() => leftBy(hosted.nginx.url), patient).toBe(994)
      await shows(page, 994)
      expect(complaints.splice(0).filter(text => !/ERR_(?:CONNECTION|INCOMPLETE)|503|504/.test(text))).toEqual([])
    },
  )

  it('C6: refuses to start without its master key, and says how to make one', async () => {
    const without = join(hosted.data, 'no-such-key')
    const service = { environment: { GROUNDPLAN_MASTER_KEY_FILE: without } }
    const container = contained(hosted.images.server, service, {
      [join(hosted.images.server.root, 'data')]: join(hosted.data, 'other'),
    })
    await expect.poll(() => container.process.exitCode, patient).toBe(1)
    expect(container.said()).toContain('openssl rand -hex 32')
  })

  it('C6: an image holds what runs and no more: no tools, no tests, no other system, nothing its user may change', () => {
    const server = filesOf(hosted.images.server)
    const web = filesOf(hosted.images.web)
    const packages = (files: readonly string[]) =>
      new Set(files.map(file => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]))
    for (const absent of [
      'typescript',
      'vitest',
      'next',
      'react',
      'aws-cdk-lib',
      '@biomejs/biome',
      'playwright-core',
    ]) {
      expect([absent, packages(server).has(absent)]).toEqual([absent, false])
    }
    for (const absent of ['typescript', 'lmdb', '@electric-sql/pglite', 'esbuild', 'sharp']) {
      expect([absent, packages(web).has(absent)]).toEqual([absent, false])
    }
    expect(server.filter(file => /^systems\/(?!counter)|^web\/|\.env$|^framework\/src/.test(file))).toEqual([])
    expect(
      [...server, ...web].filter(
        file => !file.startsWith('node_modules/') && /\.test\.tsx?$|master\.key|\.pem$/.test(file),
      ),
    ).toEqual([])
    expect(hosted.images.server.user).toBeGreaterThan(0)
    expect(hosted.images.web.user).toBeGreaterThan(0)
    expect(existsSync(join(hosted.data, 'data/counter'))).toBe(true)
    // The key came from outside: none was made beside the data.
    expect(existsSync(join(hosted.data, 'data/counter/master.key'))).toBe(false)
    expect(statSync(hosted.key).mode & 0o077).toBe(0)
    expect(readFileSync(hosted.key, 'utf8').trim()).toHaveLength(64)
  })

  // The last: whoever asks after a flood has fewer requests left.
  it('C6: refuses what is too large and who floods it, as a problem', async () => {
    const large = await fetch(`${hosted.nginx.url}/api/counter/decrement`, {
      method: 'POST',
      body: 'x'.repeat(8_000_000),
    })
    expect(large.status).toBe(413)
    const asked = async () => {
      const answer = await fetch(`${hosted.nginx.url}/api/counter/counter`)
      return { status: answer.status, body: await answer.json() }
    }
    const refused: Awaited<ReturnType<typeof asked>>[] = []
    // Whoever asks slowly may ask for longer.
    const flooded = async (): Promise<number> => {
      const all = await Promise.all(Array.from({ length: 500 }, asked))
      return refused.push(...all.filter(({ status }) => status === 429))
    }
    await expect.poll(flooded, patient).toBeGreaterThan(50)
    expect(refused[0]?.body).toMatchObject({ status: 429, code: 'throttled' })
  })
})
