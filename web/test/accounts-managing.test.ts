/**
 * The pages of a system that the front has never heard of, in browsers: its API keys, its people and its audit trail.
 */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { heading, press, refusals, section, signIn, statusOfMe } from './accounts-steps.ts'
import { emailOf as email, type Name, passwordOf as password } from './bakery/seed.ts'
import { browserOfTests, browserPath, lookedAt, type Visit, type VisitOptions } from './browser.ts'
import { type OtherSystem, startOther } from './other-system.ts'
import { linkTo } from './outbox.ts'
import { buildCommand, start } from './running.ts'
import { patient } from './shopping.ts'

const at = '/bakery/account'

describe.skipIf(browserPath === undefined)('R1: the pages of any system’s accounts', { timeout: 120_000 }, () => {
  const browser = browserOfTests()
  let bakery: OtherSystem

  beforeAll(async () => {
    await buildCommand()
    // The pages are built by what shows them.
    await (await start({ systems: ['counter'] }))[Symbol.asyncDispose]()
    bakery = await startOther('bakery', 'web/test/bakery')
  }, 400_000)
  afterAll(() => bakery?.[Symbol.asyncDispose](), 60_000)

  const open = (path: string, options?: VisitOptions) => browser.open(bakery.url + path, options)

  /** A browser of its own in which somebody is signed in, at a page of the accounts. */
  async function openAs(name: Name, path = '', options?: VisitOptions): Promise<Visit> {
    const visit = await open('/look', options)
    const body = { email: email(name), password: password(name) }
    expect(await visit.page.evaluate(signInBy, body)).toBe(200)
    await visit.page.goto(bakery.url + at + path)
    return visit
  }

  /** What a program is told that calls with a key. */
  const calledWith = async (key: string) => {
    const answer = await fetch(`${bakery.url}/api/bakery/api/loaves`, { headers: { 'x-api-key': key } })
    return answer.ok ? ((await answer.json()) as { readonly of: string }).of : answer.status
  }
  const keyNamed = (page: Page, name: string): Locator =>
    page.getByRole('list', { name: 'API keys' }).getByRole('listitem').filter({ hasText: name })

  async function makeKey(page: Page, name: string): Promise<string> {
    await press(page, 'Make a key')
    await page.getByLabel('What it is for').fill(name)
    await press(page, 'Make the key')
    await page.getByRole('heading', { name: `The key of ${name}` }).waitFor(patient)
    return (await page.getByTestId('secret').textContent()) ?? ''
  }

  describe('of whatever name', () => {
    it('show its title, lead to its home, and have no sign-up where people are invited', async () => {
      const { page } = await open(`${at}/sign-in`)
      expect(await page.title()).toBe('Sign in · The bakery')
      expect(await page.getByRole('link', { name: 'Sign up' }).count()).toBe(0)
      await signIn(page, email('Mia'), password('Mia'))
      await page.waitForURL(`${bakery.url}/look`, patient)
      const names = (await page.context().cookies()).map(({ name }) => name)
      expect(names.sort()).toEqual(['bakers-access', 'bakers-device', 'bakers-refresh'])
      await page.goto(bakery.url + at)
      await heading(page, 'Your account')
      expect(await page.title()).toBe('Your account · The bakery')
      await page.goto(`${bakery.url}${at}/sign-up`)
      await heading(page, 'Here people are invited')
    })

    it('are not there for a system that has none, does not run, or is none', async () => {
      for (const path of ['/storefront/account', '/nothing/account/sign-in', '/..%2Fbakery/account']) {
        const answer = await fetch(bakery.url + path, { headers: { accept: 'text/html' } })
        expect([path, answer.status]).toEqual([path, 404])
      }
    })

    it('have a way out on each of them', async () => {
      const visit = await openAs('Mia')
      const { page } = visit
      for (const path of ['', '/keys', '/people', '/audit']) {
        await page.goto(bakery.url + at + path)
        await page.getByRole('button', { name: 'Sign out' }).waitFor(patient)
      }
      await press(page, 'Sign out')
      await page.waitForURL(`${bakery.url}${at}/sign-in`, patient)
      expect(await statusOfMe(page, 'bakery')).toBe(401)
      expect(refusals(visit, 401)).toBeGreaterThan(0)
    })

    it('say what is not for somebody, and do not ask for it', async () => {
      const { page } = await openAs('Nils', '/people')
      await page.getByText('This page is not for you').waitFor(patient)
      const ways = page.getByRole('navigation', { name: 'Accounts' }).getByRole('link')
      expect(await ways.allTextContents()).toEqual(['Account', 'API keys'])
    })
  })

  describe('API keys', () => {
    it('are shown once, to be copied, and are good at once; the list shows how they begin', async () => {
      const { page } = await openAs('Mia', '/keys', { permissions: ['clipboard-read', 'clipboard-write'] })
      const key = await makeKey(page, 'The till')
      expect(await calledWith(key)).toBe('north')
      await press(page, 'Copy it')
      await page.getByText('Copied.').waitFor(patient)
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key)
      await press(page, 'I have kept it')
      await page.reload()
      const row = keyNamed(page, 'The till')
      await row.getByText('Last used').waitFor(patient)
      const [kind, id, secret] = key.split('_')
      expect(await row.textContent()).toContain(`${kind}_${id}…`)
      expect(await row.textContent()).toContain('small: 5 a second, 10,000 a month')
      expect(await page.content()).not.toContain(secret)
    })

    it('are those of all people of a tenant, and of nobody else', async () => {
      const { page } = await openAs('Mia', '/keys')
      await makeKey(page, 'The oven')
      const [nils, sven] = [await openAs('Nils', '/keys'), await openAs('Sven', '/keys')]
      await keyNamed(nils.page, 'The oven').waitFor(patient)
      await sven.page.getByText('No keys yet').waitFor(patient)
    })

    it('are rotated: both are good for as long as was said', async () => {
      const { page } = await openAs('Mia', '/keys')
      const old = await makeKey(page, 'The scales')
      await press(page, 'Rotate The scales')
      await page.getByLabel('The old key is good').selectOption('An hour more')
      await press(page, 'Make the new key')
      await expect.poll(() => page.getByTestId('secret').textContent(), patient).not.toBe(old)
      const next = (await page.getByTestId('secret').textContent()) ?? ''
      expect([await calledWith(old), await calledWith(next)]).toEqual(['north', 'north'])
      await keyNamed(page, 'The scales').filter({ hasText: 'Good until it is revoked' }).waitFor(patient)
      await expect.poll(() => keyNamed(page, 'The scales').count(), patient).toBe(2)
    })

    it('are revoked after a question whose safe answer has the focus, and gone within a second', async () => {
      const { page } = await openAs('Mia', '/keys')
      const key = await makeKey(page, 'The door')
      await press(page, 'Revoke The door')
      const dialog = page.getByRole('dialog', { name: 'Revoke The door?' })
      const keep = dialog.getByRole('button', { name: 'Keep it' })
      await expect.poll(() => keep.evaluate(each => each === document.activeElement), patient).toBe(true)
      await page.keyboard.press('Enter')
      await dialog.waitFor({ ...patient, state: 'detached' })
      expect(await calledWith(key)).toBe('north')
      await press(page, 'Revoke The door')
      await dialog.getByRole('button', { name: 'Revoke it' }).click()
      await page.getByText('The door is revoked').waitFor(patient)
      await expect.poll(() => calledWith(key), { timeout: 1_000 }).toBe(401)
      await expect.poll(() => keyNamed(page, 'The door').count(), patient).toBe(0)
    })

    it('are made by keyboard alone, and the key is read out', async () => {
      const { page } = await openAs('Mia', '/keys')
      const begin = page.getByRole('button', { name: 'Make a key' })
      await begin.waitFor(patient)
      await begin.focus()
      await page.keyboard.press('Enter')
      await page.getByLabel('What it is for').waitFor(patient)
      await page.keyboard.type('By hand')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Space')
      await page.keyboard.press('Enter')
      const focused = () => page.evaluate(() => document.activeElement?.textContent)
      await expect.poll(focused, patient).toBe('The key of By hand')
      expect(await keyNamed(page, 'By hand').textContent()).toContain('order')
    })

    it('axe finds nothing, and nothing is too wide, by day and night, wide and on a phone', async () => {
      const { page } = await openAs('Mia', '/keys')
      await makeKey(page, 'The till of the shop at the corner of the long street')
      const found = [...(await lookedAt(page, 'keys'))]
      await press(page, 'Make a key')
      found.push(...(await lookedAt(page, 'new-key')))
      expect(found).toEqual([])
    })
  })

  describe('people', () => {
    const rows = (page: Page) => page.getByRole('list', { name: 'People' }).getByRole('listitem')

    /** Opens the page of somebody through the list. */
    async function openPerson(page: Page, name: string): Promise<void> {
      await rows(page).getByRole('link', { name, exact: true }).click()
      await page.getByRole('heading', { level: 2, name }).waitFor(patient)
    }

    it('are those of the manager’s tenant, found by name, address and role', async () => {
      const { page } = await openAs('Mia', '/people')
      await expect.poll(() => rows(page).count(), patient).toBeGreaterThan(1)
      const all = (await rows(page).allTextContents()).join()
      expect(all).toContain('nils@example.org')
      expect(all).not.toContain('sven@example.org')
      await page.getByLabel('Name or address').fill('NILS@')
      await expect.poll(() => rows(page).allTextContents(), patient).toEqual([expect.stringContaining('Nils')])
      await page.getByLabel('Name or address').fill('')
      await page.getByLabel('Role').selectOption('manager')
      await expect.poll(() => rows(page).allTextContents(), patient).toEqual([expect.stringContaining('Mia')])
      await page.getByLabel('Name or address').fill('Sven')
      await page.getByText('Nobody is like that').waitFor(patient)
    })

    it('are given roles and lose them, at once', async () => {
      const nils = await openAs('Nils')
      const { page } = await openAs('Mia', '/people')
      await openPerson(page, 'Nils')
      const roles = section(page, 'Roles')
      await roles.getByLabel('manager').check()
      await press(page, 'Keep these roles')
      await section(page, 'What happened').getByText('Roles changed').first().waitFor(patient)
      const mayNils = () => mayOf(nils.page)
      await expect.poll(mayNils, { timeout: 5_000 }).toEqual({ people: true, keys: true })
      await nils.page.reload()
      await nils.page.getByRole('link', { name: 'Audit trail' }).waitFor(patient)
      await roles.getByLabel('manager').uncheck()
      await press(page, 'Keep these roles')
      await expect.poll(mayNils, { timeout: 5_000 }).toEqual({ people: false, keys: true })
      nils.complaints.splice(0)
    })

    it('are signed out everywhere, and locked out until the account is open again', async () => {
      const nils = await openAs('Nils')
      const { page } = await openAs('Mia', '/people')
      await openPerson(page, 'Nils')
      const sessions = section(page, 'Where they are signed in')
      await sessions.getByText('Chrome on Linux').first().waitFor(patient)
      await press(page, 'End all sessions')
      await page.getByRole('dialog').getByRole('button', { name: 'End all sessions' }).click()
      await sessions.getByText('Nowhere.').waitFor(patient)
      await expect.poll(() => statusOfMe(nils.page, 'bakery'), { timeout: 3_000 }).toBe(401)

      await press(page, 'Lock the account')
      await page.getByRole('dialog').getByRole('button', { name: 'Lock the account' }).click()
      await section(page, 'Lock').getByText('The account is locked:').waitFor(patient)
      await nils.page.goto(`${bakery.url}${at}/sign-in`)
      await signIn(nils.page, email('Nils'), password('Nils'))
      await nils.page.getByText('This account is locked.').waitFor(patient)
      await press(page, 'Open the account again')
      await page.getByRole('dialog').getByRole('button', { name: 'Open the account again' }).click()
      await page.getByRole('button', { name: 'Lock the account' }).waitFor(patient)
      await signIn(nils.page, email('Nils'), password('Nils'))
      await nils.page.waitForURL(`${bakery.url}/look`, patient)
      expect([refusals(nils, 401) > 0, refusals(nils, 403)]).toEqual([true, 1])
    })

    it('do none of it to themselves, and reach nobody of another tenant', async () => {
      const visit = await openAs('Mia', '/people')
      const { page } = visit
      await openPerson(page, 'Mia')
      await section(page, 'Roles').getByText('Nobody changes their own roles').waitFor(patient)
      expect(await page.getByRole('button', { name: /Lock/ }).count()).toBe(0)
      await page.goto(`${bakery.url}${at}/people/${await userIdOf(await openAs('Sven'))}`)
      await page.getByText('There is no such person').waitFor(patient)
      expect(refusals(visit, 404)).toBeGreaterThan(0)
    })

    it('are invited, choose a password by the mail, and are in', async () => {
      const { page } = await openAs('Mia', '/people')
      await press(page, 'Invite somebody')
      await page.getByLabel('Their name').fill('Uwe Fels')
      await page.getByLabel('Their e-mail address').fill('uwe@example.org')
      await page.getByLabel('baker', { exact: true }).check()
      await press(page, 'Send the mail')
      await page.getByText('A mail is on its way to uwe@example.org').waitFor(patient)
      await rows(page).filter({ hasText: 'Uwe Fels' }).waitFor(patient)
      const uwe = await open(await linkTo(bakery.running, 'uwe@example.org'))
      await uwe.page.getByLabel('New password', { exact: true }).fill('rye with caraway seeds')
      await press(uwe.page, 'Use this password')
      await heading(uwe.page, 'Your password is changed')
      await uwe.page.getByRole('link', { name: 'Sign in' }).click()
      await signIn(uwe.page, 'uwe@example.org', 'rye with caraway seeds')
      await uwe.page.waitForURL(`${bakery.url}/look`, patient)
    })

    it('axe finds nothing, and nothing is too wide, by day and night, wide and on a phone', async () => {
      const { page } = await openAs('Mia', '/people')
      await rows(page).first().waitFor(patient)
      await press(page, 'Invite somebody')
      const found = [...(await lookedAt(page, 'people'))]
      await openPerson(page, 'Nils')
      await section(page, 'What happened').getByRole('listitem').first().waitFor(patient)
      await section(page, 'Roles').getByLabel('manager').waitFor(patient)
      found.push(...(await lookedAt(page, 'person')))
      expect(found).toEqual([])
    })
  })

  describe('the audit trail', () => {
    const events = (page: Page) => page.getByRole('list', { name: 'What happened' }).getByRole('listitem')

    it('is read by person, kind and day, with who did it, and has nothing of another tenant', async () => {
      const { page } = await openAs('Mia')
      expect(await page.evaluate(ask, ['POST', '/keys', { name: 'A key', scopes: ['read'] }] as const)).toBe(201)
      const nils = await userIdOf(await openAs('Nils'))
      for (const locked of [true, false]) {
        expect(await page.evaluate(ask, ['PUT', `/people/${nils}/lock`, { locked }] as const)).toBe(200)
      }
      await page.goto(`${bakery.url}${at}/audit`)
      await events(page).first().waitFor(patient)
      const kindsOf = () => events(page).evaluateAll(all => [...new Set(all.map(each => each.dataset.kind))])
      expect((await kindsOf()).length).toBeGreaterThan(1)
      expect(await page.getByRole('main').textContent()).not.toContain('sven@example.org')
      await page.getByLabel('What', { exact: true }).selectOption('API key made')
      await expect.poll(kindsOf, patient).toEqual(['key-created'])
      await page.getByLabel('Person').fill(email('Nils'))
      await page.getByText('Nothing like that').waitFor(patient)
      await page.getByLabel('What', { exact: true }).selectOption('Account locked')
      await expect.poll(kindsOf, patient).toEqual(['person-locked'])
      expect(await events(page).first().textContent()).toMatch(/Nils.*nils@example\.org, by Mia/)
      await page.getByLabel('To', { exact: true }).fill('2020-01-01')
      await page.getByText('Nothing like that').waitFor(patient)
    })

    it('begins with somebody’s where their page leads to it, and leads to theirs', async () => {
      const { page } = await openAs('Mia', '/people')
      await page.getByRole('link', { name: 'Nils', exact: true }).click()
      await page.getByRole('link', { name: 'In the audit trail' }).click()
      await heading(page, 'Audit trail')
      await events(page).first().waitFor(patient)
      const people = await events(page).getByRole('link').allTextContents()
      expect(new Set(people)).toEqual(new Set(['Nils']))
      await events(page).getByRole('link').first().click()
      await page.getByRole('heading', { level: 2, name: 'Nils' }).waitFor(patient)
    })

    it('axe finds nothing, and nothing is too wide, by day and night, wide and on a phone', async () => {
      const { page } = await openAs('Mia', '/audit')
      await events(page).first().waitFor(patient)
      expect(await lookedAt(page, 'audit')).toEqual([])
    })
  })
})

function signInBy(body: { readonly email: string; readonly password: string }): Promise<number> {
  const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return fetch('/api/bakery/accounts/sign-in', sent).then(({ status }) => status)
}

/** What the pages have for who is signed in; the session is renewed where that is asked for. */
function mayOf(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const me = () => fetch('/api/bakery/accounts/me')
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    if ((await me()).status === 401) await fetch('/api/bakery/accounts/refresh', sent)
    return (await (await me()).json()).may
  })
}

function userIdOf({ page }: Visit): Promise<string> {
  return page.evaluate(() =>
    fetch('/api/bakery/accounts/me')
      .then(answer => answer.json())
      .then(({ userId }) => userId),
  )
}

/** Asks the accounts as who is signed in on a page; gives the status. */
function ask([method, path, body]: readonly [method: string, path: string, body: object]): Promise<number> {
  const sent = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return fetch(`/api/bakery/accounts${path}`, sent).then(({ status }) => status)
}
