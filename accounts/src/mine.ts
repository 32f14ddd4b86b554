/**
 * What people do with their own account: who they are, their sessions, their password, and what happened to it.
 * Whatever changes how one signs in asks for the password again, and ends or renews every session that is not this one.
 */
import { endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { mayManage } from './api-keys.ts'
import { attempt } from './attempts.ts'
import { audited } from './audit.ts'
import { refusalOf, sessionHeaders, sessionTokenOf } from './better-auth.ts'
import { tooEasy } from './easy.ts'
import { auth, hashed, type Kit, limited, NewPassword, Password, tooManyAttempts, type Uses } from './kit.ts'
import * as sessions from './opened.ts'
import type { SignedIn } from './session.ts'
import { SessionShown, sessionList } from './session-list.ts'
import { handedOver, SignedInAnswer } from './sign-in.ts'

const Profile = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.email(),
  roles: z.array(z.string()),
  tenant: z.string().optional(),
  secondFactor: z.boolean(),
  /** What the pages have for this person besides. */
  may: z.object({ people: z.boolean(), keys: z.boolean() }),
})
/** `current`: whether it is the one that asks. */
const MySession = SessionShown.extend({ current: z.boolean() })
const Ended = z.object({ ended: z.int() })

export const wrongPassword = problem('wrong-password', 'The password is wrong')
export const gone = problem('not-signed-in', 'This session has ended: sign in again')

export function mineEndpoints(kit: Kit) {
  return { ...profileEndpoints(kit), ...sessionEndpoints(kit), changePassword: changePassword(kit) }
}

function profileEndpoints({ uses, door, managers, apiKeys }: Kit) {
  const maySee = (roles: readonly string[]) => ({
    people: managers !== undefined && roles.includes(managers),
    keys: apiKeys !== undefined && mayManage(apiKeys, roles),
  })
  const me = endpoint('GET /me', {
    summary: 'Who is signed in',
    caller: door.signedIn(),
    returns: Profile,
    fails: { 'not-signed-in': 401 },
    uses,
    async handle({ caller }, { db }) {
      const { userId, roles, tenant } = caller
      const user = await db.sql.selectFrom('user').selectAll().where('id', '=', userId).executeTakeFirst()
      if (!user) return gone
      const { name, email, twoFactorEnabled } = user
      const secondFactor = twoFactorEnabled === true
      return { userId, name, email, roles, secondFactor, may: maySee(roles), ...(tenant ? { tenant } : {}) }
    },
  })
  return { me }
}

function sessionEndpoints({ uses, door }: Kit) {
  const listSessions = endpoint('GET /sessions', {
    summary: 'Where I am signed in',
    caller: door.signedIn(),
    returns: z.object({ sessions: z.array(MySession) }),
    uses,
    async handle({ caller, at }, clients) {
      const all = await sessionList(clients, caller.userId, at)
      return { sessions: all.map(each => ({ ...each, current: each.sessionId === caller.sessionId })) }
    },
  })
  const endSession = endpoint('DELETE /sessions/:sessionId', {
    summary: 'End one of my sessions',
    caller: door.signedIn(),
    returns: Ended,
    fails: { 'not-found': 404 },
    uses,
    async handle({ caller, params, at, newId }, clients) {
      const own = await clients.db.sql
        .selectFrom('session')
        .select('id')
        .where('id', '=', params.sessionId)
        .where('userId', '=', caller.userId)
        .executeTakeFirst()
      if (!own) return problem('not-found', 'You have no such session')
      await sessions.sessionEnded(clients, params, at)
      await audited(clients, { at, newId }, caller, { kind: 'session-ended', userId: caller.userId })
      return { ended: 1 }
    },
  })
  const endOthers = endpoint('DELETE /sessions', {
    summary: 'End all my sessions but this one',
    caller: door.signedIn(),
    returns: Ended,
    uses,
    async handle({ caller, at, newId }, clients) {
      const { userId, sessionId } = caller
      const ended = await sessions.sessionsEnded(clients, userId, at, sessionId)
      await audited(clients, { at, newId }, caller, { kind: 'session-ended', userId, detail: `${ended} others` })
      return { ended }
    },
  })
  return { listSessions, endSession, endOthers }
}

function changePassword(kit: Kit) {
  const { uses, door } = kit
  return endpoint('PUT /password', {
    summary: 'Change my password; every other session ends, and this one is made anew',
    caller: door.signedIn(),
    body: z.object({ current: Password, next: NewPassword, deliver: z.enum(['cookies', 'body']).default('cookies') }),
    returns: SignedInAnswer,
    fails: { 'wrong-password': 403, 'not-signed-in': 401, 'password-too-easy': 422, ...limited },
    uses,
    async handle({ body, caller, at, newId }, clients) {
      const user = await clients.db.sql
        .selectFrom('user')
        .select(['name', 'email'])
        .where('id', '=', caller.userId)
        .executeTakeFirst()
      const easy = await tooEasy(body.next, [user?.name ?? '', user?.email ?? '', kit.title])
      if (easy) return easy
      return renewing(kit, clients, caller, { at, newId }, body.deliver, 'password-changed', (api, headers) =>
        api.changePassword({
          body: { currentPassword: body.current, newPassword: body.next, revokeOtherSessions: true },
          headers,
          returnHeaders: true,
        }),
      )
    },
  })
}

type Api = Awaited<ReturnType<typeof auth>>['api']
type Kind = Parameters<typeof audited>[3]['kind']

/** Does something that asks for the password and gives a new session, and hands that over. */
export async function renewing(
  kit: Kit,
  uses: Uses,
  caller: SignedIn,
  now: Parameters<typeof audited>[1],
  how: 'cookies' | 'body',
  kind: Kind,
  change: (api: Api, headers: Headers) => Promise<{ readonly headers: Headers }>,
) {
  const before = await sessions.sessionsOf(uses, caller.userId)
  const done = await asked(kit, uses, caller, now.at, change)
  if ('code' in done) return done
  const token = sessionTokenOf(done.headers)
  if (token === undefined) return gone
  return replaced(kit, uses, caller, now, how, { kind, token, before })
}

/** Hands over a new session in place of all that there were; better-auth may have removed some of them already. */
export async function replaced(
  kit: Kit,
  uses: Uses,
  caller: SignedIn,
  now: Parameters<typeof audited>[1],
  how: 'cookies' | 'body',
  { kind, token, before }: { readonly kind: Kind; readonly token: string; readonly before: readonly string[] },
) {
  for (const sessionId of before) await sessions.sessionEnded(uses, { sessionId }, now.at)
  const opened = await sessions.opened(uses, kit, token, now)
  await audited(uses, now, caller, { kind, userId: caller.userId })
  return handedOver(kit, opened, caller, how)
}

/** Asks better-auth for something, as whoever is signed in. What it refuses is the password. */
export async function asked<T extends object>(
  kit: Kit,
  uses: Uses,
  caller: SignedIn,
  at: Date,
  ask: (api: Api, headers: Headers) => Promise<T>,
) {
  if (!(await attempt(uses, at, { address: caller.address, account: caller.userId }))) return tooManyAttempts
  const row = await uses.db.sql
    .selectFrom('session')
    .select('token')
    .where('id', '=', caller.sessionId)
    .executeTakeFirst()
  if (!row) return gone
  const { api } = await auth(kit, uses)
  try {
    return await hashed(kit, () => ask(api, sessionHeaders(caller, row.token)), true)
  } catch (error) {
    if (refusalOf(error) === undefined) throw error
    return wrongPassword
  }
}
