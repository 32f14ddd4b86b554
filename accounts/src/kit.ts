/**
 * What the endpoints of one `accounts` share.
 */
import { type Clients, problem } from 'groundplan'
import { z } from 'zod'
import type { ManagedKeys } from './api-keys.ts'
import { authOn, passwordLength } from './better-auth.ts'
import type { Hashing } from './hashing.ts'
import type { AccountsUses, Kept } from './keeping.ts'
import { type Leads, mailFor, type Pages } from './mails.ts'
import { isPathHere } from './path-here.ts'
import type { Declared, Doorkeeper, Newcomers } from './session.ts'
import type { SpentIn } from './spent.ts'
import type { Turns } from './turns.ts'

export interface Kit {
  readonly name: string
  readonly title: string
  readonly declared: Declared
  readonly kept: Kept
  readonly uses: AccountsUses
  readonly door: Doorkeeper
  readonly hashing: Hashing
  /** In which strangers are looked at. */
  readonly strangers: Turns
  /** What this process knows to be used up. */
  readonly spentIn: SpentIn
  readonly pages: Pages
  /** Where one goes who wanted to go nowhere else. */
  readonly home: string
  readonly apiKeys: ManagedKeys | undefined
  readonly newcomers: Newcomers | undefined
  readonly managers: string | undefined
  /** Roles that are had only with a second factor. */
  readonly guarded: readonly string[]
}

export type Uses = Clients<AccountsUses>

export function auth({ title, hashing }: Pick<Kit, 'title' | 'hashing'>, uses: Uses) {
  return authOn(uses, title, hashing)
}

/** Sends the mails that better-auth asked for. */
export async function sendWanted(
  { title, pages }: Kit,
  { mail }: Pick<Uses, 'mail'>,
  leads: Leads,
  wanted: Awaited<ReturnType<typeof authOn>>['wanted'],
): Promise<void> {
  for (const each of wanted) await mail.send(mailFor(title, pages, leads, each))
}

// ---------- what comes in

export const Email = z
  .email()
  .max(254)
  .transform(email => email.toLowerCase())
export const NewPassword = z.string().min(passwordLength.least).max(passwordLength.most)
/** One that is kept already, whatever the rules were then. */
export const Password = z.string().min(1).max(passwordLength.most)
export const Name = z.string().trim().min(1).max(100)
export const Token = z.string().min(1).max(2_000)
export const Code = z.string().trim().min(6).max(32)
/** Where somebody wants to go in the end. */
export const Next = z.string().max(1_000).refine(isPathHere, { error: 'a path of these pages, such as /basket' })

/**
 * Calls a second of each endpoint that strangers try their luck at, in a process. Ten times what can be hashed in that time
 * on a machine of four processors, and for a crowd of a thousand four seconds in which other calls do not notice it.
 */
export const strangersPace = 250

// ---------- what is refused

export const limited = { 'too-many-attempts': 429, busy: 503 } as const
export const tooManyAttempts = problem('too-many-attempts', 'Too many attempts: come again in a quarter of an hour')
export const busy = problem('busy', 'Too many are signing in: come again in some seconds')

/** Does what hashes a password, in its turn. */
export async function hashed<T extends object>(
  { hashing }: Kit,
  run: () => Promise<T>,
  isKnown = false,
): Promise<T | typeof busy> {
  return (await hashing.inTurn(run, isKnown)) ?? busy
}
