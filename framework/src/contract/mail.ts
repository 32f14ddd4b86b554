/**
 * Mail: the hand-over of one message to whoever delivers it. Queueing and retries are the runtime's.
 */

export interface Mail {
  /** Stable: the same mail has the same id at each attempt. Becomes the Message-ID. */
  readonly id: string
  readonly mailbox: string
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html?: string
  readonly replyTo?: string
}

export interface SentMail extends Mail {
  readonly sentAtMs: number
}

/** `again`: it may go better later. `never`: it will not (no such recipient). */
export type HandedOver =
  | { readonly ok: true }
  | { readonly ok: false; readonly retry: 'again' | 'never'; readonly reason: string }

export interface MailCarrier {
  /** Hands a mail over; an id handed over before is not sent again. */
  send(mail: Mail): Promise<HandedOver>
  /** What was handed over, the newest first. Only engines that keep an outbox of their own have it. */
  readonly sent?: (limit: number) => Promise<readonly SentMail[]>
}
