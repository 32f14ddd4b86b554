/**
 * Browsers of persons, one each: nobody finds anything of another's. Who leaves gives theirs, emptied, to the next, for a
 * new one costs the processor three times as much: a process, and all scripts read and compiled anew.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export interface Profile {
  readonly page: Page
  readonly options: BrowserContextOptions
}

/** Nothing moves where nobody looks: drawing it takes as much of the processor as the pages themselves. */
const usual = { viewport: { width: 1280, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce' } as const

export class Profiles {
  readonly #browser: Browser
  readonly #free: Profile[] = []

  constructor(browser: Browser) {
    this.#browser = browser
  }

  async made(options: BrowserContextOptions): Promise<Profile> {
    const context = await this.#browser.newContext({ ...usual, ...options })
    // Pages of `dev` are made when they are asked for, on machines that do other things.
    context.setDefaultNavigationTimeout(90_000)
    return { page: await context.newPage(), options }
  }

  /** An emptied one that has these options; else a new one. */
  async taken(options: BrowserContextOptions): Promise<Profile> {
    const at = this.#free.findIndex(each => JSON.stringify(each.options) === JSON.stringify(options))
    return this.#free.splice(at, at < 0 ? 0 : 1)[0] ?? (await this.made(options))
  }

  /** Whoever had it was at pages of `origin` alone. One that cannot be emptied is closed. */
  async left(profile: Profile, origin: string): Promise<void> {
    const { page, options } = profile
    try {
      await emptied(page, origin)
      const { viewport, colorScheme = null, reducedMotion } = { ...usual, ...options }
      await page.emulateMedia({ colorScheme, reducedMotion })
      if (viewport) await page.setViewportSize(viewport)
      this.#free.push(profile)
    } catch {
      await page.context().close()
    }
  }
}

const heard = ['console', 'pageerror', 'request', 'requestfailed', 'response'] as const

async function emptied(page: Page, origin: string): Promise<void> {
  const context = page.context()
  for (const event of heard) page.removeAllListeners(event)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await Promise.all(context.pages().map(each => each !== page && each.close()))
  // A file of the same server runs nothing, and what the tab keeps for it is at hand.
  await page.goto(`${origin}/icon.svg`)
  await page.evaluate('sessionStorage.clear()')
  const session = await context.newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  await session.detach()
  await context.clearCookies()
}
