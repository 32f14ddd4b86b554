/**
 * Signing up, confirming the address, and a forgotten password. Nothing here says whether somebody is known: a mail goes
 * out in either case, or is decided on later, by a consumer.
 */
import { answer, consumer, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { attempt } from './attempts.ts'
import { audited } from './audit.ts'
import { refusalOf, visitHeaders } from './better-auth.ts'
import { tooEasy } from './easy.ts'
import type { Letter } from './keeping.ts'
import {
  auth,
  Email,
  hashed,
  type Kit,
  limited,
  Name,
  NewPassword,
  Next,
  sendWanted,
  strangersPace,
  Token,
  tooManyAttempts,
  type Uses,
} from './kit.ts'
import * as sessions from './opened.ts'
import type { Visitor } from './session.ts'

const onItsWay = z.object({ state: z.literal('mail-on-its-way') })
const mailOnItsWay = { state: 'mail-on-its-way' } as const
const badLink = problem('link-invalid', 'The link is wrong, was used, or is too old')

export function signUpEndpoints(kit: Kit) {
  const { uses, door, newcomers } = kit
  const visitor = door.visitor(newcomers)
  const signUp = endpoint('POST /sign-up', {
    summary: 'Sign up: the address is confirmed by a mail',
    caller: visitor,
    body: z.object({ name: Name, email: Email, password: NewPassword, next: Next.optional() }),
    returns: { 202: onItsWay },
    fails: { 'by-invitation-only': 403, 'password-too-easy': 422, ...limited },
    pace: strangersPace,
    uses,
    async handle({ body, caller, at, newId }, clients) {
      if (!newcomers) return problem('by-invitation-only', 'Here people are invited')
      const { next, ...newcomer } = body
      const { email } = body
      const easy = await tooEasy(body.password, [body.name, email, kit.title])
      if (easy) return easy
      const counted = { address: caller.address, letters: email }
      if (!(await attempt(clients, at, counted))) return tooManyAttempts
      const { api, wanted } = await auth(kit, clients)
      const done = await hashed(kit, () => api.signUpEmail({ body: newcomer, headers: visitHeaders(caller) }))
      if ('code' in done) return done
      await sendWanted(kit, clients, { origin: caller.site.origin, next }, wanted)
      await audited(clients, { at, newId }, caller, { kind: 'signed-up' })
      return mailOnItsWay
    },
  })

  const verifyEmail = endpoint('POST /verify-email', {
    summary: 'Confirm an address with the token of the mail',
    caller: visitor,
    body: z.object({ token: Token }),
    returns: z.object({ state: z.literal('verified') }),
    fails: { 'link-invalid': 400, ...limited },
    pace: strangersPace,
    uses,
    async handle({ body, caller, at, newId }, clients) {
      if (!(await attempt(clients, at, { address: caller.address }))) return tooManyAttempts
      const { api, changed } = await auth(kit, clients)
      try {
        await api.verifyEmail({ query: { token: body.token }, headers: visitHeaders(caller) })
      } catch (error) {
        if (refusalOf(error) === undefined) throw error
        return badLink
      }
      for (const userId of changed) {
        await audited(clients, { at, newId }, caller, { kind: 'email-verified', userId })
      }
      return { state: 'verified' }
    },
  })

  const sendAgain = endpoint('POST /verify-email/again', {
    summary: 'Send the mail that confirms an address again',
    caller: visitor,
    body: z.object({ email: Email, next: Next.optional() }),
    returns: { 202: onItsWay },
    fails: limited,
    pace: strangersPace,
    uses,
    handle: ({ body, caller, at }, clients) => asked(clients, at, caller, { kind: 'verify', ...body }),
  })

  const forgotten = endpoint('POST /password/forgotten', {
    summary: 'Ask for a link to choose a new password',
    caller: visitor,
    body: z.object({ email: Email, next: Next.optional() }),
    returns: { 202: onItsWay },
    fails: limited,
    pace: strangersPace,
    uses,
    handle: ({ body, caller, at }, clients) => asked(clients, at, caller, { kind: 'reset', ...body }),
  })

  const reset = endpoint('POST /password/reset', {
    summary: 'Choose a new password with the token of the mail; every session ends',
    caller: visitor,
    body: z.object({ token: Token, password: NewPassword }),
    returns: z.object({ state: z.literal('password-changed') }),
    fails: { 'link-invalid': 400, 'password-too-easy': 422, ...limited },
    pace: strangersPace,
    uses,
    async handle({ body, caller, at, newId }, clients) {
      const easy = await tooEasy(body.password, [kit.title])
      if (easy) return easy
      if (!(await attempt(clients, at, { address: caller.address }))) return tooManyAttempts
      const { api, changed } = await auth(kit, clients)
      try {
        const { token, password } = body
        const headers = visitHeaders(caller)
        const done = await hashed(kit, () => api.resetPassword({ body: { token, newPassword: password }, headers }))
        if ('code' in done) return done
      } catch (error) {
        if (refusalOf(error) === undefined) throw error
        return badLink
      }
      for (const userId of changed) {
        // Whoever read the mail has shown that the address is theirs.
        await clients.db.sql.updateTable('user').set({ emailVerified: true }).where('id', '=', userId).execute()
        await sessions.sessionsEnded(clients, userId, at)
        await audited(clients, { at, newId }, caller, { kind: 'password-reset', userId })
      }
      return answer(200, { state: 'password-changed' }, { 'set-cookie': sessions.noCookies(kit.name, caller.site) })
    },
  })

  /** Decides, where nobody waits for it, whether there is somebody to write to. */
  const writeLetter = consumer(kit.kept.letters, {
    uses,
    async handle({ message: { kind, email, pages, next } }, clients) {
      const { api, wanted } = await auth(kit, clients)
      if (kind === 'reset') await api.requestPasswordReset({ body: { email } })
      else await api.sendVerificationEmail({ body: { email } })
      await sendWanted(kit, clients, { origin: pages, next }, wanted)
    },
  })
  return { signUp, verifyEmail, sendAgain, forgotten, reset, writeLetter }
}

async function asked(uses: Uses, at: Date, { address, site }: Visitor, letter: Omit<z.output<typeof Letter>, 'pages'>) {
  if (!(await attempt(uses, at, { address, letters: letter.email }))) return tooManyAttempts
  await uses.letters.send({ ...letter, pages: site.origin })
  return mailOnItsWay
}
