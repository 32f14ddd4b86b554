/**
 * Internal tokens: how a service shows another who is calling, for whom, in what trace, and until when. Signed with
 * HMAC-SHA256 under a key that only the services of the plan share; short-lived, and for one endpoint only.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { fault } from '../contract/problems.ts'
import type { Identity } from './call.ts'

export interface InternalClaims {
  /** The calling service. */
  readonly from: string
  /** The endpoint it is for, as `service/name`. */
  readonly to: string
  readonly identity?: Identity
  readonly untilMs: number
}

export interface Tokens {
  sign(claims: InternalClaims): string
  /** Faults: `not-authenticated` when it is not ours, not for this endpoint, or over. */
  verify(token: string, to: string, nowMs: number): InternalClaims
}

export function internalTokens(key: string): Tokens {
  const signature = (payload: string): Buffer => createHmac('sha256', key).update(payload).digest()
  return {
    sign(claims) {
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
      return `${payload}.${signature(payload).toString('base64url')}`
    },
    verify(token, to, nowMs) {
      const [payload = '', signed = ''] = token.split('.')
      const shown = Buffer.from(signed, 'base64url')
      const right = signature(payload)
      if (shown.length !== right.length || !timingSafeEqual(shown, right)) throw refused('is not signed by this plan')
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as InternalClaims
      if (claims.to !== to) throw refused('is for another endpoint')
      if (claims.untilMs < nowMs) throw refused('is over')
      return claims
    },
  }
}

function refused(why: string): Error {
  return fault('not-authenticated', `the internal token ${why}`)
}
