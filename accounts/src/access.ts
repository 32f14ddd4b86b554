/**
 * Access tokens: JWTs (EdDSA) that live for five minutes. Gateways check them without asking anybody: a token's signature
 * once, then its time and whether its session has ended. What they know of keys and ended sessions they read at most
 * once a second, so an ended session is refused everywhere within that.
 */
import type { Clients } from 'groundplan'
import type { createLocalJWKSet, JWTPayload } from 'jose'
import { z } from 'zod'
import { cookieSeconds } from './cookies.ts'
import type { Kept } from './keeping.ts'
import type { SigningKey } from './keys.ts'

const freshMs = 1_000
/** Known keys are read again at least this often: a new one is made known longer before it signs. */
const keysMs = 60_000
const mostTokens = 20_000
export const accessMs = cookieSeconds.access * 1_000

/** Who an access token says is calling. */
export interface Bearer {
  readonly userId: string
  readonly sessionId: string
  readonly roles: readonly string[]
  readonly tenant?: string
}

/** `iat` has milliseconds, so that a token made right after an end is not taken for one made before it. */
export async function accessToken(issuer: string, { keyId, jwk }: SigningKey, who: Bearer, at: Date): Promise<string> {
  const { importJWK, SignJWT } = await jose()
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', ...jwk }, 'EdDSA')
  const { userId, sessionId, roles, tenant } = who
  return new SignJWT({ sid: sessionId, roles, ...(tenant === undefined ? {} : { tenant }) })
    .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(issuer)
    .setSubject(userId)
    .setIssuedAt(at.getTime() / 1_000)
    .setExpirationTime(Math.floor((at.getTime() + accessMs) / 1_000))
    .sign(key)
}

/** What ended: a session, for good; or what a person's tokens said before, so that each must be renewed. */
export const endOf = {
  session: (sessionId: string) => `session/${sessionId}`,
  person: (userId: string) => `person/${userId}`,
}

interface Known {
  readonly who: Bearer
  readonly issuedMs: number
  readonly untilMs: number
}

type Seen = Pick<Clients<Kept['seen']>, 'ring' | 'ended'>
/** Loaded with the first token: a start does not wait for it. */
const jose = () => import('jose')

type KeySet = ReturnType<typeof createLocalJWKSet>

/** What one process knows: it may be lost at any time. */
export class AccessMemory {
  readonly #tokens = new Map<string, Known>()
  #keys: KeySet | undefined
  #keysAtMs = Number.NEGATIVE_INFINITY
  #ended: ReadonlyMap<string, number> = new Map()
  #endedAtMs = Number.NEGATIVE_INFINITY

  /** Whom a token shows; undefined when it is none of ours, over, or of a session that has ended. */
  async whoseIs(issuer: string, token: string, at: Date, uses: Seen): Promise<Bearer | undefined> {
    const nowMs = at.getTime()
    if (nowMs - this.#endedAtMs >= freshMs) await this.#readEnded(uses, nowMs)
    const known = this.#tokens.get(token) ?? (await this.#verified(issuer, token, at, uses))
    if (!known) return undefined
    if (known.untilMs <= nowMs) {
      this.#tokens.delete(token)
      return undefined
    }
    return this.#isEnded(known) ? undefined : known.who
  }

  #isEnded({ who, issuedMs }: Known): boolean {
    if (this.#ended.size === 0) return false
    return this.#ended.has(endOf.session(who.sessionId)) || issuedMs < (this.#ended.get(endOf.person(who.userId)) ?? 0)
  }

  async #verified(issuer: string, token: string, at: Date, uses: Seen): Promise<Known | undefined> {
    const payload = await this.#payload(issuer, token, at, uses)
    const known = payload && knownFrom(payload)
    if (!known) return undefined
    this.#tokens.set(token, known)
    if (this.#tokens.size > mostTokens) for (const oldest of this.#tokens.keys()) return this.#forget(oldest, known)
    return known
  }

  #forget(token: string, known: Known): Known {
    this.#tokens.delete(token)
    return known
  }

  async #payload(issuer: string, token: string, at: Date, uses: Seen): Promise<JWTPayload | undefined> {
    const age = at.getTime() - this.#keysAtMs
    if (!this.#keys || age >= keysMs) await this.#readKeys(uses, at.getTime())
    const found = await this.#checked(issuer, token, at)
    if (found !== 'unknown-key') return found
    // A key that is new to this process: asked for at most once a second, whoever makes up key ids.
    if (at.getTime() - this.#keysAtMs < freshMs) return undefined
    await this.#readKeys(uses, at.getTime())
    const again = await this.#checked(issuer, token, at)
    return again === 'unknown-key' ? undefined : again
  }

  async #checked(issuer: string, token: string, at: Date): Promise<JWTPayload | 'unknown-key' | undefined> {
    if (!this.#keys) return undefined
    const { errors, jwtVerify } = await jose()
    try {
      const options = { algorithms: ['EdDSA'], typ: 'at+jwt', issuer, audience: issuer, currentDate: at }
      return (await jwtVerify(token, this.#keys, options)).payload
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return 'unknown-key'
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
      throw error
    }
  }

  async #readKeys({ ring }: Seen, nowMs: number): Promise<void> {
    const { items } = await ring.query({ list: 'all' })
    const { createLocalJWKSet } = await jose()
    this.#keys = createLocalJWKSet(jwksOf(items))
    this.#keysAtMs = nowMs
  }

  /** All of it: it holds what ended within the life of a token, and no more. */
  async #readEnded({ ended }: Seen, nowMs: number): Promise<void> {
    const found = new Map<string, number>()
    let after: string | undefined
    do {
      const page = await ended.query({ list: 'all' }, { limit: 1_000, after })
      for (const { id, at } of page.items) found.set(id, Date.parse(at))
      after = page.after
    } while (after !== undefined)
    this.#ended = found
    this.#endedAtMs = nowMs
  }
}

/** The public keys, in the form of RFC 7517. */
export function jwksOf(ring: readonly { readonly keyId: string; readonly x: string }[]) {
  return {
    keys: ring.map(({ keyId, x }) => ({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', kid: keyId, x })),
  }
}

const Claims = z.object({
  sub: z.string(),
  sid: z.string(),
  roles: z.array(z.string()),
  tenant: z.string().optional(),
  iat: z.number(),
  exp: z.number(),
})

function knownFrom(payload: JWTPayload): Known | undefined {
  const read = Claims.safeParse(payload)
  if (!read.success) return undefined
  const { sub, sid, roles, tenant, iat, exp } = read.data
  const who = { userId: sub, sessionId: sid, roles, ...(tenant === undefined ? {} : { tenant }) }
  return { who, issuedMs: iat * 1_000, untilMs: exp * 1_000 }
}
