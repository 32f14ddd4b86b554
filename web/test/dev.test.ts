/** `groundplan dev` in a project of its own, with a page open: what is saved is taken in, whoever stands before it. */
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/lib/free-port.mjs'
import { browserPath, type OpenBrowser, openBrowser } from './browser.ts'
import { sharedFolder, writtenFiles } from './hosted.ts'
import { nginxPath, openNginx } from './nginx.ts'
import { edit, projectOfItsOwn } from './own-project.ts'
import { buildCommand, leftBy, type Running, start } from './running.ts'

const minutes = 60_000
const patient = { timeout: minutes }

describe.skipIf(browserPath === undefined)('counter, for development', { timeout: 4 * minutes }, () => {
  let browser: OpenBrowser
  let folder: string
  let running: Running

  beforeAll(async () => {
    await buildCommand()
    folder = projectOfItsOwn()
    running = await start({ command: 'dev', systems: ['counter'], folder })
    browser = await openBrowser()
  }, 4 * minutes)
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await running?.[Symbol.asyncDispose]()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }, minutes)

  /** Opens the page, and waits until Next would tell it what is saved. */
  async function open(url: string): Promise<Page> {
    const said: string[] = []
    const before = async (page: Page) => void page.on('console', message => said.push(message.text()))
    const { page } = await browser.open(`${url}/counter`, { before })
    await page.getByText('Live', { exact: true }).waitFor(patient)
    await expect.poll(() => said.join('\n'), patient).toContain('[HMR] connected')
    await page.evaluate('window.same = true')
    return page
  }

  /** Saves another title; the page shows it, and its document stays. */
  async function saveTitle(page: Page, to: string): Promise<void> {
    const card = join(folder, 'web/counter/counter-card.tsx')
    edit(card, /Cameras [ \w]+/, to)
    // Next may not watch yet what it has just served: a save that comes so soon is made again, as a person would.
    const savedAgain = async (): Promise<number> => {
      appendFileSync(card, '\n// saved again\n')
      return page.getByRole('heading', { name: to }).count()
    }
    await expect.poll(savedAgain, { ...patient, interval: 4_000 }).toBe(1)
    expect(await page.evaluate('window.same'), 'the document stayed').toBe(true)
  }

  it('takes in a page and a system that are saved while it runs, and stays up for the system', async () => {
    const page = await open(running.url)
    await saveTitle(page, 'Cameras on the shelf')
    const front = await running.frontId()
    edit(join(folder, 'systems/counter/plan.ts'), /default\(\d+\)/, 'default(750)')
    await expect.poll(() => leftBy(running.url), patient).toBe(750)
    expect(await running.frontId()).toBe(front)
    await page.reload()
    await expect.poll(() => page.getByTestId('left').textContent(), patient).toBe('750')
    await page.context().close()
  })

  it.skipIf(nginxPath === undefined)(
    'C8: behind nginx too, a page and a system that are saved are taken in, and the document stays',
    async () => {
      using written = await writtenFiles()
      using scratch = sharedFolder()
      const hosts = { 'server:7400': `127.0.0.1:${running.port}` }
      const before = { text: written.text('nginx.dev.conf'), folder: join(scratch.path, 'nginx'), hosts }
      await using nginx = await openNginx(before, await freePort())
      const page = await open(nginx.url)
      await saveTitle(page, 'Cameras in the window')
      edit(join(folder, 'systems/counter/plan.ts'), /default\(\d+\)/, 'default(600)')
      await expect.poll(() => leftBy(nginx.url), patient).toBe(600)
      // What is open keeps nginx from ending.
      await page.context().close()
    },
  )
})
