/**
 * Signing in and out. What does not let somebody in says the same, does the same and takes as long, whether or not there
 * is such an account.
 */
import { answer, type Call, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { attempt, firstUse, forgiven, isSpent, tried } from './attempts.ts'
import { audited } from './audit.ts'
import { challengeHeaders, cookieOf, refusalOf, sessionTokenOf, visitHeaders } from './better-auth.ts'
import { rootOf } from './keys.ts'
import {
  auth,
  busy,
  Code,
  Email,
  hashed,
  type Kit,
  limited,
  Password,
  strangersPace,
  Token,
  tooManyAttempts,
  type Uses,
} from './kit.ts'
import { kept, newcomer } from './membership.ts'
import * as sessions from './opened.ts'
import { fitting, knowing, type Shown } from './passwords.ts'
import type { Visitor } from './session.ts'

// ---------- what comes out

/** Programs have no cookies: they are given the tokens themselves. */
const deliver = z.enum(['cookies', 'body']).default('cookies')

const Tokens = z.object({ accessToken: z.string(), refreshToken: z.string(), device: z.string().optional() })
export const SignedInAnswer = z.object({
  state: z.literal('signed-in'),
  userId: z.string(),
  roles: z.array(z.string()),
  /** Roles that are had only with a second factor: add one, and they are there. */
  withheld: z.array(z.string()),
  tenant: z.string().optional(),
  /** When the access token must be renewed. */
  accessUntil: z.iso.datetime(),
  tokens: Tokens.optional(),
})
const ChallengeAnswer = z.object({ state: z.literal('second-factor'), challenge: z.string() })

/** A session as the answer of an endpoint. */
export function handedOver(
  { name }: Kit,
  opened: sessions.Opened,
  visitor: Pick<Visitor, 'site'>,
  how: z.output<typeof deliver>,
  device?: string,
) {
  const { userId, tenant, accessUntil, accessToken, refreshToken } = opened
  const [roles, withheld] = [[...opened.roles], [...opened.withheld]]
  const said = { state: 'signed-in' as const, userId, roles, withheld, accessUntil, ...(tenant ? { tenant } : {}) }
  if (how === 'cookies') {
    return answer(200, said, { 'set-cookie': sessions.cookiesFor(name, opened, visitor.site, device) })
  }
  return answer(200, { ...said, tokens: { accessToken, refreshToken, ...(device ? { device } : {}) } })
}

/** Said to whoever has shown everything, and to nobody else. */
const closed = { 'account-locked': 403, 'development-only': 403 } as const

// ---------- endpoints

const wrong = problem('wrong-credentials', 'The address or the password is wrong')
const notVerified = problem('email-not-verified', 'Confirm your address first')

export function signInEndpoints(kit: Kit) {
  const { name, uses, door } = kit
  const visitor = door.visitor()
  const signIn = endpoint('POST /sign-in', {
    summary: 'Sign in with address and password',
    description: 'Answers 202 with a challenge where a second factor is asked for.',
    caller: visitor,
    body: z.object({ email: Email, password: Password, device: Token.optional(), deliver }),
    returns: { 200: SignedInAnswer, 202: ChallengeAnswer },
    fails: { 'wrong-credentials': 401, 'email-not-verified': 403, ...closed, ...limited },
    pace: strangersPace,
    uses,
    async handle(call, clients) {
      // Ids and a log are made when they are asked for: whoever is refused needs neither.
      const { body, caller, at } = call
      const { email, password } = body
      const shownDevice = body.device ?? caller.device
      const device = shownDevice && sessions.knownDevice(await rootOf(clients), email, shownDevice)
      const counted = { address: caller.address, ...(device ? { device } : { account: email }) }
      // Before anything is counted: whoever is told to come again has not tried.
      if (kit.hashing.inTurn.isFull(Boolean(device))) return busy
      const spent = kit.spentIn(clients)
      if (isSpent(spent, at, counted)) return tooManyAttempts
      const how = await kit.strangers(() => tried(clients, at, counted, spent), Boolean(device))
      if (how === undefined) return busy
      if (how === 'known') return tooManyAttempts
      if (how === 'used-up') {
        // Once for each address and account, and not where it was known: a flood does not fill the trail.
        const seen = await kit.strangers(() => firstUse(clients, at, `throttled/${caller.address}/${email}`))
        if (seen) await audited(clients, call, caller, { kind: 'sign-in-throttled' })
        return tooManyAttempts
      }
      try {
        const given = await hashed(kit, () => shown(kit, clients, { email, password }, caller), Boolean(device))
        if ('code' in given) return given
        if ('wrong' in given) return await notLetIn(clients, call, 'wrong-credentials', given.userId)
        await forgiven(clients, at, device ? { device } : { account: email }, spent)
        const challenge = cookieOf(given.headers, 'two_factor')
        if (challenge !== undefined) return answer(202, { state: 'second-factor', challenge })
        return await letIn(kit, clients, sessionTokenOf(given.headers) ?? '', email, caller, call, body.deliver)
      } catch (error) {
        const why = refusalOf(error)
        if (why === undefined) throw error
        return await notLetIn(clients, call, why === 'EMAIL_NOT_VERIFIED' ? 'email-not-verified' : 'wrong-credentials')
      }
    },
  })

  const secondFactor = endpoint('POST /sign-in/second-factor', {
    summary: 'Show the second factor of a sign-in: a code of the app, or a recovery code',
    caller: visitor,
    body: z.object({ challenge: Token, code: Code.optional(), recoveryCode: Code.optional(), deliver }),
    returns: SignedInAnswer,
    fails: { 'wrong-code': 401, ...closed, ...limited },
    pace: strangersPace,
    uses,
    async handle({ body: { challenge, code, recoveryCode, deliver }, caller, at, newId }, clients) {
      const now = { at, newId }
      if (!(await attempt(clients, at, { address: caller.address }))) return tooManyAttempts
      const { api } = await auth(kit, clients)
      const headers = challengeHeaders(caller, challenge)
      try {
        const given =
          recoveryCode === undefined
            ? await api.verifyTOTP({ body: { code: code ?? '' }, headers, returnHeaders: true })
            : await api.verifyBackupCode({ body: { code: recoveryCode }, headers, returnHeaders: true })
        const { user, token } = given.response
        if (recoveryCode === undefined && !(await firstUse(clients, at, `code/${user.id}/${code}`))) {
          await clients.db.sql
            .deleteFrom('session')
            .where('token', '=', token ?? '')
            .execute()
          return wrongCode
        }
        if (recoveryCode !== undefined)
          await audited(clients, now, caller, { kind: 'recovery-code-used', userId: user.id })
        return await letIn(kit, clients, sessionTokenOf(given.headers) ?? '', user.email, caller, now, deliver)
      } catch (error) {
        if (refusalOf(error) === undefined) throw error
        await audited(clients, now, caller, { kind: 'sign-in-failed', detail: 'second factor' })
        return wrongCode
      }
    },
  })

  const refresh = endpoint('POST /refresh', {
    summary: 'Renew a session: the refresh token is good once, and gives the next',
    caller: visitor,
    body: z.object({ refreshToken: Token.optional() }).default({}),
    returns: SignedInAnswer,
    fails: { 'not-signed-in': 401 },
    uses,
    async handle({ body, caller, at, newId }, clients) {
      const token = body.refreshToken ?? caller.refresh
      if (token === undefined) return sessions.notSignedIn
      const opened = await sessions.renewed(clients, kit, token, caller, { at, newId })
      if (!opened) return sessions.notSignedIn
      return handedOver(kit, opened, caller, body.refreshToken === undefined ? 'cookies' : 'body')
    },
  })

  const signOut = endpoint('POST /sign-out', {
    summary: 'End this session',
    caller: door.signedIn(),
    returns: z.object({ state: z.literal('signed-out') }),
    uses,
    async handle({ caller, at, newId }, clients) {
      await sessions.sessionEnded(clients, caller, at)
      await audited(clients, { at, newId }, caller, { kind: 'signed-out', userId: caller.userId })
      return answer(200, { state: 'signed-out' }, { 'set-cookie': sessions.noCookies(name, caller.site) })
    },
  })
  return { signIn, secondFactor, refresh, signOut }
}

/** What better-auth says to whoever shows the right password; it is not asked about any other. */
async function shown(kit: Kit, uses: Uses, { email, password }: Shown, visitor: Visitor) {
  const { userId, hash } = await fitting(uses, kit.hashing, { email, password })
  if (hash === undefined) return { wrong: true, userId } as const
  const { api } = await auth({ ...kit, hashing: knowing(kit.hashing, hash, password) }, uses)
  return api.signInEmail({ body: { email, password }, headers: visitHeaders(visitor), returnHeaders: true })
}

async function notLetIn(
  uses: Uses,
  call: Refused,
  why: 'email-not-verified' | 'wrong-credentials',
  userId?: string | undefined,
) {
  call.log.info('somebody was not let in', { why })
  await audited(uses, call, call.caller, { kind: 'sign-in-failed', ...(userId === undefined ? {} : { userId }) })
  return why === 'wrong-credentials' ? wrong : notVerified
}

type Refused = Pick<Call, 'at' | 'newId' | 'log'> & { readonly caller: Visitor }

const wrongCode = problem('wrong-code', 'The code is wrong, was used, or came too late')

/** Whoever has shown everything: a session, with the roles of its person. */
async function letIn(
  kit: Kit,
  uses: Uses,
  sessionToken: string,
  email: string,
  visitor: Visitor,
  now: Parameters<typeof sessions.opened>[3],
  how: z.output<typeof deliver>,
) {
  const session = await uses.db.sql
    .selectFrom('session')
    .select(['id', 'userId'])
    .where('token', '=', sessionToken)
    .executeTakeFirstOrThrow()
  const membership = await member(kit, uses, session.userId, email)
  if (membership.development && !visitor.site.local) {
    await uses.db.sql.deleteFrom('session').where('id', '=', session.id).execute()
    return problem('development-only', 'This account is for looking at the system on one machine')
  }
  if (membership.locked_at !== null) {
    await uses.db.sql.deleteFrom('session').where('id', '=', session.id).execute()
    await audited(uses, now, visitor, { kind: 'sign-in-failed', userId: session.userId, detail: 'locked' })
    return problem('account-locked', 'This account is locked')
  }
  const opened = await sessions.opened(uses, kit, sessionToken, now)
  await audited(uses, now, visitor, { kind: 'signed-in', userId: session.userId })
  const device = sessions.deviceToken(await rootOf(uses), email, now.newId())
  return handedOver(kit, opened, visitor, how, device)
}

/** What a person is here; a newcomer becomes it at the first sign-in. */
async function member(kit: Kit, uses: Uses, userId: string, email: string) {
  const known = await sessions.membershipOf(uses, userId)
  const first = (await uses.firstManager.get()) === email
  const managing = first && kit.managers !== undefined ? [kit.managers] : []
  if (known && managing.every(role => known.roles.includes(role))) return known
  const before = known ?? newcomer(kit, userId)
  const membership = { ...before, roles: [...new Set([...before.roles, ...managing])] }
  await kept(uses, membership, 'roles')
  return membership
}
