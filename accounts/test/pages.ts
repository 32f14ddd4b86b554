/** What pages of accounts are given: what they need to know first, where mails lead them, and the routes. */
import { accounts } from '@groundplan/accounts'
import { accountsRoutes, keyRoutes } from '@groundplan/accounts/client'
import { gateway, plan } from 'groundplan'
import { routesOf } from 'groundplan/client'
import type { testbed } from 'groundplan/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, type Bed, linksTo, person, signedIn } from './people.ts'
import { quickHashes, template } from './quick.ts'
import shop, { mail } from './shop.ts'

export function pagesIn(home: string, open: typeof testbed): void {
  describe(`accounts ${home}`, () => {
    quickHashes()

    let bed: Bed
    beforeAll(async () => {
      bed = await open(shop, { throttle: false, databaseTemplate: template })
    }, 120_000)
    afterAll(() => bed.close())

    describe('pages', { timeout: 120_000 }, () => {
      it('are given the routes of the accounts, all of them and no others', () => {
        expect({ ...accountsRoutes, ...keyRoutes }).toEqual(routesOf(shop.gateways.accounts))
      })

      it('are told of accounts without API keys by those routes alone', () => {
        const bare = accounts('bare', { roles: ['reader'], mail })
        expect(routesOf(plan('bare', { gateways: { accounts: bare.gateway } }).gateways.accounts)).toEqual(
          accountsRoutes,
        )
      })

      it('learn whose accounts these are before anybody is signed in, and nothing of who may do what', async () => {
        const { value } = await bed.gateways.accounts.about()
        expect(value).toEqual({ name: 'people', title: 'The shop', home: '/shelves', signUp: true })
        const invited = accounts('invited', { roles: ['reader'], mail })
        await using other = await open(plan('invited', { gateways: { accounts: gateway(invited.service) } }))
        expect((await other.gateways.accounts.about()).value).toMatchObject({
          title: 'invited',
          home: '/',
          signUp: false,
        })
        await expect(other.gateways.accounts.people()).rejects.toMatchObject({ code: 'not-authenticated' })
      })

      it('learn from who is signed in what else there is for them', async () => {
        const may = async (...roles: ('customer' | 'operator')[]) => {
          const reply = await as(bed, await signedIn(bed, await person(bed, { roles }))).accounts.me()
          return reply.ok && reply.value.may
        }
        expect(await may('customer')).toEqual({ people: false, keys: true })
        expect(await may('operator')).toEqual({ people: true, keys: false })
        expect(await may('customer', 'operator')).toEqual({ people: true, keys: true })
      })
    })

    describe('where one wanted to go', { timeout: 120_000 }, () => {
      const next = '/basket?with=two words&more#top'
      /** The links of the mails to somebody, once there are so many. */
      const linksIn = async (email: string, many = 1) => {
        await linksTo(bed, email, many)
        const mails = (await bed.mails()).filter(({ to }) => to.includes(email))
        return mails.map(({ text }) => new URL(/http\S+/.exec(text)?.[0] ?? 'http://none.invalid'))
      }
      const told = ({ pathname, searchParams }: URL) => [pathname, searchParams.get('next')]

      it('is in the links of the mails that confirm an address, before the token', async () => {
        const body = { name: 'Ida', email: 'ida@example.org', password: 'a long enough password', next }
        expect(await bed.gateways.accounts.signUp({ body })).toMatchObject({ ok: true })
        const [first] = await linksIn(body.email)
        expect(first && told(first)).toEqual(['/people/verify', next])
        expect(first?.hash).toMatch(/^#token=\S{20,}$/)
        await bed.gateways.accounts.sendAgain({ body: { email: body.email, next: '/other' } })
        expect((await linksIn(body.email, 2)).map(told)).toContainEqual(['/people/verify', '/other'])
      })

      it('is in the link that chooses a new password, and in the mail to who has an account already', async () => {
        const { email } = await person(bed)
        await bed.gateways.accounts.forgotten({ body: { email, next } })
        expect((await linksIn(email)).map(told)).toEqual([['/people/reset', next]])
        await bed.gateways.accounts.signUp({ body: { name: 'X', email, password: 'a long enough password', next } })
        expect((await linksIn(email, 2)).map(told)).toContainEqual(['/people/sign-in', next])
      })

      it('is none without it', async () => {
        const { email } = await person(bed)
        await bed.gateways.accounts.forgotten({ body: { email } })
        expect((await linksIn(email)).map(({ search }) => search)).toEqual([''])
      })

      it.each([
        '//elsewhere.example',
        '/\\elsewhere.example',
        '/.//elsewhere.example',
        'https://elsewhere.example',
        'x',
      ])('is a path of these pages: %j is refused, and no mail goes out', async hostile => {
        const mails = (await bed.mails()).length
        const { email } = await person(bed)
        const asked = [
          bed.gateways.accounts.signUp({
            body: { name: 'X', email, password: 'a long enough password', next: hostile },
          }),
          bed.gateways.accounts.sendAgain({ body: { email, next: hostile } }),
          bed.gateways.accounts.forgotten({ body: { email, next: hostile } }),
        ]
        for (const each of asked) await expect(each).rejects.toMatchObject({ code: 'request-invalid' })
        await bed.settled()
        expect(await bed.mails()).toHaveLength(mails)
      })
    })
  })
}
