/**
 * What accounts write to people. Plain text, one link each, and nothing that only its reader should know but the link.
 */
import type { Wanted } from './better-auth.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** The paths of the pages to which links lead. */
export type Pages = Readonly<Record<'verify' | 'reset' | 'signIn', string>>

/** Where a mail's links lead: the origin of the pages, and what they lead on to in the end. */
export interface Leads {
  readonly origin: string
  /** A path of these pages. */
  readonly next?: string | undefined
}

export function mailFor(title: string, pages: Pages, { origin, next }: Leads, wanted: Wanted): Mail {
  const { kind, email, name, token } = wanted
  const { page, fragment, subject, before, after } = letters[kind]
  // The token follows `#`, so that no server and no log sees it.
  const shown = token === '' ? '' : `#${fragment ?? 'token'}=${encodeURIComponent(token)}`
  const on = next === undefined ? '' : `?next=${encodeURIComponent(next)}`
  const link = `${origin}${pages[page]}${on}${shown}`
  return { to: email, subject: `${title}: ${subject}`, text: [`Hello ${name},`, before, link, after].join('\n\n') }
}

interface Letter {
  readonly page: keyof Pages
  /** What the token is called in the link. Default: `token`. */
  readonly fragment?: string
  readonly subject: string
  readonly before: string
  readonly after: string
}

const letters: Readonly<Record<Wanted['kind'], Letter>> = {
  verify: {
    page: 'verify',
    subject: 'is this your address?',
    before: 'somebody signed up with this address. If it was you, confirm it within a day:',
    after: 'If it was not you, do nothing: without your confirmation nobody can sign in.',
  },
  reset: {
    page: 'reset',
    subject: 'a new password',
    before: 'with this link you can choose a new password, within half an hour and once:',
    after: 'If you did not ask for it, do nothing: your password stays as it is.',
  },
  change: {
    page: 'verify',
    fragment: 'change',
    subject: 'your new address',
    before: 'somebody wants to use this address for an account. If it was you, confirm it within a day:',
    after: 'If it was not you, do nothing: nothing is changed without your confirmation.',
  },
  changed: {
    page: 'reset',
    subject: 'your address was changed',
    before:
      'your account has another address now. If it was not you, somebody knows your password; tell the operators, and see',
    after: 'Mails to this account no longer come here.',
  },
  'already-known': {
    page: 'signIn',
    subject: 'you already have an account',
    before:
      'somebody signed up with this address, which has an account. If it was you, sign in or ask for a new password:',
    after: 'If it was not you, do nothing: nothing was changed.',
  },
}
