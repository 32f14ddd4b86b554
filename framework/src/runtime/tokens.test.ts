import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type InternalClaims, internalTokens } from './tokens.ts'

const nowMs = Date.UTC(2030, 0, 1)
const claims: InternalClaims = {
  from: 'front',
  to: 'back/show',
  identity: { authorizer: 'customer', caller: { name: 'Ann' } },
  untilMs: nowMs + 1_000,
}
const tokens = internalTokens('a key of the plan')
const token = tokens.sign(claims)

const refused = expect.objectContaining({ code: 'not-authenticated' })
const verify =
  (text: string, to = 'back/show', atMs = nowMs) =>
  () =>
    tokens.verify(text, to, atMs)

/** The same token with other claims, signed or not. */
function forged(changes: Partial<InternalClaims>, key?: string): string {
  const payload = Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url')
  const signature =
    key === undefined ? token.split('.')[1] : createHmac('sha256', key).update(payload).digest('base64url')
  return `${payload}.${signature}`
}

describe('An internal token', () => {
  it('shows who is calling, for whom, until when', () => {
    expect(tokens.verify(token, 'back/show', nowMs)).toEqual(claims)
    expect(internalTokens('a key of the plan').verify(token, 'back/show', nowMs)).toEqual(claims)
  })

  it('is for one endpoint', () => {
    expect(verify(token, 'back/remove')).toThrow(refused)
  })

  it('is over at its time', () => {
    expect(verify(token, 'back/show', claims.untilMs)).not.toThrow()
    expect(verify(token, 'back/show', claims.untilMs + 1)).toThrow(refused)
  })

  it('is refused when anything of it was changed', () => {
    for (const changed of [
      forged({ from: 'elsewhere' }),
      forged({ untilMs: nowMs * 2 }),
      forged({ identity: { authorizer: 'customer', caller: { name: 'Eve' } } }),
      forged({}, 'another key'),
      token.slice(0, -2),
      token.split('.')[0] ?? '',
      '',
      '.',
      'no token',
    ]) {
      expect(verify(changed), changed).toThrow(refused)
    }
  })

  it('of another plan is refused, whatever its claims', () => {
    expect(verify(internalTokens('the key of another plan').sign(claims))).toThrow(refused)
  })
})
