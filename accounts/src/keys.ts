/**
 * The keys of accounts. Private halves are in the vault, sealed like every secret, and read by the accounts service
 * alone; public ones are in a table that every gateway may read. Both are made when they are first needed.
 *
 * A new key is known for some minutes before anything is signed with it, and the old one is good as long as what it
 * signed: while keys change there are two, and no request is refused for it.
 */
import { hkdfSync, randomBytes } from 'node:crypto'
import type { Call, Clients } from 'groundplan'
import type { AccountsUses } from './keeping.ts'

type KeyUses = Pick<Clients<AccountsUses>, 'keys' | 'roots' | 'ring'>

const minuteMs = 60_000
const dayMs = 86_400_000

/** How long a key signs, until when what it signed can be good, and how long before it signs it is known. */
export const signsMs = 30 * dayMs
const livesMs = 31 * dayMs
export const knownBeforeMs = 5 * minuteMs
/** Longer than any token that a key may still be asked to sign. */
const lastTokenMs = 10 * minuteMs

/** What everything secret here derives from: made once, by whoever is first. */
export interface Root {
  /** A key for one purpose, the same in every process. */
  for(purpose: string): Buffer
}

/**
 * The root. Its value is in the vault before its id is in the table, and only one id gets into the table: so whoever
 * finds an id finds the value, and all find the same.
 */
export async function rootOf({ roots, keys }: KeyUses): Promise<Root> {
  const known = await roots.get({ what: 'root' })
  const id = known?.id ?? (await newRoot({ roots, keys }))
  const secret = await keys.get(id)
  if (!secret) throw new Error(`the vault has lost the root key "${id}" of the accounts`)
  const root = Buffer.from(secret.reveal(), 'base64url')
  return { for: purpose => Buffer.from(hkdfSync('sha256', root, '', `groundplan accounts ${purpose}`, 32)) }
}

async function newRoot({ roots, keys }: Pick<KeyUses, 'roots' | 'keys'>): Promise<string> {
  const id = `root-${randomBytes(9).toString('hex')}`
  await keys.set(id, randomBytes(32).toString('base64url'))
  const made = await roots.insert({ what: 'root', id }).or(undefined)
  if (made) return id
  await keys.remove(id)
  const first = await roots.get({ what: 'root' })
  if (!first) throw new Error('the root key of the accounts was made and is gone')
  return first.id
}

export interface SigningKey {
  readonly keyId: string
  /** Public and private half. */
  readonly jwk: { readonly x: string; readonly d: string }
}

/** The newest key that signs now. Without one (the first time, or after a long stop) one is made that signs at once. */
export async function signingKey(uses: KeyUses, at: Date): Promise<SigningKey> {
  const good = (await ringOf(uses)).filter(
    ({ signsFrom, endsAt }) => Date.parse(signsFrom) <= at.getTime() && Date.parse(endsAt) > at.getTime() + lastTokenMs,
  )
  const newest = good.sort((one, other) => one.signsFrom.localeCompare(other.signsFrom)).at(-1)
  if (!newest) return makeKey(uses, at)
  const d = await uses.keys.get(newest.keyId)
  return d ? { keyId: newest.keyId, jwk: { x: newest.x, d: d.reveal() } } : makeKey(uses, at)
}

/** Makes a key that signs from then on. The private half first: what is in the table can sign. */
async function makeKey({ keys, ring }: KeyUses, signsFrom: Date): Promise<SigningKey> {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const { x = '', d = '' } = await exportJWK(privateKey)
  const keyId = `key-${signsFrom.getTime()}-${randomBytes(6).toString('hex')}`
  await keys.set(keyId, d)
  const endsAt = new Date(signsFrom.getTime() + livesMs).toISOString()
  await ring.put({ list: 'all', keyId, x, signsFrom: signsFrom.toISOString(), endsAt })
  return { keyId, jwk: { x, d } }
}

/** Makes the next key when the newest has signed for long enough, or now; forgets those of which nothing is good. */
export async function changeKeys(uses: KeyUses, { at }: Pick<Call, 'at'>, now = false): Promise<void> {
  const ring = await ringOf(uses)
  const newest = Math.max(0, ...ring.map(({ signsFrom }) => Date.parse(signsFrom)))
  if (now || newest + signsMs <= at.getTime()) await makeKey(uses, new Date(at.getTime() + knownBeforeMs))
  for (const id of await uses.keys.tenants()) if (isOver(id, at)) await uses.keys.remove(id)
}

/** A key's id says when it began: another process may be making one whose public half is nowhere yet. */
function isOver(id: string, at: Date): boolean {
  const [, began] = /^key-(\d+)-/.exec(id) ?? []
  return began !== undefined && Number(began) + livesMs <= at.getTime()
}

/** All keys of which something may still be good. */
export async function ringOf({ ring }: { readonly ring: Pick<KeyUses['ring'], 'query'> }) {
  return (await ring.query({ list: 'all' })).items
}
