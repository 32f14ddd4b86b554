/** Sessions: what shows them, how they are renewed, and how they end. */
import type { testbed } from 'groundplan/testbed'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { as, type Bed, person, signedIn, tokensOf } from './people.ts'
import { quickHashes, template } from './quick.ts'
import shop from './shop.ts'

export function sessionsIn(home: string, open: typeof testbed): void {
  describe(`accounts ${home}`, () => {
    quickHashes()

    let bed: Bed
    beforeAll(async () => {
      bed = await open(shop, { throttle: false, databaseTemplate: template })
      await person(bed)
    }, 120_000)
    afterAll(() => bed.close())

    const refresh = (refreshToken: string) => bed.gateways.accounts.refresh({ body: { refreshToken } })
    const refused = { ok: false, problem: { code: 'not-signed-in' } }

    describe('refresh tokens', { timeout: 300_000 }, () => {
      it('R1: give a new access token when the old one is over, each once', async () => {
        const first = await signedIn(bed, await person(bed))
        await bed.advance('5 minutes')
        await expect(as(bed, first).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        const second = tokensOf(await refresh(first.refreshToken))
        expect(second.refreshToken).not.toBe(first.refreshToken)
        expect(await as(bed, second).api.me()).toMatchObject({ ok: true })
      })

      it('a stolen refresh token ends the family: the thief and the owner are both out, within a second', async () => {
        const stolen = await signedIn(bed, await person(bed))
        const owners = tokensOf(await refresh(stolen.refreshToken))
        await bed.advance('11 seconds')
        expect(await refresh(stolen.refreshToken)).toMatchObject(refused)
        expect(await refresh(owners.refreshToken)).toMatchObject(refused)
        await bed.advance('1 second')
        for (const tokens of [stolen, owners]) {
          await expect(as(bed, tokens).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        }
      })

      it('an older one ends the family, too, however old', async () => {
        const first = await signedIn(bed, await person(bed))
        let latest = first
        for (let n = 0; n < 4; n++) latest = tokensOf(await refresh(latest.refreshToken))
        expect(await refresh(first.refreshToken)).toMatchObject(refused)
        expect(await refresh(latest.refreshToken)).toMatchObject(refused)
      })

      it('shown twice at once (a double click, two tabs) both get the same next one, and the family lives', async () => {
        const first = await signedIn(bed, await person(bed))
        const both = await Promise.all([refresh(first.refreshToken), refresh(first.refreshToken)])
        const [one, other] = both.map(tokensOf)
        expect(one?.refreshToken).toBe(other?.refreshToken)
        await bed.advance('11 seconds')
        tokensOf(await refresh(one?.refreshToken ?? ''))
      })

      it('made up or changed ones are refused and end nothing', async () => {
        const { refreshToken } = await signedIn(bed, await person(bed))
        const [session = '', , mac = ''] = refreshToken.split('.')
        for (const made of [`${session}.2.${mac}`, `${session}.0.${mac}`, `${session}.1.`, 'x', `x.1.${mac}`]) {
          expect(await refresh(made)).toMatchObject(refused)
        }
        tokensOf(await refresh(refreshToken))
      })

      it('are over after 14 days without use, and after 30 days in any case', async () => {
        const idler = await person(bed)
        const idle = await signedIn(bed, idler)
        let used = await signedIn(bed, await person(bed))
        for (let day = 0; day < 29; day += 7) {
          await bed.advance('7 days')
          // Over, and not shown any more, though removed only later.
          if (day === 7) {
            const again = await signedIn(bed, idler)
            expect((await as(bed, again).accounts.listSessions()).value.sessions).toMatchObject([{ current: true }])
          }
          const next = await refresh(used.refreshToken)
          if (day < 21) used = tokensOf(next)
          else expect(next).toMatchObject(day === 21 ? { ok: true } : refused)
          if (day === 21) used = tokensOf(next)
        }
        expect(await refresh(idle.refreshToken)).toMatchObject(refused)
      })
    })

    describe('access tokens', { timeout: 120_000 }, () => {
      it('that are not ours, changed, or of another kind show nobody', async () => {
        const { accessToken } = await signedIn(bed, await person(bed))
        const [head = '', body = '', signature = ''] = accessToken.split('.')
        const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
        const forged = Buffer.from(JSON.stringify({ ...claims, roles: ['operator'] })).toString('base64url')
        const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
        for (const made of [`${head}.${forged}.${signature}`, `${none}.${forged}.`, `${head}.${body}.`, 'x', '..']) {
          await expect(as(bed, { accessToken: made, refreshToken: '' }).api.me()).rejects.toMatchObject({
            code: 'not-authenticated',
          })
        }
      })

      it('of an ended session are refused within a second, in every process', async () => {
        const who = await person(bed)
        const [here, there] = [await signedIn(bed, who), await signedIn(bed, who)]
        await as(bed, there).api.me()
        const listed = await as(bed, here).accounts.listSessions()
        const other = listed.value.sessions.find(({ current }) => !current)
        expect(listed.value.sessions).toHaveLength(2)
        const ended = await as(bed, here).accounts.endSession({ params: { sessionId: other?.sessionId ?? '' } })
        expect(ended).toMatchObject({ ok: true })
        await bed.advance('1 second')
        await expect(as(bed, there).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        expect(await as(bed, here).api.me()).toMatchObject({ ok: true })
        await bed.restart()
        await expect(as(bed, there).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
      })

      it('of somebody else end nothing of mine', async () => {
        const mine = await signedIn(bed, await person(bed))
        const theirs = as(bed, await signedIn(bed, await person(bed))).accounts
        const { sessions } = (await as(bed, mine).accounts.listSessions()).value
        const [session] = sessions
        expect(await theirs.endSession({ params: { sessionId: session?.sessionId ?? '' } })).toMatchObject({
          ok: false,
        })
        await bed.advance('1 second')
        expect(await as(bed, mine).api.me()).toMatchObject({ ok: true })
      })

      it('signing out ends the session, and signing in again the same moment begins another', async () => {
        const who = await person(bed)
        const tokens = await signedIn(bed, who)
        expect(await as(bed, tokens).accounts.signOut()).toMatchObject({ ok: true })
        const again = await signedIn(bed, who)
        await bed.advance('1 second')
        await expect(as(bed, tokens).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        expect(await as(bed, again).api.me()).toMatchObject({ ok: true })
      })

      it('changing the password ends the other sessions and makes this one anew', async () => {
        const who = await person(bed)
        const [here, there] = [await signedIn(bed, who), await signedIn(bed, who)]
        const next = 'a password that is new'
        const wrong = await as(bed, here).accounts.changePassword({ body: { current: 'not the password', next } })
        expect(wrong).toMatchObject({ ok: false, problem: { code: 'wrong-password' } })
        const changed = await as(bed, here).accounts.changePassword({
          body: { current: who.password, next, deliver: 'body' },
        })
        await bed.advance('1 second')
        for (const old of [here, there]) {
          await expect(as(bed, old).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        }
        expect(await as(bed, tokensOf(changed)).api.me()).toMatchObject({ ok: true })
        await signedIn(bed, { ...who, password: next })
      })
    })

    describe('keys', { timeout: 300_000 }, () => {
      it('are read by gateways, and made by the accounts service alone', () => {
        const rights = (uses: Readonly<Record<string, { resource: { name: string }; right: string }>>) =>
          Object.values(uses).map(({ resource, right }) => `${resource.name} ${right}`)
        const routes = bed.runtime.door.routes.filter(({ endpoint: { caller } }) => caller.name.startsWith('people'))
        expect(routes.length).toBeGreaterThan(20)
        const secret = /people-(keys|roots)|people-(ring|ended) writer|people writer/
        for (const { gateway, endpoint } of routes) {
          expect(rights(endpoint.caller.uses).filter(each => secret.test(each))).toEqual([])
          if (gateway !== 'accounts') expect(rights(endpoint.uses).filter(each => secret.test(each))).toEqual([])
        }
      })

      it('change while requests run, and none is refused', async () => {
        const who = await person(bed)
        let tokens = await signedIn(bed, who)
        const signers = new Set<string>()
        const known: number[] = []
        const hours = inject('thorough') ? 4 : 12
        for (let hour = 0; hour < 24 * 32; hour += hours) {
          await bed.advance(`${hours} hours`)
          const renewed = await refresh(tokens.refreshToken)
          // A session lasts 30 days at most.
          tokens = renewed.ok ? tokensOf(renewed) : await signedIn(bed, who)
          signers.add(JSON.parse(Buffer.from(tokens.accessToken.split('.')[0] ?? '', 'base64url').toString()).kid)
          expect(await as(bed, tokens).api.me()).toMatchObject({ ok: true })
          known.push((await bed.gateways.accounts.publicKeys()).value.keys.length)
        }
        expect(signers.size).toBeGreaterThanOrEqual(2)
        expect(Math.max(...known)).toBe(2)
      })
    })
  })
}
