/**
 * The pages of accounts in browsers, in front of the real thing: storefront on disk, mails read from its outbox.
 */
import { createHmac } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { heading, press, refusals, section, signIn, statusOfMe } from './accounts-steps.ts'
import { browserOfTests, browserPath, lookedAt, type Visit } from './browser.ts'
import { linkTo, mailsTo } from './outbox.ts'
import { buildCommand, type Running, start } from './running.ts'
import { alive, type Name, patient } from './shopping.ts'

const at = '/storefront/account'
const first = 'three herons by the canal'
const second = 'a lantern under the bridge'

async function fillSignUp(page: Page, email: string, password = first): Promise<void> {
  await page.getByLabel('Name').fill('Nora Lind')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
}

describe.skipIf(browserPath === undefined)('R1: the pages of accounts in browsers', { timeout: 120_000 }, () => {
  const browser = browserOfTests()
  let running: Running
  let people = 0

  beforeAll(async () => {
    await buildCommand()
    running = await start({ systems: ['storefront', '--seed'] })
  }, 400_000)
  afterAll(() => running?.[Symbol.asyncDispose](), 60_000)

  const open = (path: string) => browser.open(running.url + path)

  const newEmail = () => `person-${++people}@example.org`
  const post = (path: string, body: object) =>
    fetch(`${running.url}/api/storefront/accounts${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  /** Somebody with a confirmed address, made by the API alone. */
  async function person(): Promise<string> {
    const email = newEmail()
    expect((await post('/sign-up', { name: 'Nora Lind', email, password: first })).status).toBe(202)
    const token = decodeURIComponent((await linkTo(running, email)).split('#token=')[1] ?? '')
    expect((await post('/verify-email', { token })).status).toBe(200)
    return email
  }

  describe('signing up', () => {
    it('leads through the mail to a confirmed address, and in', async () => {
      const email = newEmail()
      const { page } = await open(`${at}/sign-up`)
      await fillSignUp(page, email)
      await press(page, 'Sign up')
      await heading(page, 'Check your mail')
      await page.getByText(email).waitFor()
      await page.goto(running.url + (await linkTo(running, email)))
      await press(page, 'Confirm my address')
      await heading(page, 'Your address is confirmed')
      await page.getByRole('link', { name: 'Sign in' }).click()
      await signIn(page, email, first)
      await page.waitForURL(/\/shop/, patient)
      await page.getByText('Nora Lind').waitFor(patient)
      expect(await page.evaluate(() => document.cookie)).toBe('')
    })

    it('takes the token out of the address and of the history, before anything is pressed', async () => {
      const email = newEmail()
      await post('/sign-up', { name: 'Nora Lind', email, password: first })
      const link = await linkTo(running, email)
      const { page } = await open(link)
      await page.getByRole('button', { name: 'Confirm my address' }).waitFor(patient)
      expect(page.url()).toBe(`${running.url}${at}/verify`)
      expect(await page.evaluate(() => JSON.stringify(history.state))).not.toContain(link.split('#token=')[1])
      // A program that looks at links has confirmed nothing.
      const signedIn = await post('/sign-in', { email, password: first })
      expect(await signedIn.json()).toMatchObject({ code: 'email-not-verified' })
    })

    it('is the same for an address that has an account: only its owner is told', async () => {
      const email = await person()
      const { page } = await open(`${at}/sign-up`)
      await fillSignUp(page, email, second)
      await press(page, 'Sign up')
      await heading(page, 'Check your mail')
      await linkTo(running, email, 2)
      expect(mailsTo(running, email).at(-1)).toContain(`${at}/sign-in`)
    })

    it('sends the mail again, and says so', async () => {
      const email = newEmail()
      const { page } = await open(`${at}/sign-up`)
      await fillSignUp(page, email)
      await press(page, 'Sign up')
      await press(page, 'Send it again')
      await page.getByText('Sent once more.', { exact: true }).waitFor(patient)
      await page.goto(running.url + (await linkTo(running, email, 2)))
      await press(page, 'Confirm my address')
      await heading(page, 'Your address is confirmed')
    })

    it('says what is wrong with a password, and keeps what was typed', async () => {
      const visit = await open(`${at}/sign-up`)
      await fillSignUp(visit.page, newEmail(), 'aaaaaaaaaaaaaa')
      await press(visit.page, 'Sign up')
      const said = visit.page.getByRole('alert').filter({ hasText: 'You are not signed up' })
      await said.waitFor(patient)
      expect(await said.textContent()).toContain('Choose one that is not made of')
      expect(await visit.page.getByLabel('Name').inputValue()).toBe('Nora Lind')
      expect(refusals(visit, 422)).toBe(1)
    })

    it('asks for a new link where the old one is good no more', async () => {
      const visit = await open(`${at}/verify#token=made-up`)
      await press(visit.page, 'Confirm my address')
      await heading(visit.page, 'This link is good no more')
      await visit.page.getByLabel('E-mail address').fill(newEmail())
      await press(visit.page, 'Send me a new link')
      await heading(visit.page, 'Check your mail')
      expect(refusals(visit, 400)).toBe(1)
    })

    it('leads in the end to where one wanted to go, through the mail and whichever link of it', async () => {
      const [email, wanted] = [newEmail(), '/shop/orders?from=a%20mail#top']
      const { page } = await open(`${at}/sign-in?next=${encodeURIComponent(wanted)}`)
      await page.getByRole('link', { name: 'Sign up' }).click()
      await fillSignUp(page, email)
      await press(page, 'Sign up')
      await heading(page, 'Check your mail')
      const first = await linkTo(running, email)
      await press(page, 'Send it again')
      const second = await linkTo(running, email, 2)
      for (const link of [first, second]) {
        expect(new URL(link, running.url).searchParams.get('next')).toBe(wanted)
      }
      await page.goto(running.url + second)
      await press(page, 'Confirm my address')
      await page.getByRole('link', { name: 'Sign in' }).click()
      await signIn(page, email, 'three herons by the canal')
      await page.waitForURL(running.url + wanted, patient)
    })

    it.each(['//elsewhere.example', '/.//elsewhere.example', '/\\\\elsewhere.example', 'https://elsewhere.example/'])(
      'leads home instead of to %s: no mail carries it, and no sign-in follows it',
      async hostile => {
        const email = newEmail()
        const next = encodeURIComponent(hostile)
        const { page } = await open(`${at}/sign-up?next=${next}`)
        await fillSignUp(page, email)
        await press(page, 'Sign up')
        await heading(page, 'Check your mail')
        const link = await linkTo(running, email)
        expect(link).not.toContain('elsewhere')
        // Whoever writes it into the link themselves gets no further.
        await page.goto(running.url + link.replace('#', `?next=${next}#`))
        await press(page, 'Confirm my address')
        await page.getByRole('link', { name: 'Sign in' }).click()
        await signIn(page, email, first)
        await page.waitForURL(`${running.url}/shop`, patient)
      },
    )

    it('is done by keyboard alone, and each step is read out', async () => {
      const email = newEmail()
      const { page } = await open(`${at}/sign-up`)
      const focused = () => page.evaluate(() => document.activeElement?.textContent)
      await alive(page.getByRole('button', { name: 'Sign up', exact: true }))
      await page.getByLabel('Name').focus()
      await page.keyboard.type('Nora Lind')
      await page.keyboard.press('Tab')
      await page.keyboard.type(email)
      await page.keyboard.press('Tab')
      await page.keyboard.type(first)
      await page.keyboard.press('Enter')
      await heading(page, 'Check your mail')
      await expect.poll(focused, patient).toBe('Check your mail')
      await page.goto(running.url + (await linkTo(running, email)))
      const confirm = page.getByRole('button', { name: 'Confirm my address' })
      await alive(confirm)
      await confirm.focus()
      await page.keyboard.press('Enter')
      await expect.poll(focused, patient).toBe('Your address is confirmed')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.waitForURL(/sign-in/, patient)
    })

    it('tells password managers which field is which', async () => {
      const { page } = await open(`${at}/sign-up`)
      const kinds = await page
        .locator('form input')
        .evaluateAll(all => all.map(each => each.getAttribute('autocomplete')))
      expect(kinds).toEqual(['name', 'username', 'new-password'])
    })

    it('axe finds nothing, and nothing is too wide, by day and night, wide and on a phone', async () => {
      const { page } = await open(`${at}/sign-up`)
      const found = [...(await lookedAt(page, 'sign-up'))]
      await fillSignUp(page, newEmail())
      await press(page, 'Sign up')
      await heading(page, 'Check your mail')
      found.push(...(await lookedAt(page, 'check-your-mail')))
      await page.goto(`${running.url}${at}/verify`)
      await page.getByRole('button', { name: 'Send me a new link' }).waitFor(patient)
      found.push(...(await lookedAt(page, 'verify')))
      expect(found).toEqual([])
    })
  })

  describe('a forgotten password', () => {
    it('is replaced with the link of a mail: the old one is good no more, and every session has ended', async () => {
      const email = await person()
      const here = await open(`${at}/sign-in`)
      const { page } = here
      await signIn(page, email, first)
      await page.waitForURL(/\/shop/, patient)
      const elsewhere = await open(`${at}/forgotten`)
      await elsewhere.page.getByLabel('E-mail address').fill(email)
      await press(elsewhere.page, 'Send me a link')
      await heading(elsewhere.page, 'Check your mail')
      await elsewhere.page.goto(running.url + (await linkTo(running, email, 2)))
      await elsewhere.page.getByLabel('New password', { exact: true }).fill(second)
      await expect.poll(() => elsewhere.page.url(), patient).toBe(`${running.url}${at}/reset`)
      await press(elsewhere.page, 'Use this password')
      await heading(elsewhere.page, 'Your password is changed')
      expect((await post('/sign-in', { email, password: first })).status).toBe(401)
      await elsewhere.page.getByRole('link', { name: 'Sign in' }).click()
      await signIn(elsewhere.page, email, second)
      await elsewhere.page.waitForURL(/\/shop/, patient)
      const refused = () => statusOfMe(page)
      await expect.poll(refused, patient).toBe(401)
      await page.goto('about:blank')
      expect(refusals(here, 401)).toBeGreaterThan(0)
    })

    it('leads in the end to where one wanted to go', async () => {
      const [email, wanted] = [await person(), '/shop/basket']
      const { page } = await open(`${at}/sign-in?next=${encodeURIComponent(wanted)}`)
      await page.getByRole('link', { name: 'Forgotten password' }).click()
      await page.waitForURL(/forgotten/, patient)
      await page.getByLabel('E-mail address').fill(email)
      await press(page, 'Send me a link')
      await heading(page, 'Check your mail')
      await page.goto(running.url + (await linkTo(running, email, 2)))
      await page.getByLabel('New password', { exact: true }).fill(second)
      await press(page, 'Use this password')
      await heading(page, 'Your password is changed')
      await page.getByRole('link', { name: 'Sign in' }).click()
      await signIn(page, email, second)
      await page.waitForURL(running.url + wanted, patient)
    })

    it('tells nobody whether there is an account: a page and an answer like any other, and no mail', async () => {
      const [known, unknown] = [await person(), newEmail()]
      const said = []
      for (const email of [unknown, known]) {
        const { page } = await open(`${at}/forgotten`)
        await page.getByLabel('E-mail address').fill(email)
        await press(page, 'Send me a link')
        await heading(page, 'Check your mail')
        said.push((await page.locator('main').textContent())?.replace(email, '…'))
      }
      expect(said[0]).toBe(said[1])
      // The mail to who is known was asked for later, and is there.
      await linkTo(running, known, 2)
      expect(mailsTo(running, unknown)).toEqual([])
    })

    it('a link that is good no more leaves the password, and leads to a new one', async () => {
      const visit = await open(`${at}/reset#token=made-up`)
      await visit.page.getByLabel('New password', { exact: true }).fill(second)
      await press(visit.page, 'Use this password')
      await heading(visit.page, 'This link is good no more')
      await visit.page.getByRole('link', { name: 'Ask for a link' }).click()
      await visit.page.waitForURL(/forgotten/, patient)
      expect(refusals(visit, 400)).toBe(1)
    })

    it('is chosen so that it can be read, by keyboard, and kept by a password manager', async () => {
      const { page } = await open(`${at}/reset#token=made-up`)
      const field = page.getByLabel('New password', { exact: true })
      await alive(field)
      expect([await field.getAttribute('type'), await field.getAttribute('autocomplete')]).toEqual([
        'password',
        'new-password',
      ])
      await field.focus()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await field.getAttribute('type')).toBe('text')
    })

    it('axe finds nothing, and nothing is too wide, by day and night, wide and on a phone', async () => {
      const { page } = await open(`${at}/forgotten`)
      const found = [...(await lookedAt(page, 'forgotten'))]
      await page.goto(`${running.url}${at}/reset#token=made-up`)
      await page.getByLabel('New password', { exact: true }).waitFor(patient)
      found.push(...(await lookedAt(page, 'reset')))
      expect(found).toEqual([])
    })
  })

  describe('the account', () => {
    beforeAll(async () => {
      // Attempts are counted by address, and all browsers here have one: those of the account begin anew.
      await running[Symbol.asyncDispose]()
      running = await start({ systems: ['storefront', '--seed'] })
    }, 200_000)

    /** Somebody of the sample data. */
    const known = (name: Name) => [`${name}@example.org`, `development-${name}`] as const

    /** Opens the account of somebody new, or of `email`, in a browser of its own. */
    async function account(email?: string, password = first): Promise<Visit & { readonly email: string }> {
      const mine = email ?? (await person())
      const visit = await open(`${at}/sign-in?next=${encodeURIComponent(at)}`)
      await signIn(visit.page, mine, password)
      await section(visit.page, 'Where you are signed in').getByText('This one').waitFor(patient)
      return { ...visit, email: mine }
    }

    /** Adds a second factor through the page; gives the app's secret and the recovery codes. */
    async function enrol(page: Page) {
      const mine = section(page, 'Second factor')
      await press(page, 'Add a second factor')
      await mine.getByLabel('Your password').fill(first)
      await mine.getByRole('button', { name: 'Go on' }).click()
      await mine.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor(patient)
      const secret = ((await mine.getByTestId('secret').textContent()) ?? '').replaceAll(' ', '')
      const codes = await mine.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
      await mine.getByLabel('Code of the app').fill(totp(secret))
      await mine.getByRole('button', { name: 'Ask for it from now on' }).click()
      await mine.getByText('The second factor is on.').waitFor(patient)
      return { secret, codes }
    }

    it('asks to sign in first, and leads back', async () => {
      const { page } = await open(at)
      await page.getByRole('link', { name: 'Sign in', exact: true }).click()
      await signIn(page, ...known('anna'))
      await page.waitForURL(running.url + at, patient)
      expect(await section(page, 'Name').getByRole('textbox').inputValue()).toBe('Anna')
    })

    it('counts what was typed, or filled in by a password manager, before the page had its scripts', async () => {
      const { page } = await open(at)
      let release = (): void => {}
      const held = new Promise<void>(resolve => {
        release = resolve
      })
      await page.route('**/_next/static/**', async route => {
        await held
        await route.continue()
      })
      await page.goto(`${running.url}${at}/sign-in?next=${encodeURIComponent(at)}`, { waitUntil: 'commit' })
      const [email, password] = known('olga')
      await page.getByLabel('E-mail address').fill(email)
      await page.getByLabel('Password').fill(password)
      release()
      await press(page, 'Sign in')
      await heading(page, 'Your account')
    })

    it('shows what happened to it, and from where', async () => {
      const { page } = await account()
      const events = section(page, 'What happened').getByRole('listitem')
      await events.first().waitFor(patient)
      expect(await events.allTextContents()).toEqual([
        expect.stringMatching(/Signed in.*127\.0\.0\.1.*Chrome on Linux/),
        expect.stringContaining('Address confirmed'),
      ])
      await section(page, 'Name').getByRole('textbox').fill('Nora Holm')
      await press(page, 'Keep this name')
      await page.getByText('You are Nora Holm from now on.').waitFor(patient)
      await page.reload()
      await events.filter({ hasText: 'Name changed' }).waitFor(patient)
    })

    it('shows where one is signed in, and ends one: that browser is out within a second', async () => {
      const here = await account()
      const there = await account(here.email)
      await here.page.reload()
      const rows = section(here.page, 'Where you are signed in').getByRole('listitem')
      await expect.poll(() => rows.count(), patient).toBe(2)
      expect(await rows.allTextContents()).toEqual([
        expect.stringContaining('Chrome on Linux'),
        expect.stringContaining('Chrome on Linux'),
      ])
      await here.page.getByRole('button', { name: 'End Chrome on Linux' }).click()
      await here.page.getByText('One session has ended.').waitFor(patient)
      await expect.poll(() => rows.count(), patient).toBe(1)
      await expect.poll(() => statusOfMe(there.page), { timeout: 3_000 }).toBe(401)
      expect(await statusOfMe(here.page)).toBe(200)
      await there.page.reload()
      await there.page.getByRole('link', { name: 'Sign in', exact: true }).first().waitFor(patient)
      expect(refusals(there, 401)).toBeGreaterThan(0)
    })

    it('changes the password: the others are out, this one goes on, and the old one is good no more', async () => {
      const here = await account()
      const there = await account(here.email)
      const mine = section(here.page, 'Password')
      await mine.getByLabel('Password until now').fill('not my password at all')
      await mine.getByLabel('New password', { exact: true }).fill(second)
      await press(here.page, 'Change the password')
      await mine.getByText('That is not your password.').waitFor(patient)
      expect(refusals(here, 403)).toBe(1)
      await mine.getByLabel('Password until now').fill(first)
      await press(here.page, 'Change the password')
      await mine.getByText('Your password is changed.').waitFor(patient)
      expect((await post('/sign-in', { email: here.email, password: first })).status).toBe(401)
      expect((await post('/sign-in', { email: here.email, password: second })).status).toBe(200)
      await expect.poll(() => statusOfMe(there.page), { timeout: 3_000 }).toBe(401)
      expect(await statusOfMe(here.page)).toBe(200)
      await there.page.goto('about:blank')
      expect(refusals(there, 401)).toBeGreaterThan(0)
    })

    it('changes the name, and the address once the new one is confirmed', async () => {
      const { page, email } = await account()
      await section(page, 'Name').getByRole('textbox').fill('Nora Berg')
      await press(page, 'Keep this name')
      await page.getByText('You are Nora Berg from now on.').waitFor(patient)
      const other = newEmail()
      const mine = section(page, 'E-mail address')
      await mine.getByRole('textbox', { name: 'E-mail address' }).fill(other)
      await mine.getByLabel('Your password').fill(first)
      await press(page, 'Use this address')
      await mine.getByText(`Open the link that we sent to ${other}.`).waitFor(patient)
      expect((await post('/sign-in', { email, password: first })).status).toBe(200)
      await page.goto(running.url + (await linkTo(running, other)))
      await press(page, 'Confirm my address')
      await heading(page, 'Your address is changed')
      expect((await post('/sign-in', { email: other, password: first })).status).toBe(200)
      expect((await post('/sign-in', { email, password: first })).status).toBe(401)
      await linkTo(running, email, 2)
    })

    it('adds a second factor: a sign-in asks for its code, and a recovery code is good once', async () => {
      const { page, email } = await account()
      const { secret, codes } = await enrol(page)
      expect(codes.length).toBeGreaterThan(5)
      const challenged = async (): Promise<Visit> => {
        const visit = await open(`${at}/sign-in?next=${encodeURIComponent(at)}`)
        await signIn(visit.page, email, first)
        await heading(visit.page, 'One step more')
        return visit
      }
      const [byApp, byCode, again] = [await challenged(), await challenged(), await challenged()]
      await byApp.page.getByLabel('Code of your authenticator app').fill(totp(secret, 30_000))
      await press(byApp.page, 'Go on')
      await heading(byApp.page, 'Your account')
      for (const { page: other } of [byCode, again]) {
        await press(other, 'I do not have the app at hand')
        await other.getByLabel('Recovery code').fill(codes[0] ?? '')
        await press(other, 'Go on')
        if (other === byCode.page) await heading(other, 'Your account')
      }
      await again.page.getByRole('alert').filter({ hasText: 'You are not signed in' }).waitFor(patient)
      expect(refusals(again, 401)).toBe(1)
    })

    it('makes new recovery codes, which end the old ones, and does without the second factor again', async () => {
      const { page, email } = await account()
      const { codes } = await enrol(page)
      const mine = section(page, 'Second factor')
      await press(page, 'New recovery codes')
      await mine.getByLabel('Your password').fill(first)
      await press(page, 'Make new codes')
      const list = mine.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
      await list.first().waitFor(patient)
      const made = await list.allTextContents()
      expect(made.filter(code => codes.includes(code))).toEqual([])
      await press(page, 'I have kept them')
      expect(await page.locator('main').textContent()).not.toContain(made[0])
      await press(page, 'Do without it')
      await mine.getByLabel('Your password').fill(first)
      await press(page, 'Do without it')
      await mine.getByText('The second factor is off.').waitFor(patient)
      expect((await post('/sign-in', { email, password: first })).status).toBe(200)
    })

    it('is used by keyboard alone', async () => {
      const { page } = await account(...known('ben'))
      await section(page, 'Name').getByRole('textbox').focus()
      for (const key of ['Control+A', 'Delete']) await page.keyboard.press(key)
      await page.keyboard.type('Nora Dahl')
      await page.keyboard.press('Enter')
      await page.getByText('You are Nora Dahl from now on.').waitFor(patient)
      await page.getByRole('button', { name: 'Add a second factor' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('region', { name: 'Second factor' }).getByLabel('Your password').focus()
      await page.keyboard.type(known('ben')[1])
      await page.keyboard.press('Enter')
      await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor(patient)
      await page.getByLabel('Code of the app').focus()
      for (const [name, keys] of [
        ['Ask for it from now on', ['Tab']],
        ['Not now', ['Tab', 'Enter']],
      ] as const) {
        expect(await page.getByRole('button', { name }).count()).toBe(1)
        for (const key of keys) await page.keyboard.press(key)
      }
      await page.getByRole('button', { name: 'Add a second factor' }).waitFor(patient)
    })

    it('axe finds nothing, and nothing is too wide, by day and night, wide and on a phone', async () => {
      const { page } = await account(...known('anna'))
      const found = [...(await lookedAt(page, 'account'))]
      await press(page, 'Add a second factor')
      await section(page, 'Second factor').getByLabel('Your password').fill(known('anna')[1])
      await press(page, 'Go on')
      await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor(patient)
      found.push(...(await lookedAt(page, 'second-factor')))
      expect(found).toEqual([])
    })
  })
})

/** The code that an authenticator app shows (RFC 6238), now or so much later. */
function totp(secret: string, laterMs = 0): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map(each => letters.indexOf(each).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor((Date.now() + laterMs) / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
