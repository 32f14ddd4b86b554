/** Signing up and in, and what nobody learns by trying. */
import { seed } from 'groundplan'
import type { testbed } from 'groundplan/testbed'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { HashingThreads } from '../src/hashing-threads.ts'
import { browse } from './door.ts'
import { as, type Bed, codeOf, linksTo, password, person, signedIn, tokensOf } from './people.ts'
import { quickHashes, template } from './quick.ts'
import shop, { people } from './shop.ts'

/** How often the trail tells, of the last second, that attempts were used up. */
async function throttledIn(bed: Bed): Promise<number> {
  const counting = seed({
    uses: { audit: people.audit.reader },
    async handle({ at }, { audit }) {
      const { items } = await audit.query({ day: at.toISOString().slice(0, 10) }, { limit: 1_000, reverse: true })
      const since = new Date(at.getTime() - 1_000).toISOString()
      return [String(items.filter(({ kind, at: told }) => kind === 'sign-in-throttled' && told >= since).length)]
    },
  })
  return Number((await bed.seed(counting))[0])
}

export function signingIn(home: string, open: typeof testbed): void {
  describe(`accounts ${home}`, () => {
    quickHashes()

    let bed: Bed
    beforeAll(async () => {
      bed = await open(shop, { throttle: false, databaseTemplate: template })
      await person(bed)
    }, 120_000)
    afterAll(() => bed.close())
    // All come from one address, which has its attempts, too.
    beforeEach(() => bed.advance('15 minutes'))
    afterEach(() => vi.restoreAllMocks())

    const wrong = 'not the password at all'

    /** How many passwords are hashed while this runs. */
    async function hashes(run: () => Promise<unknown>): Promise<number> {
      const derive = vi.spyOn(HashingThreads.prototype, 'derive')
      await run()
      const { length } = derive.mock.calls
      derive.mockRestore()
      return length
    }

    describe('signing up', { timeout: 120_000 }, () => {
      it('says, does and costs the same whether or not the address is known', async () => {
        const known = await person(bed)
        const signUp = (email: string) => bed.gateways.accounts.signUp({ body: { name: 'Anna', email, password } })
        const answers: unknown[] = []
        const counts = [
          await hashes(async () => answers.push(await signUp(known.email))),
          await hashes(async () => answers.push(await signUp('new@example.org'))),
        ]
        expect(answers[0]).toEqual(answers[1])
        expect(counts).toEqual([1, 1])
        await bed.settled()
        const mails = await bed.mails()
        expect(mails.filter(({ to }) => to.includes(known.email)).map(({ subject }) => subject)).toEqual([
          'The shop: you already have an account',
        ])
        expect(mails.filter(({ to }) => to.includes('new@example.org'))).toHaveLength(1)
        // The one who was there already signs in as before.
        await signedIn(bed, known)
      })

      it('refuses passwords that are too short, and takes any characters', async () => {
        const short = bed.gateways.accounts.signUp({
          body: { name: 'A', email: 'short@example.org', password: 'short' },
        })
        await expect(short).rejects.toMatchObject({ code: 'request-invalid' })
        const odd = { name: 'A', email: 'odd@example.org', password: '   パスワード \u0000 🔑🔑   ' }
        expect(await bed.gateways.accounts.signUp({ body: odd })).toMatchObject({ ok: true })
        const [token = ''] = await linksTo(bed, odd.email)
        expect(await bed.gateways.accounts.verifyEmail({ body: { token } })).toMatchObject({ ok: true })
        expect((await signedIn(bed, odd)).accessToken).toBeTruthy()
      })

      it('refuses passwords made of the name, the address or the system, or of few letters', async () => {
        const who = { name: 'Wilhelmina Berg', email: 'wilhelmina.berg@example.org' }
        for (const easy of ['Wilhelmina1234', 'berg.wilhelmina', 'aaaaaaaaaaaaab', 'shopshopshop1', '121212121212']) {
          const reply = await bed.gateways.accounts.signUp({ body: { ...who, password: easy } })
          expect(reply, easy).toMatchObject({ ok: false, problem: { code: 'password-too-easy' } })
        }
        const fine = { ...who, password: 'wilhelmina likes 40 green umbrellas' }
        expect(await bed.gateways.accounts.signUp({ body: fine })).toMatchObject({ ok: true })
      })

      it('refuses passwords that many people have, wherever one is chosen', async () => {
        const frequent = '123456qwerty'
        const refused = { ok: false, problem: { code: 'password-too-easy' } }
        const who = { name: 'Nora', email: 'nora@example.org' }
        const { accounts } = bed.gateways
        expect(await accounts.signUp({ body: { ...who, password: frequent } })).toMatchObject(refused)
        const known = await person(bed)
        await accounts.forgotten({ body: { email: known.email } })
        const [token = ''] = await linksTo(bed, known.email)
        expect(await accounts.reset({ body: { token, password: frequent } })).toMatchObject(refused)
        const own = as(bed, await signedIn(bed, known)).accounts
        const change = (next: string) => own.changePassword({ body: { current: password, next, deliver: 'body' } })
        expect(await change('1QAZ2wsx3edc')).toMatchObject(refused)
        expect(await change('ninety green umbrellas')).toMatchObject({ ok: true })
      })

      it('takes a password of 128 characters, and no longer one', async () => {
        const who = { name: 'Long', email: 'long@example.org' }
        const ofLength = (length: number) => 'long and ever longer '.repeat(10).slice(0, length)
        const tooLong = bed.gateways.accounts.signUp({ body: { ...who, password: ofLength(129) } })
        await expect(tooLong).rejects.toMatchObject({ code: 'request-invalid' })
        const body = { ...who, password: ofLength(128) }
        expect(await bed.gateways.accounts.signUp({ body })).toMatchObject({ ok: true })
        const [token = ''] = await linksTo(bed, who.email)
        await bed.gateways.accounts.verifyEmail({ body: { token } })
        // Not cut: the last character counts.
        const { email } = who
        const cut = await bed.gateways.accounts.signIn({ body: { email, password: ofLength(127) } })
        expect(cut).toMatchObject({ ok: false, problem: { code: 'wrong-credentials' } })
        await signedIn(bed, body)
      })

      it('gives no session before the address is confirmed, and no link is good that we did not send', async () => {
        const body = { name: 'B', email: 'unconfirmed@example.org', password }
        await bed.gateways.accounts.signUp({ body })
        const early = (shown: string) => bed.gateways.accounts.signIn({ body: { email: body.email, password: shown } })
        expect(await early(password)).toMatchObject({ ok: false, problem: { code: 'email-not-verified' } })
        expect(await early(wrong)).toMatchObject({ ok: false, problem: { code: 'wrong-credentials' } })
        const made = await bed.gateways.accounts.verifyEmail({ body: { token: 'a.b.c' } })
        expect(made).toMatchObject({ ok: false, problem: { code: 'link-invalid' } })
        await bed.gateways.accounts.sendAgain({ body: { email: body.email } })
        const links = await linksTo(bed, body.email, 2)
        expect(links).toHaveLength(2)
        expect(await bed.gateways.accounts.verifyEmail({ body: { token: links[1] ?? '' } })).toMatchObject({ ok: true })
      })
    })

    describe('signing in', { timeout: 120_000 }, () => {
      it('says and costs the same for a wrong password and for an unknown address', async () => {
        const { email } = await person(bed)
        const signIn = (of: string) => bed.gateways.accounts.signIn({ body: { email: of, password: wrong } })
        const answers: unknown[] = []
        const counts = [
          await hashes(async () => answers.push(await signIn(email))),
          await hashes(async () => answers.push(await signIn('nobody@example.org'))),
        ]
        expect(answers[0]).toEqual(answers[1])
        expect(answers[0]).toMatchObject({ ok: false, problem: { code: 'wrong-credentials' } })
        expect(counts).toEqual([1, 1])
      })

      it('hashes once whatever comes of it, and asks the database for no more for one account than for another', async () => {
        const who = await person(bed)
        const body = { name: 'B', email: 'not-confirmed@example.org', password }
        await bed.gateways.accounts.signUp({ body })
        const tries = [
          { email: who.email, password: who.password },
          { email: body.email, password },
          { email: who.email, password: wrong },
          { email: body.email, password: wrong },
          { email: 'nobody-at-all@example.org', password: wrong },
        ]
        const counts: number[] = []
        const questions: number[] = []
        for (const tried of tries) {
          const from = bed.traces.length
          counts.push(await hashes(() => bed.gateways.accounts.signIn({ body: tried })))
          questions.push(bed.traces.slice(from).filter(({ name }) => name === 'people.query').length)
        }
        expect(counts).toEqual([1, 1, 1, 1, 1])
        // Whoever is wrong: one, and better-auth asks none.
        expect(questions.slice(2)).toEqual([1, 1, 1])
        expect(Math.min(...questions.slice(0, 2))).toBeGreaterThan(1)
      })

      it('R12: takes ten wrong passwords in a quarter of an hour, then hashes nothing; the owner comes in from a known device', async () => {
        const who = await person(bed)
        const { device = '' } = await signedIn(bed, who)
        const guess = (email: string) => bed.gateways.accounts.signIn({ body: { email, password: wrong } })
        for (const email of [who.email, 'never@example.org']) {
          let hashed = 0
          const codes = new Set<string>()
          for (let n = 0; n < 13; n++) {
            hashed += await hashes(async () => {
              const reply = await guess(email)
              if (!reply.ok) codes.add(reply.problem.code)
            })
          }
          expect({ hashed, codes: [...codes] }).toEqual({
            hashed: 10,
            codes: ['wrong-credentials', 'too-many-attempts'],
          })
        }
        const right = { email: who.email, password: who.password, deliver: 'body' as const }
        const elsewhere = await bed.gateways.accounts.signIn({ body: right })
        expect(elsewhere).toMatchObject({ ok: false, problem: { code: 'too-many-attempts' } })
        tokensOf(await bed.gateways.accounts.signIn({ body: { ...right, device } }))
        const stolen = await bed.gateways.accounts.signIn({ body: { ...right, device: `${device}x` } })
        expect(stolen).toMatchObject({ ok: false })
        await bed.advance('15 minutes')
        tokensOf(await bed.gateways.accounts.signIn({ body: right }))
      })

      it('R12: of 1,000 wrong passwords at once, from as many addresses, ten are hashed; none gets in, the owner does', async () => {
        const who = await person(bed)
        const { device = '' } = await signedIn(bed, who)
        const statuses: Record<number, number> = {}
        const hashed = await hashes(() =>
          Promise.all(
            Array.from({ length: 1_000 }, async (_, n) => {
              const body = { email: who.email, password: `not the password ${n}` }
              const address = `198.18.${n >> 8}.${n & 255}`
              const { status } = await browse(bed, 'accounts/signIn', { body, address })
              statuses[status] = (statuses[status] ?? 0) + 1
            }),
          ),
        )
        expect({ hashed, statuses }).toEqual({ hashed: 10, statuses: { 401: 10, 429: 990 } })
        // Those that came when the first had been refused were refused from memory: they asked and wrote nothing.
        const told = await throttledIn(bed)
        expect(told).toBeGreaterThan(0)
        expect(told).toBeLessThan(100)
        const body = { email: who.email, password: who.password, deliver: 'body' as const }
        tokensOf(await bed.gateways.accounts.signIn({ body: { ...body, device } }))
        await bed.advance('15 minutes')
        tokensOf(await bed.gateways.accounts.signIn({ body }))
      })

      it('R12: gives a new password by a link that is good once, and ends every session', async () => {
        const who = await person(bed)
        const before = await signedIn(bed, who)
        await bed.gateways.accounts.forgotten({ body: { email: who.email } })
        const [token = ''] = await linksTo(bed, who.email)
        const next = 'another long password'
        expect(await bed.gateways.accounts.reset({ body: { token, password: next } })).toMatchObject({ ok: true })
        const again = await bed.gateways.accounts.reset({ body: { token, password: 'a third long password' } })
        expect(again).toMatchObject({ ok: false, problem: { code: 'link-invalid' } })
        await bed.advance('1 second')
        await expect(as(bed, before).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        const old = await bed.gateways.accounts.refresh({ body: { refreshToken: before.refreshToken } })
        expect(old).toMatchObject({ ok: false, problem: { code: 'not-signed-in' } })
        await expect(signedIn(bed, who)).rejects.toThrow('wrong-credentials')
        await signedIn(bed, { ...who, password: next })
      })

      it('has no way in but those that are declared', () => {
        const { routes } = bed.runtime.door
        const unasked = routes.filter(({ endpoint: { caller } }) => caller.scheme === 'anyone')
        expect(unasked.map(({ gateway, name }) => `${gateway}/${name}`)).toEqual([
          'accounts/about',
          'accounts/publicKeys',
        ])
        const strangers = routes.filter(({ endpoint: { caller } }) => caller.name === 'people-visitor')
        expect(strangers.map(({ name }) => name).sort()).toEqual([
          ...[
            'confirmEmail',
            'forgotten',
            'refresh',
            'reset',
            'secondFactor',
            'sendAgain',
            'signIn',
            'signUp',
            'verifyEmail',
          ],
        ])
        expect(Object.values(shop.gateways).flatMap(({ mounts }) => Object.keys(mounts))).toEqual([])
      })

      it('asks for a new password the same way for an address that nobody has, and writes to nobody', async () => {
        const { email } = await person(bed)
        const ask = (of: string) => bed.gateways.accounts.forgotten({ body: { email: of } })
        expect(await ask('unknown@example.org')).toEqual(await ask(email))
        await bed.settled()
        expect((await bed.mails()).filter(({ to }) => to.includes('unknown@example.org'))).toEqual([])
      })
    })

    describe('the second factor', { timeout: 120_000 }, () => {
      it('R12: is asked for at sign-in once it is confirmed; a code is good once, and so is a recovery code', async () => {
        const who = await person(bed)
        let me = as(bed, await signedIn(bed, who)).accounts
        const added = await me.addSecondFactor({ body: { password } })
        if (!added.ok) throw new Error(JSON.stringify(added))
        const { uri, recoveryCodes } = added.value
        expect(new URL(uri).searchParams.get('secret')).toMatch(/^[A-Z2-7]{51,}$/)
        expect(new Set(recoveryCodes).size).toBe(10)
        for (const code of recoveryCodes) expect(code).toMatch(/^\w{5}-\w{5}$/)
        expect(await me.confirmSecondFactor({ body: { code: '000000' } })).toMatchObject({ ok: false })
        const confirmed = await me.confirmSecondFactor({ body: { code: codeOf(uri, bed.now), deliver: 'body' } })
        me = as(bed, tokensOf(confirmed)).accounts
        expect((await me.me()).ok && (await me.me())).toMatchObject({ value: { secondFactor: true } })

        const { email } = who
        const challenged = async () => {
          const reply = await bed.gateways.accounts.signIn({ body: { email, password, deliver: 'body' } })
          if (reply.ok && reply.value.state === 'second-factor') return reply.value.challenge
          throw new Error('no second factor was asked for')
        }
        const show = (body: { challenge: string; code?: string; recoveryCode?: string }) =>
          bed.gateways.accounts.secondFactor({ body: { ...body, deliver: 'body' } })
        const used = codeOf(uri, bed.now)
        expect(await show({ challenge: await challenged(), code: used })).toMatchObject({ ok: false })
        await bed.advance('30 seconds')
        const code = codeOf(uri, bed.now)
        tokensOf(await show({ challenge: await challenged(), code }))
        expect(await show({ challenge: await challenged(), code })).toMatchObject({
          ok: false,
          problem: { code: 'wrong-code' },
        })
        const recoveryCode = recoveryCodes[0] ?? ''
        tokensOf(await show({ challenge: await challenged(), recoveryCode }))
        expect(await show({ challenge: await challenged(), recoveryCode })).toMatchObject({ ok: false })
      })

      it('is what some roles ask for: without it they are withheld, and there at once with it', async () => {
        const who = await person(bed, { roles: ['customer', 'treasurer'] })
        const reply = await bed.gateways.accounts.signIn({
          body: { email: who.email, password: who.password, deliver: 'body' },
        })
        expect(reply).toMatchObject({ value: { roles: ['customer'], withheld: ['treasurer'] } })
        const me = as(bed, tokensOf(reply)).accounts
        const added = await me.addSecondFactor({ body: { password } })
        if (!added.ok) throw new Error(JSON.stringify(added))
        const confirmed = await me.confirmSecondFactor({
          body: { code: codeOf(added.value.uri, bed.now), deliver: 'body' },
        })
        expect(confirmed).toMatchObject({ value: { roles: ['customer', 'treasurer'], withheld: [] } })
      })

      it('nothing about how one signs in changes without the password', async () => {
        const me = as(bed, await signedIn(bed, await person(bed))).accounts
        const refused = { ok: false, problem: { code: 'wrong-password' } }
        expect(await me.addSecondFactor({ body: { password: wrong } })).toMatchObject(refused)
        expect(await me.removeSecondFactor({ body: { password: wrong } })).toMatchObject(refused)
        expect(await me.recoveryCodes({ body: { password: wrong } })).toMatchObject(refused)
        const email = 'somebody-else@example.org'
        expect(await me.changeEmail({ body: { email, password: wrong } })).toMatchObject(refused)
        await bed.settled()
        expect((await bed.mails()).filter(({ to }) => to.includes(email))).toEqual([])
      })

      it('a forgotten password does not do without the second factor', async () => {
        const who = await person(bed)
        const me = as(bed, await signedIn(bed, who)).accounts
        const added = await me.addSecondFactor({ body: { password } })
        if (!added.ok) throw new Error(JSON.stringify(added))
        await me.confirmSecondFactor({ body: { code: codeOf(added.value.uri, bed.now) } })
        await bed.gateways.accounts.forgotten({ body: { email: who.email } })
        const [token = ''] = await linksTo(bed, who.email)
        const next = 'a password chosen anew'
        expect(await bed.gateways.accounts.reset({ body: { token, password: next } })).toMatchObject({ ok: true })
        const reply = await bed.gateways.accounts.signIn({ body: { email: who.email, password: next } })
        expect(reply).toMatchObject({ ok: true, value: { state: 'second-factor' } })
      })

      it('is guessed at ten times a quarter of an hour at most, however many challenges there are', async () => {
        const who = await person(bed)
        const me = as(bed, await signedIn(bed, who)).accounts
        const added = await me.addSecondFactor({ body: { password } })
        if (!added.ok) throw new Error(JSON.stringify(added))
        await me.confirmSecondFactor({ body: { code: codeOf(added.value.uri, bed.now) } })
        await bed.advance('30 seconds')
        for (let n = 0; n < 12; n++) {
          const reply = await bed.gateways.accounts.signIn({ body: { email: who.email, password } })
          if (!reply.ok || reply.value.state !== 'second-factor') throw new Error(JSON.stringify(reply))
          const { challenge } = reply.value
          expect(await bed.gateways.accounts.secondFactor({ body: { challenge, code: '000000' } })).toMatchObject({
            ok: false,
          })
        }
        const reply = await bed.gateways.accounts.signIn({ body: { email: who.email, password } })
        if (!reply.ok || reply.value.state !== 'second-factor') throw new Error(JSON.stringify(reply))
        const { challenge } = reply.value
        const right = await bed.gateways.accounts.secondFactor({
          body: { challenge, code: codeOf(added.value.uri, bed.now) },
        })
        expect(right).toMatchObject({ ok: false })
      })
    })
  })
}
