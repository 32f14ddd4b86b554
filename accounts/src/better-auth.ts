/**
 * better-auth, on the clients of one call: users, passwords, verification, second factor. Its HTTP handler is not used:
 * our endpoints call its functions, so that validation, problems, limits and documents are ours, and its cookies stay in
 * this process. It is loaded when the first of them is called.
 */
import type { Clients } from 'groundplan'
import { datesForBetterAuth } from './dates.ts'
import type { Hashing } from './hashing.ts'
import type { AccountsUses } from './keeping.ts'
import { type Root, rootOf } from './keys.ts'

export const passwordLength = { least: 12, most: 128 } as const

const cookiePrefix = 'a'

/** A mail that better-auth wants sent, with the token that its link carries. */
export interface Wanted {
  readonly kind: 'verify' | 'reset' | 'already-known' | 'change' | 'changed'
  readonly email: string
  readonly name: string
  readonly token: string
}

export interface Auth {
  readonly api: Awaited<ReturnType<typeof made>>['api']
  readonly root: Root
  /** The mails that its functions asked for so far. */
  readonly wanted: readonly Wanted[]
  /** Whose passwords they reset, or whose addresses they confirmed, so far. */
  readonly changed: readonly string[]
}

type Uses = Pick<Clients<AccountsUses>, 'db' | 'keys' | 'roots' | 'ring'>

/** Costs about a millisecond; the first in a process loads it. */
export async function authOn(uses: Uses, title: string, hashing: Hashing): Promise<Auth> {
  const root = await rootOf(uses)
  const wanted: Wanted[] = []
  const changed: string[] = []
  const { api } = await made({ db: uses.db, root, title, hashing, wanted, changed })
  return { api, root, wanted, changed }
}

interface Making {
  readonly db: Uses['db']
  readonly root: Root
  readonly title: string
  readonly hashing: Hashing
  readonly wanted: Wanted[]
  readonly changed: string[]
}

async function made({ db, root, title, hashing, wanted, changed }: Making) {
  const [{ betterAuth }, { twoFactor }, { bearer }] = await Promise.all([
    import('better-auth'),
    import('better-auth/plugins/two-factor'),
    import('better-auth/plugins/bearer'),
  ])
  const want = (kind: Wanted['kind']) => async (to: { user: { email: string; name: string }; token?: string }) => {
    wanted.push({ kind, email: to.user.email, name: to.user.name, token: to.token ?? '' })
  }
  return betterAuth({
    appName: title,
    baseURL: 'http://accounts.invalid',
    basePath: '/',
    secret: root.for('better-auth').toString('base64url'),
    database: { db: db.sql.withPlugin(datesForBetterAuth), type: 'postgres', transaction: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    advanced: { cookiePrefix, useSecureCookies: false, ipAddress: { ipAddressHeaders: ['x-visitor'] } },
    verification: { storeIdentifier: 'hashed' },
    session: { expiresIn: 30 * 86_400, disableSessionRefresh: true },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      minPasswordLength: passwordLength.least,
      maxPasswordLength: passwordLength.most,
      resetPasswordTokenExpiresIn: 1_800,
      password: hashing,
      sendResetPassword: want('reset'),
      onExistingUserSignUp: want('already-known'),
      onPasswordReset: async ({ user }) => void changed.push(user.id),
    },
    emailVerification: {
      expiresIn: 86_400,
      sendVerificationEmail: want('verify'),
      afterEmailVerification: async ({ id }) => void changed.push(id),
    },
    plugins: [twoFactor({ issuer: title }), bearer()],
  })
}

/** The headers that its functions look at. */
export function visitHeaders(visit: { address: string; agent?: string | undefined }): Headers {
  return new Headers({
    'x-visitor': visit.address,
    ...(visit.agent === undefined ? {} : { 'user-agent': visit.agent }),
  })
}

/** As the holder of a session. */
export function sessionHeaders(visit: Parameters<typeof visitHeaders>[0], sessionToken: string): Headers {
  const headers = visitHeaders(visit)
  headers.set('authorization', `Bearer ${sessionToken}`)
  return headers
}

/** As whoever has shown a password, and must show a second factor. */
export function challengeHeaders(visit: Parameters<typeof visitHeaders>[0], challenge: string): Headers {
  const headers = visitHeaders(visit)
  headers.set('cookie', `${cookiePrefix}.two_factor=${challenge}`)
  return headers
}

/** What it would have put into a cookie. */
export function cookieOf(headers: Headers, name: 'session_token' | 'two_factor'): string | undefined {
  const start = `${cookiePrefix}.${name}=`
  const line = headers.getSetCookie().findLast(each => each.startsWith(start) && !/max-age=0/i.test(each))
  return line?.slice(start.length).split(';', 1)[0]
}

/** The session's token in its cookie, which is signed. */
export function sessionTokenOf(headers: Headers): string | undefined {
  return cookieOf(headers, 'session_token')?.split('.', 1)[0]
}

/** The code of what better-auth refused; undefined for any other failure. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'APIError' || !('body' in error)) return undefined
  const { body } = error
  if (typeof body !== 'object' || body === null || !('code' in body)) return 'UNKNOWN'
  return String(body.code)
}
