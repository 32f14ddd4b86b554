/**
 * Sessions: what a browser or program holds after a sign-in, and how it is renewed and ended.
 *
 * A session has a family of refresh tokens, numbered; only the newest is good, and using it makes the next. A token is
 * `<session>.<number>.<MAC>`: nothing of it is kept but the number. Whoever shows an older one, which our MAC proves was
 * given out, may have stolen it, or been robbed: the family ends, for both.
 *
 * Two tabs, or a double click, may show the same token twice at once. Within ten seconds the second is given the very
 * token that the first was given, unless that has been used already; so there is never more than one good token.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Call, type Clients, problem } from 'groundplan'
import { accessMs, accessToken, endOf } from './access.ts'
import { audited } from './audit.ts'
import { cookieSeconds, setCookie } from './cookies.ts'
import type { AccountsUses } from './keeping.ts'
import { type Root, rootOf, signingKey } from './keys.ts'
import type { Site } from './origins.ts'
import type { Visit } from './session.ts'

type Uses = Clients<AccountsUses>
type Now = Pick<Call, 'at' | 'newId'>

/** How late the second of two at once may be. */
export const graceMs = 10_000
/** Without a refresh for so long a session is over, and after so long in any case. */
export const idleMs = 14 * 86_400_000
export const lastsMs = cookieSeconds.refresh * 1_000

/** What the accounts say of all their sessions. */
export interface Rules {
  readonly name: string
  /** Roles that are had only with a second factor. */
  readonly guarded: readonly string[]
}

/** A session with everything that shows it. */
export interface Opened {
  readonly userId: string
  readonly sessionId: string
  readonly roles: readonly string[]
  /** Roles that are had only with a second factor, by somebody who has none yet. */
  readonly withheld: readonly string[]
  readonly tenant?: string
  readonly accessToken: string
  readonly accessUntil: string
  readonly refreshToken: string
}

/** Who a person is here: roles and tenant. */
export async function membershipOf({ db }: Pick<Uses, 'db'>, userId: string) {
  return db.sql.selectFrom('memberships').selectAll().where('user_id', '=', userId).executeTakeFirst()
}

/** Begins the family of a session that better-auth has made. */
export async function opened(uses: Uses, rules: Rules, sessionToken: string, now: Now): Promise<Opened> {
  const session = await uses.db.sql
    .selectFrom('session')
    .select(['id', 'userId'])
    .where('token', '=', sessionToken)
    .executeTakeFirstOrThrow()
  const at = now.at.toISOString()
  const family = { session_id: session.id, user_id: session.userId, seq: 1, rotated_at: at, first_at: at }
  await uses.db.sql.insertInto('families').values(family).execute()
  return shown(uses, rules, { sessionId: session.id, userId: session.userId, seq: 1 }, now.at)
}

interface Turn {
  readonly sessionId: string
  readonly userId: string
  readonly seq: number
}

async function shown(uses: Uses, rules: Rules, { sessionId, userId, seq }: Turn, at: Date): Promise<Opened> {
  const [root, key, membership] = [await rootOf(uses), await signingKey(uses, at), await membershipOf(uses, userId)]
  const withheld = await withheldFrom(uses, rules, userId, membership?.roles ?? [])
  const who = {
    userId,
    sessionId,
    roles: (membership?.roles ?? []).filter(role => !withheld.includes(role)),
    ...(membership?.tenant ? { tenant: membership.tenant } : {}),
  }
  return {
    ...who,
    withheld,
    accessToken: await accessToken(rules.name, key, who, at),
    accessUntil: new Date(at.getTime() + accessMs).toISOString(),
    refreshToken: refreshToken(root, sessionId, seq),
  }
}

async function withheldFrom(
  { db }: Uses,
  { guarded }: Rules,
  userId: string,
  roles: readonly string[],
): Promise<readonly string[]> {
  const asking = roles.filter(role => guarded.includes(role))
  if (asking.length === 0) return []
  const user = await db.sql.selectFrom('user').select('twoFactorEnabled').where('id', '=', userId).executeTakeFirst()
  return user?.twoFactorEnabled ? [] : asking
}

// ---------- refresh tokens

function refreshToken(root: Root, sessionId: string, seq: number): string {
  return `${sessionId}.${seq}.${macOf(root, sessionId, seq).toString('base64url')}`
}

function macOf(root: Root, sessionId: string, seq: number): Buffer {
  return createHmac('sha256', root.for('refresh tokens')).update(`${sessionId}.${seq}`).digest()
}

/** What a token says, if we gave it. */
function readToken(root: Root, token: string): { readonly sessionId: string; readonly seq: number } | undefined {
  const [sessionId = '', number = '', mac = ''] = token.split('.')
  if (!/^[1-9]\d{0,8}$/.test(number)) return undefined
  const given = Buffer.from(mac, 'base64url')
  const right = macOf(root, sessionId, Number(number))
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  return { sessionId, seq: Number(number) }
}

