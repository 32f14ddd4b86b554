/** What the audit trail tells of, in words. */
import type { TrailEvent } from './shapes.ts'

export type EventKind = TrailEvent['kind']

export const eventWords: Readonly<Record<EventKind, string>> = {
  'signed-up': 'Signed up',
  'email-verified': 'Address confirmed',
  'signed-in': 'Signed in',
  'sign-in-failed': 'Sign-in refused',
  'sign-in-throttled': 'Too many attempts to sign in',
  'signed-out': 'Signed out',
  'session-ended': 'Session ended',
  'refresh-token-reused': 'Session shown twice, and ended',
  'password-reset': 'New password by a mail’s link',
  'password-changed': 'Password changed',
  'second-factor-added': 'Second factor added',
  'second-factor-removed': 'Second factor removed',
  'recovery-codes-made': 'New recovery codes',
  'recovery-code-used': 'Recovery code used',
  'roles-changed': 'Roles changed',
  'email-changed': 'Address changed',
  'name-changed': 'Name changed',
  'person-invited': 'Invited',
  'person-locked': 'Account locked',
  'person-unlocked': 'Account opened again',
  'key-created': 'API key made',
  'key-rotated': 'API key rotated',
  'key-revoked': 'API key revoked',
}

/** In the order in which one chooses among them. */
export const eventKinds = Object.keys(eventWords) as readonly EventKind[] // of the record above, whose keys these are
