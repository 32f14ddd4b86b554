/**
 * `apiKeys`: an authorizer for programs. A composition of tables and an authorizer, with no engine of its own: a key is
 * `<name>_<keyId>_<secret>`, the table keeps the SHA-256 of the secret (256 random bits, so a slow hash adds nothing),
 * and an expired or revoked key is refused from the next request on.
 */
import { z } from 'zod'
import { type Authorizer, authorizer, type Credentials, type Verdict } from './authorizer.ts'
import type { Clients } from './grant.ts'
import { atomically } from './operation.ts'
import { calledFrom, declaredAt, type PlaceOf } from './place.ts'
import { problem } from './problem.ts'
import { table } from './table.ts'
import { milliseconds } from './words.ts'

/** How much one key may call. */
export interface RatePlan {
  /** Approximate across processes. */
  readonly perSecond: number
  readonly burst?: number
  /** Exact: counted in a table. */
  readonly perMonth?: number
}

const KeyItem = z.object({
  keyId: z.string(),
  account: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  rate: z.string().optional(),
  secretHash: z.string(),
  /** The key that it took the place of, or that one's: both count as one against their rate plan. */
  countedAs: z.string().optional(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().optional(),
  expiresAt: z.iso.datetime().optional(),
  /** Not good for now, as everything of its account. */
  paused: z.boolean().default(false),
})

const UsageItem = z.object({ keyId: z.string(), month: z.string(), used: z.int().default(0) })

/** Who calls with a key. */
export interface KeyCaller<Scope extends string = string> {
  readonly keyId: string
  readonly account: string
  readonly scopes: readonly Scope[]
}

export interface NewKey<Scope extends string> {
  readonly account: string
  /** For people: what the key is used for. */
  readonly name: string
  readonly scopes: readonly Scope[]
  /** One of the declared rate plans. */
  readonly rate?: string
  readonly expiresAt?: Date
}

type KeyTables = ReturnType<typeof keyTables>
export type KeyWriter = Clients<{ keys: KeyTables['keys']['writer'] }>['keys']

export interface ApiKeys<Scope extends string> {
  readonly kind: 'api-keys'
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly rates: Readonly<Record<string, RatePlan>>
  /** The keys themselves; `uses: { keys: partnerKeys.keys.writer }` lets a handler issue and revoke them. */
  readonly keys: KeyTables['keys']
  readonly usage: KeyTables['usage']
  /** The authorizer that asks for a key with all of these scopes. */
  with(...scopes: readonly Scope[]): Authorizer<KeyCaller<Scope>>
  /** Makes a key. The text is given once and kept nowhere. */
  issue(keys: KeyWriter, key: NewKey<Scope>, at: Date, secret?: string): Promise<{ keyId: string; text: string }>
  /**
   * Makes a key in place of another, of the same account, scopes and rate plan. The old one is good for `overlapMs`
   * more; both count as one against their rate plan. Undefined where there is no such key.
   */
  rotate(
    keys: KeyWriter,
    keyId: string,
    at: Date,
    overlapMs: number,
  ): Promise<{ keyId: string; text: string } | undefined>
  /** From the next request on the key is refused. */
  revoke(keys: KeyWriter, keyId: string): Promise<void>
  /** From the next request on the account's keys are refused, until they are good again by `paused: false`. */
  pause(keys: KeyWriter, account: string, paused: boolean): Promise<void>
}

/**
 * Declares API keys, shown in a header.
 * - `scopes`: what a key may be good for.
 * - `rates`: rate plans by name, which a key may be given.
 * - `header`: default `x-api-key`.
 * Problem codes: `not-authenticated` (401), `not-allowed` (403: a scope is missing), `throttled` and `quota-used-up` (429).
 * @example
 * const partnerKeys = apiKeys('partner', { scopes: ['gifts:read', 'gifts:write'], rates: { free: { perSecond: 5, perMonth: 1_000 } } })
 * endpoint('POST /gifts', { caller: partnerKeys.with('gifts:write'), … })
 */
export function apiKeys<const Scope extends string>(
  name: string,
  options: {
    readonly scopes: readonly Scope[]
    readonly rates?: Readonly<Record<string, RatePlan>>
    readonly header?: string
  },
): ApiKeys<Scope> {
  const place = calledFrom(apiKeys)
  const tables = keyTables(name, place)
  const { header = 'x-api-key', rates = {}, scopes } = options
  const caller = z.object({ keyId: z.string(), account: z.string(), scopes: z.array(z.enum(scopes)) })
  const self: ApiKeys<Scope> = {
    kind: 'api-keys',
    name,
    scopes,
    rates,
    ...tables,
    with: (...needed) => {
      const withThese = authorizer([name, ...needed].join('/'), {
        caller,
        shownBy: { header },
        uses: { keys: tables.keys.writer, usage: tables.usage.writer },
        authorize: (request, uses) => verify(request, uses, { name, header, rates, needed }),
      })
      return Object.assign(declaredAt(place, withThese), { apiKeys: self }) as unknown as Authorizer<KeyCaller<Scope>>
    },
    issue: (keys, key, at, secret) => issue(name, keys, key, at, secret),
    rotate: (keys, keyId, at, overlapMs) => rotate(name, keys, keyId, at, overlapMs),
    revoke: async (keys, keyId) => {
      await keys.remove({ keyId })
    },
    pause,
  }
  return self
}

function keyTables(name: string, place: PlaceOf) {
  const keys = table(`${name}-keys`, {
    item: KeyItem,
    key: ['keyId'],
    indexes: { account: ['account', 'createdAt'] },
    expires: 'expiresAt',
  })
  const usage = table(`${name}-key-usage`, { item: UsageItem, key: ['keyId', 'month'] })
  return { keys: declaredAt(place, keys), usage: declaredAt(place, usage) }
}

interface Rules {
  readonly name: string
  readonly header: string
  readonly rates: Readonly<Record<string, RatePlan>>
  readonly needed: readonly string[]
}

type VerifyUses = Clients<{ keys: KeyTables['keys']['writer']; usage: KeyTables['usage']['writer'] }>
type Item = z.output<typeof KeyItem>

async function verify(request: Credentials, uses: VerifyUses, rules: Rules): Promise<Verdict<never>> {
  const shown = parted(rules.name, request.header(rules.header))
  const item = shown && (await uses.keys.get({ keyId: shown.keyId }))
  if (!item || item.paused || !same(item.secretHash, await sha256(shown.secret))) return undefined
  if (!rules.needed.every(scope => item.scopes.includes(scope))) {
    return problem('not-allowed', `This key lacks a scope: it needs ${rules.needed.join(', ')}`)
  }
  const rate = item.rate === undefined ? undefined : rules.rates[item.rate]
  if (!(await withinQuota(item, rate, request.at, uses))) {
    return problem('quota-used-up', `This key has made its ${rate?.perMonth} calls of this month`)
  }
  await noteUse(item, request.at, uses)
  return callerOf(item, rate) as Verdict<never>
}

function callerOf(item: Item, rate: RatePlan | undefined): Verdict<KeyCaller> {
  const caller = { keyId: item.keyId, account: item.account, scopes: item.scopes }
  if (!rate) return caller
  const { perSecond, burst = perSecond } = rate
  return { kind: 'allowed', caller, allowance: { key: countedAs(item), perSecond, burst } }
}

async function withinQuota(item: Item, rate: RatePlan | undefined, at: Date, uses: VerifyUses): Promise<boolean> {
  if (rate?.perMonth === undefined) return true
  const key = { keyId: countedAs(item), month: at.toISOString().slice(0, 7) }
  const counted = await uses.usage.add(key, { used: 1 }, { ceiling: rate.perMonth }).or('used-up')
  return counted !== 'used-up'
}

function countedAs({ keyId, countedAs = keyId }: Item): string {
  return countedAs
}

/** Written once a minute at most, so that a busy key costs no write a call. */
async function noteUse(item: Item, at: Date, uses: VerifyUses): Promise<void> {
  const last = item.lastUsedAt === undefined ? 0 : Date.parse(item.lastUsedAt)
  if (at.getTime() - last < milliseconds('1 minute')) return
  await uses.keys.patch({ keyId: item.keyId }, { lastUsedAt: at.toISOString() }).or(undefined)
}

async function issue(
  name: string,
  keys: KeyWriter,
  key: NewKey<string>,
  at: Date,
  given: string | undefined,
): Promise<{ keyId: string; text: string }> {
  const secret = given ?? randomText(32)
  // A given secret (sample data) makes a given key: issuing it again writes the same item again.
  const keyId = given === undefined ? randomText(9) : (await sha256(`${name}/${given}`)).slice(0, 12)
  const { expiresAt, ...rest } = key
  await keys.put({
    ...rest,
    scopes: [...key.scopes],
    keyId,
    secretHash: await sha256(secret),
    createdAt: at.toISOString(),
    ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
  })
  return { keyId, text: `${name}_${keyId}_${secret}` }
}

async function rotate(
  name: string,
  keys: KeyWriter,
  oldId: string,
  at: Date,
  overlapMs: number,
): Promise<{ keyId: string; text: string } | undefined> {
  const old = await keys.get({ keyId: oldId })
  if (!old) return undefined
  const { lastUsedAt: _lastUsedAt, ...same } = old
  const [keyId, secret] = [randomText(9), randomText(32)]
  const made = { ...same, keyId, countedAs: countedAs(old), secretHash: await sha256(secret) }
  const ends = Math.min(at.getTime() + overlapMs, Date.parse(old.expiresAt ?? '9999-12-31T00:00:00Z'))
  await atomically({
    made: keys.insert({ ...made, createdAt: at.toISOString() }),
    old: keys.patch({ keyId: oldId }, { expiresAt: new Date(ends).toISOString() }),
  })
  return { keyId, text: `${name}_${keyId}_${secret}` }
}

async function pause(keys: KeyWriter, account: string, paused: boolean): Promise<void> {
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await keys.by.account({ account }, after === undefined ? {} : { after })
    // A key that was removed meanwhile is refused as well.
    for (const { keyId } of page.items) await keys.patch({ keyId }, { paused }).or(undefined)
    after = page.after
  }
}

function parted(name: string, text: string | undefined): { keyId: string; secret: string } | undefined {
  if (!text?.startsWith(`${name}_`)) return undefined
  const [keyId, secret, ...more] = text.slice(name.length + 1).split('_')
  return keyId && secret && more.length === 0 ? { keyId, secret } : undefined
}

function randomText(bytes: number): string {
  return hex(crypto.getRandomValues(new Uint8Array(bytes)))
}

async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Compares in a time that does not depend on where they differ. */
function same(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return difference === 0
}
