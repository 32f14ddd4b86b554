/**
 * What accounts keep, and the grants their handlers ask for. The gateways' authorizers see public keys and ended
 * sessions alone; what could make anybody anybody (private keys, password hashes) is the accounts service's.
 */
import { database, type Mailbox, queue, secret, setting, table } from 'groundplan'
import { z } from 'zod'
import { migrations } from './migrations.ts'

export type Kept = ReturnType<typeof keeping>
export type AccountsUses = Kept['uses']
export type Database = Kept['database']

const Time = z.iso.datetime()
const Text = z.string()

/** Rows of better-auth. Columns that it alone reads are declared as it makes them. */
const User = z.object({
  id: Text,
  name: Text,
  email: Text,
  emailVerified: z.boolean(),
  image: Text.nullable(),
  createdAt: Time,
  updatedAt: Time,
  twoFactorEnabled: z.boolean().nullable(),
})
const Session = z.object({
  id: Text,
  expiresAt: Time,
  token: Text,
  createdAt: Time,
  updatedAt: Time,
  ipAddress: Text.nullable(),
  userAgent: Text.nullable(),
  userId: Text,
})
/** How a person signs in: with a password, the only way there is. */
const Account = z.object({
  id: Text,
  accountId: Text,
  providerId: Text,
  userId: Text,
  password: Text.nullable(),
  createdAt: Time,
  updatedAt: Time,
})
const Verification = z.object({
  id: Text,
  identifier: Text,
  value: Text,
  expiresAt: Time,
  createdAt: Time,
  updatedAt: Time,
})

/** What a person is here: one row for each. */
const Membership = z.object({
  user_id: Text,
  roles: z.array(Text),
  tenant: Text.nullable(),
  /** Made by a seed: signs in on this machine alone. */
  development: z.boolean(),
  /** Since when nobody signs in to it; null: it is open. */
  locked_at: Time.nullable(),
})

/** The refresh tokens of a session: only the newest, number `seq`, is good. */
const Family = z.object({ session_id: Text, user_id: Text, seq: z.int(), rotated_at: Time, first_at: Time })

/** A public key that tokens are signed with: from `signsFromMs` on by the newest. Its private half is in the vault. */
const RingKey = z.object({
  list: z.literal('all'),
  keyId: Text,
  /** The public half, as JWK. */
  x: Text,
  signsFrom: Time,
  /** Nothing that it signed is good any more. */
  endsAt: Time,
})

/** Whose access tokens from before `at` are refused: a session's, or a person's. */
const Ended = z.object({ list: z.literal('all'), id: Text, at: Time, expiresAt: Time })

const Attempts = z.object({ who: Text, used: z.int().default(0), until: Time })

export const auditKinds = [
  'signed-up',
  'email-verified',
  'signed-in',
  'sign-in-failed',
  'sign-in-throttled',
  'signed-out',
  'session-ended',
  'refresh-token-reused',
  'password-reset',
  'password-changed',
  'second-factor-added',
  'second-factor-removed',
  'recovery-codes-made',
  'recovery-code-used',
  'roles-changed',
  'email-changed',
  'name-changed',
  'person-invited',
  'person-locked',
  'person-unlocked',
  'key-created',
  'key-rotated',
  'key-revoked',
] as const

export const AuditEvent = z.object({
  day: z.iso.date(),
  eventId: Text,
  at: Time,
  kind: z.enum(auditKinds),
  /** Whom it is about; absent where nobody is known by what was given. */
  userId: Text.optional(),
  /** Who did it, where it was somebody else. */
  by: Text.optional(),
  tenant: Text.optional(),
  address: Text,
  agent: Text.optional(),
  detail: Text.optional(),
  expiresAt: Time,
})

/** A mail that depends on whether somebody is known: asked for equally, decided later. */
export const Letter = z.object({
  kind: z.enum(['verify', 'reset']),
  email: z.email(),
  pages: z.url(),
  /** Where whoever asked wanted to go. */
  next: Text.optional(),
})

/** Where the pages are: one address, or several separated by commas. */
const Addresses = z.string().refine(text => text.split(',').every(each => URL.canParse(each.trim())), {
  error: 'addresses such as https://shop.example.org, separated by commas',
})

export function keeping(name: string, mail: Mailbox) {
  const people = database(name, {
    rows: {
      ...{ user: User, session: Session, account: Account, verification: Verification },
      ...{ memberships: Membership, families: Family },
    },
    migrations,
  })
  const keys = secret(`${name}-keys`, { per: 'tenant' })
  const roots = table(`${name}-roots`, { item: z.object({ what: z.literal('root'), id: Text }), key: ['what'] })
  const ring = table(`${name}-ring`, { item: RingKey, key: ['list', 'keyId'], expires: 'endsAt' })
  const ended = table(`${name}-ended`, { item: Ended, key: ['list', 'id'], expires: 'expiresAt' })
  const attempts = table(`${name}-attempts`, { item: Attempts, key: ['who'], expires: 'until' })
  const audit = table(`${name}-audit`, {
    item: AuditEvent,
    key: ['day', 'eventId'],
    indexes: { person: ['userId', 'at'] },
    expires: 'expiresAt',
  })
  const letters = queue(`${name}-letters`, { message: Letter, attempts: 5 })
  const address = setting(`${name}-address`, Addresses.default('http://localhost:7400'))
  const firstManager = setting(`${name}-first-manager`, z.email().optional())
  return {
    database: people,
    letters,
    audit,
    /** Of the accounts service's own handlers. */
    uses: {
      db: people.writer,
      keys: keys.keeper,
      roots: roots.writer,
      ring: ring.writer,
      ended: ended.writer,
      attempts: attempts.writer,
      audit: audit.writer,
      letters: letters.sender,
      mail: mail.sender,
      address: address.reader,
      firstManager: firstManager.reader,
    },
    /** Of every gateway that asks who is calling. */
    seen: { ring: ring.reader, ended: ended.reader, address: address.reader },
  }
}
