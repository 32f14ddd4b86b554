/** What accounts refuse, and what whoever reads it can do next. */
import type { Refusal } from '../asking/asking.ts'

const next: Readonly<Record<string, string>> = {
  'too-many-attempts': 'Too many attempts: come again in a quarter of an hour.',
  'account-locked': 'This account is locked. Ask whoever manages the people here.',
  'by-invitation-only': 'Here people are invited: ask whoever manages them.',
  'key-limit-reached': 'There are as many keys as an account may have. Revoke one first.',
  'not-found': 'It is no longer there. Load this page again.',
  'not-allowed': 'You may not do this here.',
  'own-roles': 'Nobody changes their own roles.',
  'own-account': 'Nobody locks their own account.',
  'development-only': 'This account is for a first look on one’s own machine.',
  busy: 'Many people are at this door. Try again in some seconds.',
  'link-invalid': 'The link is wrong, was used, or is too old. Ask for a new one.',
  'password-too-easy': 'Choose one that is not made of your name or address, or of few letters.',
  'wrong-password': 'That is not your password. Type it again.',
  'wrong-code': 'The code is wrong, was used, or came too late. Wait for the next one and type that.',
  'already-on': 'There is a second factor already. Load this page again to see it.',
  'not-signed-in': 'Your session has ended. Sign in again.',
  'not-authenticated': 'Your session has ended. Sign in again.',
  'service-unavailable': 'The server does not answer. Try again in a moment.',
  'timed-out': 'The server does not answer. Try again in a moment.',
}

export function wordsOf({ code, detail }: Refusal): string {
  return next[code] ?? detail
}
