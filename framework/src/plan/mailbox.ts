/**
 * `mailbox`: an address that mail is sent from.
 */
import { type Grant, grant, type Resource } from './grant.ts'
import type { Operation } from './operation.ts'
import { calledFrom } from './place.ts'

export interface OutgoingMail {
  /** Default: the mailbox's own `to`. */
  readonly to?: string
  readonly subject: string
  readonly text: string
  readonly html?: string
  readonly replyTo?: string
}

export interface Mailer {
  /** Queued, sent at least once, the same Message-ID each time. Problem codes: `mail-invalid`, `message-too-large`. */
  send(mail: OutgoingMail): Operation<void>
}

export interface Mailbox extends Resource {
  readonly kind: 'mailbox'
  readonly from: string
  readonly to?: string
  readonly sender: Grant<Mailer>
}

/**
 * Declares a mailbox.
 * - `from`: the sender, an address or `Name <address>`.
 * - `to`: who receives what names nobody else (the people an alarm tells, say).
 * @example
 * const operationsMail = mailbox('operations', { from: 'shop@example.org', to: 'operations@example.org' })
 */
export function mailbox(name: string, options: { readonly from: string; readonly to?: string }): Mailbox {
  const place = calledFrom(mailbox)
  const self: Mailbox = {
    kind: 'mailbox',
    name,
    place,
    ...options,
    get sender() {
      return grant<Mailer>(self, 'sender')
    },
  }
  return self
}
