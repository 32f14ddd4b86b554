/**
 * Attempts: counted before any password is hashed, in a table that all processes share, so that the count is exact.
 * For each address, for each account (whether or not there is one), and apart from that for each device that signed in
 * to the account before: whoever guesses from elsewhere uses up the account's attempts and not its owner's.
 */
import { createHash } from 'node:crypto'
import type { Clients } from 'groundplan'
import type { AccountsUses } from './keeping.ts'
import type { Spent } from './spent.ts'

type Uses = Pick<Clients<AccountsUses>, 'attempts'>

const windowMs = 15 * 60_000

/** In a quarter of an hour. */
export const mostAttempts = { account: 10, device: 10, address: 50, letters: 5 } as const
type What = keyof typeof mostAttempts

/** Whose attempts: an address, an account. */
export type Whose = Partial<Readonly<Record<What, string>>>

/** Takes one attempt of each. False: one of them is used up, until its quarter of an hour is over. */
export async function attempt(uses: Uses, at: Date, of: Whose): Promise<boolean> {
  for (const [what, whose] of each(of)) {
    if (!(await taken(uses, at, what, whose))) return false
  }
  return true
}

/** How an attempt ended: `known` cost nothing, and took nothing of the others. */
export type Tried = 'taken' | 'used-up' | 'known'

/** The same, for what crowds try: what is used up is remembered. */
export async function tried(uses: Uses, at: Date, of: Whose, spent: Spent): Promise<Tried> {
  if (isSpent(spent, at, of)) return 'known'
  for (const [what, whose] of each(of)) {
    if (await taken(uses, at, what, whose)) continue
    spent.add(nameOf(what, whose), at, windowEnd(at))
    return 'used-up'
  }
  return 'taken'
}

/** Whether one of them is known to be used up. */
export function isSpent(spent: Spent, at: Date, of: Whose): boolean {
  return each(of).some(([what, whose]) => spent.has(nameOf(what, whose), at))
}

async function taken({ attempts }: Uses, at: Date, what: What, whose: string): Promise<boolean> {
  const who = keyOf(at, what, whose)
  const until = new Date(windowEnd(at)).toISOString()
  const first = await attempts.insert({ who, used: 1, until }).or('there')
  if (first !== 'there') return true
  const more = await attempts.add({ who }, { used: 1 }, { ceiling: mostAttempts[what] }).or('spent')
  return more !== 'spent'
}

/** Whoever has shown the password has not guessed. */
export async function forgiven({ attempts }: Uses, at: Date, of: Whose, spent?: Spent): Promise<void> {
  for (const [what, whose] of each(of)) {
    await attempts.remove({ who: keyOf(at, what, whose) })
    spent?.forget(nameOf(what, whose))
  }
}

/** Something that may be used once, such as the code of a second factor. False: it was used before. */
export async function firstUse({ attempts }: Uses, at: Date, what: string): Promise<boolean> {
  const until = new Date(at.getTime() + windowMs).toISOString()
  const made = await attempts.insert({ who: `once/${digest(what)}`, used: 1, until }).or('there')
  return made !== 'there'
}

function each(of: Whose): [What, string][] {
  return Object.entries(of) as [What, string][] // of a record with these keys alone
}

function windowEnd(at: Date): number {
  return (Math.floor(at.getTime() / windowMs) + 1) * windowMs
}

function keyOf(at: Date, what: What, whose: string): string {
  return `${what}/${digest(what === 'address' ? network(whose) : whose)}/${Math.floor(at.getTime() / windowMs)}`
}

/** In this process alone. */
function nameOf(what: What, whose: string): string {
  return `${what}/${what === 'address' ? network(whose) : whose}`
}

/** Nobody's e-mail address stands in a key. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** One household has 2^64 addresses of IPv6. */
export function network(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':').filter(group => group !== '')
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(group => group !== '').length
  const full = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail ?? '').split(':')]
  return full
    .slice(0, 4)
    .map(group => Number.parseInt(group || '0', 16).toString(16))
    .join(':')
}
