/**
 * API keys, managed by those whose they are: a tenant's by its people, else a person's own. The keys themselves, their
 * check and their limits are the framework's `apiKeys`; here are the endpoints of a page for them.
 */
import { type ApiKeys, answer, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { audited } from './audit.ts'
import type { Kit } from './kit.ts'
import type { SignedIn } from './session.ts'

/** Keys an account may have at once. */
const mostKeys = 50
const hourMs = 3_600_000

const KeyShown = z.object({
  keyId: z.string(),
  /** How its text begins: whose it is, and which. */
  prefix: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  rate: z.string().optional(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().optional(),
  expiresAt: z.iso.datetime().optional(),
})
const RateShown = z.object({ name: z.string(), perSecond: z.number(), perMonth: z.number().optional() })
const KeyMade = z.object({
  keyId: z.string(),
  /** The key itself: shown this once. */
  text: z.string(),
})
const noKey = problem('not-found', 'You have no such key')

/** API keys that have their endpoints beside those of the accounts, and a page. */
export interface ManagedKeys {
  readonly keys: ApiKeys<string>
  /** Who manages those of their account; none: whoever is signed in. */
  readonly role: readonly string[]
}

export function mayManage({ role }: ManagedKeys, roles: readonly string[]): boolean {
  return role.length === 0 || role.some(each => roles.includes(each))
}

export function keyEndpoints(kit: Kit, keys: ApiKeys<string>, role: readonly string[]) {
  return { ...keyList(kit, keys, role), ...keyChanges(kit, keys, role) }
}

/** The tenant's, where there are tenants. */
function accountOf({ tenant, userId }: SignedIn): string {
  return tenant ?? userId
}

function keyList({ door, uses: { audit } }: Kit, keys: ApiKeys<string>, role: readonly string[]) {
  const { name, scopes, rates } = keys
  const plans = Object.entries(rates).map(([plan, { perSecond, perMonth }]) => ({
    ...{ name: plan, perSecond },
    ...(perMonth === undefined ? {} : { perMonth }),
  }))
  const listKeys = endpoint('GET /keys', {
    summary: 'My API keys, the newest first, and when each was used last',
    caller: door.signedIn(role),
    returns: z.object({
      keys: z.array(KeyShown),
      /** What a new one may be good for, and how much it may call. */
      scopes: z.array(z.string()),
      rates: z.array(RateShown),
    }),
    uses: { keys: keys.keys.reader },
    async handle({ caller }, clients) {
      const { items } = await clients.keys.by.account({ account: accountOf(caller) })
      const shown = items.map(item => ({ ...item, prefix: `${name}_${item.keyId}` }))
      return { keys: shown.toReversed(), scopes: [...scopes], rates: plans }
    },
  })
  const createKey = endpoint('POST /keys', {
    summary: 'Make an API key, which is shown this once',
    caller: door.signedIn(role),
    body: z.object({
      name: z.string().trim().min(1).max(100),
      scopes: z.array(z.enum(scopes)).min(1),
      rate: z.enum(Object.keys(rates)).optional(),
      expiresAt: z.iso.datetime().optional(),
    }),
    returns: { 201: KeyMade },
    fails: { 'key-limit-reached': 409 },
    uses: { keys: keys.keys.writer, audit },
    async handle({ body, caller, at, newId }, clients) {
      const account = accountOf(caller)
      const { items } = await clients.keys.by.account({ account })
      if (items.length >= mostKeys) return problem('key-limit-reached', `An account has at most ${mostKeys} keys`)
      const { expiresAt, rate, ...rest } = body
      const more = { ...(rate ? { rate } : {}), ...(expiresAt ? { expiresAt: new Date(expiresAt) } : {}) }
      const made = await keys.issue(clients.keys, { ...rest, ...more, account }, at)
      const { userId } = caller
      await audited(clients, { at, newId }, caller, { kind: 'key-created', userId, detail: `${name}_${made.keyId}` })
      return answer(201, made)
    },
  })
  return { listKeys, createKey }
}

function keyChanges({ door, uses: { audit } }: Kit, keys: ApiKeys<string>, role: readonly string[]) {
  const { name } = keys
  const rotateKey = endpoint('POST /keys/:keyId/rotate', {
    summary: 'Make a key in the place of another, which is good for some hours more',
    caller: door.signedIn(role),
    body: z.object({
      overlapHours: z
        .int()
        .min(0)
        .max(24 * 30)
        .default(24),
    }),
    returns: { 201: KeyMade },
    fails: { 'not-found': 404 },
    uses: { keys: keys.keys.writer, audit },
    async handle({ params: { keyId }, body, caller, at, newId }, clients) {
      const own = await clients.keys.get({ keyId })
      if (own?.account !== accountOf(caller)) return noKey
      const made = await keys.rotate(clients.keys, keyId, at, body.overlapHours * hourMs)
      if (!made) return noKey
      const { userId } = caller
      await audited(clients, { at, newId }, caller, { kind: 'key-rotated', userId, detail: `${name}_${keyId}` })
      return answer(201, made)
    },
  })
  const revokeKey = endpoint('DELETE /keys/:keyId', {
    summary: 'Refuse a key from the next request on, everywhere',
    caller: door.signedIn(role),
    returns: z.object({ revoked: z.literal(true) }),
    fails: { 'not-found': 404 },
    uses: { keys: keys.keys.writer, audit },
    async handle({ params: { keyId }, caller, at, newId }, clients) {
      const own = await clients.keys.get({ keyId })
      if (own?.account !== accountOf(caller)) return noKey
      await keys.revoke(clients.keys, keyId)
      const { userId } = caller
      await audited(clients, { at, newId }, caller, { kind: 'key-revoked', userId, detail: `${name}_${keyId}` })
      return { revoked: true }
    },
  })
  return { rotateKey, revokeKey }
}
