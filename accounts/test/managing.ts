/** Roles and tenants: who may do what, to whom; and what is told of it. */
import { endpoint, gateway, plan, seed, service } from 'groundplan'
import type { testbed } from 'groundplan/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { as, type Bed, linksTo, person, signedIn } from './people.ts'
import { quickHashes, template } from './quick.ts'
import shop, { people } from './shop.ts'

export function managingIn(home: string, open: typeof testbed): void {
  describe(`accounts ${home}`, () => {
    quickHashes()

    let bed: Bed
    beforeAll(async () => {
      bed = await open(shop, { throttle: false, databaseTemplate: template })
      await person(bed)
    }, 120_000)
    afterAll(() => bed.close())

    describe('roles', { timeout: 120_000 }, () => {
      it('open what asks for them, and what they no longer open is closed within a second', async () => {
        const boss = as(bed, await signedIn(bed, await person(bed, { roles: ['operator'] }))).accounts
        const who = await person(bed)
        const before = await signedIn(bed, who)
        await expect(as(bed, before).api.office()).rejects.toMatchObject({ code: 'not-allowed' })
        await bed.advance('1 second')
        const given = await boss.setRoles({ params: { userId: who.userId }, body: { roles: ['operator'] } })
        expect(given).toMatchObject({ ok: true })
        await bed.advance('1 second')
        await expect(as(bed, before).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        const after = as(bed, await signedIn(bed, who))
        expect(await after.api.office()).toMatchObject({ ok: true })
        await expect(after.api.me()).rejects.toMatchObject({ code: 'not-allowed' })
      })

      it('are given by managers alone, never to themselves, and only those that the plan knows', async () => {
        const manager = await person(bed, { roles: ['operator'] })
        const boss = as(bed, await signedIn(bed, manager)).accounts
        const customer = as(bed, await signedIn(bed, await person(bed))).accounts
        const own = { params: { userId: manager.userId }, body: { roles: [] } }
        expect(await boss.setRoles(own)).toMatchObject({ ok: false, problem: { code: 'own-roles' } })
        await expect(customer.setRoles(own)).rejects.toMatchObject({ code: 'not-allowed' })
        await expect(customer.people()).rejects.toMatchObject({ code: 'not-allowed' })
        const strange = { params: { userId: manager.userId }, body: { roles: ['king'] } }
        await expect(boss.setRoles(strange as never)).rejects.toMatchObject({ code: 'request-invalid' })
      })

      it('and tenants that the plan does not declare are refused before it starts, with the place', async () => {
        const strange = { role: 'king', tenant: 'east' } as never
        const show = endpoint('GET /x', {
          summary: 'A mistake',
          caller: people.session(strange),
          returns: z.string(),
          handle: () => 'x' as const,
        })
        const flawed = plan('flawed', { gateways: { api: gateway(service('front', { show })) } })
        await expect(open(flawed)).rejects.toThrow(
          /managing\.ts:\d+ {2}The accounts "people" know no role "king" — declare it, or ask for one of: customer, operator, treasurer[\s\S]*know no tenant "east"/,
        )
      })
    })

    describe('tenants', { timeout: 120_000 }, () => {
      it('a manager sees and changes the people of his tenant, and nobody else exists for him', async () => {
        const north = as(bed, await signedIn(bed, await person(bed, { roles: ['operator'] }))).accounts
        const southern = await person(bed, { tenant: 'south' })
        const tokens = await signedIn(bed, southern)
        const listed = (await north.people()).value.items
        expect(listed.length).toBeGreaterThan(0)
        expect(new Set(listed.map(({ tenant }) => tenant))).toEqual(new Set(['north']))
        const params = { userId: southern.userId }
        expect(await north.setRoles({ params, body: { roles: ['operator'] } })).toMatchObject({ ok: false })
        expect(await north.signOutPerson({ params })).toMatchObject({ ok: false, problem: { code: 'not-found' } })
        const invited = { name: 'X', email: 'x@example.org', roles: ['customer' as const], tenant: 'south' as const }
        expect(await north.invite({ body: invited })).toMatchObject({ ok: false })
        expect(await north.person({ params })).toMatchObject({ ok: false, problem: { code: 'not-found' } })
        expect(await north.setLock({ params, body: { locked: true } })).toMatchObject({ ok: false })
        const told = (await north.auditTrail()).value.items
        expect(told.length).toBeGreaterThan(0)
        expect(told.map(({ userId }) => userId)).not.toContain(southern.userId)
        for (const hers of [southern.userId, southern.email]) {
          expect((await north.auditTrail({ query: { person: hers } })).value.items).toEqual([])
        }
        expect((await north.people({ query: { search: southern.email } })).value.items).toEqual([])
        expect((await north.choices()).value.tenants).toEqual([])
        expect(await as(bed, tokens).api.south()).toMatchObject({ ok: true, value: { tenant: 'south' } })
      })

      it('what is for one is closed to the others', async () => {
        const northern = as(bed, await signedIn(bed, await person(bed)))
        await expect(northern.api.south()).rejects.toMatchObject({ code: 'not-allowed' })
      })
    })

    describe('people', { timeout: 120_000 }, () => {
      it('are invited: they choose a password by the link, and are what they were made', async () => {
        const boss = as(bed, await signedIn(bed, await person(bed, { roles: ['operator'] }))).accounts
        const body = { name: 'Ivo', email: 'ivo@example.org', roles: ['operator' as const] }
        expect(await boss.invite({ body })).toMatchObject({ ok: true })
        const [token = ''] = await linksTo(bed, body.email)
        await bed.gateways.accounts.reset({ body: { token, password: 'chosen by Ivo himself' } })
        const ivo = as(bed, await signedIn(bed, { email: body.email, password: 'chosen by Ivo himself' }))
        expect(await ivo.api.office()).toMatchObject({ ok: true })
        expect((await ivo.accounts.me()).ok && (await ivo.accounts.me())).toMatchObject({ value: { tenant: 'north' } })
      })

      it('change their address once the new one is confirmed, and the old one is told', async () => {
        const [who, other] = [await person(bed), await person(bed)]
        const me = as(bed, await signedIn(bed, who)).accounts
        const change = async (email: string) => {
          expect(await me.changeEmail({ body: { email, password: who.password } })).toMatchObject({ ok: true })
          await bed.settled()
          const mail = (await bed.mails()).findLast(({ to }) => to.includes(email))
          return decodeURIComponent(/#change=(\S+)/.exec(mail?.text ?? '')?.[1] ?? '')
        }
        const confirm = (token: string) => bed.gateways.accounts.confirmEmail({ body: { token } })
        const email = 'a-new-address@example.org'
        const [token, late, taken] = [await change(email), await change('later@example.org'), await change(other.email)]
        expect(await confirm(`${token}x`)).toMatchObject({ ok: false, problem: { code: 'link-invalid' } })
        expect(await confirm(taken)).toMatchObject({ ok: false, problem: { code: 'link-invalid' } })
        expect((await me.me()).ok && (await me.me())).toMatchObject({ value: { email: who.email } })
        expect(await confirm(token)).toMatchObject({ ok: true })
        for (const used of [token, late]) expect(await confirm(used)).toMatchObject({ ok: false })
        await signedIn(bed, { ...who, email })
        await bed.settled()
        const told = (await bed.mails()).filter(({ to }) => to.includes(who.email)).map(({ subject }) => subject)
        expect(told).toEqual(['The shop: your address was changed'])
        expect(await me.changeName({ body: { name: '  Anna Berg ' } })).toMatchObject({ value: { name: 'Anna Berg' } })
      })

      it('are found by a part of their name or address, and by role; a sign of patterns is a letter like any other', async () => {
        const boss = as(bed, await signedIn(bed, await person(bed, { roles: ['operator'] }))).accounts
        const who = await person(bed, { roles: ['customer', 'treasurer'] })
        const found = async (query: { readonly search?: string; readonly role?: 'treasurer' }) =>
          (await boss.people({ query })).value.items.map(({ userId }) => userId)
        expect(await found({ search: who.email.slice(0, -4).toUpperCase() })).toEqual([who.userId])
        expect(await found({ search: 'person-%@' })).toEqual([])
        expect(await found({ search: 'person_' })).toEqual([])
        expect(await found({ role: 'treasurer' })).toContain(who.userId)
        expect(await found({ role: 'treasurer', search: 'nobody' })).toEqual([])
        const { items } = (await boss.people()).value
        expect(items.map(({ email }) => email)).toEqual(items.map(({ email }) => email).sort())
      })

      it('are listed page by page, each once', async () => {
        const boss = as(bed, await signedIn(bed, await person(bed, { roles: ['operator'], tenant: 'south' }))).accounts
        const made = await fiftyMore('south')
        const first = (await boss.people()).value
        const second = (await boss.people({ query: { after: first.after ?? '' } })).value
        expect([first.items.length, second.after]).toEqual([50, undefined])
        const listed = [...first.items, ...second.items].map(({ userId }) => userId)
        expect(new Set(listed).size).toBe(listed.length)
        expect(listed).toEqual(expect.arrayContaining([...made]))
      })

      it('whose account is locked are out within a second and come in by no way, until it is opened', async () => {
        const manager = await person(bed, { roles: ['operator'] })
        const boss = as(bed, await signedIn(bed, manager)).accounts
        const who = await person(bed)
        const tokens = await signedIn(bed, who)
        const params = { userId: who.userId }
        expect(await boss.person({ params })).toMatchObject({
          value: { person: { email: who.email, locked: false }, sessions: [{ address: '127.0.0.1' }] },
        })
        expect(await boss.setLock({ params, body: { locked: true } })).toMatchObject({ value: { locked: true } })
        await bed.advance('1 second')
        await expect(as(bed, tokens).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
        const { refreshToken } = tokens
        expect(await bed.gateways.accounts.refresh({ body: { refreshToken } })).toMatchObject({ ok: false })
        const { email, password } = who
        const trySigningIn = (given: string) => bed.gateways.accounts.signIn({ body: { email, password: given } })
        expect(await trySigningIn(password)).toMatchObject({ ok: false, problem: { code: 'account-locked' } })
        expect(await trySigningIn('a wrong password')).toMatchObject({
          ok: false,
          problem: { code: 'wrong-credentials' },
        })
        await bed.gateways.accounts.forgotten({ body: { email } })
        const token = (await linksTo(bed, email)).at(-1) ?? ''
        const next = 'chosen by the owner again'
        expect(await bed.gateways.accounts.reset({ body: { token, password: next } })).toMatchObject({ ok: true })
        expect(await trySigningIn(next)).toMatchObject({ ok: false, problem: { code: 'account-locked' } })
        expect(await boss.person({ params })).toMatchObject({ value: { person: { locked: true }, sessions: [] } })
        expect(await boss.setLock({ params, body: { locked: false } })).toMatchObject({ value: { locked: false } })
        expect(await trySigningIn(next)).toMatchObject({ ok: true })
        const own = { params: { userId: manager.userId }, body: { locked: true } }
        expect(await boss.setLock(own)).toMatchObject({ ok: false, problem: { code: 'own-account' } })
      })

      it('whose account is locked before they ever signed in are what newcomers are, once it is open', async () => {
        const chief = await person(bed, { roles: ['operator'] })
        await ofNoTenant(chief)
        const boss = as(bed, await signedIn(bed, chief)).accounts
        const body = { email: 'uta@example.org', password: 'a long enough password' }
        await bed.gateways.accounts.signUp({ body: { ...body, name: 'Uta' } })
        const [token = ''] = await linksTo(bed, body.email)
        await bed.gateways.accounts.verifyEmail({ body: { token } })
        const [uta] = (await boss.people({ query: { search: 'uta@' } })).value.items
        const params = { userId: uta?.userId ?? '' }
        await boss.setLock({ params, body: { locked: true } })
        expect(await bed.gateways.accounts.signIn({ body })).toMatchObject({ problem: { code: 'account-locked' } })
        await boss.setLock({ params, body: { locked: false } })
        const reply = await bed.gateways.accounts.signIn({ body })
        expect(reply).toMatchObject({ ok: true, value: { roles: ['customer'], tenant: 'north' } })
      })

      it('managers end the sessions of a person', async () => {
        const boss = as(bed, await signedIn(bed, await person(bed, { roles: ['operator'] }))).accounts
        const who = await person(bed)
        const both = [await signedIn(bed, who), await signedIn(bed, who)]
        expect(await boss.signOutPerson({ params: { userId: who.userId } })).toMatchObject({ value: { ended: 2 } })
        await bed.advance('1 second')
        for (const tokens of both) {
          await expect(as(bed, tokens).api.me()).rejects.toMatchObject({ code: 'not-authenticated' })
          const { refreshToken } = tokens
          expect(await bed.gateways.accounts.refresh({ body: { refreshToken } })).toMatchObject({ ok: false })
        }
      })

      it('see what happened to their account, and from where', async () => {
        const who = await person(bed)
        const tokens = await signedIn(bed, who)
        await bed.advance('1 second')
        await bed.gateways.accounts.signIn({ body: { email: who.email, password: 'a wrong password' } })
        await bed.advance('1 second')
        await as(bed, tokens).accounts.endOthers()
        await bed.settled()
        const { items } = (await as(bed, tokens).accounts.events()).value
        expect(items.map(({ kind }) => kind)).toEqual(['session-ended', 'sign-in-failed', 'signed-in'])
        expect(items[2]).toMatchObject({ userId: who.userId, address: '127.0.0.1' })
        const { audit } = bed.uses({ audit: people.audit.reader })
        const [kept] = (await audit.by.person({ userId: who.userId }, { limit: 1 })).items
        expect(Date.parse(kept?.expiresAt ?? '') - Date.parse(kept?.at ?? '')).toBe(365 * 86_400_000)
      })

      it('tried by somebody with a wrong password see that, and from where; nobody else is told of it', async () => {
        const [owner, other] = [await person(bed), await person(bed)]
        const tried = await bed.gateways.accounts.signIn({ body: { email: owner.email, password: 'a wrong password' } })
        expect(tried).toMatchObject({ ok: false, problem: { code: 'wrong-credentials' } })
        await bed.advance('1 second')
        const seenBy = async (who: typeof owner) => {
          const own = as(bed, await signedIn(bed, who)).accounts
          await bed.settled()
          return (await own.events()).value.items.map(({ kind, address }) => [kind, address])
        }
        expect(await seenBy(owner)).toEqual([
          ['signed-in', '127.0.0.1'],
          ['sign-in-failed', '127.0.0.1'],
        ])
        expect(await seenBy(other)).toEqual([['signed-in', '127.0.0.1']])
      })
    })

    describe('the audit trail', { timeout: 120_000 }, () => {
      it('is read by person, kind and time, the latest first, page by page, with names', async () => {
        const manager = await person(bed, { roles: ['operator'] })
        const who = await person(bed)
        const { items: before } = await trail(manager, {})
        const from = bed.now.toISOString()
        for (const name of ['One', 'Two']) {
          const { accounts } = as(bed, await signedIn(bed, who))
          await bed.advance('1 second')
          await accounts.changeName({ body: { name } })
          await bed.advance('1 second')
        }
        await bed.advance('2 days')
        const later = bed.now.toISOString()
        await as(bed, await signedIn(bed, manager)).accounts.setRoles({ params: who, body: { roles: ['customer'] } })
        await bed.settled()
        const kinds = async (query: TrailQuery) => (await trail(manager, query)).items.map(({ kind }) => kind)
        const all = ['roles-changed', 'name-changed', 'signed-in', 'name-changed', 'signed-in']
        for (const by of [who.userId, who.email.toUpperCase()]) expect(await kinds({ person: by, from })).toEqual(all)
        expect(await kinds({ person: who.userId, from, kind: 'name-changed' })).toEqual([
          'name-changed',
          'name-changed',
        ])
        expect(await kinds({ person: who.userId, from: later })).toEqual(['roles-changed'])
        expect(await kinds({ from, to: later, kind: 'name-changed' })).toEqual(['name-changed', 'name-changed'])
        expect(await kinds({ from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' })).toEqual([])
        const [changed] = (await trail(manager, { person: who.userId })).items
        expect(changed).toMatchObject({ name: 'Two', email: who.email, byName: expect.stringMatching(/^Person/) })
        const whole = await trail(manager, {})
        const ids = whole.items.map(({ eventId }) => eventId)
        expect(new Set(ids).size).toBe(ids.length)
        expect(ids).toEqual(expect.arrayContaining(before.map(({ eventId }) => eventId)))
        const times = whole.items.map(({ at }) => at.slice(0, 10))
        expect(times).toEqual(times.toSorted().reverse())
        expect(whole.pages).toBeGreaterThan(1)
      })

      it('is closed to whoever manages nobody, and takes no cursor that it did not give', async () => {
        const customer = as(bed, await signedIn(bed, await person(bed))).accounts
        await expect(customer.auditTrail()).rejects.toMatchObject({ code: 'not-allowed' })
        const manager = await person(bed, { roles: ['operator'] })
        const boss = as(bed, await signedIn(bed, manager)).accounts
        for (const after of ['2026-99-99/', 'x', '../..']) {
          expect((await boss.auditTrail({ query: { after } })).ok, after).toBe(true)
        }
      })
    })

    /** Fifty people of a tenant, by their rows alone: how they would sign in is not the point. */
    function fiftyMore(tenant: string): Promise<readonly string[]> {
      const ids = Array.from({ length: 50 }, (_none, each) => `of-many-${each}`)
      const enrolling = seed({
        uses: { db: people.database.writer },
        async handle({ at }, { db }) {
          const now = { createdAt: at.toISOString(), updatedAt: at.toISOString() }
          const rest = { name: 'One of many', emailVerified: true, image: null, twoFactorEnabled: false, ...now }
          const users = ids.map(id => ({ ...rest, id, email: `${id}@example.org` }))
          await db.sql.insertInto('user').values(users).execute()
          const usual = { roles: ['customer'], tenant, development: false, locked_at: null }
          const memberships = ids.map(user_id => ({ ...usual, user_id }))
          await db.sql.insertInto('memberships').values(memberships).execute()
          return ids
        },
      })
      return bed.seed(enrolling)
    }

    type TrailQuery = NonNullable<Parameters<Bed['gateways']['accounts']['auditTrail']>[0]>['query']

    async function ofNoTenant(...those: readonly { readonly userId: string }[]): Promise<void> {
      const ids = those.map(({ userId }) => userId)
      const without = seed({
        uses: { db: people.database.writer },
        async handle(_call, { db: { sql } }) {
          await sql.updateTable('memberships').set({ tenant: null }).where('user_id', 'in', ids).execute()
          return []
        },
      })
      await bed.seed(without)
    }

    /** All pages of it, read by a manager who signs in for it. */
    async function trail(manager: Awaited<ReturnType<typeof person>>, query: TrailQuery) {
      const boss = as(bed, await signedIn(bed, manager)).accounts
      const items = []
      let after: string | undefined
      let pages = 0
      do {
        const page = (await boss.auditTrail({ query: { ...query, after } })).value
        items.push(...page.items)
        after = page.after
        pages += 1
      } while (after !== undefined)
      return { items, pages }
    }

    describe('API keys', { timeout: 120_000 }, () => {
      it('G14: are made, shown once, rotated and revoked by the people of their account, and by nobody else', async () => {
        const northern = await person(bed)
        let north = as(bed, await signedIn(bed, northern)).accounts
        const south = as(bed, await signedIn(bed, await person(bed, { tenant: 'south' }))).accounts
        const body = { name: 'The till', scopes: ['read'], rate: 'free' }
        const made = await north.createKey({ body })
        if (!made.ok) throw new Error(JSON.stringify(made))
        const { keyId, text } = made.value
        await bed.settled()
        const { keys, scopes, rates } = (await north.listKeys()).value
        expect({ scopes, rates }).toEqual({
          scopes: ['read', 'write'],
          rates: [{ name: 'free', perSecond: 5, perMonth: 10_000 }],
        })
        expect(keys).toMatchObject([{ keyId, prefix: `partner_${keyId}`, name: 'The till', rate: 'free' }])
        expect(JSON.stringify(keys)).not.toContain(text.split('_')[2])
        const account = async (key: string) => (await bed.with({ 'x-api-key': key }).keys.whose()).value.account
        expect(await account(text)).toBe('north')

        expect((await south.listKeys()).value.keys).toEqual([])
        const params = { keyId }
        const notFound = { ok: false, problem: { code: 'not-found' } }
        expect(await south.rotateKey({ params, body: {} })).toMatchObject(notFound)
        expect(await south.revokeKey({ params })).toMatchObject(notFound)

        const next = await north.rotateKey({ params, body: { overlapHours: 1 } })
        if (!next.ok) throw new Error(JSON.stringify(next))
        expect([await account(text), await account(next.value.text)]).toEqual(['north', 'north'])
        await bed.advance('1 hour')
        await expect(account(text)).rejects.toMatchObject({ code: 'not-authenticated' })
        north = as(bed, await signedIn(bed, northern)).accounts
        expect(await north.revokeKey({ params: { keyId: next.value.keyId } })).toMatchObject({ ok: true })
        await expect(account(next.value.text)).rejects.toMatchObject({ code: 'not-authenticated' })
      })

      it('of somebody whose account is locked are refused until it is opened; a tenant’s are the tenant’s', async () => {
        const [chief, loner, northern] = [
          await person(bed, { roles: ['operator'] }),
          await person(bed),
          await person(bed),
        ]
        await ofNoTenant(chief, loner)
        const body = { name: 'A script', scopes: ['read'] }
        const makes = async (who: typeof loner) => {
          const made = await as(bed, await signedIn(bed, who)).accounts.createKey({ body })
          if (!made.ok) throw new Error(JSON.stringify(made))
          return made.value.text
        }
        const [own, tenants] = [await makes(loner), await makes(northern)]
        await bed.settled()
        const account = async (key: string) => (await bed.with({ 'x-api-key': key }).keys.whose()).value.account
        expect([await account(own), await account(tenants)]).toEqual([loner.userId, 'north'])
        const boss = as(bed, await signedIn(bed, chief)).accounts
        for (const { userId } of [loner, northern]) await boss.setLock({ params: { userId }, body: { locked: true } })
        await expect(account(own)).rejects.toMatchObject({ code: 'not-authenticated' })
        expect(await account(tenants)).toBe('north')
        await boss.setLock({ params: { userId: loner.userId }, body: { locked: false } })
        expect(await account(own)).toBe(loner.userId)
      })

      it('are made with scopes and rate plans that the plan declares, and no others', async () => {
        const north = as(bed, await signedIn(bed, await person(bed))).accounts
        for (const body of [{ scopes: ['all'] }, { scopes: [] }, { scopes: ['read'], rate: 'gold' }]) {
          await expect(north.createKey({ body: { name: 'x', ...body } as never })).rejects.toMatchObject({
            code: 'request-invalid',
          })
        }
      })
    })
  })
}
