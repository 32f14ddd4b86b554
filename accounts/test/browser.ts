/** What a browser is given, and what another site's page cannot do with it. */
import { seed } from 'groundplan'
import type { testbed } from 'groundplan/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browse } from './door.ts'
import { type Bed, person } from './people.ts'
import { quickHashes, template } from './quick.ts'
import shop, { people } from './shop.ts'

export function browsingIn(home: string, open: typeof testbed): void {
  describe(`accounts ${home}`, () => {
    quickHashes()

    const origin = 'https://shop.example.org'
    const sam = { email: 'sam@example.org', password: 'the password of sample data' }

    let bed: Bed
    let home: Bed
    beforeAll(async () => {
      bed = await open(shop, { settings: { 'people-address': `${origin}/start` }, databaseTemplate: template })
      home = await open(shop, { databaseTemplate: template })
    }, 120_000)
    afterAll(() => Promise.all([bed.close(), home.close()]))

    async function inBrowser(on: Bed, from: string) {
      const { email, password } = await person(on)
      return browse(on, 'accounts/signIn', { body: { email, password }, origin: from })
    }

    describe('a browser', { timeout: 120_000 }, () => {
      it('is given cookies that no script reads, no other host sets and no other site sends along', async () => {
        const { status, setCookies, body } = await inBrowser(bed, origin)
        expect(status).toBe(200)
        expect(body).not.toHaveProperty('tokens')
        const kept = setCookies.map(line => line.replace(/=[^;]+/, '='))
        expect(kept).toEqual([
          '__Host-people-access=; Path=/; Max-Age=300; HttpOnly; SameSite=Lax; Secure',
          '__Host-people-refresh=; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure',
          '__Host-people-device=; Path=/; Max-Age=15552000; HttpOnly; SameSite=Strict; Secure',
        ])
      })

      it('is signed in by them, and renews them; the old ones are good no more', async () => {
        const signed = await inBrowser(bed, origin)
        const { cookies } = signed
        expect(await browse(bed, 'api/me', { cookies })).toMatchObject({ status: 200, body: { roles: ['customer'] } })
        await bed.advance('5 minutes')
        expect(await browse(bed, 'api/me', { cookies })).toMatchObject({ status: 401 })
        const renewed = await browse(bed, 'accounts/refresh', { body: {}, origin, cookies })
        expect(renewed.status).toBe(200)
        expect(await browse(bed, 'api/me', { cookies: renewed.cookies })).toMatchObject({ status: 200 })
        const out = await browse(bed, 'accounts/signOut', { origin, cookies: renewed.cookies })
        expect(out.setCookies.map(line => line.split(';', 3).join(';'))).toEqual([
          '__Host-people-access=; Path=/; Max-Age=0',
          '__Host-people-refresh=; Path=/; Max-Age=0',
        ])
        await bed.advance('1 second')
        expect(await browse(bed, 'api/me', { cookies: renewed.cookies })).toMatchObject({ status: 401 })
      })

      it('on another site changes nothing here: not as who is signed in, and it signs nobody in', async () => {
        const { cookies } = await inBrowser(bed, origin)
        const { email, password } = await person(bed)
        for (const from of [
          'https://evil.example',
          'http://shop.example.org',
          'http://localhost:7400',
          'null',
          undefined,
        ]) {
          const asked = from === undefined ? { cookies } : { cookies, origin: from }
          expect(await browse(bed, 'api/buy', asked)).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
          if (from === undefined) continue
          expect(await browse(bed, 'accounts/signIn', { body: { email, password }, origin: from })).toMatchObject({
            status: 403,
            setCookies: [],
          })
        }
        expect(await browse(bed, 'api/buy', { cookies, origin })).toMatchObject({ status: 200 })
        expect(await browse(bed, 'api/me', { cookies })).toMatchObject({ status: 200 })
      })

      it('of sample data signs nobody in outside this machine', async () => {
        const sample = seed({
          uses: { db: people.database.writer },
          handle: async ({ at }, { db }) => [
            await people.enrol(db, at, {
              ...sam,
              name: 'Sam',
              roles: ['operator'],
              tenant: 'north',
              development: true,
            }),
          ],
        })
        for (const on of [bed, home]) await on.seed(sample)
        expect(await browse(bed, 'accounts/signIn', { body: sam, origin })).toMatchObject({
          status: 403,
          body: { code: 'development-only' },
          setCookies: [],
        })
        expect(await browse(home, 'accounts/signIn', { body: sam, origin: 'http://localhost:7400' })).toMatchObject({
          status: 200,
        })
      })

      it('may come from each of several addresses, and mails lead back to the one that asked', async () => {
        const settings = { 'people-address': `${origin}, https://office.example.org` }
        await using two = await open(shop, { settings, databaseTemplate: template })
        const body = { name: 'Olga', email: 'olga@example.org', password: 'a long enough password' }
        expect(await browse(two, 'accounts/signUp', { body, origin: 'https://office.example.org' })).toMatchObject({
          status: 202,
        })
        await two.settled()
        expect((await two.mails())[0]?.text).toContain('https://office.example.org/people/verify#')
        const insecure = await open(shop, { settings: { 'people-address': 'http://shop.example.org' } })
        expect(await browse(insecure, 'accounts/signUp', { body, origin })).toMatchObject({ status: 500 })
        await insecure.close()
      })

      it('cannot be given a cookie by a neighbour: outside this machine plain names show nobody', async () => {
        const { cookies } = await inBrowser(bed, origin)
        const plain = { 'people-access': cookies['__Host-people-access'] ?? '' }
        expect(await browse(bed, 'api/me', { cookies: plain })).toMatchObject({ status: 401 })
      })

      it('on this machine has plain cookies, since there is no https, from whatever port', async () => {
        const { setCookies, cookies } = await inBrowser(home, 'http://localhost:3000')
        expect(setCookies[0]).toMatch(/^people-access=[^;]+; Path=\/; Max-Age=300; HttpOnly; SameSite=Lax$/)
        expect(await browse(home, 'api/buy', { cookies, origin: 'http://127.0.0.1:7400' })).toMatchObject({
          status: 200,
        })
        expect(await browse(home, 'api/buy', { cookies, origin: 'https://evil.example' })).toMatchObject({
          status: 403,
        })
      })

      it('is sent to the pages of its own address by mails', async () => {
        const signUp = { name: 'Zoe', email: 'zoe@example.org', password: 'a long enough password' }
        await browse(bed, 'accounts/signUp', { body: signUp, origin })
        await bed.settled()
        const [mail] = (await bed.mails()).filter(({ to }) => to.includes(signUp.email))
        expect(mail?.text).toContain(`${origin}/people/verify#token=`)
      })
    })
  })
}
