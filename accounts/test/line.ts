/** The line through all of it: from signing up to a typed caller in the service behind. */
import type { testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import { quickHashes, template } from './quick.ts'
import shop from './shop.ts'

export function lineIn(home: string, open: typeof testbed): void {
  describe(`accounts ${home}`, () => {
    quickHashes()

    const anna = { name: 'Anna', email: 'Anna@Example.org', password: 'a long enough password' }

    describe('accounts', { timeout: 120_000 }, () => {
      it('R1: sign up, confirm the address, sign in, and every handler knows who calls', async () => {
        await using bed = await open(shop, { databaseTemplate: template })
        const { accounts } = bed.gateways
        expect(await accounts.signUp({ body: anna })).toMatchObject({ ok: true, value: { state: 'mail-on-its-way' } })
        await bed.settled()
        const [mail] = await bed.mails()
        expect(mail).toMatchObject({ to: ['anna@example.org'] })
        const token = decodeURIComponent(/#token=(\S+)/.exec(mail?.text ?? '')?.[1] ?? '')

        const { email, password } = anna
        const early = await accounts.signIn({ body: { email, password, deliver: 'body' } })
        expect(early).toMatchObject({ ok: false, problem: { code: 'email-not-verified' } })
        expect(await accounts.verifyEmail({ body: { token } })).toMatchObject({ ok: true })

        const signedIn = await accounts.signIn({ body: { email, password, deliver: 'body' } })
        expect(signedIn).toMatchObject({ ok: true, value: { roles: ['customer'], tenant: 'north' } })
        const tokens = signedIn.ok && signedIn.value.state === 'signed-in' ? signedIn.value.tokens : undefined
        const as = bed.with({ authorization: `Bearer ${tokens?.accessToken}` })
        const me = await as.api.me()
        expect(me).toMatchObject({ ok: true, value: { roles: ['customer'], tenant: 'north' } })
        await expect(as.api.office()).rejects.toMatchObject({ code: 'not-allowed' })
        await expect(bed.gateways.api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
      })
    })
  })
}