/** The next token of a family, with a new access token. Undefined: the token is none, over, or was used before. */
export async function renewed(
  uses: Uses,
  rules: Rules,
  token: string,
  visit: Visit,
  now: Now,
): Promise<Opened | undefined> {
  const read = readToken(await rootOf(uses), token)
  if (!read) return undefined
  const { at } = now
  const next = await stepped(uses, read, at)
  if (next) return shown(uses, rules, next, at)
  const family = await uses.db.sql
    .selectFrom('families')
    .selectAll()
    .where('session_id', '=', read.sessionId)
    .executeTakeFirst()
  if (!family || isOver(family, at)) return undefined
  const turn = { sessionId: family.session_id, userId: family.user_id, seq: family.seq }
  const late = at.getTime() - Date.parse(family.rotated_at)
  if (read.seq === family.seq - 1 && late <= graceMs) return shown(uses, rules, turn, at)
  await sessionEnded(uses, turn, at)
  await audited(uses, now, visit, { kind: 'refresh-token-reused', userId: family.user_id })
  return undefined
}

/** One statement, so that of two at once one steps. */
async function stepped({ db }: Uses, { sessionId, seq }: Omit<Turn, 'userId'>, at: Date): Promise<Turn | undefined> {
  const row = await db.sql
    .updateTable('families')
    .set({ seq: seq + 1, rotated_at: at.toISOString() })
    .where('session_id', '=', sessionId)
    .where('seq', '=', seq)
    .where('rotated_at', '>', new Date(at.getTime() - idleMs).toISOString())
    .where('first_at', '>', new Date(at.getTime() - lastsMs).toISOString())
    .returning(['session_id', 'user_id', 'seq'])
    .executeTakeFirst()
  return row && { sessionId: row.session_id, userId: row.user_id, seq: row.seq }
}

function isOver({ rotated_at, first_at }: { rotated_at: string; first_at: string }, at: Date): boolean {
  return at.getTime() - Date.parse(rotated_at) >= idleMs || at.getTime() - Date.parse(first_at) >= lastsMs
}

// ---------- ending

/** Ends a session everywhere: its family at once, its access tokens within a second. */
export async function sessionEnded(
  { db, ended }: Pick<Uses, 'db' | 'ended'>,
  { sessionId }: Pick<Turn, 'sessionId'>,
  at: Date,
): Promise<void> {
  await ended.put(endedItem(endOf.session(sessionId), at))
  await db.sql.deleteFrom('session').where('id', '=', sessionId).execute()
}

/** Ends the sessions of a person, all or all but one. */
export async function sessionsEnded(
  uses: Pick<Uses, 'db' | 'ended'>,
  userId: string,
  at: Date,
  but?: string,
): Promise<number> {
  const ending = (await sessionsOf(uses, userId)).filter(id => id !== but)
  for (const sessionId of ending) await sessionEnded(uses, { sessionId }, at)
  return ending.length
}

export async function sessionsOf({ db }: Pick<Uses, 'db'>, userId: string): Promise<readonly string[]> {
  const rows = await db.sql.selectFrom('session').select('id').where('userId', '=', userId).execute()
  return rows.map(({ id }) => id)
}

/** What a person's access tokens say is no longer so: each is refused, and renewed by its refresh token. */
export async function tokensOutdated({ ended }: Pick<Uses, 'ended'>, userId: string, at: Date): Promise<void> {
  await ended.put(endedItem(endOf.person(userId), at))
}

function endedItem(id: string, at: Date) {
  const expiresAt = new Date(at.getTime() + accessMs + 60_000).toISOString()
  return { list: 'all' as const, id, at: at.toISOString(), expiresAt }
}

// ---------- how it is handed over

/** Cookies for a browser. */
export function cookiesFor(name: string, { accessToken, refreshToken }: Opened, site: Site, device?: string) {
  return [
    setCookie(name, 'access', accessToken, site),
    setCookie(name, 'refresh', refreshToken, site),
    ...(device === undefined ? [] : [setCookie(name, 'device', device, site)]),
  ]
}

/** Takes them back. The device stays known. */
export function noCookies(name: string, site: Site) {
  return [setCookie(name, 'access', undefined, site), setCookie(name, 'refresh', undefined, site)]
}

// ---------- known devices

/** Shows that somebody signed in to an account from here before. */
export function deviceToken(root: Root, email: string, id: string): string {
  return `${id}.${deviceMac(root, email, id).toString('base64url')}`
}

/** The device's id, if this account was signed in to from it. */
export function knownDevice(root: Root, email: string, token: string): string | undefined {
  const [id = '', mac = ''] = token.split('.')
  const given = Buffer.from(mac, 'base64url')
  const right = deviceMac(root, email, id)
  return given.length === right.length && timingSafeEqual(given, right) ? id : undefined
}

function deviceMac(root: Root, email: string, id: string): Buffer {
  return createHmac('sha256', root.for('devices')).update(`${email}/${id}`).digest()
}

export const notSignedIn = problem('not-signed-in', 'Sign in again')
