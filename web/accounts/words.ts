/** What accounts refuse, and what whoever reads it can do next. */
import type { Refusal } from '../storefront/asking.ts'

const next: Readonly<Record<string, string>> = {
  'too-many-attempts': 'Too many attempts: come again in a quarter of an hour.',
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
